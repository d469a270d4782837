import Records

/// A call in one line, for `MCP_METER_LOG=debug`: names, counts and times, nothing that was said.
enum CallLine {
    static func text(_ call: CallRecord) -> String {
        var parts = [call.tool.map { "\(call.method) \($0)" } ?? call.method]
        if let model = call.model { parts.append(model) }
        if let usage = call.usage {
            let input = usage.input.map(String.init) ?? "?"
            let output = usage.output.map(String.init) ?? "?"
            parts.append("\(input) in, \(output) out (\(usage.source.rawValue))")
        }
        if let cost = call.cost {
            parts.append(cost.nanodollars.map { "\($0) nano-dollars" } ?? cost.source.rawValue)
        }
        parts.append("\(UInt64(max(0, min(call.durationMilliseconds, 1e15)))) ms")
        parts.append(call.errorType?.rawValue ?? call.outcome.rawValue)
        return parts.joined(separator: ", ")
    }
}
