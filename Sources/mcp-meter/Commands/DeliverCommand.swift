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

/// `mcp-meter deliver`: what the ledger holds, to wherever the environment says.
enum DeliverCommand {
    static func run(_ options: DeliverOptions) -> Never {
        // Started by a relay, whose client's terminal is not ours to write to.
        let isQuiet = options.mode == .untilIdle
        let say: @Sendable (String) -> Void = { line in if !isQuiet { Console.complain(line) } }
        var environment = Environment.current()
        makeAbsolute(&environment)
        let sinks = Sinks.configured(environment, complain: say)
        guard !sinks.isEmpty else {
            say("there is nowhere to deliver to: set an endpoint, see `mcp-meter help deliver`.")
            exit(ExitCode.configuration)
        }
        let directory: LedgerDirectory
        do throws(LedgerDirectoryError) {
            directory = try LedgerDirectory(
                stateDirectory: environment["MCP_METER_STATE_DIR"],
                xdgStateHome: environment["XDG_STATE_HOME"], home: environment["HOME"])
        } catch {
            say("\(error).")
            exit(ExitCode.configuration)
        }
        if case .status(let isJSON) = options.mode {
            let reports = sinks.map { DestinationReport(of: $0.destination, in: directory) }
            let now = Timestamp(microseconds: WallClock.now())
            Console.print(
                isJSON ? DeliveryTable.json(reports, now) : DeliveryTable.text(reports, now))
            exit(0)
        }
        // A shipper outlives the directory it was started from.
        if isQuiet { _ = chdir("/") }
        Signals.prepare()
        do throws(SystemError) {
            let stop = try Latch()
            let stopSending = StopFlag()
            try Signals.take([SIGTERM, SIGINT, SIGHUP]) { _ in
                stopSending.set()
                stop.open()
            }
            let variables = environment
            var setup = Shipper.Setup(
                sinks: sinks, directory: directory, goal: options.goal, stop: stop,
                transport: { AnyTransport(environment: variables, stop: stopSending) }, say: say)
            // Tried again in a minute; what it is about waits in the ledger.
            setup.housekeeping = { _ = try? TraceRecovery(directory).run() }
            let shipper = try Shipper(setup)
            if options.mode == .retryDead { retryDead(shipper, say) }
            if options.mode == .forever {
                for sink in sinks { say("delivering to \(sink.destination)") }
            }
            exit(exitCode(shipper.run(), options, say))
        } catch {
            say("cannot deliver: \(error).")
            exit(ExitCode.temporaryFailure)
        }
    }

    private static func exitCode(
        _ reports: [Shipper.Report], _ options: DeliverOptions, _ say: (String) -> Void
    ) -> CInt {
        var code: ExitCode?
        for report in reports {
            switch report.end {
            case .shipped, .stopped: break
            case .left(let reason):
                say("\(report.destination): records are left: \(reason)")
                if code == nil { code = .temporaryFailure }
            case .noLibrary(let what):
                if code != .unavailable { say("\(what). Records stay in the ledger.") }
                code = .unavailable
            }
        }
        return code?.rawValue ?? 0
    }

    private static func retryDead(_ shipper: Shipper, _ say: (String) -> Void) -> Never {
        var code: CInt = 0
        for (destination, report) in shipper.retryDeadLetters() {
            var parts = ["\(report.delivered) delivered", "\(report.refused) refused again"]
            if report.unsendable > 0 { parts.append("\(report.unsendable) cannot be sent again") }
            if report.untried > 0 { parts.append("\(report.untried) not tried") }
            Console.print("\(destination): dead letters: \(parts.joined(separator: ", "))\n")
            let ends = [Shipper.Report(destination: destination, end: report.end)]
            code = max(code, exitCode(ends, DeliverOptions(mode: .retryDead), say))
        }
        exit(code)
    }

    /// Paths in the variables of OpenTelemetry may be relative to where we were started.
    private static func makeAbsolute(_ environment: inout [String: String]) {
        let names = ["_CERTIFICATE", "_CLIENT_KEY"]
        guard let directory = try? currentDirectory() else { return }
        for (name, value) in environment
        where name.hasPrefix("OTEL_EXPORTER_OTLP_") && names.contains(where: name.hasSuffix)
            && !value.isEmpty && !value.hasPrefix("/")
        { environment[name] = directory + "/" + value }
    }
}
