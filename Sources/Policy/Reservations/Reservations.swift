import Posix
import Reports

/// The calls of all relays on the machine that are under way or wait: this relay's own, and what
/// the others say in their files.
final class Reservations {
    /// The place of a relay's call among all that are looked at.
    struct Visible {
        var slot: ReservationSlot
        var isOwn: Bool
    }

    private let path: String
    private let directory: WatchedDirectory
    private var own: OwnReservationFile?
    private var ownName = ""
    private var slots: [ReservationSlot?] = []
    private var peers: [PeerReservationFile] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: ReservationFile.bytes, alignment: 8)

    /// Of those that are under way or wait: what the last look found.
    private(set) var visible: [Visible] = []

    /// A reservation this old ends by itself: its record was lost.
    static let lifetimeMicroseconds: Int64 = 3_600_000_000
    /// A place in the queue is kept for this long after its turn.
    private static let graceMicroseconds: Int64 = 1_000_000

    /// - Parameter path: the directory of all relays' files.
    init(_ path: String) {
        self.path = path
        directory = WatchedDirectory(path)
    }

    deinit {
        buffer.deallocate()
        if !ownName.isEmpty { try? removeFile("\(path)/\(ownName)") }
    }

    // MARK: Looking

    /// Finds out what is under way.
    ///
    /// - Parameter now: microseconds since 1970.
    /// - Returns: whether the directory changed, which others' files and the lock are in.
    func look(at now: Int64) throws(SystemError) -> Bool {
        var isChanged = false
        if let names = try directory.changedNames() {
            isChanged = true
            try list(names)
        }
        visible.removeAll(keepingCapacity: true)
        for slot in slots {
            if let slot, isCurrent(slot, at: now) {
                visible.append(Visible(slot: slot, isOwn: true))
            }
        }
        var deserted: [String] = []
        for peer in peers {
            let before = visible.count
            peer.forEachSlot(buffer) { slot in
                if isCurrent(slot, at: now) { visible.append(Visible(slot: slot, isOwn: false)) }
            }
            // Asked after the slots were read: those of a relay that is alive now were meant.
            if visible.count > before, !peer.isAlive() {
                visible.removeSubrange(before...)
                deserted.append(peer.name)
            }
        }
        if !deserted.isEmpty { peers.removeAll { deserted.contains($0.name) } }
        return isChanged
    }

    private func isCurrent(_ slot: ReservationSlot, at now: Int64) -> Bool {
        switch slot.state {
        case .held: now &- slot.time < Self.lifetimeMicroseconds
        case .waiting: now &- slot.until < Self.graceMicroseconds
        }
    }

    private func list(_ names: [String]) throws(SystemError) {
        if ownName.isEmpty || !names.contains(ownName) { try makeOwn() }
        let known = Set(peers.map(\.name))
        for name in names where name.hasSuffix(ReservationFile.suffix) && name != ownName {
            guard !name.hasPrefix(ReservationFile.newPrefix), !known.contains(name) else {
                continue
            }
            if let peer = PeerReservationFile(name, in: path), peer.isAlive() {
                peers.append(peer)
            }
        }
        if known.count > 0 {
            let present = Set(names)
            peers.removeAll { !present.contains($0.name) && known.contains($0.name) }
        }
    }

    /// Its own file, with what is under way in it.
    private func makeOwn() throws(SystemError) {
        try makeDirectories(path, mode: 0o700)
        var file = try OwnReservationFile(in: path)
        for (place, slot) in slots.enumerated() {
            if let slot { try file.put(slot, at: place) }
        }
        ownName = file.name
        own = consume file
    }

    // MARK: Its own

    /// The slot of a call of its own.
    func own(_ id: Identity) -> ReservationSlot? {
        for case .some(let slot) in slots where slot.id == id { return slot }
        return nil
    }

    /// Says that a call is under way, or waits; in place of what was said of it before.
    func put(_ slot: ReservationSlot) throws(SystemError) {
        let place =
            slots.firstIndex { $0?.id == slot.id } ?? slots.firstIndex { $0 == nil }
            ?? slots.count
        if place == slots.count { slots.append(slot) } else { slots[place] = slot }
        try own?.put(slot, at: place)
    }

    /// A call is over, or was never sent.
    func free(_ id: Identity) {
        guard let place = slots.firstIndex(where: { $0?.id == id }) else { return }
        slots[place] = nil
        // What cannot be written ends by itself.
        try? own?.free(place)
    }

    /// Forgets its own reservations whose records never came.
    func expire(at now: Int64) {
        for case .some(let slot) in slots where !isCurrent(slot, at: now) { free(slot.id) }
    }
}
