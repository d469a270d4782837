internal import Posix
internal import Records

/// The metrics that are not of the ledger: deliveries, the price table, this program.
enum ProcessMetric {
    static let families: [Family] = [
        Family(
            "mcp_meter_delivery_backlog_bytes", .gauge, labels: ["sink"], seriesMax: 100,
            help: "Bytes of the ledger that a sink has not acknowledged yet.",
            cardinality: "one for each sink configured",
            example: "max by (sink) (mcp_meter_delivery_backlog_bytes)"),
        Family(
            "mcp_meter_delivery_dead_letters", .gauge, labels: ["sink"], seriesMax: 100,
            help: "Records a sink refused for good, set aside for deliver --retry-dead.",
            cardinality: "one for each sink configured",
            example: "mcp_meter_delivery_dead_letters > 0"),
        Family(
            "mcp_meter_delivered_records", .gauge, labels: ["sink"], seriesMax: 100,
            help: "Records a sink has acknowledged since its shipper started.",
            cardinality: "one for each sink configured",
            example: "sum by (sink) (mcp_meter_delivered_records)"),
        Family(
            "mcp_meter_unreadable_lines", .gauge, labels: [], seriesMax: 1,
            help: "Lines of the ledger that are no record, read since this process started.",
            cardinality: "one", example: "mcp_meter_unreadable_lines"),
        Family(
            "mcp_meter_http_open_connections", .gauge, labels: [], seriesMax: 1,
            help: "Connections to this process that are open.", cardinality: "one",
            example: "mcp_meter_http_open_connections"),
        Family(
            "mcp_meter_http_connections_total", .counter, labels: [], seriesMax: 1,
            help: "Connections to this process since it started.", cardinality: "one",
            example: "rate(mcp_meter_http_connections_total[5m])"),
        Family(
            "mcp_meter_http_refused_total", .counter, labels: [], seriesMax: 1,
            help: "Connections cut off since this process started: no HTTP, too big, too slow or "
                + "too many.",
            cardinality: "one", example: "increase(mcp_meter_http_refused_total[1h])"),
    ]
}

extension Exporter {
    /// All of `/metrics`.
    func metricsText(_ format: ExpositionFormat) -> [UInt8] {
        var (metrics, summary) = snapshot()
        let now = Timestamp(microseconds: WallClock.now())
        metrics.set(summary.use(of: settings.budgets, at: now))
        for gauge in limitGauges(at: now) {
            metrics.set(.limitRemaining, gauge.labels, gauge.left)
            metrics.set(.limitMax, gauge.labels, gauge.limit)
        }
        metrics.set(
            .priceTable, ["genai-prices", settings.version, String(settings.pricedModels)], 1)
        metrics.set(.build, [settings.version], 1)
        var tables = ProcessMetric.families.map { SeriesTable($0) }
        for figures in settings.deliveries() {
            let values = [figures.backlogBytes, figures.deadLetters, figures.delivered]
            for (place, value) in values.enumerated() {
                let series = tables[place].series([figures.sink])
                tables[place].set(value, of: series)
            }
        }
        let http = settings.connections()
        let own = [
            Int64(clamping: unreadableLines), Int64(clamping: http.open),
            Int64(clamping: http.accepted), Int64(clamping: http.refused),
        ]
        for (place, value) in zip(tables.indices.suffix(own.count), own) {
            let series = tables[place].series([])
            tables[place].set(value, of: series)
        }
        return metrics.text(format, extra: tables)
    }

    /// Every family there is, for the documentation.
    package static var families: [Family] {
        MetricID.allCases.map(\.family) + ProcessMetric.families
    }
}
