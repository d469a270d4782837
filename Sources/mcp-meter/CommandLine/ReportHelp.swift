extension CommandTable {
    static let reportCommand = Command(
        name: "report",
        usage: "mcp-meter report [OPTION...]",
        summary: "Show what was spent, on what, and whether it was worth it.",
        details: [
            "Reads the ledger and adds it up: the last seven days by model, if nothing else",
            "is asked for. `~` marks what rests on estimates. Options take their value after",
            "a space or `=`.",
        ],
        options: [
            Option(
                name: "--since WHEN",
                meaning: "24h, 7d, 2w, 3mo, 2026-11-01, 2026-11, RFC 3339, today, yesterday, "
                    + "this-week, last-week, this-month, last-month, this-year, last-year"),
            Option(
                name: "--until WHEN", meaning: "the same; a day, week or month to its end"),
            Option(
                name: "--period NAME",
                meaning: "a whole one: today, yesterday, this-week, last-week (weekly), "
                    + "this-month, last-month (monthly), this-year, last-year, all"),
            Option(name: "--time-zone ZONE", meaning: "such as Europe/Berlin; else the local one"),
            Option(
                name: "--by NAMES",
                meaning: "provider, model, tool, server, agent, client, project, hour, day, "
                    + "week, month, event-type, outcome, direction; several with commas"),
            Option(
                name: "--model NAME",
                meaning: "only these; also --provider, --tool, --server, --agent, --client, "
                    + "--project, --event-type; `*` stands for anything; may be repeated"),
            Option(name: "--outcome NAMES", meaning: "only ok, error, cancelled, lost or blocked"),
            Option(name: "--top N", meaning: "how many of the most expensive operations (5)"),
            Option(
                name: "--budget AMOUNTS",
                meaning: "50/week or 10/day,gpt-5=100/month; else MCP_METER_BUDGET"),
            Option(name: "--format NAME", meaning: "text, json, csv, markdown or html"),
            Option(name: "--live", meaning: "stay, and show what comes"),
            Option(
                name: "--mail ADDRESS",
                meaning: "mail it, text and HTML, through MCP_METER_SMTP_URL; may be repeated. "
                    + "With --period weekly or monthly once for each"),
            Option(name: "--from ADDRESS", meaning: "whom the mail is from"),
            Option(name: "--sendmail", meaning: "mail through the system's sendmail"),
        ],
        examples: [
            "mcp-meter report --period last-month --by provider,model",
            "mcp-meter report --since 30d --by day --format html > spend.html",
        ])
}
