import Posix
import Reports

/// This relay's own calls that are under way or wait, and the file that tells others of them.
struct OwnReservations: ~Copyable {
    private let directory: String
    private var file: OwnReservationFile?
    /// The file's; empty before there is one.
    private(set) var name = ""
    private(set) var slots: [ReservationSlot?] = []
    /// Of the slots.
    private var ids: [Identity?] = []
    private var used = 0

    /// - Parameter directory: that of all relays' files.
    init(_ directory: String) { self.directory = directory }

    deinit {
        if !name.isEmpty { try? removeFile("\(directory)/\(name)") }
    }

    // MARK: The file

    /// Whether others can see what is put.
    var isVisible: Bool {
        switch file {
        case .some(let file): !file.isBroken
        case .none: false
        }
    }

    /// Likewise, where little of the file was cut off, too: for that it has to be asked.
    var isWhole: Bool {
        switch file {
        case .some(let file): !file.isBroken && file.isWhole
        case .none: false
        }
    }

    /// Makes the file, where there is none that others see, and says what is under way in it.
    ///
    /// - Parameter names: those in the directory.
    mutating func renew(_ names: [String]) throws(SystemError) {
        if isWhole, names.contains(name) { return }
        try makeDirectories(directory, mode: 0o700)
        let gone = name
        var file = try OwnReservationFile(in: directory)
        for (place, slot) in slots.enumerated() {
            if let slot { try file.put(slot, at: place) }
        }
        name = file.name
        self.file = consume file
        if !gone.isEmpty { try? removeFile("\(directory)/\(gone)") }
    }

    /// Says whether others learn of changes by the epoch, or have to look for them.
    mutating func tell(_ tells: Bool) {
        // What cannot be written is as it was before: others look more often than they had to.
        try? file?.tell(tells)
    }

    // MARK: Slots

    /// Whether others can be told of one more call.
    var hasRoom: Bool { used < ReservationFile.slots }

    func slot(of id: Identity) -> ReservationSlot? { place(of: id).flatMap { slots[$0] } }

    /// Says that a call is under way, or waits; in place of what was said of it before.
    mutating func put(_ slot: ReservationSlot) throws(SystemError) {
        let known = place(of: slot.id)
        if known == nil { used += 1 }
        let place = known ?? ids.firstIndex { $0 == nil } ?? ids.count
        if place == ids.count {
            slots.append(slot)
            ids.append(slot.id)
        } else {
            slots[place] = slot
            ids[place] = slot.id
        }
        try file?.put(slot, at: place)
    }

    /// A call is over, or was never sent.
    ///
    /// - Returns: whether something was said of it.
    @discardableResult
    mutating func free(_ id: Identity) -> Bool {
        guard let place = place(of: id) else { return false }
        slots[place] = nil
        ids[place] = nil
        used -= 1
        // What cannot be written ends by itself.
        try? file?.free(place)
        return true
    }

    /// Forgets calls whose records never came.
    mutating func expire(at now: Int64) {
        for case .some(let slot) in slots where !slot.isCurrent(at: now) { free(slot.id) }
    }

    func place(of id: Identity) -> Int? {
        for place in ids.indices where ids[place] == id { return place }
        return nil
    }
}
