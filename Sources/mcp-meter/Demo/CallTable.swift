import Records

/// Calls as a table of plain text, and their sum. Fits 80 columns.
enum CallTable {
    static func text(_ calls: [CallRecord]) -> String {
        let heads = ["call", "model", "input", "output", "cost USD", "ms", "outcome"]
        var rows = calls.map(row)
        rows.append(["", "", "", "", total(calls), "", ""])
        var widths = heads.map(\.count)
        for row in rows {
            for (column, cell) in row.enumerated() {
                widths[column] = max(widths[column], cell.count)
            }
        }
        let rule = widths.map { String(repeating: "-", count: $0) }
        return ([heads, rule] + rows).map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                // Numbers to the right, words to the left.
                return (2...5).contains(column) ? padding + cell : cell + padding
            }.joined(separator: "  ").trimmingEnd() + "\n"
        }.joined()
    }

    private static func row(_ call: CallRecord) -> [String] {
        let mark = call.usage?.source == .estimated ? "~" : ""
        return [
            call.tool ?? call.method, call.model ?? "",
            call.usage?.input.map { mark + String($0) } ?? "",
            call.usage?.output.map { mark + String($0) } ?? "",
            call.cost.map(cost) ?? "", milliseconds(call.durationMilliseconds),
            call.errorType?.rawValue ?? call.outcome.rawValue,
        ]
    }

    private static func cost(_ cost: Cost) -> String {
        cost.nanodollars.map(dollars) ?? cost.source.rawValue
    }

    private static func total(_ calls: [CallRecord]) -> String {
        dollars(calls.compactMap { $0.cost?.nanodollars }.reduce(0, &+))
    }

    /// Six decimals: a tenth of a cent still shows three digits.
    private static func dollars(_ nanodollars: Int64) -> String {
        let micros = (nanodollars.magnitude &+ 500) / 1000
        let fraction = String(micros % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.count)
        return "\(nanodollars < 0 ? "-" : "")\(micros / 1_000_000).\(zeros)\(fraction)"
    }

    private static func milliseconds(_ value: Double) -> String {
        let tenths = Int64(max(0, min(value, 1e12)) * 10 + 0.5)
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension String {
    fileprivate func trimmingEnd() -> String {
        String(reversed().drop { $0 == " " }.reversed())
    }
}
