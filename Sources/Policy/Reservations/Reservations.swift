import Posix
import Reports

/// The calls of all relays on the machine that are under way or wait: this relay's own, and what
/// the others say in their files.
final class Reservations {
    private let path: String
    private let directory: WatchedDirectory
    private var peers: [PeerReservationFile] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: ReservationFile.bytes, alignment: 8)

    /// Those that are under way or wait: what the last look found.
    private(set) var visible: [ReservationSlot] = []
    /// Whether every relay that was seen moves the epoch when it changes something.
    private(set) var isToldOfAll = false

    /// A reservation this old ends by itself: its record was lost.
    static let lifetimeMicroseconds: Int64 = 3_600_000_000
    /// A place in the queue is kept for this long after its turn.
    static let graceMicroseconds: Int64 = 1_000_000

    /// - Parameter path: the directory of all relays' files.
    init(_ path: String) {
        self.path = path
        directory = WatchedDirectory(path)
    }

    deinit { buffer.deallocate() }

    /// Finds out what is under way.
    ///
    /// - Parameter now: microseconds since 1970.
    /// - Returns: whether the directory changed, which others' files, the lock and the epoch are in.
    func look(_ own: inout OwnReservations, at now: Int64) throws(SystemError) -> Bool {
        var isChanged = false
        if !own.isWhole { directory.forget() }
        if let names = try directory.changedNames() {
            isChanged = true
            try own.renew(names)
            list(names, own.name)
        }
        visible.removeAll(keepingCapacity: true)
        for slot in own.slots {
            if let slot, slot.isCurrent(at: now) { visible.append(slot) }
        }
        isToldOfAll = true
        var deserted: [String] = []
        for peer in peers {
            let before = visible.count
            let tells = peer.forEachSlot(buffer) { slot in
                if slot.isCurrent(at: now) { visible.append(slot) }
            }
            // Asked after the slots were read: those of a relay that is alive now were meant.
            if visible.count > before || !tells, !peer.isAlive() {
                visible.removeSubrange(before...)
                deserted.append(peer.name)
            } else if !tells {
                isToldOfAll = false
            }
        }
        if !deserted.isEmpty { peers.removeAll { deserted.contains($0.name) } }
        return isChanged
    }

    private func list(_ names: [String], _ ownName: String) {
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
}

extension ReservationSlot {
    /// Whether it still says something.
    func isCurrent(at now: Int64) -> Bool {
        switch state {
        case .held: now &- time < Reservations.lifetimeMicroseconds
        case .waiting: now &- until < Reservations.graceMicroseconds
        }
    }
}
