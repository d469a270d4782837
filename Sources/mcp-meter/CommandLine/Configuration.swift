import Delivery
import Metering

/// What the environment means: every value set and valid, every bad value named.
struct Configuration {
    enum LogLevel: Int, Comparable {
        case error, info, debug
        static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
    }

    /// Whether anything is metered; when false the server is run as if this program were not there.
    var isOn = false
    var provider: String?
    var model: String?
    var clientModel: String?
    var pricesPath: String?
    var profilesPath: String?
    var reason = ReasonMode.text
    var logLevel = LogLevel.error
    var agentID: String?
    var surface: String?
    /// W3C trace context that calls belong to, from whoever started us.
    var traceparent: String?
    /// Budgets, limits and routes; nil: none.
    var policy: PolicySettings?
    /// Where records are to be sent, so that none may be removed before it was.
    var destinations: [Destination] = []
    /// One line each: which variable has which bad value, and what was expected.
    var complaints: [String] = []

    /// Names and prefixes of variables that are ours and never reach the server.
    static let ownPrefixes = ["MCP_METER_", "EVALOPS_"]
    static let ownNames = ["MCP_METER"]

    /// - Parameter environment: the variables by name. An empty value is the same as none.
    init(_ environment: [String: String]) {
        let values = environment.filter { !$0.value.isEmpty }
        provider = values["MCP_METER_PROVIDER"].map(Self.providerName)
        model = values["MCP_METER_MODEL"]
        clientModel = values["MCP_METER_CLIENT_MODEL"]
        pricesPath = values["MCP_METER_PRICES"]
        profilesPath = values["MCP_METER_PROFILES"]
        agentID = values["EVALOPS_AGENT_ID"]
        surface = values["EVALOPS_SURFACE"]
        traceparent = values["TRACEPARENT"]
        if let word = values["MCP_METER_REASON"] {
            if let reason = ReasonMode(rawValue: word) {
                self.reason = reason
            } else {
                // The one that gives least away.
                reason = .off
                complain("MCP_METER_REASON", word, "text, hash or off; reasons are left out")
            }
        }
        switch values["MCP_METER_LOG"] {
        case nil, "error": logLevel = .error
        case "info": logLevel = .info
        case "debug": logLevel = .debug
        case let word?: complain("MCP_METER_LOG", word, "error, info or debug")
        }
        let isWanted = Self.isWanted(values)
        switch values["MCP_METER"] {
        case nil: isOn = isWanted
        case "on": isOn = true
        case "off": isOn = false
        case let word?:
            isOn = isWanted
            complain("MCP_METER", word, "on or off")
        }
        guard isOn else { return }
        policy = PolicySettings(values) { complaints.append($0) }
        guard Self.endpointVariables.contains(where: { values[$0] != nil }) else { return }
        var said: [String] = []
        let sinks = Sinks.configured(environment) { said.append($0) }
        destinations = sinks.map(\.destination)
        complaints += said
    }

    /// Only a session that is metered has anything to complain about, except about `MCP_METER`.
    private mutating func complain(_ name: String, _ value: String, _ expected: String) {
        complaints.append("\(name) is `\(value)`; expected \(expected).")
    }

    /// Whether an endpoint or a policy is set: reason enough to keep records.
    private static func isWanted(_ values: [String: String]) -> Bool {
        (endpointVariables + policyVariables).contains { isWanted(values, $0) }
    }

    private static func isWanted(_ values: [String: String], _ name: String) -> Bool {
        guard let value = values[name] else { return false }
        // OpenTelemetry's environment variables: only `true` is true, whatever its case.
        if name.hasPrefix("OTEL_") {
            return values["OTEL_SDK_DISABLED"]?.lowercased() != "true"
        }
        return name != "MOSAIC_TELEMETRY_ENABLED" || value.lowercased() == "true"
    }

    static let endpointVariables = [
        "EVALOPS_METER_BASE_URL", "EVALOPS_TRACES_BASE_URL", "EVALOPS_BASE_URL",
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "MOSAIC_TELEMETRY_ENABLED",
        "HARPER_ANALYTICS_URL",
    ]

    static let policyVariables = ["MCP_METER_BUDGET", "MCP_METER_RATE_LIMIT", "MCP_METER_ROUTES"]

    /// The ledger's name of a provider: `gemini` and `grok` are what people type.
    static func providerName(_ word: String) -> String {
        let lower = word.lowercased()
        return ["gemini": "google", "grok": "xai", "x-ai": "xai", "x_ai": "xai"][lower] ?? lower
    }
}
