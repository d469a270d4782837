import Records

/// A call or an escalation in one line, for `MCP_METER_LOG=debug`: names, counts and times, nothing that was said.
enum CallLine {
    static func text(_ call: CallRecord) -> String {
        var parts = [call.tool.map { "\(call.method) \($0)" } ?? call.method]
        if let model = call.model { parts.append(model) }
        if let usage = call.usage {
            let input = usage.input.map(String.init) ?? "?"
            let output = usage.output.map(String.init) ?? "?"
            parts.append("\(input) in, \(output) out (\(usage.source.rawValue))")
        }
        if let cost = call.cost { parts.append(text(cost)) }
        parts.append(milliseconds(call.durationMilliseconds))
        parts.append(call.errorType?.rawValue ?? call.outcome.rawValue)
        return parts.joined(separator: ", ")
    }

    /// The same of an escalation that is over.
    static func text(_ trace: TraceRecord) -> String {
        [
            "escalation" + (trace.tool.map { " of \($0)" } ?? ""), trace.end.rawValue,
            "\(trace.turns) turns, \(trace.clientTurns) of the client", text(trace.cost),
            milliseconds(trace.durationMilliseconds),
            trace.errorType?.rawValue ?? trace.outcome.rawValue,
        ].joined(separator: ", ")
    }

    private static func text(_ cost: Cost) -> String {
        cost.nanodollars.map { "\($0) nano-dollars" } ?? cost.source.rawValue
    }

    private static func milliseconds(_ value: Double) -> String {
        "\(UInt64(max(0, min(value, 1e15)))) ms"
    }
}
