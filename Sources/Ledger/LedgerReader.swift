package import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Reads the ledger, while others write it or not.
package struct LedgerReader: Sendable {
    package let directory: LedgerDirectory

    package init(_ directory: LedgerDirectory) { self.directory = directory }

    /// The segments of the days asked for, in order; none when there is no ledger. Other files in
    /// the ledger's directories are not ours and left out.
    ///
    /// A line is in the segment of the day it was written on, so everything that happened since a
    /// moment is in the segments from that moment's day on.
    package func segments(days: ClosedRange<Day>? = nil) throws(LedgerError) -> [SegmentName] {
        try segments(days: days, known: self.days())
    }

    func segments(days: ClosedRange<Day>?, known: [Day]) throws(LedgerError) -> [SegmentName] {
        var found: [SegmentName] = []
        for day in known where days?.contains(day) ?? true {
            for file in try entries(directory.path(of: day)) {
                if let name = SegmentName(day: day, file: file) { found.append(name) }
            }
        }
        found.sort()
        return found
    }

    /// The days that have a directory, in order.
    package func days() throws(LedgerError) -> [Day] {
        try entries(directory.ledger).compactMap { Day($0) }.sorted()
    }

    /// Length and age of a segment; nil when it is not there any more.
    package func status(of segment: SegmentName) throws(LedgerError) -> FileStatus? {
        let path = directory.path(of: segment)
        do {
            return try FileStatus(path: path)
        } catch  where error.code == ENOENT {
            return nil
        } catch {
            throw LedgerError(action: .read, path: path, cause: error)
        }
    }

    /// Whether the writer of a segment may still add to it; nil when the segment is gone.
    package func writer(of segment: SegmentName) throws(LedgerError) -> WriterState? {
        try SegmentFile(segment, in: directory)?.writer()
    }

    /// Gives the lines of one segment, without their newlines, to `body`.
    ///
    /// - Parameters:
    ///   - offset: a place after a newline, from an earlier reading's `nextOffset` or a cursor. Any
    ///     other is noticed, and the segment read from its beginning.
    ///   - buffer: space to read into, the same for many segments.
    ///   - body: a span is valid until it returns.
    /// - Returns: nil when the segment is not there any more.
    package func forEachLine(
        of segment: SegmentName, from offset: UInt64 = 0, _ buffer: inout LineBuffer,
        _ body: (Span<UInt8>) -> Flow
    ) throws(LedgerError) -> SegmentReading? {
        guard let file = try SegmentFile(segment, in: directory) else { return nil }
        do {
            return try file.forEachLine(from: offset, &buffer, body)
        } catch {
            throw LedgerError(action: .read, path: directory.path(of: segment), cause: error)
        }
    }

    /// Gives every line of the days asked for to `body`. A segment that cannot be read is counted
    /// and the others are read all the same.
    package func forEachLine(
        days: ClosedRange<Day>? = nil, _ body: (Span<UInt8>) -> Flow
    ) throws(LedgerError) -> LedgerReading {
        var total = LedgerReading()
        var buffer = LineBuffer()
        for segment in try segments(days: days) {
            do {
                guard let one = try forEachLine(of: segment, &buffer, body) else { continue }
                total.add(one)
                if one.isStopped { break }
            } catch {
                total.unreadable.append(error)
            }
        }
        return total
    }

    private func entries(_ path: String) throws(LedgerError) -> [String] {
        do {
            return try directoryEntries(path)
        } catch  where error.code == ENOENT || error.code == ENOTDIR {
            return []
        } catch {
            throw LedgerError(action: .list, path: path, cause: error)
        }
    }
}

/// What a reading of many segments met.
package struct LedgerReading: Equatable, Sendable {
    package var segments = 0
    /// Lines given to the caller.
    package var lines = 0
    /// Lines passed over as garbage.
    package var skipped = 0
    /// Records of a kind or version this program does not know; 0 when only lines were read.
    package var unknown = 0
    /// Segments whose last line nobody will finish.
    package var torn = 0
    /// Segments whose writer lives.
    package var alive = 0
    package var unreadable: [LedgerError] = []

    package init() {}

    mutating func add(_ one: SegmentReading) {
        segments += 1
        lines += one.lines
        skipped += one.skipped
        torn += one.isTorn ? 1 : 0
        alive += one.writer == .alive ? 1 : 0
    }
}
