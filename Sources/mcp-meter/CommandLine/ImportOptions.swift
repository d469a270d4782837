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
    static func importLogs(_ words: [String]) throws(Interruption) -> Invocation {
        var options = ImportOptions()
        var reader = OptionReader(CommandTable.importLogs, words)
        while let item = try reader.next() {
            switch item {
            case .value("--client", let name):
                guard let client = LogClient(named: name) else { throw reader.needs("--client") }
                options.clients.insert(client)
            case .value("--since", let text):
                let now = Timestamp(microseconds: WallClock.now())
                guard let moment = Moment.parse(text, now: now) else {
                    throw reader.needs("--since")
                }
                options.since = moment
            case .flag("--dry-run"): options.isDryRun = true
            default: throw reader.unexpected(item)
            }
        }
        return .importLogs(options)
    }
}
