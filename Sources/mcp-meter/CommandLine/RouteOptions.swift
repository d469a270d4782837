import Policy

/// What `mcp-meter route` is to do.
struct RouteOptions: Equatable {
    /// Validate this file instead of reading a request.
    var check: String?
    /// Say why instead of writing the frame.
    var explain = false
    /// Say it as JSON.
    var json = false
    /// Rules; nil: those of `MCP_METER_ROUTES`.
    var routes: String?
    /// What the server calls itself.
    var server: String?
    /// The server's command, which is only looked at.
    var command: [String] = []
    /// The share that is left of a budget, 0…1.
    var budgetLeft: Double?
    /// Nil: now.
    var time: LocalTime?
}

extension Arguments {
    static func route(_ words: [String]) -> Invocation {
        var options = RouteOptions()
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--explain": options.explain = true
            case "--json": options.json = true
            case "--check", "--routes":
                guard let value = rest.popFirst(), !value.isEmpty else {
                    return .misuse("`\(word)` needs a file.")
                }
                if word == "--check" { options.check = value } else { options.routes = value }
            case "--server":
                guard let value = rest.popFirst(), !value.isEmpty else {
                    return .misuse("`--server` needs a name.")
                }
                options.server = value
            case "--budget-left":
                guard let value = rest.popFirst().flatMap(Double.init), (0...1).contains(value)
                else { return .misuse("`--budget-left` needs a number from 0 to 1.") }
                options.budgetLeft = value
            case "--time":
                guard let value = rest.popFirst().flatMap({ LocalTime($0) }) else {
                    return .misuse("`--time` needs a local time such as 2026-11-21T23:00.")
                }
                options.time = value
            case "--":
                options.command = Array(rest)
                rest = []
            case _ where isHelp(word): return .help("route")
            default:
                return unexpected(
                    word, in: "route",
                    [
                        "--explain", "--json", "--check", "--routes", "--server",
                        "--budget-left", "--time", "--help", "--",
                    ])
            }
        }
        if let check = options.check, options != RouteOptions(check: check) {
            return .misuse("`--check` stands alone: it reads a file and no request.")
        }
        if options.json, !options.explain {
            return .misuse("`--json` goes with `--explain`.")
        }
        return .route(options)
    }
}

extension CommandTable {
    static let routeCommand = Command(
        name: "route",
        usage: "mcp-meter route [--explain [--json]] [--routes FILE] [-- COMMAND...]",
        summary: "Show which model a call is sent with by MCP_METER_ROUTES, and why.",
        details: [
            "Reads one tools/call request from standard input and writes it as it would be sent",
            "on: with another model in its arguments, or as it is. COMMAND is only looked at,",
            "for the profile of its server; nothing is started and nothing is stored.",
            "",
            "The file is {\"routes\": [RULE...]}; the first rule that holds decides. A rule is",
            "  {\"name\": \"...\", \"when\": {CONDITION...}, \"model\": \"gemini-2.5-flash\"}",
            "`model` may be an array, of which the first that the tool takes counts, or \"keep\".",
            "All conditions of a rule must hold:",
            "  \"tool\", \"server\", \"model\"  a name with * and ?, or an array of them",
            "  \"class\"        code, math, reasoning or text, or an array of them",
            "  \"tokens\"       {\"min\": 500, \"max\": 2000}, estimated, of the arguments",
            "  \"files\"        {\"min\": 1}, of the files and paths the arguments name",
            "  \"budget_left\"  {\"below\": 0.2, \"above\": 0.05}, a share of the budget",
            "  \"time\"         \"22:00-06:00\", local",
            "  \"weekdays\"     mon, tue, wed, thu, fri, sat, sun, or an array of them",
            "Calls are not sent to another provider unless the server has several, and tools",
            "that take no model are left alone.",
        ],
        options: [
            Option(name: "--explain", meaning: "show what was read, each rule, and the decision"),
            Option(name: "--json", meaning: "show that as JSON"),
            Option(name: "--routes FILE", meaning: "rules to use instead of MCP_METER_ROUTES"),
            Option(name: "--server NAME", meaning: "what the server calls itself"),
            Option(name: "--budget-left SHARE", meaning: "as if so much were left, 0 to 1"),
            Option(name: "--time TIME", meaning: "as if it were then: 2026-11-21T23:00"),
            Option(name: "--check FILE", meaning: "say whether FILE can be used"),
        ],
        examples: [
            "mcp-meter route --explain --routes routes.json -- npx gemini-mcp < call.json"
        ])
}
