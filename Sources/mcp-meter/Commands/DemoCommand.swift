import Ledger
import Posix
import Records
import Reports

/// `mcp-meter demo`: a scripted client, a real relay, a sample server, and what came of it.
enum DemoCommand {
    static func run(_ options: DemoOptions) {
        do {
            let state = try stateDirectory(options)
            let profiles = state + "/demo-profiles.json"
            try writeWholeFile(profiles, Array((SampleServer.profile + "\n").utf8))
            try converse(state: state, profiles: profiles)
            try show(LedgerDirectory(state: state), isKept: options.keep, options)
            if !options.keep { removeTree(state) }
        } catch {
            Console.fail("the demonstration failed: \(error)", ExitCode.unavailable)
        }
    }

    private static func stateDirectory(_ options: DemoOptions) throws(SystemError) -> String {
        if let path = options.stateDirectory {
            let absolute = path.hasPrefix("/") ? path : try currentDirectory() + "/" + path
            try makeDirectories(absolute, mode: 0o700)
            return absolute
        }
        return try makeTemporaryDirectory(named: "mcp-meter-demo")
    }

    // MARK: The session

    private static func converse(state: String, profiles: String) throws {
        let program = try executablePath()
        Console.print("Starting: mcp-meter -- mcp-meter \(SampleServer.command)\n\n")
        var toServer = try Pipe()
        var fromServer = try Pipe()
        let input = toServer.takeReader()
        let output = fromServer.takeWriter()
        var launch = Launch(
            arguments: CStringArray([program, "--", program, SampleServer.command]),
            environment: .environment(
                removing: Configuration.ownNames, prefixes: Configuration.ownPrefixes,
                adding: [
                    "MCP_METER=on", "MCP_METER_STATE_DIR=\(state)",
                    "MCP_METER_PROFILES=\(profiles)",
                ]))
        launch.input = input.raw
        launch.output = output.raw
        let relay = try launch.start()
        _ = consume input
        _ = consume output
        try SampleClient.run(into: toServer.takeWriter(), from: fromServer.takeReader())
        let status = relay.reap()
        guard status == .exited(0) else { throw DemoFailure.relay(status) }
    }

    // MARK: What came of it

    /// The same as `mcp-meter report` says of it.
    private static func report(_ directory: LedgerDirectory) throws(LedgerError) {
        let now = WallClock.now()
        let seconds = now / 1_000_000
        guard let zone = Zone(nil, span: seconds - 86_400 * 30...seconds + 86_400) else { return }
        let calendar = Calendar(zone)
        guard let period = Period(named: "today", now: seconds + 1, earliest: 0, calendar) else {
            return
        }
        var query = Query(period: period, calendar: calendar, now: seconds + 1)
        query.top = 0
        let scan = LedgerScan(directory, window: query.window, now: now)
        try scan.refresh()
        let style = ReportCommand.style(Environment.current())
        Console.print("\n" + TextReport(Report(query, scan), style).text)
    }

    private static func show(
        _ directory: LedgerDirectory, isKept: Bool, _ options: DemoOptions
    ) throws(LedgerError) {
        var calls: [CallRecord] = []
        _ = try LedgerReader(directory).forEachLine { line in
            if case .record(.call(let call))? = try? Record.decode(line: line) {
                calls.append(call)
            }
            return .goOn
        }
        Console.print(CallTable.text(calls))
        try report(directory)
        Console.print(
            """

            `~` marks estimated tokens: that tool reports nothing. `unpriced` is a model without
            a price. Calls without a model cost nothing and say so by saying nothing.

            The ledger \(isKept ? "is" : "was") \(directory.ledger)\(isKept ? "" : " (removed; --keep keeps it)")

            Next: put mcp-meter before the command of a server in .mcp.json,
              {"command": "mcp-meter", "args": ["npx", "-y", "gemini-mcp-tool"],
               "env": {"MCP_METER": "on"}}
            and read ~/.local/state/mcp-meter/ledger, or try `mcp-meter prices gemini-2.5`.

            """)
    }
}

/// Why the demonstration did not come to its end.
enum DemoFailure: Error, CustomStringConvertible {
    case relay(TerminationStatus)
    /// The server did not answer this request.
    case noAnswer(String)

    var description: String {
        switch self {
        case .relay(.exited(let code)): "the relay left with \(code)"
        case .relay(.signalled(let signal)): "the relay died of signal \(signal)"
        case .noAnswer(let method): "no answer to \(method)"
        }
    }
}
