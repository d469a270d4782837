/// A report for a terminal: 80 columns.
package struct TextReport {
    private let report: Report
    private let style: Style
    /// Groups shown; the rest are one line.
    private let groupsMax = 40

    package init(_ report: Report, _ style: Style) {
        self.report = report
        self.style = style
    }

    package var text: String {
        var parts = [headline]
        if report.total.requests == 0, report.total.clientTurns == 0 {
            parts.append("  \(report.emptyText)\n")
        } else {
            parts += [chart, groups, efficiency, operations, escalations, policies]
        }
        parts += [budgets, remarks]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    // MARK: The whole

    private var headline: String {
        let total = report.total
        var lines = [style.bold("What was spent, \(report.periodText)"), ""]
        guard total.requests > 0 || total.clientTurns > 0 else {
            return lines.joined(separator: "\n")
        }
        let amount = total.cost.map { report.mark + Figures.dollars($0) } ?? "unknown"
        lines.append("  " + style.bold(amount) + comparison)
        lines.append("  " + report.requestsText)
        lines.append("  " + report.tokensText)
        if let durations = report.durations {
            lines.append(
                "  answered in \(Figures.duration(durations.median)) (median), "
                    + "\(Figures.duration(durations.p95)) (95 of 100)")
        }
        if let client = report.clientText { lines.append("  " + client) }
        return lines.joined(separator: "\n") + "\n"
    }

    private var comparison: String {
        guard let text = report.comparisonText else { return "" }
        let rose = report.total.nanodollars > report.before.nanodollars
        return "   " + (rose ? style.red(text) : style.green(text))
    }

    private var chart: String {
        let width = style.width - 4
        var bars = report.bars
        guard bars.count > 1, bars.contains(where: { $0.nanodollars > 0 }) else { return "" }
        let left = bars.count > width ? bars.count - width : 0
        bars.removeFirst(left)
        // Narrow pictures are hard to read.
        let repeats = max(1, min(4, width / bars.count))
        let spark = bars.map { bar in bar.nanodollars }
        let letters = Blocks.spark(spark).map { String(repeating: $0, count: repeats) }.joined()
        let highest = bars.max { $0.nanodollars < $1.nanodollars }
        let note = highest.map {
            "each \(report.barUnit == .hour ? "an" : "a") \(report.barUnit.rawValue), "
                + "\(bars[0].name) on; most: "
                + "\(Figures.dollars($0.nanodollars)) in \($0.name)"
        }
        return "  " + style.accent(letters) + "\n  " + style.dim(note ?? "") + "\n"
    }

    // MARK: Tables

    private var groups: String {
        guard !report.groups.isEmpty else { return "" }
        let title = "By " + report.query.dimensions.map(\.rawValue).joined(separator: ", ")
        var table = TextTable([
            title, "cost", "share", "calls", "fail", "input", "output", "p50", "p95",
        ])
        table.leftColumns = [2]
        let whole = Double(max(report.total.nanodollars, 1))
        for group in report.groups.prefix(groupsMax) {
            let sum = group.sum
            let isEstimated = (sum.estimatedCostShare ?? 0) > 0
            let tokens = (sum.estimatedTokenShare ?? 0) > 0 ? "~" : ""
            table.rows.append([
                report.title(group).joined(separator: " · "),
                sum.cost.map { (isEstimated ? "~" : "") + Figures.dollars($0) }
                    ?? (sum.unpriced > 0 ? "unpriced" : ""),
                Blocks.bar(Double(sum.nanodollars) / whole, width: 6),
                sum.requests > 0 ? Figures.short(UInt64(sum.requests)) : "",
                sum.failures > 0 ? Figures.short(UInt64(sum.failures)) : "",
                sum.inputTokens > 0 ? tokens + Figures.short(sum.inputTokens) : "",
                sum.outputTokens > 0 ? tokens + Figures.short(sum.outputTokens) : "",
                group.durations.map { Figures.duration($0.median) } ?? "",
                group.durations.map { Figures.duration($0.p95) } ?? "",
            ])
        }
        let left = report.groups.count - groupsMax
        return table.text(style) + (left > 0 ? "  … and \(left) more\n" : "")
    }

    /// What models cost compared with each other.
    private var efficiency: String {
        var table = TextTable(["Cost per", "1k tokens", "request", "minute", "before", "change"])
        for group in report.groups.prefix(groupsMax) {
            guard let perThousand = group.sum.dollarsPerThousandTokens else { continue }
            let before = group.nanodollarsBefore
            table.rows.append([
                report.title(group).joined(separator: " · "), Figures.dollars(perThousand),
                group.sum.dollarsPerRequest.map { Figures.dollars($0) } ?? "",
                group.sum.dollarsPerMinute.map { Figures.dollars($0) } ?? "",
                before.map { $0 > 0 ? Figures.dollars($0) : "" } ?? "",
                before.flatMap { Figures.change(group.sum.nanodollars, $0) } ?? "",
            ])
        }
        return table.rows.isEmpty ? "" : table.text(style)
    }

    private var operations: String {
        guard !report.operations.isEmpty else { return "" }
        var table = TextTable(["Most expensive", "model", "when", "took", "cost"])
        table.leftColumns = [1, 2]
        for operation in report.operations {
            let moment = operation.time.quotientFloored(by: 1_000_000).day
            table.rows.append([
                Plain.text(operation.title, width: 26),
                Plain.text(operation.model ?? "", width: 20),
                report.query.calendar.minuteText(moment),
                operation.duration > 0 ? Figures.duration(operation.duration) : "",
                (operation.isEstimated ? "~" : "") + Figures.dollars(operation.nanodollars),
            ])
        }
        return table.text(style)
    }

    private var escalations: String {
        let sentences = report.escalationSentences
        guard !sentences.isEmpty else { return "" }
        return "  " + style.dim("Escalations") + "\n"
            + sentences.map { "  \($0)\n" }.joined()
    }

    private var policies: String {
        guard !report.policies.isEmpty else { return "" }
        var table = TextTable(Report.policyHeads)
        table.leftColumns = [1]
        table.rows = report.policyRows(width: (36, 26))
        return table.text(style)
    }

    private var budgets: String {
        report.budgets.map { state in
            let share = Double(state.spent) / Double(max(state.budget.nanodollars, 1))
            let bar = pad(Blocks.bar(share, width: 20), 20, isLeft: true)
            let painted = state.isOver ? style.red(bar) : style.accent(bar)
            let words = wrap(report.text(state), width: style.width - 4)
                .map { "  \($0)\n" }.joined()
            return "  \(painted) \(Figures.percent(share))\n" + words
        }.joined()
    }

    private var remarks: String {
        report.remarks.flatMap { wrap($0, width: style.width - 4) }
            .map { style.dim("  \($0)") + "\n" }.joined()
    }
}

extension Sum {
    /// Requests that came to nothing, but for those that were given up or never sent.
    var failures: Int { errors + lost }
}
