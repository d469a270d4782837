import Delivery
import Ledger
import Posix
import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `mcp-meter doctor`: what is on, where it goes, can it be reached, is the ledger healthy.
enum DoctorCommand {
    static func run(_ options: DoctorOptions) -> Never {
        // A receiver that closes its connection is an answer, not the end.
        signal(SIGPIPE, SIG_IGN)
        let environment = Environment.current()
        let values = environment.filter { !$0.value.isEmpty }
        let now = Timestamp(microseconds: WallClock.now())
        let configuration = Configuration(environment)
        var complaints: [String] = []
        let sinks = Sinks.configured(environment) { complaints.append($0) }
        var report = DoctorReport()
        report.checkVariables(values, configuration, complaints: complaints)
        report.checkFiles(configuration)
        report.checkProgram(now: now)
        var directory: LedgerDirectory?
        do throws(LedgerDirectoryError) {
            let found = try LedgerDirectory(
                stateDirectory: environment["MCP_METER_STATE_DIR"],
                xdgStateHome: environment["XDG_STATE_HOME"], home: environment["HOME"])
            report.checkLedger(found, now: now)
            directory = found
        } catch {
            report.fail(
                "ledger", "directory", "\(error)",
                remedy: "export MCP_METER_STATE_DIR=/an/absolute/path")
        }
        report.checkDelivery(sinks, environment, directory, now: now, offline: options.offline)
        Console.print(options.json ? report.json : report.text)
        exit(report.isHealthy ? 0 : 1)
    }
}
