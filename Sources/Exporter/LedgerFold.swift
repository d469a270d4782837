internal import Ledger
internal import Posix
internal import Records

/// Reads the ledger into figures, from the beginning or a checkpoint on, as it grows.
struct LedgerFold: ~Copyable {
    private(set) var metrics: Metrics
    private let reader: LedgerReader
    private var tail: LedgerTail
    /// How far each segment is counted.
    private var cursors: [SegmentName: UInt64]
    /// What has been counted since the checkpoint.
    private(set) var unsaved = 0
    /// Changes with what is counted.
    private(set) var revision: UInt64 = 0
    /// Lines no record could be read from.
    private(set) var unreadable = 0

    init(
        _ reader: LedgerReader, limits: [RateLimit] = [],
        from checkpoint: consuming Checkpoint? = nil
    ) {
        self.reader = reader
        let saved = checkpoint ?? Checkpoint(metrics: Metrics(), cursors: [])
        metrics = saved.metrics
        metrics.limits = LimitUse(limits, saved: metrics.savedLimits)
        cursors = Dictionary(saved.cursors.map { ($0.segment, $0.offset) }) { max($0, $1) }
        tail = LedgerTail(reader, from: saved.cursors)
    }

    /// Takes in up to `limit` lines.
    ///
    /// - Returns: how many there were; 0 when nothing is new.
    mutating func advance(lines limit: Int) throws(LedgerError) -> Int {
        var failed = 0
        // Taken out, so that the closure changes it in place.
        var metrics = Metrics()
        swap(&metrics, &self.metrics)
        defer { swap(&metrics, &self.metrics) }
        let batch = try tail.next(lines: limit) { line in
            switch try? Record.decode(line: line) {
            case .record(let record): metrics.fold(record)
            case .skipped: break
            case nil: failed += 1
            }
        }
        for cursor in batch.cursors { cursors[cursor.segment] = cursor.offset }
        unreadable += failed
        unsaved += batch.lines
        revision &+= UInt64(batch.lines)
        return batch.lines
    }

    /// Forgets sessions whose relay is gone.
    mutating func bury() throws(LedgerError) {
        var alive: Set<Int> = []
        let days = try reader.days().suffix(3)
        guard let first = days.first, let last = days.last else { return }
        for segment in try reader.segments(days: first...last) {
            if try reader.writer(of: segment) == .alive { alive.insert(Int(segment.writer.pid)) }
        }
        let before = metrics.flight.sessions.count
        metrics.bury(except: alive)
        if metrics.flight.sessions.count != before { revision &+= 1 }
    }

    /// What is counted up to now, to be saved.
    mutating func checkpoint() -> [UInt8] {
        unsaved = 0
        return Checkpoint.bytes(
            metrics, cursors.map { Cursor(segment: $0.key, offset: $0.value) })
    }

    mutating func limitGauges(
        at now: Timestamp
    ) -> [(labels: [String], left: Int64, limit: Int64)] {
        metrics.limits.gauges(at: now)
    }
}
