package import Ledger
import Posix
import Synchronization

/// Every record of a span of time, read from the ledger by two threads, each id once.
///
/// It can be asked again: then it reads only what came since.
package final class LedgerScan {
    /// Threads that read: more wait for the memory, not for the processor.
    private static let threads = 2

    private let reader: LedgerReader
    /// Microseconds since 1970.
    package let window: Range<Int64>
    private(set) var rows = Rows()
    private(set) var labels = Labels()
    /// Shares of other records: the row, and whose share.
    private(set) var parts: [Int: Identity] = [:]
    private(set) var policies = PolicyRows()
    /// Requests that were begun and will not end, because their writer is gone.
    private(set) var lost: [Row] = []
    private(set) var counts = SegmentRows.Counts()

    private var index = IdentityIndex()
    private var places: [SegmentName: (offset: UInt64, writer: WriterState)] = [:]
    private var newest: [WriterIdentity: SegmentName] = [:]
    private var open: [Identity: (row: Row, writer: WriterIdentity)] = [:]

    private let now: Int64

    /// - Parameters:
    ///   - window: the times that are wanted, in microseconds since 1970.
    ///   - now: the present, in microseconds since 1970.
    package init(_ directory: LedgerDirectory, window: Range<Int64>, now: Int64) {
        reader = LedgerReader(directory)
        self.window = window
        self.now = now
    }

    /// Reads what is there and was not read before. Returns whether that changed anything.
    @discardableResult
    package func refresh() throws(LedgerError) -> Bool {
        let segments = try reader.segments(days: firstDay...Day.last)
        let jobs = segments.compactMap { segment -> Job? in
            guard let known = places[segment] else { return Job(segment: segment, offset: 0) }
            let size = (try? reader.status(of: segment))?.size ?? 0
            if size == known.offset, known.writer == .gone { return nil }
            return Job(segment: segment, offset: known.offset)
        }
        let before = (rows.end, lost.count)
        for segment in segments {
            newest[segment.writer] = max(newest[segment.writer] ?? segment, segment)
        }
        merge(read(jobs))
        try findLost()
        return before != (rows.end, lost.count)
    }

    /// A line is in the segment of the day it was written on; the clock may have been a day off.
    private var firstDay: Day {
        Day(daysSince1970: Int(clamping: window.lowerBound / 86_400_000_000) - 2)
    }

    /// Where the row of an id is.
    func place(of id: Identity) -> Int? { index.find(id, rows) }

    /// The time of the earliest record; nil when there is none. Microseconds since 1970.
    package var earliest: Int64? {
        var earliest: Int64?
        for row in rows.pieces.joined() where row.time < earliest ?? .max { earliest = row.time }
        return lost.reduce(earliest) { min($0 ?? .max, $1.time) }
    }

    /// What reading met.
    package var state: Report.LedgerState {
        Report.LedgerState(
            segments: places.count, lines: counts.lines, skipped: counts.skipped,
            unknown: counts.unknown, torn: counts.torn, unreadable: counts.unreadable,
            future: counts.future,
            firstError: counts.firstError.map { "\($0)" })
    }

    // MARK: Reading

    private struct Job: Sendable {
        let segment: SegmentName
        let offset: UInt64
    }

    private func read(_ jobs: [Job]) -> [SegmentRows] {
        let next = Atomic<Int>(0)
        let results = Mutex<[SegmentRows]>([])
        let (reader, window, now) = (reader, window, now)
        let work: @Sendable () -> Void = {
            var mine = SegmentRows(window: window, now: now)
            var buffer = LineBuffer()
            while true {
                let place = next.add(1, ordering: .relaxed).oldValue
                guard place < jobs.count else { break }
                mine.read(jobs[place].segment, from: jobs[place].offset, reader, &buffer)
            }
            let done = mine
            results.withLock { $0.append(done) }
        }
        var helpers: [Thread] = []
        if jobs.count > 1 {
            for _ in 1..<Self.threads {
                if let thread = try? Thread.start(name: "report", work) { helpers.append(thread) }
            }
        }
        work()
        for helper in helpers { helper.join() }
        return results.withLock { all in
            defer { all.removeAll() }
            return all
        }
    }

    // MARK: Putting together

    /// What is left of a thread's work when its rows have been taken.
    private struct Taken {
        let base: Int
        let labels: [UInt32]
        let outside: [(row: Int, id: Identity)]
    }

    private func merge(_ results: consuming [SegmentRows]) {
        // In local hands while every row is touched: nobody else looks, and nothing is asked twice.
        var (rows, index) = (self.rows, self.index)
        (self.rows, self.index) = (Rows(), IdentityIndex())
        defer { (self.rows, self.index) = (rows, index) }
        var taken: [Taken] = []
        var spans: [(owner: Int, span: SegmentRows.Span)] = []
        while var result = results.popLast() {
            spans += result.spans.map { (taken.count, $0) }
            counts.add(result.reading)
            let base = rows.adopt(result.takeRows())
            for (row, whole) in result.parts { parts[base + row] = whole }
            policies.adopt(result.policies, base: base)
            taken.append(
                Taken(base: base, labels: labels.merge(result.labels), outside: result.outside))
        }
        // Which of two lines with one id came last is a matter of this order.
        spans.sort { $0.span.segment < $1.span.segment }
        index.reserve(rows.end)
        for (owner, span) in spans {
            Self.place(span, taken[owner], &rows, &index)
            places[span.segment] = (span.nextOffset, span.writer)
            for var row in span.open {
                row.labels = taken[owner].labels[Int(row.labels)]
                open[row.id] = (row, span.segment.writer)
            }
        }
    }

    private static func place(
        _ span: SegmentRows.Span, _ taken: Taken, _ rows: inout Rows, _ index: inout IdentityIndex
    ) {
        func replace(_ id: Identity) {
            if let earlier = index.find(id, rows) { rows[earlier].marks.insert(.replaced) }
        }
        var next = taken.outside.partitioningIndex { $0.row >= span.rows.lowerBound }
        for local in span.rows {
            while next < taken.outside.count, taken.outside[next].row <= local {
                replace(taken.outside[next].id)
                next += 1
            }
            let place = taken.base + local
            rows[place].labels = taken.labels[Int(rows[place].labels)]
            if let earlier = index.insert(place, rows) { rows[earlier].marks.insert(.replaced) }
        }
        while next < taken.outside.count, taken.outside[next].row == span.rows.upperBound {
            replace(taken.outside[next].id)
            next += 1
        }
    }

    // MARK: Lost calls

    private func findLost() throws(LedgerError) {
        // A begin and its call have the same time: both are in the window, or neither is.
        for id in open.keys where index.find(id, rows) != nil { open[id] = nil }
        lost.removeAll()
        if open.isEmpty { return }
        var later: [WriterIdentity: SegmentName] = [:]
        for segment in try reader.segments(days: firstDay...Day.last) {
            later[segment.writer] = max(later[segment.writer] ?? segment, segment)
        }
        for (row, writer) in open.values {
            // A segment that came while we read may have the call's end.
            guard let segment = newest[writer], later[writer] ?? segment == segment,
                places[segment]?.writer == .gone
            else { continue }
            lost.append(row)
        }
        lost.sort { ($0.time, $0.id.high, $0.id.low) < ($1.time, $1.id.high, $1.id.low) }
    }
}

extension Array {
    /// The first place whose element and all after it fulfil a condition.
    func partitioningIndex(_ isAfter: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
