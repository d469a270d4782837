import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// How a relay's file in `<state>/policy/` is laid out: a head of 64 bytes (what it is, whether its
/// owner moves the epoch, how many slots from the first on may be in use), then its slots.
///
/// Its owner has the file mapped, so that to reserve is to store; where it cannot be mapped, it is
/// written. Others read it with `pread`, which gives them the same bytes.
///
/// Its owner holds an exclusive `flock` on it, which the kernel drops however the owner ends. It is
/// made under another name and gets its own when it is locked, so that it never looks deserted.
enum ReservationFile {
    static let suffix = ".calls"
    static let newPrefix = ".new-"
    static let headBytes = 64
    /// More calls of a relay than this that are under way, or have ended and are not yet in the
    /// ledger, are seen by that relay only.
    static let slots = 1_023
    static let bytes = headBytes + slots * ReservationSlot.bytes
    static let magic: UInt64 = 0x315f_736c_6c61_635f  // `_calls_1`
    /// 1 where the owner moves the epoch with every change; 0 where others have to look.
    static let tellsPlace = 8
    static let usedPlace = 16

    static func place(of slot: Int) -> UInt64 {
        UInt64(clamping: headBytes + slot * ReservationSlot.bytes)
    }
}

/// This relay's own file.
struct OwnReservationFile: ~Copyable {
    let name: String
    private let file: Descriptor
    /// Nil where files cannot be mapped.
    private let memory: MappedFile?
    private var used = 0
    /// Whether others know of changes by the epoch.
    private(set) var tells = false

