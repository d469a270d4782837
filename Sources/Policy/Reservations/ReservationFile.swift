import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// How a relay's file in `<state>/policy/` is laid out: a head of 64 bytes (what it is, its
/// version, how many slots from the first on may be in use), then its slots.
///
/// The file is read and written with `pread` and `pwrite`, and not mapped: a full disk, or somebody
/// who cuts the file, is then an error here and not the end of the session.
///
/// Its owner holds an exclusive `flock` on it, which the kernel drops however the owner ends. It is
/// made under another name and gets its own when it is locked, so that it never looks deserted.
enum ReservationFile {
    static let suffix = ".calls"
    static let newPrefix = ".new-"
    static let headBytes = 64
    /// More calls of a relay than this that are under way are seen by that relay only.
    static let slots = 84
    static let bytes = headBytes + slots * ReservationSlot.bytes
    static let magic: UInt64 = 0x315f_736c_6c61_635f  // `_calls_1`
    static let usedPlace = 16

    static func place(of slot: Int) -> UInt64 {
        UInt64(clamping: headBytes + slot * ReservationSlot.bytes)
    }
}

/// This relay's own file.
struct OwnReservationFile: ~Copyable {
    let name: String
    private let file: Descriptor
    private var used = 0

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
            try Self.putHead(0, file)
            try renameFile(temporary, to: "\(directory)/\(name)")
        } catch {
            try? removeFile(temporary)
            throw error
        }
        self.name = name
        self.file = file
    }

    /// Writes a slot that others are to see; nothing for one beyond the file.
    mutating func put(_ slot: ReservationSlot, at place: Int) throws(SystemError) {
        guard place < ReservationFile.slots else { return }
        if place >= used {
            used = place + 1
            try Self.putHead(used, file)
        }
        try Self.write(ReservationSlot.bytes, ReservationFile.place(of: place), file) { bytes in
            slot.encode(into: bytes)
        }
    }

    func free(_ place: Int) throws(SystemError) {
        guard place < used else { return }
        try Self.write(8, ReservationFile.place(of: place), file) { _ in }
    }

    private static func putHead(
        _ used: Int, _ file: borrowing Descriptor
    ) throws(SystemError) {
        try write(24, 0, file) { bytes in
            bytes.storeBytes(of: ReservationFile.magic, as: UInt64.self)
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
    func forEachSlot(
        _ buffer: UnsafeMutableRawBufferPointer, _ body: (ReservationSlot) -> Void
    ) {
        var count = read(Self.firstBytes, buffer)
        guard count >= ReservationFile.headBytes,
            buffer.loadUnaligned(as: UInt64.self) == ReservationFile.magic
        else { return }
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
    }

    /// A slot that was being written. One that still is belongs to a call that is let through at
    /// this moment, by a relay that did not get the lock.
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
