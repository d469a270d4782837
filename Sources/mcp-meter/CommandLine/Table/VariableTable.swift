/// Every variable of the environment that means something here: what help and the manual page say
/// of it.
enum VariableTable {
    struct Variable {
        let name: String
        let meaning: String
        /// What holds when it is not set, as a phrase; nil where nothing does.
        var standard: String?

        /// Meaning and default, in one line.
        var text: String { standard.map { "\(meaning) (default: \($0))" } ?? meaning }
    }

    struct Group {
        let title: String
        /// The commands that read it, and in whose help it stands.
        let commands: Set<String>
        let variables: [Variable]
    }

    static let groups =
        [metering, policy, assuming, ledger, pricing, exporting, reporting, mailing] + destinations
        + [session, logs, system]

    static var all: [Variable] { groups.flatMap(\.variables) }

    /// Groups a command's help shows in full.
    static func groups(of command: String) -> [Group] {
        groups.filter { $0.commands.contains(command) }
    }

    private static let metering = Group(
        title: "Metering", commands: ["run", "doctor"],
        variables: [
            Variable(
                name: "MCP_METER",
                meaning: "on: keep a ledger; off: always pass through",
                standard: "on if an endpoint, a budget, a rate limit or routes are set"),
            Variable(
                name: "MCP_METER_REASON",
                meaning: "escalation reason: text (masked, 200 characters), hash or off",
                standard: "text"),
            Variable(
                name: "MCP_METER_LOG", meaning: "error, info or debug, on standard error",
                standard: "error"),
        ])

    private static let policy = Group(
        title: "Budgets, limits and routes", commands: ["run", "route", "serve", "report"],
        variables: [
            Variable(
                name: "MCP_METER_BUDGET",
                meaning: "what may be spent, in dollars: 10/day,50/week, of a model "
                    + "gemini-2.5-pro=5/day, of an agent agent:reviewer=2/day"),
            Variable(
                name: "MCP_METER_BUDGET_ACTION",
                meaning: "warn, or block calls once a budget is spent", standard: "warn"),
            Variable(
                name: "MCP_METER_RATE_LIMIT",
                meaning: "what may be called: 60/min;gemini-2.5-pro=10/min, in tokens "
                    + "tokens:gpt-5=250000/min"),
            Variable(
                name: "MCP_METER_RATE_LIMIT_ACTION",
                meaning: "block calls over a limit, warn, or wait:SECONDS for room",
                standard: "block"),
            Variable(
                name: "MCP_METER_ROUTES",
                meaning: "JSON file of rules that choose the model; see `mcp-meter help route`"),
        ])

    private static let assuming = Group(
        title: "Where the messages do not tell", commands: ["run", "inspect"],
        variables: [
            Variable(
                name: "MCP_METER_PROVIDER", meaning: "the company behind the server's models"),
            Variable(name: "MCP_METER_MODEL", meaning: "model to assume when nothing tells it"),
            Variable(
                name: "MCP_METER_CLIENT_MODEL", meaning: "the client's model, likewise"),
            Variable(
                name: "MCP_METER_PROFILES", meaning: "JSON file that describes servers of yours"),
        ])

    private static let ledger = Group(
        title: "Ledger", commands: ["run", "doctor", "report", "serve", "deliver", "import"],
        variables: [
            Variable(
                name: "MCP_METER_STATE_DIR", meaning: "directory of the ledger",
                standard: "$XDG_STATE_HOME/mcp-meter, else ~/.local/state/mcp-meter")
        ])

    private static let pricing = Group(
        title: "Prices", commands: ["run", "doctor", "serve", "import", "prices", "inspect"],
        variables: [
            Variable(
                name: "MCP_METER_PRICES", meaning: "JSON file of prices that win over the built-in",
                standard: "the built-in table")
        ])

    private static let exporting = Group(
        title: "Exporter", commands: ["serve"],
        variables: [
            Variable(
                name: "MCP_METER_LISTEN", meaning: "address and port to listen on",
                standard: "127.0.0.1:9091"),
            Variable(
                name: "MCP_METER_TOKEN",
                meaning: "bearer token that POST /usage then needs, and from other machines all",
                standard: "none, and then none but this machine is served"),
        ])

    private static let reporting = Group(
        title: "Reports", commands: ["report"],
        variables: [
            Variable(
                name: "TZ", meaning: "time zone of days, weeks and months",
                standard: "the system's"),
            Variable(name: "TZDIR", meaning: "directory of time zones", standard: "the system's"),
        ])

    private static let mailing = Group(
        title: "Mailed reports", commands: ["report"],
        variables: [
            Variable(
                name: "MCP_METER_SMTP_URL",
                meaning: "server that mails reports: smtps://host or smtp://host:587"),
            Variable(name: "MCP_METER_SMTP_USER", meaning: "who logs in there"),
            Variable(name: "MCP_METER_SMTP_PASSWORD", meaning: "with this"),
        ])

    private static let session = Group(
        title: "Given by whoever starts a session", commands: ["run"],
        variables: [
            Variable(
                name: "TRACEPARENT", meaning: "W3C trace context that the calls belong to",
                standard: "each analysis is a trace of its own"),
            Variable(
                name: "CLAUDE_CODE_SESSION_ID",
                meaning: "which of Claude Code's logs tells about this session"),
        ])

    private static let logs = Group(
        title: "Session logs", commands: ["import", "serve"],
        variables: [
            Variable(
                name: "MCP_METER_PROJECT", meaning: "directories in session logs: hash or text",
                standard: "hash"),
            Variable(
                name: "CLAUDE_CONFIG_DIR", meaning: "where Claude Code keeps its own",
                standard: "$XDG_CONFIG_HOME/claude and ~/.claude"),
            Variable(
                name: "CODEX_HOME", meaning: "where Codex keeps its own", standard: "~/.codex"),
            Variable(
                name: "GEMINI_CLI_HOME", meaning: "where the Gemini CLI has its .gemini",
                standard: "~"),
            Variable(
                name: "GROK_HOME", meaning: "where Grok Build keeps its own", standard: "~/.grok"),
        ])

    private static let system = Group(
        title: "System", commands: [],
        variables: [
            Variable(
                name: "NO_COLOR", meaning: "anything: no colours, no bold (no-color.org)",
                standard: "colours on a terminal, unless TERM is dumb"),
            Variable(name: "HOME", meaning: "where `~` is"),
            Variable(
                name: "XDG_STATE_HOME", meaning: "where state is kept",
                standard: "~/.local/state"),
            Variable(
                name: "XDG_CONFIG_HOME", meaning: "where settings are kept", standard: "~/.config"),
            Variable(name: "PATH", meaning: "where the server's command is looked for"),
            Variable(
                name: "TMPDIR", meaning: "where temporary files are made", standard: "/tmp"),
            Variable(
                name: "NOTIFY_SOCKET", meaning: "where `serve` tells systemd that it is ready"),
        ])
}
