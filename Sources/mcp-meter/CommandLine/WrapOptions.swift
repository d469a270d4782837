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

    static let names = ["--all", "--client", "--config", "--dry-run", "--help"]
    static let wrapNames = names + ["--env", "--command"]
}

extension Arguments {
    static func wrap(_ words: [String], isWrapping: Bool) -> Invocation {
        let name = isWrapping ? "wrap" : "unwrap"
        let known = isWrapping ? WrapOptions.wrapNames : WrapOptions.names
        var options = WrapOptions()
        var rest = words[...]
        while let typed = rest.popFirst() {
            if isHelp(typed) { return .help(name) }
            var word = typed
            // `--env=A=b` and `--env A=b` are the same.
            if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
                rest = [String(word[word.index(after: equals)...])] + rest
                word = String(word[..<equals])
            }
            switch word {
            case "--all": options.isAll = true
            case "--dry-run": options.isDryRun = true
            case "--":
                options.servers += rest
                rest = []
            case _ where known.contains(word):
                guard let value = rest.popFirst(), !value.isEmpty else {
                    return .misuse("`\(word)` needs a value.")
                }
                if let wrong = take(word, value, &options) { return .misuse(wrong) }
            case _ where word.hasPrefix("-"): return unexpected(typed, in: name, known)
            default: options.servers.append(word)
            }
        }
        if let wrong = contradiction(options, name) { return .misuse(wrong) }
        return isWrapping ? .wrap(options) : .unwrap(options)
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
                    + suggestion(value, all)
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
