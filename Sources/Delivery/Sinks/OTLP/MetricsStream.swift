import Records

/// All that has been sent and acknowledged: what cumulative points go on from.
struct MetricsStream: Equatable {
    /// Series of one metric, the overflowing one included (OpenTelemetry specification, "Metrics
    /// SDK", "Cardinality limits": 2000 unless set).
    static let seriesMax = 2000
    /// Tools that are told apart; every further one is `_OTHER`.
    static let toolsMax = 100

    /// What there is beside the totals.
    struct Head: Equatable {
        /// The id of the stream's first record, which no other stream began with. Empty before it.
        var instance = ""
        /// When the stream began: the time of its first record.
        var start = Timestamp(microseconds: 0)
        /// The time of the points that were sent last.
        var time = Timestamp(microseconds: 0)
        var tools: Set<String> = []
    }

    var head = Head()
    /// Kept for cumulative points only.
    private(set) var totals: [Series: Total] = [:]
    private var seriesCounts: [Metric: Int] = [:]

    func count(of metric: Metric) -> Int { seriesCounts[metric] ?? 0 }

    mutating func add(_ total: Total, to series: Series) {
        if totals[series] == nil { seriesCounts[series.metric, default: 0] += 1 }
        totals[series, default: Total()].add(total)
    }

    /// The receiver has a batch.
    ///
    /// - Parameter keepsTotals: for cumulative points.
    mutating func add(_ batch: MetricsBatch, keepingTotals keepsTotals: Bool) {
        head = batch.head
        guard keepsTotals else { return }
        for (series, increment) in zip(batch.series, batch.increments) {
            add(increment, to: series)
        }
    }
}

/// What the records of one batch add to a stream. It is part of it when the receiver has it.
struct MetricsBatch {
    private(set) var head: MetricsStream.Head
    /// In the order of their first record, so that a batch is always the same message.
    private(set) var series: [Series] = []
    private(set) var increments: [Total] = []
    /// Nil once the batch is finished, so that the stream is not held twice and need not be copied.
    private var before: MetricsStream?
    private var indices: [Series: Int] = [:]
    private var newCounts: [Metric: Int] = [:]
    private var end = Timestamp(microseconds: .min)

    /// - Parameter stream: what was sent before.
    init(after stream: MetricsStream) {
        head = stream.head
        before = stream
    }

    /// A record of this id is part of the batch, about what went on from `start`.
    mutating func begin(_ id: String, _ start: Timestamp, milliseconds: Double) {
        if head.instance.isEmpty {
            head.instance = id
            head.start = start
        }
        // What lasts longer than a day is damage more likely than a call, and no later point could
        // come before it.
        let length = Int64(min(Self.microseconds(milliseconds), 86_400_000_000))
        let (end, overflow) = start.microseconds.addingReportingOverflow(length)
        self.end = max(self.end, Timestamp(microseconds: overflow ? .max : end))
    }

    /// One more value of a series, in the metric's whole numbers.
    mutating func add(_ value: UInt64, to metric: Metric, _ labels: [Label]) {
        let series = bounded(Series(metric: metric, labels: labels))
        let index: Int
        if let known = indices[series] {
            index = known
        } else {
            index = increments.count
            indices[series] = index
            self.series.append(series)
            increments.append(Total())
        }
        increments[index].add(value, to: metric.kind)
    }

    /// The tool's name, or `_OTHER` when there are too many.
    mutating func bounded(tool: String) -> String {
        let tool = tool.clipped(to: [Label].valueBytesMax)
        if head.tools.contains(tool) { return tool }
        guard head.tools.count < MetricsStream.toolsMax else { return "_OTHER" }
        head.tools.insert(tool)
        return tool
    }

    /// There are no more records. The points have the time of the last one, but those of each batch
    /// are at least a millisecond later than those before, which is how finely some receivers count.
    mutating func finish() {
        let previous = max(head.time, head.start).microseconds
        let (next, overflow) = previous.addingReportingOverflow(1000)
        head.time = max(end, Timestamp(microseconds: overflow ? .max : next))
        before = nil
    }

    private mutating func bounded(_ series: Series) -> Series {
        let metric = series.metric
        guard indices[series] == nil, before?.totals[series] == nil else { return series }
        let count = (before?.count(of: metric) ?? 0) + newCounts[metric, default: 0]
        guard count < MetricsStream.seriesMax - 1 else { return .overflow(of: metric) }
        newCounts[metric, default: 0] += 1
        return series
    }

    /// At most 1e17, three thousand years; 0 for what is no duration.
    static func microseconds(_ milliseconds: Double) -> UInt64 {
        guard milliseconds.isFinite, milliseconds > 0 else { return 0 }
        return UInt64(min(milliseconds * 1000, 1e17).rounded())
    }
}
