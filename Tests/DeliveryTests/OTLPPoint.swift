import Records

@testable import Delivery

/// Tests of metrics, which are read in JSON.
protocol OTLPMetricsSuite {}

extension OTLPMetricsSuite {
    typealias Environment = [String: String]

    static var delta: Environment {
        ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta"]
    }

    func sink(_ environment: Environment = [:]) -> any Sink {
        otlpMetrics(environment.merging(["OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"]) { $1 })
    }

    func points(_ records: [Record], _ environment: Environment = [:]) -> [OTLPPoint] {
        var sink = sink(environment)
        return sink.deliver(records).flatMap(OTLPPoint.all)
    }
}

/// A data point of a message in JSON.
struct OTLPPoint {
    var metric = ""
    var unit = ""
    var isMonotonic = false
    var temporality: Int64 = 0
    var labels: [String: JSONValue] = [:]
    var start: UInt64 = 0
    var time: UInt64 = 0
    var sum = 0.0
    var count: UInt64 = 0
    var buckets: [UInt64] = []
    var bounds: [Double] = []

    /// What it adds up to.
    struct Total: Equatable {
        var sum: Double
        var buckets: [UInt64]
    }

    /// To the millionth, since doubles that are added are not exact.
    var total: Total { Total(sum: (sum * 1e6).rounded() / 1e6, buckets: buckets) }
    var series: String { metric + labels.map { "\($0) \($1)" }.sorted().joined() }

    static func all(_ message: Message) -> [OTLPPoint] {
        (message.json["resourceMetrics"]?.array ?? [])
            .flatMap { $0["scopeMetrics"]?.array ?? [] }.flatMap { $0["metrics"]?.array ?? [] }
            .flatMap { metric in
                let data = metric["sum"] ?? metric["histogram"]
                return (data?["dataPoints"]?.array ?? []).map { OTLPPoint(metric, data, $0) }
            }
    }

    private init(_ metric: JSONValue, _ data: JSONValue?, _ point: JSONValue) {
        func number(_ key: String) -> UInt64? { point[key]?.string.flatMap { UInt64($0) } }
        self.metric = metric["name"]?.string ?? ""
        unit = metric["unit"]?.string ?? ""
        isMonotonic = data?["isMonotonic"]?.bool ?? false
        temporality = data?["aggregationTemporality"]?.int64 ?? 0
        labels = attributes(of: point)
        start = number("startTimeUnixNano") ?? 0
        time = number("timeUnixNano") ?? 0
        sum =
            point["sum"]?.double ?? point["asDouble"]?.double ?? number("asInt").map { Double($0) }
            ?? .nan
        count = number("count") ?? 0
        buckets = (point["bucketCounts"]?.array ?? []).compactMap {
            $0.string.flatMap { UInt64($0) }
        }
        bounds = (point["explicitBounds"]?.array ?? []).compactMap(\.double)
    }

    /// The last point of each series.
    static func last(_ messages: [Message]) -> [String: OTLPPoint] {
        Dictionary(messages.flatMap(all).map { ($0.series, $0) }) { $1 }
    }

    /// The sum of the points of each series.
    static func sum(_ messages: [Message]) -> [String: Total] {
        Dictionary(messages.flatMap(all).map { ($0.series, $0) }) { a, b in
            var sum = b
            sum.sum += a.sum
            sum.buckets = zip(a.buckets, b.buckets).map { $0 + $1 }
            return sum
        }.mapValues(\.total)
    }
}
