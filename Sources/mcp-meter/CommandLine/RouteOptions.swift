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
    static func route(_ words: [String]) throws(Interruption) -> Invocation {
        var options = RouteOptions()
        var reader = OptionReader(CommandTable.route, words)
        while let item = try reader.next() {
            switch item {
            case .flag("--explain"): options.explain = true
            case .flag("--json"): options.json = true
            case .value("--check", let path): options.check = path
            case .value("--routes", let path): options.routes = path
            case .value("--server", let name): options.server = name
            case .value("--budget-left", let text):
                guard let share = Double(text), (0...1).contains(share) else {
                    throw reader.needs("--budget-left")
                }
                options.budgetLeft = share
            case .value("--time", let text):
                guard let time = LocalTime(text) else { throw reader.needs("--time") }
                options.time = time
            case .server(let command): options.command = command
            default: throw reader.unexpected(item)
            }
        }
        if let check = options.check, options != RouteOptions(check: check) {
            throw .misuse("`--check` stands alone: it reads a file and no request.")
        }
        if options.json, !options.explain {
            throw .misuse("`--json` goes with `--explain`.")
        }
        return .route(options)
    }
}
