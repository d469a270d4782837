package import Ledger
package import Records

/// Follows the session logs as they grow: for a process that lives long and polls.
///
///     var tail = SessionLogTail(directory, environment: variables, prices: table, project: .hash)
///     while isRunning {
///         if let summary = try tail.poll() { … }
///         …wait a second…
///     }
///     try tail.close()
///
/// A message is recorded when another follows it in its file, or when the file has been quiet for a
/// while: answers are written piece by piece, with the tokens so far. `mcp-meter import` may run at
/// any time beside it; whoever comes second finds the calls in the ledger.
package struct SessionLogTail: ~Copyable {
    private let directory: LedgerDirectory
    private let places: LogPlaces
    private var importer: LogImporter
    /// Problems that were told.
    private var told: Set<String> = []

    /// - Parameter quietSeconds: after that long a file's last message is taken to be whole.
    package init(
        _ directory: LedgerDirectory, environment: [String: String],
        clients: Set<LogClient> = Set(LogClient.allCases), prices: PriceTable,
        project: ProjectMode, quietSeconds: Int64 = 10
    ) {
        self.directory = directory
        places = LogPlaces(environment, clients: clients)
        var options = LogImporter.Options()
        options.quietSeconds = quietSeconds
        importer = LogImporter(directory, prices: prices, project: project, options: options)
    }

    /// Imports what is new.
    ///
    /// - Returns: what was done, with problems that were not told before; nil when another process
    ///   imports at this moment.
    package mutating func poll() throws(LedgerError) -> ImportSummary? {
        guard let lock = try ImportLock(in: directory) else { return nil }
        var summary = try importer.run(LogFinder(places)) { _ in }
        summary.problems = summary.problems.filter {
            told.insert($0.path + "\n" + $0.reason).inserted
        }
        _ = consume lock
        return summary
    }

    /// Saves how far it came; without it, the next start reads some of it again.
    package mutating func close() throws(LedgerError) {
        guard let lock = try ImportLock(in: directory) else { return }
        try importer.commit()
        _ = consume lock
    }
}
