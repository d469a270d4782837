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
        guard configuration.isOn else { becomeServer(arguments, configuration, first) }
        for complaint in configuration.complaints { Console.complain(complaint) }
        let start = MonotonicClock.now()
        let directory = ledgerDirectory(environment, hasPolicy: configuration.policy != nil)
        let plan = SessionPlan(
            command: arguments.strings, configuration: configuration, environment: environment)
        do throws(LaunchFailure) {
            try relay(arguments, plan, directory, start)
        } catch {
            fail(error, mayBeOurs(first))
        }
    }

    /// Whether the command's first word may have been meant for us: not after `--`.
    private static func mayBeOurs(_ first: Int) -> Bool { first == 1 }

    private static func fail(_ failure: LaunchFailure, _ mayBeOurs: Bool) -> Never {
        let word = CommandLine.arguments.dropFirst().first
        let advice = failure.exitCode == 127 && mayBeOurs ? word.flatMap(advice) : nil
        Console.fail(
            failure.description + (advice.map { "; " + $0 } ?? ""), status: failure.exitCode)
    }

    /// What a word that is no command of this machine's may have been meant to be.
    static func advice(_ word: String) -> String? {
        if word == CommandTable.relayName {
            return "leave `\(word)` out: the server's command follows `mcp-meter`"
        }
        return Spelling.nearest(word, CommandTable.words.map(\.name))
            .map { "or did you mean `mcp-meter \($0)`?" }
    }

    /// Off means absent: this process is the server from here on.
    private static func becomeServer(
        _ arguments: CStringArray, _ configuration: Configuration, _ first: Int
    ) -> Never {
        for complaint in configuration.complaints { Console.complain(complaint) }
        Environment.removeOwn()
        let failure = replaceProcess(arguments: arguments)
        fail(failure, mayBeOurs(first))
    }

    private static func relay(
        _ arguments: CStringArray, _ plan: SessionPlan, _ directory: LedgerDirectory?,
        _ start: UInt64
    ) throws(LaunchFailure) -> Never {
        let settings = Relay.Configuration(
            arguments: arguments,
            environment: .environment(
                removing: Configuration.ownNames, prefixes: Configuration.ownPrefixes))
        var relay = try Relay(starting: settings)
        let status: TerminationStatus
        var isRecorded = true
        do throws(SystemError) {
            if let directory,
                let session = Session(
                    starting: plan, in: directory, at: start, blackBox: relay.blackBox)
            {
                if let gatekeeper = session.gatekeeper {
                    status = try relay.run(
                        judgingClient: gatekeeper, observingServer: session.server)
                } else {
                    status = try relay.run(
                        observingClient: session.client, observingServer: session.server)
                }
                isRecorded = session.finish(status)
            } else {
                status = try relay.run(observingClient: Nobody(), observingServer: Nobody())
            }
        } catch {
            throw LaunchFailure(arguments: arguments, cause: error)
        }
        relay.leave(with: status, savingBlackBox: !isRecorded)
    }

    /// Where the ledger will be; nil when there is no place for it, which a line says.
    private static func ledgerDirectory(
        _ environment: [String: String], hasPolicy: Bool
    ) -> LedgerDirectory? {
        do throws(LedgerDirectoryError) {
            return try LedgerDirectory(
                stateDirectory: environment["MCP_METER_STATE_DIR"],
                xdgStateHome: environment["XDG_STATE_HOME"], home: environment["HOME"])
        } catch {
            let more = hasPolicy ? ", and no policy holds" : ""
            Console.complain("\(error). The session goes on without metering\(more).")
            return nil
        }
    }
}

/// Watches a direction that is not metered.
private struct Nobody: ByteObserver {
    mutating func forwards(since stamp: UInt64) {}
    mutating func observe(_ bytes: UnsafeRawBufferPointer, stamp: UInt64) {}
    mutating func end() {}
}
