/// A report as one page, fit to be mailed: no script, no outside resource, tables and inline styles
/// as mail programs take them; the pictures are inline SVG, and every figure in them stands in a
/// table, too, since some programs leave them out.
package struct HTMLReport {
    private let report: Report
    /// Groups shown; the rest are one line.
    private let groupsMax = 60

    package init(_ report: Report) { self.report = report }

    package var text: String {
        let title = "What was spent, \(report.periodText)"
        var body = element("h1", "font-size:20px;margin:0 0 4px", "What was spent")
        body += element("p", Look.muted + "margin:0 0 16px", escape(report.periodText), "muted")
        if report.total.requests == 0, report.total.clientTurns == 0 {
            body += element("p", "margin:0 0 16px", escape(report.emptyText))
        } else {
            body += headline + chart + groups + operations + escalations + policies
        }
        body += budgets + remarks
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="supported-color-schemes" content="light dark">
            <title>\(escape(title))</title>
            <style>\(Look.sheet)</style></head>
            <body class="page" style="\(Look.page)">
            <div style="max-width:720px;margin:0 auto">
            \(body)</div></body></html>

            """
    }

    // MARK: Parts

    private var headline: String {
        let amount = report.total.cost.map { report.mark + Figures.dollars($0) } ?? "unknown"
        var html = element("div", "font-size:34px;font-weight:700", escape(amount))
        if let text = report.comparisonText {
            let rose = report.total.nanodollars > report.before.nanodollars
            html += element(
                "div", "color:\(rose ? Look.red : Look.green);font-weight:600", escape(text),
                rose ? "red" : "green")
        }
        var lines = [report.requestsText, report.tokensText]
        if let durations = report.durations {
            lines.append(
                "answered in \(Figures.duration(durations.median)) (median), "
                    + "\(Figures.duration(durations.p95)) (95 of 100)")
        }
        if let client = report.clientText { lines.append(client) }
        html += element(
            "div", Look.muted + "margin:8px 0 20px", lines.map(escape).joined(separator: "<br>"),
            "muted")
        return html
    }

    private var chart: String {
        guard report.bars.count > 1, report.bars.contains(where: { $0.nanodollars > 0 }) else {
            return ""
        }
        let unit = report.barUnit.rawValue
        return heading("By \(unit)") + Picture.bars(report.bars, label: "Cost a \(unit)")
    }

    private var groups: String {
        guard !report.groups.isEmpty else { return "" }
        let heads =
            report.query.dimensions.map(\.rawValue)
            + ["cost", "", "calls", "failed", "input", "output", "p50", "p95", "$/1k tokens"]
        let whole = Double(max(report.total.nanodollars, 1))
        let rows = report.groups.prefix(groupsMax).map { group in
            let sum = group.sum
            let mark = (sum.estimatedCostShare ?? 0) > 0 ? "~" : ""
            let tokens = (sum.estimatedTokenShare ?? 0) > 0 ? "~" : ""
            return report.title(group).map(escape) + [
                sum.cost.map { mark + Figures.dollars($0) } ?? (sum.unpriced > 0 ? "unpriced" : ""),
                Picture.share(Double(sum.nanodollars) / whole), Figures.count(sum.requests),
                sum.failures > 0 ? Figures.count(sum.failures) : "",
                tokens + Figures.short(sum.inputTokens), tokens + Figures.short(sum.outputTokens),
                group.durations.map { Figures.duration($0.median) } ?? "",
                group.durations.map { Figures.duration($0.p95) } ?? "",
                sum.dollarsPerThousandTokens.map { Figures.dollars($0) } ?? "",
            ]
        }
        let left = report.groups.count - groupsMax
        return heading("By " + report.query.dimensions.map(\.rawValue).joined(separator: ", "))
            + table(heads, left: report.query.dimensions.count, Array(rows))
            + (left > 0 ? element("p", Look.muted, "… and \(left) more", "muted") : "")
    }

    private var operations: String {
        guard !report.operations.isEmpty else { return "" }
        let rows = report.operations.map { operation in
            let moment = operation.time.quotientFloored(by: 1_000_000).day
            return [
                escape(Plain.text(operation.title)), escape(Plain.text(operation.model ?? "")),
                escape(report.query.calendar.minuteText(moment)),
                operation.duration > 0 ? Figures.duration(operation.duration) : "",
                (operation.isEstimated ? "~" : "") + Figures.dollars(operation.nanodollars),
            ]
        }
        return heading("Most expensive")
            + table(["operation", "model", "when", "took", "cost"], left: 3, rows)
    }

    private var escalations: String {
        let sentences = report.escalationSentences
        guard !sentences.isEmpty else { return "" }
        return heading("Escalations")
            + element("p", "margin:0", sentences.map(escape).joined(separator: "<br>"))
    }

    private var policies: String {
        guard !report.policies.isEmpty else { return "" }
        return heading("Policies")
            + table(
                ["what was done"] + Report.policyHeads.dropFirst(), left: Report.policyWords,
                report.policyRows().map { $0.map(escape) })
    }

    private var budgets: String {
        guard !report.budgets.isEmpty else { return "" }
        return heading("Budget")
            + report.budgets.map { state in
                let share = Double(state.spent) / Double(max(state.budget.nanodollars, 1))
                return Picture.budget(share, isOver: state.isOver)
                    + element(
                        "p", "margin:4px 0 12px",
                        escape(Figures.percent(share) + ": " + report.text(state)))
            }.joined()
    }

    private var remarks: String {
        guard !report.remarks.isEmpty else { return "" }
        return element(
            "div", Look.muted + "margin-top:24px;font-size:13px",
            report.remarks.map(escape).joined(separator: "<br>"), "muted")
    }

    // MARK: Elements

    private func heading(_ text: String) -> String {
        element("h2", "font-size:15px;margin:28px 0 8px", escape(text))
    }

    private func table(_ heads: [String], left: Int, _ rows: [[String]]) -> String {
        func cells(_ name: String, _ row: [String], _ style: String) -> String {
            row.enumerated().map { column, cell in
                let side = column < left ? "left" : "right"
                return "<\(name) class=\"cell\" style=\"\(Look.cell)\(style)text-align:\(side)\">"
                    + cell + "</\(name)>"
            }.joined()
        }
        let head = cells("th", heads.map(escape), "font-weight:600;")
        let body = rows.map { "<tr>\(cells("td", $0, ""))</tr>\n" }.joined()
        return "<table style=\"\(Look.table)\"><tr>\(head)</tr>\n"
            + "\(body)</table>\n"
    }
}

/// An element with a style, and with the class a dark reader's style sheet knows it by.
func element(_ name: String, _ style: String, _ content: String, _ kind: String = "") -> String {
    let kind = kind.isEmpty ? "" : " class=\"\(kind)\""
    return "<\(name)\(kind) style=\"\(style)\">\(content)</\(name)>\n"
}

/// Text that HTML takes for nothing but text, in elements and in quoted attributes.
func escape(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "\"": escaped += "&quot;"
        case "'": escaped += "&#39;"
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}
