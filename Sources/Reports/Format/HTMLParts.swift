/// Colours and measures of the page. Mail programs take inline styles; those that know dark mode
/// take the style sheet's classes, which win by `!important`.
enum Look {
    static let ink = "#1c2430"
    static let grey = "#5d6878"
    static let line = "#dfe4ea"
    static let bar = "#2f6fdb"
    static let track = "#e6ebf2"
    static let red = "#b3261e"
    static let green = "#1b6e3c"

    static let page =
        "margin:0;padding:24px 16px;background:#ffffff;color:\(ink);"
        + "font:15px/1.45 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
    static let muted = "color:\(grey);"
    static let table =
        "border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums"
    static let cell =
        "padding:5px 6px;border-bottom:1px solid \(line);white-space:nowrap;vertical-align:middle;"

    static let sheet = """
        @media (prefers-color-scheme:dark){
        .page{background:#14181f!important;color:#e8ecf2!important}
        .muted{color:#9aa6b6!important}
        .cell{border-color:#2c3440!important}
        .red{color:#ff8a80!important}
        .green{color:#7bd99a!important}
        .bar{fill:#6ea3ff!important}
        .over{fill:#ff8a80!important}
        .track{fill:#2c3440!important}
        .word{fill:#9aa6b6!important}
        }
        @media (max-width:600px){.cell{padding:4px 3px!important;font-size:12px}}
        """
}

/// Inline pictures.
enum Picture {
    /// Columns over the whole period, the highest named.
    static func bars(_ bars: [Report.Bar], label: String) -> String {
        let (width, height) = (720.0, 150.0)
        let highest = Double(max(bars.map(\.nanodollars).max() ?? 0, 1))
        let step = width / Double(max(bars.count, 1))
        let gap = step > 6 ? min(step * 0.2, 8) : 0
        var shapes = ""
        for (index, bar) in bars.enumerated() where bar.nanodollars > 0 {
            let tall = max(1, Double(bar.nanodollars) / highest * (height - 44))
            shapes +=
                "<rect class=\"bar\" x=\"\(number(Double(index) * step + gap / 2))\" "
                + "y=\"\(number(height - 20 - tall))\" width=\"\(number(max(step - gap, 0.5)))\" "
                + "height=\"\(number(tall))\" fill=\"\(Look.bar)\" rx=\"\(step > 8 ? 2 : 0)\">"
                + "<title>\(escape("\(bar.name): \(Figures.dollars(bar.nanodollars))"))</title>"
                + "</rect>"
        }
        if let index = bars.indices.max(by: { bars[$0].nanodollars < bars[$1].nanodollars }) {
            let x = (Double(index) + 0.5) * step
            let anchor = x < 90 ? "start" : x > width - 90 ? "end" : "middle"
            shapes += word(
                Figures.dollars(bars[index].nanodollars),
                x: anchor == "start"
                    ? 0
                    : anchor == "end"
                        ? width : x, y: 16, anchor)
        }
        shapes += word(bars.first?.name ?? "", x: 0, y: height - 4, "start")
        shapes += word(bars.last?.name ?? "", x: width, y: height - 4, "end")
        return "<svg role=\"img\" aria-label=\"\(escape(label))\" viewBox=\"0 0 720 150\" "
            + "width=\"100%\" style=\"display:block;height:auto\" "
            + "xmlns=\"http://www.w3.org/2000/svg\">\(shapes)</svg>\n"
    }

    /// How much of the whole: a small bar that needs no picture.
    static func share(_ share: Double) -> String {
        guard share > 0 else { return "" }
        return "<svg width=\"60\" height=\"8\" viewBox=\"0 0 60 8\" role=\"img\" aria-label=\""
            + escape(Figures.percent(share)) + "\" xmlns=\"http://www.w3.org/2000/svg\">"
            + rectangle("track", Look.track, width: 60, height: 8)
            + rectangle("bar", Look.bar, width: max(1, min(share, 1) * 60), height: 8) + "</svg>"
    }

    static func budget(_ share: Double, isOver: Bool) -> String {
        "<svg width=\"100%\" height=\"12\" viewBox=\"0 0 720 12\" preserveAspectRatio=\"none\" "
            + "role=\"img\" aria-label=\"\(escape(Figures.percent(share)))\" "
            + "style=\"display:block\" xmlns=\"http://www.w3.org/2000/svg\">"
            + rectangle("track", Look.track, width: 720, height: 12)
            + rectangle(
                isOver ? "over" : "bar", isOver ? Look.red : Look.bar,
                width: max(0, min(share, 1)) * 720, height: 12) + "</svg>\n"
    }

    private static func rectangle(
        _ kind: String, _ fill: String, width: Double, height: Double
    ) -> String {
        "<rect class=\"\(kind)\" width=\"\(number(width))\" height=\"\(number(height))\" "
            + "fill=\"\(fill)\"/>"
    }

    private static func word(_ text: String, x: Double, y: Double, _ anchor: String) -> String {
        "<text class=\"word\" x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" "
            + "font-size=\"13\" fill=\"\(Look.grey)\">\(escape(text))</text>"
    }

    /// At most a hundredth: files are mailed.
    private static func number(_ value: Double) -> String {
        let scaled = Int((max(-1e6, min(value, 1e6)) * 100).rounded())
        let sign = scaled < 0 ? "-" : ""
        return scaled % 100 == 0
            ? "\(scaled / 100)"
            : "\(sign)\(scaled.magnitude / 100)." + digits(Int64(scaled.magnitude % 100), 2)
    }
}
