import Delivery
import Exporter
import Ledger
import Metering
import Policy
import Posix
import Records
import Reports

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `mcp-meter serve`: the exporter, delivery and retention in one process that runs on.
enum ServeCommand {
    static func run(_ options: ServeOptions) -> Never {
        let environment = Environment.current()
        let configuration = Configuration(environment)
        for complaint in configuration.complaints { Console.complain(complaint) }
        let settings = ServeSettings(environment, options)
        if let problem = settings.problem { Console.fail(problem, ExitCode.configuration) }
        let directory = ledgerDirectory(environment)
        let lock = takeLock(directory)
        Signals.prepare()
        do throws(SystemError) {
            let stop = try Latch()
            let stopSending = StopFlag()
            try Signals.take([SIGTERM, SIGINT, SIGHUP]) { _ in
                stopSending.set()
                stop.open()
            }
            let socket = try listen(settings.address)
            if !socket.isLoopback, settings.token == nil {
                Console.fail(
                    "\(settings.address) can be reached from other machines: set MCP_METER_TOKEN, "
                        + "or listen on 127.0.0.1.", ExitCode.configuration)
            }
            let service = Service(
                settings, configuration, environment, directory, isLoopback: socket.isLoopback,
                stop: stop, stopSending: stopSending)
            service.run(on: socket)
        } catch {
            Console.fail("cannot serve: \(error).", ExitCode.unavailable)
        }
        withExtendedLifetime(lock) {}
        exit(0)
    }

    private static func ledgerDirectory(_ environment: [String: String]) -> LedgerDirectory {
        do throws(LedgerDirectoryError) {
            return try LedgerDirectory(
                stateDirectory: environment["MCP_METER_STATE_DIR"],
                xdgStateHome: environment["XDG_STATE_HOME"], home: environment["HOME"])
        } catch {
            Console.fail("\(error).", ExitCode.configuration)
        }
    }

    /// One process for one state directory: two would post the same ids and save over each other.
    private static func takeLock(_ directory: LedgerDirectory) -> ServeLock {
        do {
            try directory.create(directory.state)
            if let lock = try ServeLock(directory) { return lock }
            let who = ServeLock.holder(directory).map { "process \($0)" } ?? "another process"
            Console.fail(
                "\(who) already serves \(directory.state): end it first, or set "
                    + "MCP_METER_STATE_DIR.", ExitCode.unavailable)
        } catch {
            Console.fail("cannot use \(directory.state): \(error).", ExitCode.cannotCreate)
        }
    }

    private static func listen(_ address: SocketAddress) throws(SystemError) -> ListeningSocket {
        do throws(SystemError) {
            return try ListeningSocket.bound(to: address)
        } catch  where error.code == EADDRINUSE {
            Console.fail(
                "\(address) is taken: end what listens there, or choose another with --listen.",
                ExitCode.unavailable)
        } catch  where error.code == EADDRNOTAVAIL || error.code == EACCES {
            Console.fail("cannot listen on \(address): \(error.reason).", ExitCode.unavailable)
        }
    }
}

/// What was asked for, checked.
struct ServeSettings {
    var address = SocketAddress(host: "127.0.0.1", port: 9091)
    var token: String?
    var limits: [RateLimit] = []
    var budgets: [Budget] = []
    var importsLogs: Bool
    /// Why it cannot serve like this, as a sentence.
    var problem: String?

    init(_ environment: [String: String], _ options: ServeOptions) {
        let values = environment.filter { !$0.value.isEmpty }
        token = values["MCP_METER_TOKEN"]
        importsLogs = options.importsLogs
        if let text = options.listen ?? values["MCP_METER_LISTEN"] {
            let name = options.listen == nil ? "MCP_METER_LISTEN" : "--listen"
            if let address = SocketAddress(text) {
                self.address = address
            } else {
                problem =
                    "\(name) is `\(text)`; expected an address and a port, such as "
                    + "127.0.0.1:9091 or [::1]:9091."
            }
        }
        // What is wrong with them `Configuration` says.
        let policy = PolicySettings(values) { _ in }
        limits = policy?.accounts?.limits ?? []
        budgets = policy?.accounts?.budgets ?? []
    }
}

/// The right to serve a state directory, as long as the value lives.
struct ServeLock: ~Copyable {
    private let file: Descriptor

    /// Nil when another process has it.
    init?(_ directory: LedgerDirectory) throws(SystemError) {
        let path = Self.path(directory)
        let opened = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
        guard try opened.tryLock(.exclusive) else { return nil }
        try opened.truncate(to: 0)
        try opened.writeAll(Array("\(getpid())\n".utf8))
        file = consume opened
    }

    static func holder(_ directory: LedgerDirectory) -> Int32? {
        guard let text = try? readWholeFile(path(directory), atMost: 64) else { return nil }
        return Int32(String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    private static func path(_ directory: LedgerDirectory) -> String {
        directory.state + "/serve.lock"
    }
}
