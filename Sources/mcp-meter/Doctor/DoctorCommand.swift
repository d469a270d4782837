import Ledger
import Posix
import Records
import Setup

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
        let watchdog = DoctorWatchdog()
        let environment = Environment.current()
        let values = environment.filter { !$0.value.isEmpty }
        let now = Timestamp(microseconds: WallClock.now())
        let configuration = Configuration(environment)
        var report = DoctorReport()

        watchdog.expect("the configurations of clients", within: 10)
        let files = Clients.configurations(
            environment: environment, workingDirectory: (try? currentDirectory()) ?? "/")
        let servers = files.flatMap { file in
            file.entries.filter { $0.isWrapped && $0.obstacle == nil }
                .map { WrappedServer($0, file, environment) }
        }
        var complaints: [String] = []
        var elsewhere: [(String, WrappedServer)] = []
        let shipments = Shipment.all(environment, servers) { line, server in
            guard let server else { return complaints.append(line) }
            // Some clients' servers have this shell's variables too.
            if !complaints.contains(line) { elsewhere.append((line, server)) }
        }

        watchdog.expect("the files that variables name", within: 10)
        report.checkVariables(
            values, configuration, complaints: complaints,
            clients: servers.count { $0.isMetered })
        report.checkFiles(configuration)
        report.checkProgram(now: now)
        do throws(LedgerDirectoryError) {
            let found = try LedgerDirectory(environment)
            // A gigabyte, the most there usually is, is read in seconds.
            watchdog.expect("the ledger", within: 300)
            report.checkLedger(found, now: now)
            report.checkUsage(found, configuration, now: now)
        } catch {
            report.fail(
                "ledger", "directory", "\(error)",
                remedy: "export MCP_METER_STATE_DIR=/an/absolute/path")
        }

        watchdog.expect("the receivers", within: 300)
        report.checkDelivery(shipments, now: now, offline: options.offline)

        let patience = options.patience &* 1_000
        watchdog.expect(
            "the servers", within: 30 &+ ServerTrials.secondsMax(servers, patience: patience))
        report.checkClients(
            files, servers,
            options.startsServers ? ServerTrials.run(servers, patience: patience) : [:])
        for (line, server) in elsewhere {
            let name = line.split(separator: " ").first.map(String.init) ?? "the variable"
            report.fail(
                DoctorReport.area(of: server.file), server.name, line,
                remedy: "set \(name) to what is expected in \(server.place)")
        }

        watchdog.expect("standard output", within: 30)
        Console.finish(
            options.json ? report.json : report.text(Terminal(of: 1, environment)),
            report.isHealthy ? 0 : ExitCode.findings.rawValue)
    }
}
