import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Follows the ledger from where a sink left off, batch by batch, as it grows.
///
///     var tail = LedgerTail(reader, from: store.cursors)
///     while true {
///         let batch = tail.next(lines: 500) { line in … }
///         …send, wait for the acknowledgement…
///         try store.save(batch.cursors)
///     }
///
/// Every line comes once in the life of a tail, and again in the next one's if its cursor was not
/// saved.
package struct LedgerTail: ~Copyable {
    private let reader: LedgerReader
    private var buffer = LineBuffer()
    private var offsets: [SegmentName: UInt64]
    /// Segments to look at before the directory is listed again, the next one last.
    private var waiting: [SegmentName] = []
    /// Segments that are read to the end and will not grow.
    private var finished: Set<SegmentName> = []

    /// A segment whose writer is gone is looked at once more as long as its guardian may still be
    /// adding to it; that takes it no more than seconds.
    private let settleSeconds: Int64 = 60

    package init(_ reader: LedgerReader, from cursors: [Cursor]) {
        self.reader = reader
        offsets = Dictionary(cursors.map { ($0.segment, $0.offset) }) { max($0, $1) }
    }

    /// Gives up to `limit` new lines to `body`, the oldest segment's first.
    ///
    /// - Parameters:
    ///   - limit: at least 1.
    ///   - body: gets each line without its newline; the span is valid until it returns.
    /// - Returns: what was read; `lines` is 0 when nothing new is there for now.
    package mutating func next(
        lines limit: Int, _ body: (Span<UInt8>) -> Void
    ) throws(LedgerError) -> LedgerBatch {
        var batch = LedgerBatch()
        var isListed = false
        while batch.lines < limit {
            guard let segment = waiting.last else {
                if isListed { break }
                waiting = try reader.segments().filter { !finished.contains($0) }.reversed()
                isListed = true
                continue
            }
            if try read(segment, limit, &batch, body) { waiting.removeLast() }
        }
        return batch
    }

    /// Returns whether the segment has no more for now.
    private mutating func read(
        _ segment: SegmentName, _ limit: Int, _ batch: inout LedgerBatch,
        _ body: (Span<UInt8>) -> Void
    ) throws(LedgerError) -> Bool {
        let start = offsets[segment] ?? 0
        var left = limit - batch.lines
        let reading: SegmentReading?
        do {
            reading = try reader.forEachLine(of: segment, from: start, &buffer) { line in
                body(line)
                left -= 1
                return left > 0 ? .goOn : .stop
            }
        } catch {
            // One bad segment does not hold up the others; it is tried again after the next list.
            batch.unreadable.append(error)
            return true
        }
        guard let reading else {
            finished.insert(segment)
            offsets[segment] = nil
            return true
        }
        batch.lines += reading.lines
        batch.skipped += reading.skipped
        if reading.isRestarted { batch.restarted.append(segment) }
        if reading.nextOffset != start {
            offsets[segment] = reading.nextOffset
            batch.moved(to: Cursor(segment: segment, offset: reading.nextOffset))
        }
        if reading.isStopped { return false }
        if reading.writer == .gone, let status = try reader.status(of: segment),
            Int64(time(nil)) - status.modified > settleSeconds
        {
            finished.insert(segment)
        }
        return true
    }
}

/// One batch of lines, and the cursors to save once they are acknowledged.
package struct LedgerBatch: Equatable, Sendable {
    package var lines = 0
    /// Lines passed over as garbage.
    package var skipped = 0
    /// One a segment: where it has been read to.
    package var cursors: [Cursor] = []
    /// Segments whose cursor was no place in them: they are delivered from their beginning.
    package var restarted: [SegmentName] = []
    package var unreadable: [LedgerError] = []

    package init() {}

    fileprivate mutating func moved(to cursor: Cursor) {
        if cursors.last?.segment == cursor.segment { cursors.removeLast() }
        cursors.append(cursor)
    }
}
