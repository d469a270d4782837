import Ledger

/// The rows of one thread's segments, as they were read.
struct SegmentRows {
    /// Where the rows of one reading of a segment are.
    struct Span {
        let segment: SegmentName
        let rows: Range<Int>
        /// Requests begun there that no line of the same reading ended.
        var open: [Row]
        var writer: WriterState
        var nextOffset: UInt64
    }

    /// Times that are wanted, in microseconds since 1970. Rows of others only stand where an
    /// earlier line of the same id must give way.
    let window: Range<Int64>
    /// Records of a later time come from a clock that was wrong.
    let now: Int64
    var rows = Rows()
    var spans: [Span] = []
    var labels = Labels()
    /// Shares of other records: the row, and whose share.
    var parts: [Int: Identity] = [:]
    var policies = PolicyRows()
    /// Ids met with times outside the window, by the row they would have had.
    var outside: [(row: Int, id: Identity)] = []
    var reading = Counts()
    private var dates = DateCache()

    init(window: Range<Int64>, now: Int64) {
        self.window = window
        self.now = now
    }

    /// What was met on the way.
    struct Counts: Sendable {
        var segments = 0
        var lines = 0
        var skipped = 0
        var unknown = 0
        var torn = 0
        var unreadable = 0
        var future = 0
        var firstError: LedgerError?

        mutating func add(_ other: Counts) {
            segments += other.segments
            lines += other.lines
            skipped += other.skipped
            unknown += other.unknown
            torn += other.torn
            unreadable += other.unreadable
            future += other.future
            firstError = firstError ?? other.firstError
        }
    }

    /// Reads a segment from a place on.
    mutating func read(
        _ segment: SegmentName, from offset: UInt64, _ reader: LedgerReader,
        _ buffer: inout LineBuffer
    ) {
        let first = rows.end
        var open: [Identity: Row] = [:]
        let before = reading.skipped + reading.unknown
        do throws(LedgerError) {
            let result = try reader.forEachLine(of: segment, from: offset, &buffer) { line in
                take(line, &open)
                return .goOn
            }
            guard let result else { return }
            reading.segments += 1
            reading.skipped += result.skipped
            let passed = reading.skipped + reading.unknown - before - result.skipped
            reading.lines += result.lines - passed
            if result.isTorn { reading.torn += 1 }
            spans.append(
                Span(
                    segment: segment, rows: first..<rows.end, open: Array(open.values),
                    writer: result.writer, nextOffset: result.nextOffset))
        } catch {
            reading.unreadable += 1
            reading.firstError = reading.firstError ?? error
            // What was read before it failed counts.
            spans.append(
                Span(
                    segment: segment, rows: first..<rows.end, open: [], writer: .alive,
                    nextOffset: offset))
        }
    }

    private mutating func take(
        _ line: Swift.Span<UInt8>, _ open: inout [Identity: Row]
    ) {
        let quick = line.withUnsafeBytes { bytes -> Projection? in
            var walk = LineWalk(bytes)
            return walk.projection(&labels, &dates)
        }
        do throws(Unprojected) {
            if var quick, (try? quick.readPolicy(in: line)) != nil {
                keep(&quick, &open)
            } else {
                var projection = try Projection(anyForm: line, &labels)
                keep(&projection, &open)
            }
        } catch {
            switch error {
            case .unknown: reading.unknown += 1
            case .broken: reading.skipped += 1
            }
        }
    }

    private mutating func keep(
        _ projection: inout Projection, _ open: inout [Identity: Row]
    ) {
        switch projection.kind {
        case .session: return
        case .begin:
            guard window.contains(projection.row.time) else { return }
            projection.row.labels = labels.place(of: projection.labels)
            projection.row.kind = .lost
            projection.row.outcome = .lost
            open[projection.row.id] = projection.row
            return
        case .call: if !open.isEmpty { open[projection.row.id] = nil }
        case .usage, .trace: break
        }
        // A minute is no mistake: machines share directories.
        if projection.row.time > now &+ 60_000_000 { reading.future += 1 }
        guard window.contains(projection.row.time) else {
            outside.append((rows.end, projection.row.id))
            return
        }
        projection.row.labels = labels.place(of: projection.labels)
        if let whole = projection.partOf { parts[rows.end] = whole }
        if let note = projection.policy { policies.append(note, row: rows.end) }
        rows.append(projection.row)
    }
}

extension SegmentRows {
    /// The rows, which are not here any more then.
    mutating func takeRows() -> Rows {
        let taken = rows
        rows = Rows()
        return taken
    }
}
