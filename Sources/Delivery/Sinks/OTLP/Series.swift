/// One time series: a metric and the values of its attributes.
struct Series: Hashable {
    let metric: Metric
    /// In the order they are sent.
    let labels: [Label]
}

/// An attribute of a series.
struct Label: Hashable {
    let key: LabelKey
    let value: String
}

/// The attributes that series have. Raw values are written into saved states: they are never used
/// again for something else.
enum LabelKey: UInt8 {
    case overflow = 1
    case methodName = 2
    case operationName = 3
    case toolName = 4
    case networkTransport = 5
    case errorType = 6
    case statusCode = 7
    case providerName = 8
    case requestModel = 9
    case responseModel = 10
    case tokenModality = 11
    case tokenType = 12
    case usageSource = 13
    case costSource = 14
    case serverName = 15
    case eventType = 16
    case outcome = 17

    var name: String {
        switch self {
        case .overflow: "otel.metric.overflow"
        case .methodName: "mcp.method.name"
        case .operationName: "gen_ai.operation.name"
        case .toolName: "gen_ai.tool.name"
        case .networkTransport: "network.transport"
        case .errorType: "error.type"
        case .statusCode: "rpc.response.status_code"
        case .providerName: "gen_ai.provider.name"
        case .requestModel: "gen_ai.request.model"
        case .responseModel: "gen_ai.response.model"
        case .tokenModality: "gen_ai.token.modality"
        case .tokenType: "gen_ai.token.type"
        case .usageSource: "mcp_meter.usage.source"
        case .costSource: "mcp_meter.cost.source"
        case .serverName: "mcp_meter.server.name"
        case .eventType: "mcp_meter.event.type"
        case .outcome: "mcp_meter.outcome"
        }
    }
}

extension [Label] {
    /// A longer value is cut, so that the size of a message and of a state has a bound.
    static var valueBytesMax: Int { 128 }

    mutating func add(_ key: LabelKey, _ value: String?) {
        guard let value else { return }
        append(Label(key: key, value: value.clipped(to: Self.valueBytesMax)))
    }
}

extension Series {
    /// What is counted when a metric has as many series as it may (OpenTelemetry specification,
    /// "Metrics SDK", "Overflow attribute").
    static func overflow(of metric: Metric) -> Series {
        Series(metric: metric, labels: [Label(key: .overflow, value: "true")])
    }
}

/// What a series has come to. Whole numbers throughout, so that it does not matter how records fall
/// into batches; a sum that is too large stays the largest there is.
struct Total: Equatable {
    /// Of all values, in the metric's whole numbers.
    private(set) var sum: UInt64 = 0
    /// How many values fell into each bucket; empty for a counter.
    private(set) var bucketCounts: [UInt64] = []

    /// How many values there were; 0 for a counter.
    var count: UInt64 { bucketCounts.reduce(0) { $0.addingSaturated($1) } }

    init() {}

    /// As it was saved.
    init(sum: UInt64, bucketCounts: [UInt64]) {
        self.sum = sum
        self.bucketCounts = bucketCounts
    }

    mutating func add(_ value: UInt64, to kind: Metric.Kind) {
        sum = sum.addingSaturated(value)
        guard case .histogram(let buckets) = kind else { return }
        if bucketCounts.isEmpty {
            bucketCounts = [UInt64](repeating: 0, count: buckets.limits.count + 1)
        }
        bucketCounts[buckets.index(of: value)] += 1
    }

    /// `other` is of the same metric.
    mutating func add(_ other: Total) {
        sum = sum.addingSaturated(other.sum)
        if bucketCounts.isEmpty {
            bucketCounts = other.bucketCounts
        } else {
            for (index, count) in zip(bucketCounts.indices, other.bucketCounts) {
                bucketCounts[index] = bucketCounts[index].addingSaturated(count)
            }
        }
    }
}

extension UInt64 {
    fileprivate func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
