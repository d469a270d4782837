import Ledger
import Posix
import Records
import SessionLogs

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `mcp-meter import`: session logs of clients into the ledger.
enum ImportCommand {
    /// How long another import may take before this one gives up waiting.
    private static let waitNanoseconds: UInt64 = 30_000_000_000

    static func run(_ options: ImportOptions) {
        let environment = Environment.current()
        let configuration = Configuration(environment)
        let directory: LedgerDirectory
        do throws(LedgerDirectoryError) {
            directory = try LedgerDirectory(
                stateDirectory: environment["MCP_METER_STATE_DIR"],
                xdgStateHome: environment["XDG_STATE_HOME"], home: environment["HOME"])
        } catch {
            Console.fail("\(error).", .configuration)
        }
        var wanted = LogImporter.Options()
        wanted.since = options.since
        wanted.isDryRun = options.isDryRun
        let prices = ConfigurationFiles.prices(configuration) ?? .builtIn
        let project = ProjectMode.read(environment, complain: Console.complain)
        let clients = options.clients.isEmpty ? Set(LogClient.allCases) : options.clients
        let places = LogPlaces(environment, clients: clients)
        do throws(LedgerError) {
            // A dry run writes nothing, not even the lock.
            let lock = options.isDryRun ? nil : try waitForLock(directory)
            var importer = LogImporter(
                directory, prices: prices, project: project, options: wanted)
            let found = LogFinder(places)
            var meter = ProgressMeter()
            let summary = try importer.run(found) { meter.show($0) }
            meter.clear()
            for problem in summary.problems {
                Console.complain("\(problem.path): \(problem.reason).")
            }
            Console.print(ImportReport.text(summary, isDryRun: options.isDryRun, places: places))
            _ = consume lock
        } catch {
            Console.fail("\(error).", ExitCode.inputOutput)
        }
    }

    private static func waitForLock(_ directory: LedgerDirectory) throws(LedgerError) -> ImportLock
    {
        let start = MonotonicClock.now()
        while true {
            if let lock = try ImportLock(in: directory) { return lock }
            guard MonotonicClock.now() &- start < waitNanoseconds else {
                Console.fail(
                    "another import is at work on \(directory.state); nothing was imported. "
                        + "Try again when it has ended.", ExitCode.temporaryFailure)
            }
            MonotonicClock.sleep(nanoseconds: 50_000_000)
        }
    }
}

/// One line on a terminal that says how far the import is; nothing anywhere else.
private struct ProgressMeter {
    private let isTerminal = isatty(2) == 1
    private var last: UInt64 = 0
    private var isShown = false

    private static let intervalNanoseconds: UInt64 = 100_000_000

    mutating func show(_ progress: ImportProgress) {
        guard isTerminal else { return }
        let now = MonotonicClock.now()
        guard now &- last >= Self.intervalNanoseconds else { return }
        last = now
        isShown = true
        let share =
            progress.bytesTotal == 0
            ? 100 : min(100, progress.bytes / max(1, progress.bytesTotal / 100))
        Console.write(
            2,
            "\r\u{1B}[Kimporting: file \(progress.files + 1) of \(progress.filesTotal), \(share) %")
    }

    mutating func clear() {
        if isShown { Console.write(2, "\r\u{1B}[K") }
    }
}
