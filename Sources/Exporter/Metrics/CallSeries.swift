internal import Records

/// What tells the series of a request apart, and where they are: looked up once for each
/// combination and not for each call.
struct PlainCallKey: Hashable, Sendable {
    let server: String
    let method: String
    let tool: String
    let direction: CallRecord.Direction
    let outcome: CallRecord.Outcome
}

struct PlainCallSeries: Sendable {
    let calls: Int
    /// Nil for calls that were blocked: no server took any time over them.
    let duration: Int?
    let firstByte: Int?
    /// Nil for calls that are none, or were blocked.
    let operation: Int?
}

/// The same of a model call.
struct ModelCallKey: Hashable, Sendable {
    let provider: String
    let model: String
    let operation: String
    let status: String
    let agentID: String
    let server: String
    let tool: String
    let usageSource: String
    let costSource: String
    let reason: String
    let eventType: String
    /// How long a client thought is not known, unless somebody posted it.
    let isTimed: Bool

    var hasUsage: Bool { usageSource != Self.unknown }

    private static let unknown = "unknown"

    init(_ call: CallRecord) {
        provider = call.provider ?? ""
        model = call.model ?? ""
        operation = call.method
        status = Self.status(of: call)
        agentID = call.agentID ?? ""
        server = call.server ?? ""
        tool = call.tool ?? ""
        usageSource = call.usage?.source.rawValue ?? Self.unknown
        // A price of an estimate is an estimate.
        let isEstimated = call.usage?.source == .estimated && call.cost?.source == .priced
        costSource = isEstimated ? "estimated" : call.cost?.source.rawValue ?? Self.unknown
        reason = call.modelSource?.rawValue ?? ""
        eventType = call.eventType ?? ""
        isTimed = call.direction != .client || call.durationMilliseconds > 0
    }

    /// The older exporter's words, and those it had none for.
    private static func status(of call: CallRecord) -> String {
        switch call.outcome {
        case .ok: "success"
        case .cancelled: "cancelled"
        case .lost: "lost"
        case .blocked: "blocked"
        case .error:
            switch call.errorType {
            case .rateLimit: "rate_limited"
            case .timeout: "timeout"
            default: "error"
            }
        }
    }
}

struct ModelCallSeries: Sendable {
    let requests: Int
    /// In the order of `TokenSplit.names`.
    let tokens: [Int]
    let cost: Int
    /// Nil for calls it is not known of.
    let duration: Int?
    let tokensPerRequest: Int?
    let selection: Int
    let limitHits: Int
    let successes: Int
    let successTokens: Int
}
