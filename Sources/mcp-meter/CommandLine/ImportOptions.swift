import Posix
import Records
import SessionLogs

struct ImportOptions: Equatable {
    /// None is all.
    var clients: Set<LogClient> = []
    var since: Timestamp?
    var isDryRun = false
}

extension Arguments {
    static func importLogs(_ words: [String]) -> Invocation {
        var options = ImportOptions()
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--client":
                guard let value = rest.popFirst(), let client = LogClient(named: value) else {
                    let names = LogClient.allCases.map(\.rawValue).joined(separator: ", ")
                    return .misuse("`--client` needs one of \(names).")
                }
                options.clients.insert(client)
            case "--since":
                let now = Timestamp(microseconds: WallClock.now())
                guard let value = rest.popFirst(), let moment = Moment.parse(value, now: now) else {
                    return .misuse("`--since` needs a time such as \(Moment.expected).")
                }
                options.since = moment
            case "--dry-run": options.isDryRun = true
            case _ where isHelp(word): return .help("import")
            default:
                return unexpected(
                    word, in: "import", ["--client", "--since", "--dry-run", "--help"])
            }
        }
        return .importLogs(options)
    }
}
