/// The generations of OpenTelemetry's GenAI semantic conventions. Both are "development", and their
/// names differ: what dashboards and tools know depends on their age.
struct Conventions: OptionSet, Sendable {
    let rawValue: UInt8

    /// open-telemetry/semantic-conventions-genai, main branch of autumn 2026.
    static let newest = Conventions(rawValue: 1)
    /// The last release in the old place: semantic conventions 1.41.
    static let release141 = Conventions(rawValue: 2)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The newest, unless `OTEL_SEMCONV_STABILITY_OPT_IN` has `gen_ai_1_41` (1.41 instead) or
    /// `gen_ai_1_41/dup` (both) among its comma-separated values. Others are for others.
    init(_ variables: OTLPVariables) {
        let values = (variables["OTEL_SEMCONV_STABILITY_OPT_IN"] ?? "").split(separator: ",")
            .map { String($0).trimmed }
        if values.contains("gen_ai_1_41/dup") {
            self = [.newest, .release141]
        } else {
            self = values.contains("gen_ai_1_41") ? .release141 : .newest
        }
    }

    /// Of the newest generation, when there are both. That one has no release yet, and this is what
    /// its registry's manifest says.
    var schemaURL: String {
        contains(.newest)
            ? "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev"
            : "https://opentelemetry.io/schemas/1.41.0"
    }

    /// `gen_ai.provider.name`: the conventions' own names where they have one.
    ///
    /// - Parameter provider: a company's name as the ledger has it; nil when it is not known. The
    ///   attribute is required, so that it then says just that.
    static func providerName(_ provider: String?) -> String {
        switch provider {
        case nil: "unknown"
        case "google": "gcp.gemini"
        case "xai": "x_ai"
        case "mistral": "mistral_ai"
        case "bedrock": "aws.bedrock"
        case "azure": "azure.ai.openai"
        case "moonshotai": "moonshot_ai"
        case .some(let provider): provider
        }
    }
}
