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
    private var index: SegmentIndex
    private var buffer = LineBuffer()
    private var offsets: [SegmentName: UInt64]
    /// Segments that may have more, of each day in order. Days without any are not in it.
    private var unfinished: [Day: [SegmentName]] = [:]
    /// Days of which `unfinished` does not know the latest.
    private var changed: Set<Day> = []
    /// Segments to look at before the directory is asked again, the next one last.
    private var waiting: [SegmentName] = []
    /// Segments that are read to the end and will not grow.
    private var finished: Set<SegmentName> = []
    /// When writers were last asked whether they live, in seconds.
    private var settledAt: Int64 = .min
    private var isSettling = false

    /// A segment whose writer is gone is looked at as long as its guardian may still be adding to
    /// it; that takes it no more than seconds.
    private let settleSeconds: Int64 = 60
    /// Writers of segments with nothing new are asked this often, in seconds.
    private let askSeconds: Int64 = 5

    package init(_ reader: LedgerReader, from cursors: [Cursor]) {
        self.reader = reader
        index = SegmentIndex(reader)
        offsets = Dictionary(cursors.map { ($0.segment, $0.offset) }) { max($0, $1) }
    }

    /// Looks at every directory the next time, whatever it knows of them.
    package mutating func forgetListing() { index.forget() }

    /// Gives up to `limit` new lines to `body`, the oldest segment's first.
    ///
    /// - Parameters:
    ///   - limit: at least 1.
    ///   - body: gets each line without its newline; the span is valid until it returns.
    /// - Returns: what was read; `lines` is 0 when nothing new is there for now.
    package mutating func next(
        lines limit: Int, _ body: (Span<UInt8>) -> Void
    ) throws(LedgerError) -> LedgerBatch {
        var left = limit
        return try next { line in
            body(line)
            left -= 1
            return left > 0 ? .goOn : .stop
        }
    }

    /// Gives new lines to `body` until it wants no more or there are none.
    package mutating func next(_ body: (Span<UInt8>) -> Flow) throws(LedgerError) -> LedgerBatch {
        var batch = LedgerBatch()
        var isListed = false
        while true {
            guard let segment = waiting.last else {
                if isListed { return batch }
                do {
                    try list()
                } catch {
                    // What was read so far will not come again; the error will.
                    if batch.cursors.isEmpty { throw error }
                    return batch
                }
                isListed = true
                continue
            }
            guard read(segment, &batch, body) else { return batch }
            waiting.removeLast()
        }
    }

    /// Finds out which segments there are and which of them to look at.
    private mutating func list() throws(LedgerError) {
        changed.formUnion(try index.refresh())
        for day in changed {
            let left = index.segments(of: day).filter { !finished.contains($0) }
            unfinished[day] = left.isEmpty ? nil : left
        }
        changed.removeAll()
        let now = Int64(time(nil))
        isSettling = now < settledAt || now >= settledAt &+ askSeconds
        if isSettling { settledAt = now }
        let days = unfinished.keys.sorted(by: >)
        waiting.removeAll(keepingCapacity: true)
        for day in days { waiting.append(contentsOf: (unfinished[day] ?? []).reversed()) }
    }

    private mutating func finish(_ segment: SegmentName) {
        finished.insert(segment)
        changed.insert(segment.day)
    }

    /// Returns whether the segment has no more for now.
    private mutating func read(
        _ segment: SegmentName, _ batch: inout LedgerBatch, _ body: (Span<UInt8>) -> Flow
    ) -> Bool {
        let start = offsets[segment] ?? 0
        let reading: SegmentReading?
        do {
            // Most have nothing new, and their length says so.
            if let status = try reader.status(of: segment), status.size == start {
                if isSettling, isOld(status), try reader.writer(of: segment) == .gone {
                    finish(segment)
                }
                return true
            }
            reading = try reader.forEachLine(of: segment, from: start, &buffer, body)
        } catch {
            // One bad segment does not hold up the others; it is tried again after the next list.
            batch.unreadable.append(error)
            return true
        }
        guard let reading else {
            finish(segment)
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
        if reading.writer == .gone, let status = try? reader.status(of: segment), isOld(status) {
            finish(segment)
        }
        return true
    }

    private func isOld(_ status: FileStatus) -> Bool {
        Int64(time(nil)) &- status.modified > settleSeconds
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