    /// - Parameter directory: exists.
    init(in directory: String) throws(SystemError) {
        let random = String(UInt32.random(in: .min ... .max), radix: 16)
        let name = "\(getpid())-\(random)\(ReservationFile.suffix)"
        let temporary = "\(directory)/\(ReservationFile.newPrefix)\(name)"
        let file = try Descriptor.open(
            temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        do throws(SystemError) {
            guard try file.tryLock(.exclusive) else {
                throw SystemError(call: "flock", code: EWOULDBLOCK)
            }
            // All of it, so that no later write needs room.
            try Self.write(ReservationFile.bytes, 0, file) { _ in }
            try Self.putHead(0, tells: false, file)
            try renameFile(temporary, to: "\(directory)/\(name)")
        } catch {
            try? removeFile(temporary)
            throw error
        }
        memory = try? MappedFile(file, count: ReservationFile.bytes)
        self.name = name
        self.file = file
    }

    /// Whether somebody cut the file: nobody sees what is put any more.
    var isBroken: Bool {
        switch memory {
        case .some(let memory): memory.isBroken
        case .none: false
        }
    }

    /// Whether all of the file is there. A page that has lost its end only is not missed in memory.
    var isWhole: Bool {
        guard let size = try? file.status().size else { return false }
        return size >= UInt64(ReservationFile.bytes)
    }

    /// Says whether changes are told by the epoch.
    mutating func tell(_ tells: Bool) throws(SystemError) {
        guard tells != self.tells else { return }
        try Self.putHead(used, tells: tells, file)
        self.tells = tells
    }

    /// Writes a slot that others are to see; nothing for one beyond the file.
    mutating func put(_ slot: ReservationSlot, at place: Int) throws(SystemError) {
        guard place < ReservationFile.slots else { return }
        if place >= used {
            used = place + 1
            try Self.putHead(used, tells: tells, file)
        }
        if let bytes = mapped(place) { return slot.store(into: bytes) }
        try Self.write(ReservationSlot.bytes, ReservationFile.place(of: place), file) { bytes in
            slot.encode(into: bytes)
        }
    }

    func free(_ place: Int) throws(SystemError) {
        guard place < used else { return }
        if let bytes = mapped(place) { return ReservationSlot.clear(bytes) }
        try Self.write(8, ReservationFile.place(of: place), file) { _ in }
    }

    /// Where a slot is in memory.
    private func mapped(_ place: Int) -> UnsafeMutableRawBufferPointer? {
        let offset = ReservationFile.headBytes + place * ReservationSlot.bytes
        switch memory {
        case .some(let memory):
            guard place >= 0, offset + ReservationSlot.bytes <= memory.count else { return nil }
            return UnsafeMutableRawBufferPointer(
                start: memory.start + offset, count: ReservationSlot.bytes)
        case .none: return nil
        }
    }

    private static func putHead(
        _ used: Int, tells: Bool, _ file: borrowing Descriptor
    ) throws(SystemError) {
        try write(24, 0, file) { bytes in
            bytes.storeBytes(of: ReservationFile.magic, as: UInt64.self)
            bytes.storeBytes(
                of: tells ? 1 : 0, toByteOffset: ReservationFile.tellsPlace, as: UInt64.self)
            bytes.storeBytes(
                of: UInt64(clamping: used), toByteOffset: ReservationFile.usedPlace,
                as: UInt64.self)
        }
    }

    /// Writes what `fill` makes of so many zeros.
    private static func write(
        _ count: Int, _ offset: UInt64, _ file: borrowing Descriptor,
        _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(SystemError) {
        // `withUnsafeTemporaryAllocation` has no typed throw.
        let failure = withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) {
            bytes -> SystemError? in
            _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
            fill(bytes)
            do throws(SystemError) {
                try file.writeAll(UnsafeRawBufferPointer(bytes), at: offset)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }
}

/// Another relay's file.
final class PeerReservationFile {
    let name: String
    private let path: String
    private let file: Descriptor

    /// Nil when it is gone, or not to be read.
    init?(_ name: String, in directory: String) {
        self.name = name
        path = "\(directory)/\(name)"
        guard let file = try? Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else {
            return nil
        }
        self.file = file
    }

    /// What is read at first: nearly always all there is.
    static let firstBytes = 4_096

    /// Gives every slot in use to `body`.
    ///
    /// - Parameter buffer: of `ReservationFile.bytes`.
    /// - Returns: whether changes of them are told by the epoch.
    func forEachSlot(
        _ buffer: UnsafeMutableRawBufferPointer, _ body: (ReservationSlot) -> Void
    ) -> Bool {
        var count = read(Self.firstBytes, buffer)
        // What is no relay's file changes nothing.
        guard count >= ReservationFile.headBytes,
            buffer.loadUnaligned(as: UInt64.self) == ReservationFile.magic
        else { return true }
        let tells = buffer.loadUnaligned(
            fromByteOffset: ReservationFile.tellsPlace, as: UInt64.self)
        let used = min(
            buffer.loadUnaligned(fromByteOffset: ReservationFile.usedPlace, as: UInt64.self),
            UInt64(ReservationFile.slots))
        let end = ReservationFile.headBytes + Int(used) * ReservationSlot.bytes
        if end > count, count == Self.firstBytes { count = read(end, buffer) }
        var place = ReservationFile.headBytes
        while place + ReservationSlot.bytes <= min(end, count) {
            let bytes = buffer[place..<place + ReservationSlot.bytes]
            switch ReservationSlot.decode(UnsafeRawBufferPointer(rebasing: bytes)) {
            case .free: break
            case .slot(let slot): body(slot)
            case .torn: readAgain(place, buffer, body)
            }
            place += ReservationSlot.bytes
        }
        return tells == 1
    }

    /// A slot that was being written. One that still is belongs to a call that is let through at
    /// this moment: its relay moves the epoch when it is there, or did not get the lock.
    private func readAgain(
        _ place: Int, _ buffer: UnsafeMutableRawBufferPointer, _ body: (ReservationSlot) -> Void
    ) {
        let bytes = UnsafeMutableRawBufferPointer(
            rebasing: buffer[place..<place + ReservationSlot.bytes])
        for _ in 0..<3 {
            guard let count = try? file.read(into: bytes, at: UInt64(clamping: place)),
                count == bytes.count
            else { return }
            switch ReservationSlot.decode(UnsafeRawBufferPointer(bytes)) {
            case .free: return
            case .slot(let slot): return body(slot)
            case .torn: sched_yield()
            }
        }
    }

    private func read(_ count: Int, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(count))
        return (try? file.read(into: bytes, at: 0)) ?? 0
    }

    /// Whether its relay lives. The file of one that does not is removed.
    func isAlive() -> Bool {
        do {
            guard try file.tryLock(.shared) else { return true }
            file.unlock()
            try? removeFile(path)
            return false
        } catch {
            // A file system without locks: the process id has to do.
            let pid = Int32(String(name.prefix { $0 != "-" })) ?? 0
            return pid > 0 && (kill(pid, 0) == 0 || currentErrno() == EPERM)
        }
    }
}
