package import Records

/// Sends what records add up to (OpenTelemetry Protocol, metrics).
///
/// Cumulative points go on from what the receiver has acknowledged. So a message that was refused,
/// or that nobody answered, counts for nothing, and the same records give the same message again.
/// Only series that a batch adds to are part of its message.
package struct OTLPMetrics: Sink {
    /// With values of at most 128 bytes the largest message is below 4 MiB, however many series each
    /// record adds and however JSON has to escape their values.
    static let batchRecordsMax = 128

    package let batch: BatchLimits
    private let connection: OTLPConnection
    private let resource: OTLPResource
    private let conventions: Conventions
    private let temporality: OTLP.Temporality
    private var acknowledged = MetricsStream()
    /// What the last message is about.
    private var pending: MetricsBatch?

    init(
        connection: OTLPConnection, resource: OTLPResource, conventions: Conventions,
        temporality: OTLP.Temporality, batch: BatchLimits
    ) {
        self.connection = connection
        self.resource = resource
        self.conventions = conventions
        self.temporality = temporality
        self.batch = batch
    }

    package var destination: Destination { connection.destination }

    package func wants(_ record: Record) -> Bool {
        switch record {
        case .call, .usage, .trace: true
        case .session(let session): session.event == .ended && session.durationMilliseconds != nil
        case .begin, .mark: false
        }
    }

    package mutating func messages(for records: [Record]) -> [Message] {
        var batch = MetricsBatch(after: acknowledged)
        for record in records { batch.add(record, conventions) }
        guard !batch.series.isEmpty else {
            pending = nil
            return []
        }
        batch.finish()
        pending = batch
        let body =
            switch connection.encoding {
            case .protobuf: encode(ProtobufEncoder(), batch)
            case .json: encode(OTLPJSONEncoder(), batch)
            }
        return [Message(connection.request(body), records: Array(records.indices))]
    }

    package mutating func judge(_ answer: HTTPResponse, to message: Message) -> Verdict {
        let verdict = Verdict(otlp: answer)
        switch verdict {
        case .delivered, .partlyRefused:
            if let pending {
                acknowledged.add(pending, keepingTotals: temporality == .cumulative)
            }
            pending = nil
        case .retry, .refused, .blocked, .sayAgain: break
        }
        return verdict
    }

    // MARK: What is remembered

    package var state: [UInt8]? {
        acknowledged.head.instance.isEmpty
            ? nil : MetricsState.encode(acknowledged, temporality, conventions)
    }

    package mutating func restore(_ state: [UInt8]) {
        pending = nil
        acknowledged = MetricsState.decode(state, temporality, conventions) ?? MetricsStream()
    }

    // MARK: Saying it

    /// An `ExportMetricsServiceRequest`.
    private func encode<Encoder: MessageEncoder & ~Copyable>(
        _ encoder: consuming Encoder, _ batch: MetricsBatch
    ) -> [UInt8] {
        let time = batch.head.time.unixNanoseconds
        // Delta points begin where those before them ended.
        let previous =
            acknowledged.head.instance.isEmpty ? batch.head.start : acknowledged.head.time
        let start = (temporality == .delta ? previous : batch.head.start).unixNanoseconds
        // Those of a metric have to stand together.
        let order = batch.series.indices.sorted {
            let (a, b) = (batch.series[$0].metric.rawValue, batch.series[$1].metric.rawValue)
            return a == b ? $0 < $1 : a < b
        }
        encoder.export(
            OTLPFields.resourceMetrics, OTLPFields.Resource.scopeMetrics,
            resource: resource.attributes(instance: batch.head.instance),
            schemaURL: conventions.schemaURL
        ) { encoder in
            encoder.repeated(OTLPFields.Scope.metrics) { encoder in
                var rest = order[...]
                while let first = rest.first {
                    let metric = batch.series[first].metric
                    let points = rest.prefix { batch.series[$0].metric == metric }
                    rest = rest[points.endIndex...]
                    encoder.element(OTLPFields.Scope.metrics) {
                        $0.metric(metric, temporality, points: points) { encoder, index in
                            let series = batch.series[index]
                            // Empty for delta points, so that they are increments alone.
                            var total = acknowledged.totals[series] ?? Total()
                            total.add(batch.increments[index])
                            encoder.point(series, total, start: start, time: time)
                        }
                    }
                }
            }
        }
        return encoder.finish()
    }
}

extension MessageEncoder where Self: ~Copyable {
    fileprivate mutating func metric(
        _ metric: Metric, _ temporality: OTLP.Temporality, points: ArraySlice<Int>,
        _ point: (inout Self, Int) -> Void
    ) {
        typealias Fields = OTLPFields.Metric
        string(Fields.name, metric.name)
        string(Fields.description, metric.description)
        string(Fields.unit, metric.unit)
        let isCounter = if case .counter = metric.kind { true } else { false }
        message(isCounter ? Fields.sum : Fields.histogram) { encoder in
            encoder.repeated(Fields.dataPoints) { encoder in
                for index in points {
                    encoder.element(Fields.dataPoints) { point(&$0, index) }
                }
            }
            encoder.enumeration(Fields.temporality, temporality.rawValue)
            if isCounter { encoder.bool(Fields.isMonotonic, true) }
        }
    }

    /// A `NumberDataPoint` or a `HistogramDataPoint`.
    fileprivate mutating func point(
        _ series: Series, _ total: Total, start: UInt64, time: UInt64
    ) {
        typealias Fields = OTLPFields.DataPoint
        fixed64(Fields.start, start)
        fixed64(Fields.time, time)
        switch series.metric.kind {
        case .counter(scale: 1):
            sfixed64(Fields.int, Int64(clamping: total.sum))
            labels(Fields.numberAttributes, series.labels)
        case .counter(let scale):
            double(Fields.double, Double(total.sum) / Double(scale))
            labels(Fields.numberAttributes, series.labels)
        case .histogram(let buckets):
            fixed64(Fields.count, total.count)
            double(Fields.sum, Double(total.sum) / Double(buckets.scale))
            fixed64s(Fields.bucketCounts, total.bucketCounts)
            doubles(Fields.bounds, buckets.bounds)
            labels(Fields.histogramAttributes, series.labels)
        }
    }

    private mutating func labels(_ field: Field, _ labels: [Label]) {
        guard !labels.isEmpty else { return }
        repeated(field) { encoder in
            for label in labels {
                encoder.element(field) { encoder in
                    encoder.string(OTLPFields.KeyValue.key, label.key.name)
                    encoder.message(OTLPFields.KeyValue.value) {
                        if label.key == .overflow {
                            $0.bool(OTLPFields.AnyValue.bool, true)
                        } else {
                            $0.string(OTLPFields.AnyValue.string, label.value)
                        }
                    }
                }
            }
        }
    }
}
