import Reports

extension CommandTable {
    static let report = Command(
        name: "report",
        synopsis: "[OPTION...]",
        summary: "Show what was spent, on what, and whether it was worth it.",
        details: [
            "Reads the ledger and adds it up: the last seven days by model, if nothing else is "
                + "asked for. `~` marks what rests on estimates."
        ],
        options: [
            Option(
                name: "--since", value: moment,
                meaning: "24h, 7d, 2w, 3mo, 2026-11-01, 2026-11, RFC 3339, today, yesterday, "
                    + "this-week, last-week, this-month, last-month, this-year, last-year"),
            Option(
                name: "--until", value: moment, meaning: "the same; a day, week or month to its end"
            ),
            Option(
                name: "--period",
                value: Value(
                    placeholder: "NAME", needed: "a period",
                    kind: .word(calendarPeriods + ["weekly", "monthly", "all"])),
                meaning: "a whole one: today, yesterday, this-week, last-week (weekly), "
                    + "this-month, last-month (monthly), this-year, last-year, all"),
            Option(
                name: "--time-zone", value: Value(placeholder: "ZONE", needed: "a time zone"),
                meaning: "such as Europe/Berlin; else the local one"),
            Option(
                name: "--by",
                value: Value(
                    placeholder: "NAMES", needed: "names",
                    kind: .list(Dimension.allCases.map(\.rawValue))),
                meaning: "provider, model, tool, server, agent, client, project, hour, day, week, "
                    + "month, event-type, outcome, direction; several with commas"),
        ] + filters + [
            Option(
                name: "--outcome",
                value: Value(
                    placeholder: "NAMES", needed: "names",
                    kind: .list(Outcome.allCases.map { "\($0.name)" })),
                meaning: "only ok, error, cancelled, lost or blocked"),
            Option(
                name: "--top", value: Value(placeholder: "N", needed: "a number"),
                meaning: "how many of the most expensive operations (5)"),
            Option(
                name: "--budget", value: Value(placeholder: "AMOUNTS", needed: "amounts"),
                meaning: "50/week or 10/day,gpt-5=100/month; else MCP_METER_BUDGET"),
            Option(
                name: "--format",
                value: Value(
                    placeholder: "NAME", needed: "a format",
                    kind: .word(ReportOptions.Format.allCases.map(\.rawValue))),
                meaning: "text, json, csv, markdown or html"),
            Option(name: "--live", meaning: "stay, and show what comes"),
            Option(
                name: "--mail", value: address,
                meaning: "mail it, text and HTML, through MCP_METER_SMTP_URL; with --period weekly "
                    + "or monthly once for each",
                repeats: true),
            Option(name: "--from", value: address, meaning: "whom the mail is from"),
            Option(name: "--sendmail", meaning: "mail through the system's sendmail"),
        ],
        examples: [
            "mcp-meter report --period last-month --by provider,model",
            "mcp-meter report --since 30d --by day --format html > spend.html",
        ])

    private static let calendarPeriods = [
        "today", "yesterday", "this-week", "last-week", "this-month", "last-month", "this-year",
        "last-year",
    ]

    private static let moment = Value(
        placeholder: "WHEN", needed: "a value such as 7d",
        kind: .word(["24h", "7d", "30d"] + calendarPeriods))
    private static let address = Value(placeholder: "ADDRESS", needed: "an address")

    private static let filters: [Option] = ReportOptions.filters.map { name, label in
        Option(
            name: name, value: Value(placeholder: "NAME", needed: "a value"),
            meaning: "only this \(label.words); `*` stands for anything", repeats: true)
    }
}

extension Label {
    /// As it is called in a sentence.
    fileprivate var words: String { self == .eventType ? "type of event" : "\(self)" }
}
