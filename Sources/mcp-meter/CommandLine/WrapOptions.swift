import Setup

/// What `mcp-meter wrap` and `mcp-meter unwrap` are to do.
struct WrapOptions: Equatable {
    /// The servers' names; none to list what there is.
    var servers: [String] = []
    var isAll = false
    /// None is all.
    var clients: [Client] = []
    /// None is where clients look.
    var files: [String] = []
    var variables: [Wrapping.Variable] = []
    /// What clients are to start, instead of this program.
    var command: String?
    var isDryRun = false
}

extension Arguments {
    /// - Parameter command: `wrap` or `unwrap`.
    static func wrap(
        _ command: CommandTable.Command, _ words: [String]
    ) throws(Interruption) -> WrapOptions {
        var options = WrapOptions()
        var reader = OptionReader(command, words)
        while let item = try reader.next() {
            switch item {
            case .flag("--all"): options.isAll = true
            case .flag("--dry-run"): options.isDryRun = true
            case .operand(let server): options.servers.append(server)
            case .value(let name, let value):
                if let wrong = take(name, value, &options) { throw .misuse(wrong) }
            default: throw reader.unexpected(item)
            }
        }
        if let wrong = contradiction(options, command.name) { throw .misuse(wrong) }
        return options
    }

    /// What is wrong with an option's value.
    private static func take(
        _ word: String, _ value: String, _ options: inout WrapOptions
    ) -> String? {
        switch word {
        case "--client":
            guard let client = Client(rawValue: value) else {
                let all = Client.allCases.map(\.rawValue)
                return "`--client` takes \(all.joined(separator: ", ")), not `\(value)`."
                    + Spelling.suggestion(value, all)
            }
            options.clients.append(client)
        case "--config": options.files.append(value)
        case "--command":
            guard MeterCommand().isMeter(value) else {
                return "`--command` takes the path of mcp-meter, not `\(value)`: "
                    + "`unwrap` would not know it again."
            }
            options.command = value
        default:
            guard let equals = value.firstIndex(of: "="), equals > value.startIndex else {
                return "`--env` takes NAME=VALUE, such as MCP_METER=on."
            }
            let name = String(value[..<equals])
            guard Wrapping.reads(name) else {
                return "`--env` takes variables that mcp-meter reads (MCP_METER, EVALOPS_…, "
                    + "OTEL_…, MOSAIC_TELEMETRY_…, HARPER_ANALYTICS_…), not `\(name)`: put that "
                    + "into the file yourself."
            }
            options.variables.removeAll { $0.name == name }
            options.variables.append(
                Wrapping.Variable(
                    name: name, value: String(value[value.index(after: equals)...])))
        }
        return nil
    }

    private static func contradiction(_ options: WrapOptions, _ name: String) -> String? {
        let isListing = options.servers.isEmpty && !options.isAll
        if options.isAll, let server = options.servers.first {
            return "`\(name)` takes `\(server)` or `--all`, not both."
        }
        if isListing, options.isDryRun || !options.variables.isEmpty || options.command != nil {
            return "`\(name)` needs a server's name, or `--all`."
        }
        return nil
    }
}
