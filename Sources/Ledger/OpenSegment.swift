import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

let newline = UInt8(ascii: "\n")

/// The segment a writer appends to: its file, where its whole lines end, and how its tail is.
struct OpenSegment: ~Copyable {
    let name: SegmentName
    private let file: Descriptor
    /// Length of the file as far as this process wrote it.
    private(set) var end: UInt64 = 0
    /// Whether the file ends inside a line: a write was cut short and could not be taken back.
    private var isTorn = false
    /// Whether readers can see that this writer lives.
    private var isMarked = false

    init(
        _ name: SegmentName, in directory: LedgerDirectory, _ disk: some Disk
    ) throws(SystemError) {
        let day = directory.path(of: name.day)
        self.name = name
        do {
            file = try disk.createFile(name.file, in: day)
        } catch  where error.code == ENOENT {
            try disk.createDirectories(day)
            file = try disk.createFile(name.file, in: day)
        }
        mark()
    }

    /// Holds the lock that says the writer lives. A reader may be trying it at this very moment,
    /// so it is tried again at the next append; a file system without locks is no reason to stop.
    private mutating func mark() {
        if !isMarked { isMarked = (try? file.tryLock(.exclusive)) ?? false }
    }

    /// Appends whole lines: all of them, or a shorter row of whole lines and an error.
    ///
    /// - Parameter written: how many bytes of `lines` are in the file for good.
    mutating func append(
        _ lines: UnsafeRawBufferPointer, written: inout Int,
        _ disk: some Disk
    ) throws(SystemError) {
        mark()
        guard isTorn else {
            return try write(lines, written: &written, disk)
        }
        // Ends the torn line, so that it spoils no line but itself. The newline goes with the
        // lines in one write: there is never a moment when only one of them is there.
        var healed = [newline]
        healed.append(contentsOf: lines)
        var writtenWithNewline = 0
        defer { written = max(0, writtenWithNewline - 1) }
        // `withUnsafeBytes` has no typed throw.
        let result = healed.withUnsafeBytes { bytes -> SystemError? in
            do throws(SystemError) {
                try write(bytes, written: &writtenWithNewline, disk)
                return nil
            } catch {
                return error
            }
        }
        if let result { throw result }
    }

    private mutating func write(
        _ lines: UnsafeRawBufferPointer, written: inout Int,
        _ disk: some Disk
    ) throws(SystemError) {
        written = 0
        do throws(SystemError) {
            while written < lines.count {
                let rest = UnsafeRawBufferPointer(rebasing: lines[written...])
                let count = try disk.write(rest, to: file)
                // A regular file takes at least a byte or fails; never spin if one does neither.
                guard count > 0 else { throw SystemError(call: "write", code: EIO) }
                written += count
            }
            end += UInt64(written)
            isTorn = false
        } catch {
            written = cutBack(lines.prefix(written), disk)
            throw error
        }
    }

    /// Takes the beginning of a line back that a failed write left. Returns how many bytes stay.
    private mutating func cutBack(
        _ partial: Slice<UnsafeRawBufferPointer>, _ disk: some Disk
    ) -> Int {
        guard !partial.isEmpty else { return 0 }
        let whole = (partial.lastIndex(of: newline) ?? partial.startIndex - 1) + 1
        let before = end
        if whole > 0 { isTorn = false }
        end += UInt64(whole)
        if whole == partial.count { return whole }
        do {
            // If somebody else changed the file, its length is not ours to decide.
            guard try disk.status(of: file).size == before + UInt64(partial.count) else {
                throw SystemError(call: "ftruncate", code: EBUSY)
            }
            try disk.truncate(file, to: end)
        } catch {
            end = before + UInt64(partial.count)
            isTorn = true
        }
        return whole
    }

    /// Whether the file still has a name: lines written to one that has none are nowhere.
    func isLinked(_ disk: some Disk) -> Bool {
        guard let status = try? disk.status(of: file) else { return true }
        return status.links > 0
    }

    func synchronize(_ disk: some Disk) throws(SystemError) {
        try disk.synchronize(file)
    }
}
