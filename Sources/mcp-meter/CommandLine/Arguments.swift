/// What was typed, sorted into what is to be done; nothing is looked up or opened yet.
enum Invocation: Equatable {
    /// Run this MCP server, metered: the command and its arguments, never empty.
    case relay([String])
    case inspect(InspectOptions)
    case demo(DemoOptions)
    case prices(PricesOptions)
    case deliver(DeliverOptions)
    case report(ReportOptions)
    case doctor(DoctorOptions)
    case importLogs(ImportOptions)
    case serve(ServeOptions)
    case wrap(WrapOptions)
    case unwrap(WrapOptions)
    case route(RouteOptions)
    /// The demonstration's server; for `demo` alone, and in no help.
    case sampleServer
    /// `help`, `--help`: of a command, or of the whole.
    case help(String?)
    case completions(Shell)
    case manual
    case version
    /// No word at all.
    case nothing
    /// What is wrong, as a sentence; the exit status is 64.
    case misuse(String)
}

struct InspectOptions: Equatable {
    /// The provider, model and profiles come from the environment, as in the relay.
    var server: [String] = []
}

struct DemoOptions: Equatable {
    /// Keep the ledger instead of removing it at the end.
    var keep = false
    /// Where to keep it; a temporary directory if nil.
    var stateDirectory: String?
}

struct PricesOptions: Equatable {
    /// Validate this file instead of listing.
    var check: String?
    /// Show only models whose id contains this.
    var filter: String?
}

enum Arguments {
    /// Sorts the words after the program's name.
    static func parse(_ words: [String]) -> Invocation {
        guard let first = words.first else { return .nothing }
        do throws(Interruption) {
            return try invocation(first, Array(words.dropFirst())) ?? .relay(words)
        } catch {
            switch error {
            case .help(let command): return .help(command)
            case .misuse(let reason): return .misuse(reason)
            }
        }
    }

    /// Nil for a first word that is none of ours.
    private static func invocation(
        _ first: String, _ rest: [String]
    ) throws(Interruption) -> Invocation? {
        switch first {
        case "--":
            guard !rest.isEmpty else { throw .misuse("`--` must be followed by a command.") }
            return .relay(rest)
        case "--help", "-h": return .help(nil)
        case "--version", "-V": return .version
        case "help": return try help(rest)
        case "inspect": return try inspect(rest)
        case "demo": return try demo(rest)
        case "prices": return try prices(rest)
        case "deliver": return try deliver(rest)
        case "report": return try report(rest)
        case "doctor": return try doctor(rest)
        case "import": return try importLogs(rest)
        case "serve": return try serve(rest)
        case "wrap": return .wrap(try wrap(CommandTable.wrap, rest))
        case "unwrap": return .unwrap(try wrap(CommandTable.unwrap, rest))
        case "completions": return try completions(rest)
        case "man":
            var reader = OptionReader(CommandTable.manual, rest)
            if let item = try reader.next() { throw reader.unexpected(item) }
            return .manual
        case "route": return try route(rest)
        case SampleServer.command where rest.isEmpty: return .sampleServer
        default: break
        }
        if first.hasPrefix("-") {
            let known = CommandTable.programOptions.map(\.name)
            throw .misuse("Unknown option `\(first)`." + Spelling.suggestion(first, known))
        }
        return nil
    }

    private static func help(_ words: [String]) throws(Interruption) -> Invocation {
        var topic: String?
        var reader = OptionReader(CommandTable.helpCommand, words)
        while let item = try reader.next() {
            guard case .operand(let word) = item else { throw reader.unexpected(item) }
            topic = word
        }
        return .help(topic)
    }

    private static func completions(_ words: [String]) throws(Interruption) -> Invocation {
        var shell: Shell?
        let names = Shell.allCases.map(\.rawValue)
        var reader = OptionReader(CommandTable.completions, words)
        while let item = try reader.next() {
            guard case .operand(let word) = item else { throw reader.unexpected(item) }
            shell = Shell(rawValue: word)
            if shell == nil {
                throw .misuse(
                    "`completions` knows \(names.joined(separator: ", ")), not `\(word)`."
                        + Spelling.suggestion(word, names))
            }
        }
        guard let shell else {
            throw .misuse("`completions` needs a shell: \(names.joined(separator: ", ")).")
        }
        return .completions(shell)
    }

    private static func inspect(_ words: [String]) throws(Interruption) -> Invocation {
        var options = InspectOptions()
        var reader = OptionReader(CommandTable.inspect, words)
        while let item = try reader.next() {
            guard case .server(let command) = item else { throw reader.unexpected(item) }
            options.server = command
        }
        return .inspect(options)
    }

    private static func demo(_ words: [String]) throws(Interruption) -> Invocation {
        var options = DemoOptions()
        var reader = OptionReader(CommandTable.demo, words)
        while let item = try reader.next() {
            switch item {
            case .flag("--keep"): options.keep = true
            case .value("--state-dir", let directory):
                options.stateDirectory = directory
                options.keep = true
            default: throw reader.unexpected(item)
            }
        }
        return .demo(options)
    }

    private static func prices(_ words: [String]) throws(Interruption) -> Invocation {
        var options = PricesOptions()
        var reader = OptionReader(CommandTable.prices, words)
        while let item = try reader.next() {
            switch item {
            case .value("--check", let file): options.check = file
            case .operand(let model): options.filter = model
            default: throw reader.unexpected(item)
            }
        }
        return .prices(options)
    }
}
