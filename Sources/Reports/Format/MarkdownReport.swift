/// A report for chats, wikis and pull requests.
package struct MarkdownReport {
    private let report: Report

    package init(_ report: Report) { self.report = report }

    package var text: String {
        let total = report.total
        var parts = ["## What was spent, \(report.periodText)"]
        if total.requests == 0, total.clientTurns == 0 {
            parts.append(report.emptyText)
        } else {
            var lines = [
                "**" + (total.cost.map { report.mark + Figures.dollars($0) } ?? "unknown") + "**"
            ]
            if let text = report.comparisonText { lines[0] += " (\(text))" }
            lines += [report.requestsText, report.tokensText]
            if let durations = report.durations {
                lines.append(
                    "answered in \(Figures.duration(durations.median)) (median), "
                        + "\(Figures.duration(durations.p95)) (95 of 100)")
            }
            if let client = report.clientText { lines.append(client) }
            parts.append(lines.joined(separator: "  \n"))
            parts.append(groups)
            if !report.operations.isEmpty { parts.append(operations) }
            let sentences = report.escalationSentences
            if !sentences.isEmpty {
                parts.append("**Escalations:** " + sentences.joined(separator: "; "))
            }
        }
        if !report.policies.isEmpty {
            parts.append(
                table(Report.policyHeads, left: Report.policyWords, report.policyRows()))
        }
        parts += report.budgets.map { "**Budget:** \(report.text($0))" }
        if !report.remarks.isEmpty {
            parts.append(report.remarks.map { "- \(escape($0))" }.joined(separator: "\n"))
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private var groups: String {
        let heads =
            report.query.dimensions.map(\.rawValue)
            + ["cost", "calls", "failed", "input", "output", "p50", "p95", "$/1k tokens", "$/call"]
        return table(
            heads, left: report.query.dimensions.count,
            report.groups.map { group in
                let sum = group.sum
                let mark = (sum.estimatedCostShare ?? 0) > 0 ? "~" : ""
                let tokens = (sum.estimatedTokenShare ?? 0) > 0 ? "~" : ""
                return report.title(group) + [
                    sum.cost.map { mark + Figures.dollars($0) }
                        ?? (sum.unpriced > 0 ? "unpriced" : ""),
                    Figures.count(sum.requests), Figures.count(sum.failures),
                    tokens + Figures.count(sum.inputTokens),
                    tokens + Figures.count(sum.outputTokens),
                    group.durations.map { Figures.duration($0.median) } ?? "",
                    group.durations.map { Figures.duration($0.p95) } ?? "",
                    sum.dollarsPerThousandTokens.map { Figures.dollars($0) } ?? "",
                    sum.dollarsPerRequest.map { Figures.dollars($0) } ?? "",
                ]
            })
    }

    private var operations: String {
        table(
            ["most expensive", "model", "when", "took", "cost"], left: 3,
            report.operations.map { operation in
                let moment = operation.time.quotientFloored(by: 1_000_000).day
                return [
                    Plain.text(operation.title), Plain.text(operation.model ?? ""),
                    report.query.calendar.minuteText(moment),
                    operation.duration > 0 ? Figures.duration(operation.duration) : "",
                    (operation.isEstimated ? "~" : "") + Figures.dollars(operation.nanodollars),
                ]
            })
    }

    private func table(_ heads: [String], left: Int, _ rows: [[String]]) -> String {
        let rule = heads.indices.map { $0 < left ? "---" : "--:" }
        return ([heads, rule] + rows.map { $0.map(escape) })
            .map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    /// Without anything that Markdown, or HTML in it, would take for its own.
    private func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "|", "\\", "`", "*", "_", "[", "]", "<", ">", "&", "#": escaped += "\\"
            default: break
            }
            escaped.append(character)
        }
        return escaped
    }
}
