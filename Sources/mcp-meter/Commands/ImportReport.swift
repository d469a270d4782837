import Records
import SessionLogs

/// What an import did, for a person.
enum ImportReport {
    static func text(_ summary: ImportSummary, isDryRun: Bool, places: LogPlaces) -> String {
        guard !summary.clients.isEmpty else {
            let looked = places.roots.map { "  \($0.path)\n" }.joined()
            return "No session logs were found. Looked in:\n" + looked
        }
        var rows = [["", "files", "new", "known", "input", "output", "cost"]]
        for (client, counts) in summary.clients.sorted(by: { $0.key < $1.key }) {
            rows.append(row(client.rawValue, counts))
        }
        if summary.clients.count > 1 { rows.append(row("all", summary.total)) }
        var lines = table(rows)
        let total = summary.total
        if total.filesUnchanged > 0 {
            lines.append("\(total.filesUnchanged) files have nothing new and were not opened.")
        }
        if total.corrected > 0 {
            lines.append(
                "\(total.corrected) known calls had more tokens by now and were written again.")
        }
        if total.unpriced > 0 {
            lines.append(
                "\(total.unpriced) new calls have no price; `mcp-meter prices` tells which.")
        }
        let skipped = SkipReason.allCases.compactMap { reason in
            total.skipped[reason].map { "\($0) \(reason.meaning)" }
        }
        if !skipped.isEmpty { lines.append("Skipped: " + skipped.joined(separator: ", ") + ".") }
        if isDryRun { lines.append("Dry run: nothing was written.") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ name: String, _ counts: ImportSummary.Counts) -> [String] {
        [
            name, "\(counts.files)", "\(counts.new)", "\(counts.known)", "\(counts.inputTokens)",
            "\(counts.outputTokens)", "$" + dollars(counts.nanodollars),
        ]
    }

    /// To the cent, halves up; a cost below one cent keeps four digits.
    private static func dollars(_ nanodollars: Int64) -> String {
        let nanos = max(0, nanodollars)
        let isSmall = nanos > 0 && nanos < 10_000_000
        let unit: Int64 = isSmall ? 100_000 : 10_000_000
        let digits = isSmall ? 4 : 2
        let rounded = nanos / unit + (nanos % unit >= unit / 2 ? 1 : 0)
        let scale: Int64 = isSmall ? 10_000 : 100
        let fraction = String(rounded % scale)
        return "\(rounded / scale)." + String(repeating: "0", count: digits - fraction.count)
            + fraction
    }

    /// Columns, the first one left and the others right.
    private static func table(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + padding : padding + row[column]
            }.joined(separator: "  ")
        }
    }
}
