import Delivery
import Exporter
import Ledger
import Metering
import Posix
import Records
import Synchronization

/// The parts of `serve` and their threads: the listener on the main thread, the follower of the
/// ledger, delivery, the importer of session logs, and who keeps things tidy.
struct Service {
    private let exporter: Exporter
    private let listener: Listener
    private let shipper: Shipper?
    private let sinks: [any Sink]
    private let directory: LedgerDirectory
    private let manager: ServiceManager?
    private let logs: LogFollower?
    private let stop: Latch

    init(
        _ settings: ServeSettings, _ configuration: Configuration, _ environment: [String: String],
        _ directory: LedgerDirectory, isLoopback: Bool, stop: Latch, stopSending: StopFlag
    ) {
        self.directory = directory
        self.stop = stop
        let sinks = Sinks.configured(environment, complain: Console.complain)
        self.sinks = sinks
        let prices = ConfigurationFiles.prices(configuration) ?? PriceTable.builtIn
        let mode = configuration.reason
        let post = UsagePost(
            price: { prices.cost(of: $0) },
            reason: { EscalationReason.kept($0, mode: mode) })
        var shown = Exporter.Settings(
            version: Version.text, checkpoint: directory.state + "/serve.checkpoint")
        shown.token = settings.token
        shown.hosts = [settings.address.host.lowercased()]
        shown.isLoopback = isLoopback
        shown.limits = settings.limits
        shown.budgets = ShownBudget.all(settings.budgets)
        shown.pricedModels = prices.entries.count
        shown.gzip = { Gzip.compress($0) }
        let figures = DeliveryFiguresCache(sinks.map(\.destination), in: directory)
        shown.deliveries = { figures.current() }
        // It answers for the listener that it answers through, and so is told of it afterwards.
        let listening = ListenerFigures()
        shown.connections = { listening.counts }
        let exporter = Exporter(
            shown, ledger: LedgerReader(directory),
            intake: UsageIntake(post, into: directory))
        self.exporter = exporter
        let listener = Listener { exporter.answer($0) }
        listening.listener.withLock { $0 = listener }
        self.listener = listener
        shipper = try? Shipper(
            Shipper.Setup(
                sinks: sinks, directory: directory, goal: .forever, stop: stop,
                transport: { AnyTransport(environment: environment, stop: stopSending) },
                say: Console.complain))
        logs =
            settings.importsLogs
            ? LogFollower(directory: directory, environment: environment, prices: prices) : nil
        manager = ServiceManager(
            socket: environment["NOTIFY_SOCKET"], watchdog: environment["WATCHDOG_USEC"],
            watchdogPID: environment["WATCHDOG_PID"])
    }

    /// Runs until the latch opens.
    func run(on socket: borrowing ListeningSocket) {
        let following = start("follow") { [exporter] in exporter.follow(Console.complain) }
        if let shipper, !sinks.isEmpty { start("ship") { _ = shipper.run() }?.detach() }
        start("tidy") { [self] in keepTidy() }?.detach()
        let importing = logs.flatMap { logs in
            start("session logs") { logs.follow(until: stop, Console.complain) }
        }
        Console.complain("serving http://\(SocketAddress(host: "127.0.0.1", port: socket.port))/")
        manager?.tell("READY=1\nSTATUS=serving port \(socket.port)")
        var lastWord = MonotonicClock.now()
        do throws(SystemError) {
            try listener.run(on: socket) {
                let now = MonotonicClock.now()
                if let often = manager?.watchdogNanoseconds, now &- lastWord > often {
                    manager?.tell("WATCHDOG=1")
                    lastWord = now
                }
                if stop.isOpen { listener.end() }
            }
        } catch {
            Console.complain("the listener ended: \(error).")
            stop.open()
        }
        manager?.tell("STOPPING=1")
        exporter.end()
        importing?.join()
        following?.join()
    }

    private func start(_ name: StaticString, _ body: @escaping @Sendable () -> Void) -> Thread? {
        do throws(SystemError) {
            return try Thread.start(name: name, body)
        } catch {
            Console.complain("no thread for \(name): \(error).")
            return nil
        }
    }

    /// Once a minute: ends the traces of relays that were killed, and removes what is old and
    /// delivered, the latter at most once a day for all processes together.
    private func keepTidy() {
        repeat {
            // Tried again in a minute; what it is about waits in the ledger.
            _ = try? TraceRecovery(directory).run()
            let acknowledgements = Acknowledgements(of: sinks.map(\.destination), in: directory)
            _ = try? Retention().applyDaily(
                to: LedgerReader(directory), now: Timestamp(microseconds: WallClock.now())
            ) { acknowledgements.bytes(of: $0) }
        } while !stop.wait(until: MonotonicClock.now() &+ 60_000_000_000)
    }
}

extension PriceTable {
    /// What a call cost by this table; unpriced where its model is on no list.
    fileprivate func cost(of call: CallRecord) -> Cost? {
        call.usage.map { usage in
            match(provider: call.provider, model: call.model)?.cost(of: usage, at: call.time)
                ?? Cost(source: .unpriced)
        }
    }
}

/// What a listener did that is there later than whoever shows it.
private final class ListenerFigures: Sendable {
    let listener = Mutex<Listener?>(nil)

    var counts: Listener.Counts {
        listener.withLock { $0?.counts } ?? Listener.Counts(accepted: 0, refused: 0, open: 0)
    }
}
