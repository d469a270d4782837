// The table as text, for `mcp-meter prices`.

extension PriceTable {
    /// The prices in aligned columns, dollars per million tokens, a line a period. Only models whose
    /// id, provider, source or note holds `filter`, in any case; nil lists all. Empty if there is none.
    package func listing(filter: String? = nil) -> String {
        let filter = filter?.lowercased() ?? ""
        let chosen = entries.filter { entry in
            filter.isEmpty
                || [Self.name(entry), entry.source, entry.note ?? ""]
                    .contains { $0.lowercased().utf8.holds(filter.utf8) }
        }
        guard !chosen.isEmpty else { return "" }
        var rows = [Self.heading]
        for entry in chosen {
            for (index, period) in entry.periods.enumerated() {
                rows += Self.rows(entry, period, isFirst: index == 0)
            }
        }
        return Self.aligned(rows)
    }

    private static let heading = [
        "MODEL", "WHEN", "INPUT", "CACHE READ", "WRITE 5M", "WRITE 1H", "OUTPUT", "SOURCE", "NOTE",
    ]

    private static func rows(
        _ entry: PriceEntry, _ period: PriceEntry.Period, isFirst: Bool
    ) -> [[String]] {
        var note: [String] = []
        if isFirst, let text = entry.note { note.append(text) }
        if let reasoning = period.rates.reasoning {
            note.append("thinking \(reasoning.usd(per: .millionTokens))")
        }
        if let request = period.rates.request {
            note.append("and \(request.usd(per: .thousandRequests)) per 1,000 calls")
        }
        var rows = [
            [isFirst ? name(entry) : "", when(period)] + figures(period.rates)
                + [isFirst ? entry.source : "", note.joined(separator: "; ")]
        ]
        for tier in period.tiers {
            rows.append(
                ["", "over \(tier.inputTokens) in"] + figures(tier.rates) + ["", ""])
        }
        return rows
    }

    private static func name(_ entry: PriceEntry) -> String {
        "\(entry.provider.isEmpty ? "*" : entry.provider)/\(entry.id)"
    }

    private static func figures(_ rates: PriceEntry.Rates) -> [String] {
        [rates.input, rates.cacheRead, rates.cacheWrite, rates.cacheWrite1h, rates.output]
            .map { $0?.usd(per: .millionTokens) ?? "-" }
    }

    private static func when(_ period: PriceEntry.Period) -> String {
        var words: [String] = []
        if let start = period.start { words.append("from \(start.rfc3339.prefix(10))") }
        if let time = period.timeOfDay {
            words.append("\(clock(time.start))-\(clock(time.end)) UTC")
        }
        return words.joined(separator: " ")
    }

    private static func clock(_ minutes: Int) -> String {
        func two(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }

    private static func aligned(_ rows: [[String]]) -> String {
        var widths = [Int](repeating: 0, count: heading.count)
        for row in rows {
            for (column, text) in row.enumerated() {
                widths[column] = max(widths[column], text.count)
            }
        }
        var listing = ""
        for row in rows {
            var line = ""
            for (column, text) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - text.count)
                // Figures to the right, words to the left.
                line += (2...6).contains(column) ? padding + text : text + padding
                line += "  "
            }
            while line.last == " " { line.removeLast() }
            listing += line + "\n"
        }
        return listing
    }
}

extension Collection<UInt8> {
    fileprivate func holds(_ part: some Collection<UInt8>) -> Bool {
        guard count >= part.count else { return false }
        var rest = self[...]
        while rest.count >= part.count {
            if rest.starts(with: part) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
