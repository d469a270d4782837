import Posix
package import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The writer every process uses.
package typealias LedgerWriter = SegmentWriter<SystemDisk>

/// Appends lines to the ledger, in segments of its own. For one thread.
///
/// Nothing is opened before the first line. Each append is one `write`, returns when the kernel has
/// the bytes, and fails without consequences for the next one.
package struct SegmentWriter<Storage: Disk>: ~Copyable {
    private let directory: LedgerDirectory
    private let disk: Storage
    private let identity: WriterIdentity
    private let segmentBytesMax: UInt64
    private var current: OpenSegment?

    /// Lines that `append` was given and that are in no file, since the beginning.
    package private(set) var linesLost: UInt64 = 0

    /// - Parameters:
    ///   - directory: where the ledger is; created at the first line.
    ///   - segmentBytesMax: a segment that has reached it is followed by another.
    package init(
        _ directory: LedgerDirectory, disk: Storage,
        segmentBytesMax: UInt64 = LedgerLimits.segmentBytesMax
    ) {
        self.directory = directory
        self.disk = disk
        self.segmentBytesMax = segmentBytesMax
        identity = WriterIdentity(pid: getpid(), random: UInt32.random(in: .min ... .max))
    }

    /// The segment in use; nil before the first line.
    package var segment: SegmentName? {
        switch current {
        case .some(let open): open.name
        case .none: nil
        }
    }

    /// Has a segment open before there is a line for it, for whoever must know its name by then.
    package mutating func open(at now: Timestamp) throws(LedgerError) {
        try naming(.createSegment, directory.ledger) { () throws(SystemError) in
            try prepare(for: now)
        }
    }

    /// Appends one line or several whole ones, with their newlines.
    ///
    /// When it returns, all are in the ledger. When it throws, those that fitted are, the rest is
    /// counted in `linesLost`, and the ledger is as good as before.
    ///
    /// - Parameters:
    ///   - lines: at most `LedgerLimits.lineBytesMax` bytes; the last one is a newline.
    ///   - now: the present moment, which decides the day.
    package mutating func append(
        _ lines: UnsafeRawBufferPointer, at now: Timestamp
    ) throws(LedgerError) {
        var rest = lines[...]
        do throws(SystemError) {
            guard lines.count <= LedgerLimits.lineBytesMax else {
                throw SystemError(call: "write", code: EMSGSIZE)
            }
            guard lines.last == newline else { throw SystemError(call: "write", code: EINVAL) }
            try prepare(for: now)
            try write(&rest, at: now)
        } catch {
            linesLost &+= rest.reduce(0) { $0 &+ ($1 == newline ? 1 : 0) }
            if !rest.isEmpty, rest.last != newline { linesLost &+= 1 }
            let action: LedgerError.Action = current == nil ? .createSegment : .append
            throw LedgerError(
                action: action, path: segment.map(directory.path(of:)) ?? directory.ledger,
                cause: error)
        }
    }

    /// As above, for lines in an array.
    package mutating func append(_ lines: [UInt8], at now: Timestamp) throws(LedgerError) {
        // `withUnsafeBytes` has no typed throw.
        let failure = lines.withUnsafeBytes { bytes -> LedgerError? in
            do throws(LedgerError) {
                try append(bytes, at: now)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// Makes the segment in use, and its name, survive a power cut from here on.
    package func synchronize() throws(LedgerError) {
        guard let name = segment else { return }
        try naming(.synchronize, directory.path(of: name)) { () throws(SystemError) in
            try current?.synchronize(disk)
            try disk.synchronizeDirectory(directory.path(of: name.day))
            try disk.synchronizeDirectory(directory.ledger)
        }
    }

    /// Has a segment open that is of the right day and not full.
    private mutating func prepare(for now: Timestamp) throws(SystemError) {
        if let name = segment, let end = current?.end {
            if name.day == Day(of: now), end < segmentBytesMax { return }
            // If there is no room for another file there may be some left in this one.
            try? replaceSegment(at: now)
        } else {
            try replaceSegment(at: now)
        }
    }

    /// Replaces the segment in use. The old one is closed, and its lock dropped, after the new one
    /// is locked: at no moment does this writer look dead.
    private mutating func replaceSegment(at now: Timestamp) throws(SystemError) {
        var time = now
        while true {
            do {
                let name = SegmentName(openedAt: time, by: identity)
                let opened = try OpenSegment(name, in: directory, disk)
                current = consume opened
                return
            } catch  where error.code == EEXIST && time < now + 1_000 {
                // Two within a microsecond: the next microsecond's name is free.
                time = time + 1
            }
        }
    }

    private mutating func write(
        _ rest: inout Slice<UnsafeRawBufferPointer>, at now: Timestamp
    ) throws(SystemError) {
        let all = rest
        do {
            try writeToCurrent(&rest)
        } catch  where error.code == EFBIG && (current?.end ?? 0) > 0 {
            // The file is as long as this system or a resource limit lets it be; a new one is not.
            try replaceSegment(at: now)
            try writeToCurrent(&rest)
        }
        if current?.isLinked(disk) == false {
            // Somebody removed the directory: what was just written has no name any more.
            rest = all
            current = nil
            try replaceSegment(at: now)
            try writeToCurrent(&rest)
        }
    }

    private mutating func writeToCurrent(
        _ rest: inout Slice<UnsafeRawBufferPointer>
    ) throws(SystemError) {
        var written = 0
        defer { rest = rest.dropFirst(written) }
        try current?.append(UnsafeRawBufferPointer(rebasing: rest), written: &written, disk)
    }
}

private func + (time: Timestamp, microseconds: Int64) -> Timestamp {
    let (sum, overflow) = time.microseconds.addingReportingOverflow(microseconds)
    return Timestamp(microseconds: overflow ? .max : sum)
}

extension SegmentWriter where Storage == SystemDisk {
    /// A writer on the real disk.
    package init(_ directory: LedgerDirectory) { self.init(directory, disk: SystemDisk()) }
}
