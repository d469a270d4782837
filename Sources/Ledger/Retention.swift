import Posix
package import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What the ledger keeps, and for how long.
package struct Retention: Equatable, Sendable {
    /// Segments of a day more than this many days ago are removed.
    package var maxAgeDays: Int
    /// The oldest are removed until no more than this is left.
    package var maxBytes: UInt64

    package init(maxAgeDays: Int = 400, maxBytes: UInt64 = 1 << 30) {
        self.maxAgeDays = maxAgeDays
        self.maxBytes = maxBytes
    }

    /// What one pass did.
    package struct Report: Equatable, Sendable {
        package var removed: [SegmentName] = []
        package var removedBytes: UInt64 = 0
        package var keptBytes: UInt64 = 0
        /// Segments that are due but have a living writer or lines a sink has not acknowledged.
        package var held: [SegmentName] = []
        package var failures: [LedgerError] = []

        package init() {}
    }

    /// As `apply`, but at most once a day for all processes together; nil when it was not due.
    package func applyDaily(
        to reader: LedgerReader, now: Timestamp, acknowledged: (SegmentName) -> UInt64
    ) throws(LedgerError) -> Report? {
        let directory = reader.directory
        try directory.create(directory.state)
        let path = directory.retentionStamp
        let today = Array("\(Day(of: now))\n".utf8)
        let stamp = try naming(.read, path) { () throws(SystemError) in
            try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        }
        let isDue = try naming(.read, path) { () throws(SystemError) in
            // Held to the end of this function: whoever does not get it has nothing to do.
            guard try stamp.tryLock(.exclusive) else { return false }
            return try contents(of: path, atMost: 64) != today
        }
        guard isDue else { return nil }
        let report = try apply(to: reader, now: now, acknowledged: acknowledged)
        try naming(.append, path) { () throws(SystemError) in
            try stamp.truncate(to: 0)
            try today.span.withUnsafeBytes { (bytes) throws(SystemError) in
                try stamp.writeAll(bytes)
            }
        }
        return report
    }

    /// Removes what is due.
    ///
    /// - Parameters:
    ///   - now: the present moment.
    ///   - acknowledged: the bytes of a segment that every configured sink has acknowledged: the
    ///     smallest of their cursors; `.max` when there is no sink.
    package func apply(
        to reader: LedgerReader, now: Timestamp, acknowledged: (SegmentName) -> UInt64
    ) throws(LedgerError) -> Report {
        var report = Report()
        var sizes: [(name: SegmentName, bytes: UInt64)] = []
        for name in try reader.segments() {
            guard let status = try reader.status(of: name) else { continue }
            sizes.append((name, status.size))
            report.keptBytes += status.size
        }
        let today = Day(of: now)
        let firstKept = today.adding(-max(0, maxAgeDays))
        for (name, bytes) in sizes where name.day < firstKept || report.keptBytes > maxBytes {
            do {
                guard try remove(name, reader.directory, acknowledged(name)) else {
                    report.held.append(name)
                    continue
                }
                report.removed.append(name)
                report.removedBytes += bytes
                report.keptBytes -= bytes
            } catch {
                report.failures.append(error)
            }
        }
        for day in try reader.days() where day < today {
            // Refused, as it should be, while something is in it.
            try? removeDirectory(reader.directory.path(of: day))
        }
        return report
    }

    /// Removes a segment unless it is still needed; false when it is.
    private func remove(
        _ name: SegmentName, _ directory: LedgerDirectory, _ acknowledged: UInt64
    ) throws(LedgerError) -> Bool {
        guard let file = try SegmentFile(name, in: directory) else { return true }
        let path = directory.path(of: name)
        return try naming(.remove, path) { () throws(SystemError) in
            guard file.writer() == .gone else { return false }
            let size = try file.status().size
            if acknowledged < size {
                let unfinished = try file.unfinishedBytes(size)
                guard acknowledged >= size - unfinished else { return false }
            }
            try removeFile(path)
            return true
        }
    }
}
