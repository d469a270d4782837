/// The groups of a report as RFC 4180 lines, for spreadsheets.
package struct CSVReport {
    private let report: Report

    package init(_ report: Report) { self.report = report }

    package var text: String {
        let columns = [
            "usd", "estimated_usd", "unpriced", "requests", "model_requests", "errors",
            "cancelled", "lost", "blocked", "input_tokens", "cached_input_tokens",
            "output_tokens", "reasoning_tokens", "estimated_tokens", "client_turns",
            "client_usd", "p50_ms", "p95_ms",
        ]
        var lines = [report.query.dimensions.map(\.key) + columns]
        for group in report.groups {
            lines.append(group.keys.map { $0 ?? "" } + cells(group.sum, group.durations))
        }
        return lines.map { $0.map(cell).joined(separator: ",") + "\r\n" }.joined()
    }

    private func cells(_ sum: Sum, _ durations: Durations?) -> [String] {
        [
            sum.cost.map(Figures.exactDollars) ?? "",
            sum.cost.map { _ in Figures.exactDollars(sum.estimatedNanodollars) } ?? "",
            "\(sum.unpriced)", "\(sum.requests)", "\(sum.modelRequests)", "\(sum.errors)",
            "\(sum.cancelled)", "\(sum.lost)", "\(sum.blocked)", "\(sum.inputTokens)",
            "\(sum.cachedTokens)", "\(sum.outputTokens)", "\(sum.reasoningTokens)",
            "\(sum.estimatedTokens)", "\(sum.clientTurns)",
            Figures.exactDollars(sum.clientNanodollars),
            durations.map { milliseconds($0.median) } ?? "",
            durations.map { milliseconds($0.p95) } ?? "",
        ]
    }

    private func milliseconds(_ microseconds: UInt64) -> String {
        "\(microseconds / 1_000)." + digits(Int64(microseconds % 1_000), 3)
    }

    /// Names come from servers and clients: a spreadsheet takes one that begins like a formula for
    /// one, so an apostrophe is put before it.
    private func cell(_ text: String) -> String {
        var text = text
        if let first = text.utf8.first, [0x3d, 0x2b, 0x2d, 0x40, 0x09, 0x0d].contains(first),
            Double(text) == nil
        {
            text = "'" + text
        }
        let needsQuotes = text.utf8.contains { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }
        guard needsQuotes else { return text }
        var quoted = "\""
        for character in text.unicodeScalars {
            if character == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }
}
