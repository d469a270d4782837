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
    case route(RouteOptions)
    /// The demonstration's server; for `demo` alone, and in no help.
    case sampleServer
    /// `help`, `--help`: of a command, or of the whole.
    case help(String?)
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
        let rest = Array(words.dropFirst())
        switch first {
        case "--":
            return rest.isEmpty ? .misuse("`--` must be followed by a command.") : .relay(rest)
        case "--help", "-h": return .help(nil)
        case "--version", "-V": return .version
        case "help":
            if let extra = rest.dropFirst().first { return .misuse("Unexpected word `\(extra)`.") }
            return .help(rest.first)
        case "inspect": return inspect(rest)
        case "demo": return demo(rest)
        case "prices": return prices(rest)
        case "deliver": return deliver(rest)
        case "report": return report(rest)
        case "doctor": return doctor(rest)
        case "import": return importLogs(rest)
        case "serve": return serve(rest)
        case "route": return route(rest)
        case SampleServer.command where rest.isEmpty: return .sampleServer
        default: break
        }
        if CommandTable.reserved.contains(first) {
            return .misuse(
                "`\(first)` is not part of this version. To run a server of that name: "
                    + "mcp-meter -- \(first)")
        }
        if first.hasPrefix("-") {
            return .misuse(
                "Unknown option `\(first)`." + suggestion(first, ["--help", "--version"]))
        }
        return .relay(words)
    }

    private static func inspect(_ words: [String]) -> Invocation {
        var options = InspectOptions()
        if let first = words.first {
            if isHelp(first) { return .help("inspect") }
            guard first == "--" else { return unexpected(first, in: "inspect", ["--help", "--"]) }
            options.server = Array(words.dropFirst())
        }
        return .inspect(options)
    }

    private static func demo(_ words: [String]) -> Invocation {
        var options = DemoOptions()
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--keep": options.keep = true
            case "--state-dir":
                guard let value = rest.popFirst(), !value.isEmpty else {
                    return .misuse("`--state-dir` needs a directory.")
                }
                options.stateDirectory = value
                options.keep = true
            case _ where isHelp(word): return .help("demo")
            default: return unexpected(word, in: "demo", ["--keep", "--state-dir", "--help"])
            }
        }
        return .demo(options)
    }

    private static func prices(_ words: [String]) -> Invocation {
        var options = PricesOptions()
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--check":
                guard let value = rest.popFirst(), !value.isEmpty else {
                    return .misuse("`--check` needs a file.")
                }
                options.check = value
            case _ where isHelp(word): return .help("prices")
            case _ where word.hasPrefix("-"):
                return unexpected(word, in: "prices", ["--check", "--help"])
            default:
                if let earlier = options.filter {
                    return .misuse("`prices` takes one model, not `\(earlier)` and `\(word)`.")
                }
                options.filter = word
            }
        }
        return .prices(options)
    }

    static func isHelp(_ word: String) -> Bool { word == "--help" || word == "-h" }

    static func unexpected(
        _ word: String, in command: String, _ known: [String]
    ) -> Invocation {
        .misuse("`\(command)` does not take `\(word)`." + suggestion(word, known))
    }

    /// ` Did you mean …?` for a word that is nearly one of the known ones, else nothing.
    static func suggestion(_ word: String, _ known: [String]) -> String {
        let near = known.map { ($0, distance(word, $0)) }.filter { $0.1 <= 2 }.min { $0.1 < $1.1 }
        return near.map { " Did you mean `\($0.0)`?" } ?? ""
    }

    /// How many letters must be put in, left out or changed to get from one word to the other.
    static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b.utf8)
        var row = Array(0...b.count)
        for (i, x) in a.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (x == y ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[b.count]
    }
}
