/// Every command, option and variable there is: the one table that help text is made from.
enum CommandTable {
    struct Option {
        let name: String
        let meaning: String
    }

    struct Command {
        let name: String
        let usage: String
        let summary: String
        let details: [String]
        var options: [Option] = []
        var examples: [String] = []
    }

    /// Names that later versions will give a meaning to; refused until then, so that no script
    /// comes to depend on their being commands to run.
    static let reserved = ["wrap", "unwrap"]

    static let commands = [
        Command(
            name: "run",
            usage: "mcp-meter [--] COMMAND [ARG...]",
            summary: "Run this MCP server, metered.",
            details: [
                "Starts COMMAND as its child and relays standard input and output untouched.",
                "The first word that is no command of mcp-meter's starts COMMAND; after `--`",
                "everything is COMMAND. With none of the variables below set, mcp-meter",
                "replaces itself with COMMAND and adds nothing.",
            ],
            examples: ["MCP_METER=on mcp-meter npx -y gemini-mcp-tool"]),
        Command(
            name: "inspect",
            usage: "mcp-meter inspect [-- COMMAND [ARG...]]",
            summary: "Show the records that captured messages would give.",
            details: [
                "Reads JSON-RPC messages from standard input, one a line, as captured from",
                "either side, and writes the ledger lines to standard output. Requests and",
                "answers find each other by id. COMMAND is only looked at, for the profile",
                "of its server; nothing is started and nothing is stored.",
            ],
            examples: ["mcp-meter inspect -- npx -y gemini-mcp-tool < captured.jsonl"]),
        Command(
            name: "demo",
            usage: "mcp-meter demo [--keep] [--state-dir DIR]",
            summary: "Meter a whole session against a bundled sample server.",
            details: [
                "Runs a scripted client and a sample MCP server with mcp-meter between them,",
                "then shows what was metered and where the ledger is.",
            ],
            options: [
                Option(name: "--keep", meaning: "keep the ledger"),
                Option(name: "--state-dir DIR", meaning: "keep it in DIR"),
            ],
            examples: ["mcp-meter demo --keep"]),
        Command(
            name: "prices",
            usage: "mcp-meter prices [MODEL] [--check FILE]",
            summary: "Show the prices in force, with dates and source.",
            details: [
                "MODEL shows only the models whose id contains it. Prices come from the",
                "built-in table and from the file that MCP_METER_PRICES names, if it is set.",
            ],
            options: [
                Option(
                    name: "--check FILE",
                    meaning: "say whether FILE can be used as MCP_METER_PRICES")
            ],
            examples: ["mcp-meter prices gemini-2.5"]),
        Command(
            name: "deliver",
            usage: "mcp-meter deliver [--once | --status [--json] | --retry-dead]",
            summary: "Send what the ledger holds to where the variables say.",
            details: [
                "Sends every record, from the ledger's beginning, to each endpoint that is set,",
                "and goes on as records come. Endpoints do not hold up each other; each goes on",
                "where it was when this is started again. Metered sessions start it by",
                "themselves, so there is no need to unless they end before it can deliver.",
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
                    name: "--patience SECONDS",
                    meaning: "how long to try what cannot be sent (30; --until-idle: 300)"),
            ],
            examples: ["mcp-meter deliver --status"]),
        reportCommand,
        Command(
            name: "serve",
            usage: "mcp-meter serve [--listen ADDRESS:PORT] [--no-import]",
            summary: "Show the ledger to Prometheus and to a browser, and deliver it.",
            details: [
                "Runs on: /metrics for Prometheus, POST /usage for tools that know their own",
                "usage, a page at /, delivery to every endpoint that is set, the session logs of",
                "clients (as `mcp-meter import` reads them), and retention.",
                "Listens on 127.0.0.1:9091, or where MCP_METER_LISTEN says. With",
                "MCP_METER_TOKEN, POST /usage needs it as a bearer token; addresses that other",
                "machines can reach need it for everything. SIGTERM ends it.",
            ],
            options: [
                Option(name: "--listen ADDRESS:PORT", meaning: "listen there; port 0: any"),
                Option(name: "--no-import", meaning: "leave the clients' session logs alone"),
            ],
            examples: ["mcp-meter serve", "mcp-meter serve --listen 127.0.0.1:9191"]),
        Command(
            name: "doctor",
            usage: "mcp-meter doctor [--json] [--offline]",
            summary: "Say what is on, where it goes, and whether all is well.",
            details: [
                "Looks at the variables of the shell it is started in (a client may start its",
                "servers with others), at the ledger, and at each receiver, to which it sends",
                "an empty message and no data. What is not well is followed by what mends it.",
                "Ends with 1 if something needs a hand, else with 0.",
            ],
            options: [
                Option(name: "--json", meaning: "one JSON object"),
                Option(name: "--offline", meaning: "connect to no receiver"),
            ],
            examples: ["MCP_METER=on mcp-meter doctor"]),
        Command(
            name: "import",
            usage: "mcp-meter import [--since TIME] [--client NAME] [--dry-run]",
            summary: "Read what clients spent from their session logs into the ledger.",
            details: [
                "Reads the session logs of Claude Code, Codex, the Gemini CLI and Grok Build",
                "where these keep them, and adds each model call in them to the ledger, once,",
                "however often it is run. Prompts and answers are not kept.",
            ],
            options: [
                Option(
                    name: "--since TIME",
                    meaning: "only calls since then: \(Moment.expected)"),
                Option(
                    name: "--client NAME",
                    meaning: "only this client's: claude-code, codex, gemini-cli or grok-build; "
                        + "may be repeated"),
                Option(name: "--dry-run", meaning: "show what would be new; write nothing"),
            ],
            examples: ["mcp-meter import --since 7d --client claude-code"]),
        routeCommand,
        Command(
            name: "help",
            usage: "mcp-meter help [COMMAND]",
            summary: "Show help.",
            details: []),
    ]

    static let variables = [
        Option(name: "MCP_METER", meaning: "on: keep a ledger; off: always pass through"),
        Option(
            name: "MCP_METER_STATE_DIR",
            meaning: "ledger (default $XDG_STATE_HOME/mcp-meter, ~/.local/state/mcp-meter)"),
        Option(name: "MCP_METER_PROVIDER", meaning: "the company behind the server's models"),
        Option(name: "MCP_METER_MODEL", meaning: "model to assume when nothing tells it"),
        Option(
            name: "MCP_METER_CLIENT_MODEL", meaning: "the client's model, when nothing tells it"),
        Option(name: "MCP_METER_PRICES", meaning: "JSON file of prices that win over the built-in"),
        Option(name: "MCP_METER_PROFILES", meaning: "JSON file that describes servers of yours"),
        Option(
            name: "MCP_METER_REASON",
            meaning: "escalation reason: text (masked, 200 characters), hash, off"),
        Option(
            name: "MCP_METER_PROJECT",
            meaning: "directories in session logs: hash (the default) or text"),
        Option(name: "MCP_METER_LISTEN", meaning: "where serve listens (127.0.0.1:9091)"),
        Option(name: "MCP_METER_TOKEN", meaning: "bearer token that serve then asks for"),
        Option(
            name: "MCP_METER_RATE_LIMIT",
            meaning: "limits to show, such as 60/min;gemini-2.5-pro=10/min"),
        Option(name: "MCP_METER_BUDGET", meaning: "what may be spent, such as 10/day,50/week"),
        Option(
            name: "MCP_METER_ROUTES",
            meaning: "JSON file of rules that choose the model; see `mcp-meter help route`"),
        Option(
            name: "MCP_METER_SMTP_URL",
            meaning: "server that mails reports: smtps://host or smtp://host:587"),
        Option(name: "MCP_METER_SMTP_USER", meaning: "who logs in there"),
        Option(name: "MCP_METER_SMTP_PASSWORD", meaning: "with this"),
        Option(name: "MCP_METER_LOG", meaning: "error, info or debug, on standard error"),
        Option(
            name: "EVALOPS_BASE_URL",
            meaning:
                "send to EvalOps (EVALOPS_METER_BASE_URL, EVALOPS_TRACES_BASE_URL: one of it); "
                + "with EVALOPS_TOKEN, EVALOPS_ORGANIZATION_ID, EVALOPS_WORKSPACE_ID, "
                + "EVALOPS_TEAM_ID, EVALOPS_AGENT_ID, EVALOPS_SURFACE"),
        Option(
            name: "OTEL_EXPORTER_OTLP_ENDPOINT",
            meaning: "send traces and metrics by OTLP over HTTP; all of OpenTelemetry's "
                + "OTEL_EXPORTER_OTLP_* count, and OTEL_SERVICE_NAME"),
        Option(
            name: "MOSAIC_TELEMETRY_ENABLED",
            meaning: "true: send to Mosaic's MOSAIC_TELEMETRY_SERVER_URL, or into the file "
                + "MOSAIC_TELEMETRY_FILE"),
        Option(
            name: "HARPER_ANALYTICS_URL",
            meaning: "send to a Harper instance; with HARPER_ANALYTICS_TOKEN"),
    ]

    static func command(_ name: String) -> Command? { commands.first { $0.name == name } }
}
