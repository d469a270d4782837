import Ledger
import Metering
import Posix
import Records
import Wire

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What a session is metered with, all of it known before it starts.
struct SessionPlan: Sendable {
    var command: [String]
    var configuration: Configuration
    var environment: [String: String]
}

/// A metered session: two taps, the thread behind them, and the files that describe prices and
/// servers; with a policy, who applies it.
struct Session {
    let client: Tap
    let server: Tap
    /// Stands before `client` where there is a policy.
    let gatekeeper: Gatekeeper?
    private let thread: MeteringThread
    private let office: Office

    /// Messages on their way from the pumps to the thread. A full queue means that the disk hangs.
    private static let queueCapacity = 4096

    /// - Parameters:
    ///   - directory: where its ledger is.
    ///   - start: the stamp of its beginning.
    ///   - blackBox: the relay's.
    /// - Returns: nil when no thread can be started; a line says so.
    init?(
        starting plan: SessionPlan, in directory: LedgerDirectory, at start: UInt64,
        blackBox: BlackBox
    ) {
        let profiles = ConfigurationFiles.profiles(plan.configuration)
        let vocabulary = Vocabulary(with: profiles)
        let clock = SessionClock(
            wall: Timestamp(microseconds: WallClock.now()), monotonic: MonotonicClock.now())
        let id = UUIDv7().description
        let begins = BeginFactory(
            session: id, server: ServerName.from(command: plan.command), clock: clock)
        office = Office(queueCapacity: Self.queueCapacity, begins: begins, blackBox: blackBox)
        client = Tap(.clientToServer, vocabulary: vocabulary, office: office)
        server = Tap(.serverToClient, vocabulary: vocabulary, office: office)
        let configuration = MeterConfiguration(
            plan, session: id, clock: clock, seed: (randomBits(), randomBits()),
            vocabulary: vocabulary, profiles: profiles)
        let policies = Policies(plan, configuration, in: directory)
        if let ruler = policies?.ruler {
            gatekeeper = Gatekeeper(client, ruler, vocabulary: vocabulary, office: office)
        } else {
            gatekeeper = nil
        }
        let setup = MeteringThread.Setup(
            configuration: {
                var configuration = policies?.configuration ?? configuration
                if policies == nil {
                    configuration.prices = ConfigurationFiles.prices(plan.configuration)
                }
                return configuration
            },
            directory: directory, start: start,
            joins: JoinPlan(plan.environment, since: clock.time(at: start)),
            destinations: plan.configuration.destinations, accounts: policies?.accounts,
            logLevel: plan.configuration.logLevel, complain: Console.complain)
        thread = MeteringThread(office: office, setup: setup)
        do throws(SystemError) {
            try thread.start()
        } catch {
            Console.complain("no thread for metering: \(error). The session goes on without it.")
            return nil
        }
    }

    /// Ends it, when the relay has stopped.
    ///
    /// - Returns: whether everything observed is in the ledger: false when the disk hangs.
    func finish(_ status: TerminationStatus) -> Bool {
        thread.finish(
            status: Int(status.shellCode),
            unread: UnreadLines(
                malformed: client.malformedLines &+ server.malformedLines,
                unjudged: gatekeeper?.unjudgedLines ?? 0))
    }
}

extension Vocabulary {
    /// The keys that the built-in profiles and these look for.
    init(with profiles: [Profile]) {
        self.init(
            pathSegments: Profiles.pathSegments + profiles.flatMap(\.pathSegments),
            innerSegments: Profiles.innerSegments + profiles.flatMap(\.innerSegments))
    }
}

extension MeterConfiguration {
    /// The configuration of a session, its price file not yet read.
    init(
        _ plan: SessionPlan, session: String, clock: SessionClock, seed: (UInt64, UInt64),
        vocabulary: Vocabulary, profiles: [Profile]
    ) {
        self.init(
            session: session, pid: Int(getpid()), clock: clock,
            identifiers: IdentifierSource(seed: seed), command: plan.command,
            vocabulary: vocabulary)
        let variables = plan.environment
        environment = { variables[$0].flatMap { $0.isEmpty ? nil : $0 } }
        self.profiles = profiles
        provider = plan.configuration.provider
        model = plan.configuration.model
        clientModel = plan.configuration.clientModel
        agentID = plan.configuration.agentID
        surface = plan.configuration.surface
        reasonMode = plan.configuration.reason
        traceparent = plan.configuration.traceparent
        joinsLog = JoinPlan.isPossible(plan.environment)
    }
}
