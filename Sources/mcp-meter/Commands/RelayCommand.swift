import Ledger
import Metering
import Posix
import Records
import Relay
import Wire

/// `mcp-meter [--] COMMAND…`: the server, metered or left alone.
enum RelayCommand {
    /// - Parameter first: the index of COMMAND among the process's arguments.
    static func run(from first: Int) -> Never {
        let arguments = CStringArray.commandLine(from: first)
        let environment = Environment.current()
        let configuration = Configuration(environment)
        guard configuration.isOn else { becomeServer(arguments, configuration) }
        for complaint in configuration.complaints { Console.complain(complaint) }
        let start = MonotonicClock.now()
        let plan = plan(arguments, configuration, environment, start)
        do throws(LaunchFailure) {
            try relay(arguments, plan, configuration)
        } catch {
            Console.fail(error.description, error.exitCode)
        }
    }

    /// Off means absent: this process is the server from here on.
    private static func becomeServer(
        _ arguments: CStringArray, _ configuration: Configuration
    ) -> Never {
        for complaint in configuration.complaints { Console.complain(complaint) }
        Environment.removeOwn()
        let failure = replaceProcess(arguments: arguments)
        Console.fail(failure.description, failure.exitCode)
    }

    private static func relay(
        _ arguments: CStringArray, _ plan: SessionPlan?, _ configuration: Configuration
    ) throws(LaunchFailure) -> Never {
        let settings = Relay.Configuration(
            arguments: arguments,
            environment: .environment(
                removing: Configuration.ownNames, prefixes: Configuration.ownPrefixes))
        var relay = try Relay(starting: settings)
        let status: TerminationStatus
        do throws(SystemError) {
            if let session = plan.flatMap({ Session(starting: $0, blackBox: relay.blackBox) }) {
                status = try relay.run(
                    observingClient: session.client, observingServer: session.server)
                session.finish(status)
            } else {
                status = try relay.run(observingClient: Nobody(), observingServer: Nobody())
            }
        } catch {
            throw LaunchFailure(arguments: arguments, cause: error)
        }
        relay.leave(with: status)
    }

    /// What the session will be metered with; nil when there is no place for a ledger.
    private static func plan(
        _ arguments: CStringArray, _ configuration: Configuration, _ environment: [String: String],
        _ start: UInt64
    ) -> SessionPlan? {
        do throws(LedgerDirectoryError) {
            let directory = try LedgerDirectory(
                stateDirectory: environment["MCP_METER_STATE_DIR"],
                xdgStateHome: environment["XDG_STATE_HOME"], home: environment["HOME"])
            return SessionPlan(
                command: arguments.strings, configuration: configuration, environment: environment,
                directory: directory, start: start)
        } catch {
            Console.complain("\(error). The session goes on without metering.")
            return nil
        }
    }
}

/// Watches a direction that is not metered.
private struct Nobody: ByteObserver {
    mutating func observe(_ bytes: UnsafeRawBufferPointer, stamp: UInt64) {}
    mutating func end() {}
}
