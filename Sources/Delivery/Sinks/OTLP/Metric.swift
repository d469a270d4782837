/// The metrics we send. Raw values are written into saved states: they are never used again for
/// something else.
enum Metric: UInt8, CaseIterable {
    case requestDuration = 1
    case sessionDuration = 2
    case inferenceDuration = 3
    case inputTokens = 4
    case outputTokens = 5
    case cacheReadTokens = 6
    case cacheWriteTokens = 7
    case reasoningTokens = 8
    /// Of the conventions 1.41, as the next.
    case tokenUsage = 9
    case operationDuration = 10
    case cost = 11
    case unpricedTokens = 12
    case escalations = 13
    case qualityPerDollar = 14

    enum Kind {
        /// A sum that only grows. Inside it is a whole number of which so many make one of the unit.
        case counter(scale: UInt64)
        case histogram(Buckets)
    }

    var kind: Kind {
        switch self {
        case .requestDuration, .sessionDuration: .histogram(.mcpSeconds)
        case .inferenceDuration, .operationDuration: .histogram(.modelSeconds)
        case .tokenUsage: .histogram(.tokens)
        case .qualityPerDollar: .histogram(.qualityPerDollar)
        // Billionths of a dollar.
        case .cost: .counter(scale: 1_000_000_000)
        case .inputTokens, .outputTokens, .cacheReadTokens, .cacheWriteTokens, .reasoningTokens,
            .unpricedTokens, .escalations:
            .counter(scale: 1)
        }
    }

    var name: String {
        switch self {
        case .requestDuration: "mcp.client.operation.duration"
        case .sessionDuration: "mcp.client.session.duration"
        case .inferenceDuration: "gen_ai.client.inference.duration"
        case .inputTokens: "gen_ai.client.inference.usage.input_tokens"
        case .outputTokens: "gen_ai.client.inference.usage.output_tokens"
        case .cacheReadTokens: "gen_ai.client.inference.usage.cache_read.input_tokens"
        case .cacheWriteTokens: "gen_ai.client.inference.usage.cache_write.input_tokens"
        case .reasoningTokens: "gen_ai.client.inference.usage.reasoning.output_tokens"
        case .tokenUsage: "gen_ai.client.token.usage"
        case .operationDuration: "gen_ai.client.operation.duration"
        case .cost: "mcp_meter.cost"
        case .unpricedTokens: "mcp_meter.unpriced.tokens"
        case .escalations: "mcp_meter.escalations"
        case .qualityPerDollar: "mcp_meter.quality_per_dollar"
        }
    }

    var unit: String {
        switch self {
        case .requestDuration, .sessionDuration, .inferenceDuration, .operationDuration: "s"
        case .inputTokens, .outputTokens, .cacheReadTokens, .cacheWriteTokens, .reasoningTokens,
            .tokenUsage, .unpricedTokens:
            "{token}"
        case .cost: "USD"
        case .escalations: "{escalation}"
        case .qualityPerDollar: "1"
        }
    }

    var description: String {
        switch self {
        case .requestDuration: "From a request until its answer, as observed on the sender."
        case .sessionDuration: "From the start of a session until its end."
        case .inferenceDuration, .operationDuration: "Duration of a model call."
        case .inputTokens: "Input tokens, cached ones included."
        case .outputTokens: "Output tokens, reasoning included."
        case .cacheReadTokens: "The part of the input tokens that was read from a cache."
        case .cacheWriteTokens: "The part of the input tokens that was written to a cache."
        case .reasoningTokens: "The part of the output tokens that is reasoning."
        case .tokenUsage: "Input and output tokens of a model call."
        case .cost: "What model calls cost, as far as it is known."
        case .unpricedTokens: "Tokens of model calls that no price is known for."
        case .escalations: "Escalations that are over."
        case .qualityPerDollar: "Quality of an escalation, 0 to 1, for each dollar it cost."
        }
    }
}

/// The buckets of a histogram.
struct Buckets {
    /// Inclusive upper bounds, ascending; above the last there is one bucket more.
    let bounds: [Double]
    /// How many whole numbers make one of the unit: what is counted is whole, so that a sum is the
    /// same in whatever order it is made.
    let scale: UInt64
    /// `bounds` as whole numbers.
    let limits: [UInt64]

    private init(_ bounds: [Double], scale: UInt64) {
        self.bounds = bounds
        self.scale = scale
        limits = bounds.map { UInt64(($0 * Double(scale)).rounded()) }
    }

    /// The bucket of a value that is in whole numbers.
    func index(of value: UInt64) -> Int { limits.firstIndex { value <= $0 } ?? limits.count }

    /// What the MCP conventions advise for all of their durations.
    static let mcpSeconds = Buckets(
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300], scale: 1_000_000)

    /// What the GenAI conventions advise for durations.
    static let modelSeconds = Buckets(
        [
            0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
        ], scale: 1_000_000)

    /// What the GenAI conventions advise for tokens: powers of 4.
    static let tokens = Buckets((0...13).map { Double(1 << (2 * $0)) }, scale: 1)

    static let qualityPerDollar = Buckets(
        [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000],
        scale: 1_000_000)
}

extension Metric {
    /// 0 for a counter.
    var bucketCount: Int {
        if case .histogram(let buckets) = kind { buckets.limits.count + 1 } else { 0 }
    }
}
