import SessionLogs

/// Commands that fill the ledger, read it, and send it on.
extension CommandTable {
    static let importLogs = Command(
        name: "import",
        synopsis: "[--since TIME] [--client NAME] [--dry-run]",
        summary: "Read what clients spent from their session logs into the ledger.",
        details: [
            "Reads the session logs of Claude Code, Codex, the Gemini CLI and Grok Build where "
                + "these keep them, and adds each model call in them to the ledger, once, however "
                + "often it is run. Prompts and answers are not kept."
        ],
        options: [
            Option(
                name: "--since",
                value: Value(placeholder: "TIME", needed: "a time such as \(Moment.expected)"),
                meaning: "only calls since then: \(Moment.expected)"),
            Option(
                name: "--client",
                value: Value(
                    placeholder: "NAME", needed: "one of \(clients.joined(separator: ", "))",
                    kind: .word(clients)),
                meaning: "only this client's: \(clients.joined(separator: ", "))",
                repeats: true),
            Option(name: "--dry-run", meaning: "show what would be new; write nothing"),
        ],
        examples: ["mcp-meter import --since 7d --client claude-code"])

    static let clients = LogClient.allCases.map(\.rawValue)

    static let deliver = Command(
        name: "deliver",
        synopsis: "[--once | --status [--json] | --retry-dead]",
        summary: "Send what the ledger holds to where the variables say.",
        details: [
            "Sends every record, from the ledger's beginning, to each endpoint that is set, and "
                + "goes on as records come. Endpoints do not hold up each other; each goes on "
                + "where it was when this is started again. Metered sessions start it by "
                + "themselves, so there is no need to unless they end before it can deliver."
        ],
        options: [
            Option(name: "--once", meaning: "send what is there now, then end"),
            Option(
                name: "--until-idle",
                meaning: "end when nothing comes any more; how sessions start it"),
            Option(name: "--status", meaning: "show how delivery goes; send nothing"),
            Option(name: "--json", meaning: "show that as JSON"),
            Option(name: "--retry-dead", meaning: "send again what was refused for good"),
            Option(
                name: "--patience",
                value: Value(placeholder: "SECONDS", needed: "seconds, at most 86400"),
                meaning: "how long to try what cannot be sent (30; with --until-idle 300)"),
        ],
        examples: ["mcp-meter deliver --status"])

    static let serve = Command(
        name: "serve",
        synopsis: "[--listen ADDRESS:PORT] [--no-import]",
        summary: "Show the ledger to Prometheus and to a browser, and deliver it.",
        details: [
            "Runs on: /metrics for Prometheus, POST /usage for tools that know their own usage, a "
                + "page at /, delivery to every endpoint that is set, the session logs of clients "
                + "(as `mcp-meter import` reads them), and retention.",
            "Listens on 127.0.0.1:9091, or where MCP_METER_LISTEN says. With MCP_METER_TOKEN, "
                + "POST /usage needs it as a bearer token; addresses that other machines can "
                + "reach need it for everything. SIGTERM ends it.",
        ],
        options: [
            Option(
                name: "--listen",
                value: Value(placeholder: "ADDRESS:PORT", needed: "an address and a port"),
                meaning: "listen there; port 0: any"),
            Option(name: "--no-import", meaning: "leave the clients' session logs alone"),
        ],
        examples: ["mcp-meter serve", "mcp-meter serve --listen 127.0.0.1:9191"])
}
