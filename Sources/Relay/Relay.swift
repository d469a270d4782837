package import Posix
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A server that runs as our child, between the client's streams and its own.
///
/// Processes: the relay (this one), the server in a process group of its own, and the guardian,
/// which ends that group if we die. Threads: one a direction, blocking, each `read` → `write` →
/// observe; the main thread sleeps until a signal, the server's end, or the end of a stream. No
/// thread waits for another, but for the bounded wait in `Gate`, so nothing can deadlock; no bytes
/// are queued, so a slow reader slows its writer as it would directly.
package struct Relay: ~Copyable {
    package struct Configuration: Sendable {
        /// The server's command and arguments.
        package var arguments: CStringArray
        package var environment: CStringArray
        /// How long the server may take to exit after the client closed its end, in nanoseconds;
        /// then it gets SIGTERM. `UInt64.max` is for ever.
        package var grace: UInt64 = 2_000_000_000
        /// How long it may take after SIGTERM, in nanoseconds; then it gets SIGKILL.
        package var killGrace: UInt64 = 2_000_000_000

        package init(arguments: CStringArray, environment: CStringArray) {
            self.arguments = arguments
            self.environment = environment
        }
    }

    /// The server's process, and by the same number its group.
    package let server: ChildProcess
    /// What the guardian saves if we are killed.
    package let blackBox: BlackBox
    private let configuration: Configuration
    private let wakeup: Wakeup
    private var guardian: Guardian?
    private var input: Descriptor?
    private var output: Descriptor?
    private var replacements = 0
    /// Whoever kills more of them means it.
    private static let replacementsMax = 16
    // Once it is known to be empty, the number may be another's.
    private var groupMayLive = true

    /// Starts the guardian and the server.
    ///
    /// Must be called on the main thread before any other is started, because a process is forked,
    /// and before any file is opened, because the file would be given the number of a closed
    /// standard stream.
    /// - Throws: a line for the user and the code to leave with; nothing is left running then.
    package init(starting configuration: Configuration) throws(LaunchFailure) {
        StandardStreams.occupyClosed()
        Signals.prepare()
        var parts: Parts
        do throws(SystemError) {
            parts = try Parts()
        } catch {
            throw LaunchFailure(arguments: configuration.arguments, cause: error)
        }
        var launch = Launch(
            arguments: configuration.arguments, environment: configuration.environment)
        launch.input = parts.serverInput.raw
        launch.output = parts.serverOutput.raw
        launch.box = parts.blackBox
        do throws(LaunchFailure) {
            server = try launch.start()
        } catch {
            parts.guardian.take()?.dismiss()
            throw error
        }
        self.configuration = configuration
        blackBox = parts.blackBox
        wakeup = parts.wakeup
        guardian = parts.guardian.take()
        input = parts.input.take()
        output = parts.output.take()
        // A signal before this line ends us, and then the guardian ends the server.
        Signals.forward(to: server, waking: wakeup)
    }

    /// Relays until the server has exited and its last output was delivered. Once.
    ///
    /// When it returns, neither observer is used any more and no signal is passed on. The guardian
    /// stays until `leave`, for the sake of what the black box holds.
    ///
    /// - Parameters:
    ///   - client: observes what the client sent.
    ///   - server: observes what the server sent.
    /// - Returns: how the server ended.
    /// - Throws: when a pump cannot be started. The server then runs on until we exit.
    package mutating func run(
        observingClient client: some ByteObserver, observingServer serverBytes: some ByteObserver
    ) throws(SystemError) -> TerminationStatus {
        let traffic = Traffic(wakeup: wakeup)
        let (toServer, fromServer) = try takeStreams()
        try Thread.start(name: "server pump") {
            var pump = ServerPump(
                stream: PlainStream(raw: 1), traffic: traffic, observer: serverBytes)
            pump.run(from: Descriptor(owning: fromServer))
        }.detach()
        try Thread.start(name: "client pump") {
            var pump = ClientPump(source: 0, traffic: traffic, observer: client)
            pump.run(into: Descriptor(owning: toServer))
        }.detach()
        return relay(traffic)
    }

    /// Relays as `run(observingClient:observingServer:)` does, but every line of the client's is
    /// first judged, and goes on when it is whole.
    package mutating func run(
        judgingClient judge: some LineJudge, observingServer serverBytes: some ByteObserver
    ) throws(SystemError) -> TerminationStatus {
        let traffic = Traffic(wakeup: wakeup)
        let stream = SharedStream(1, traffic)
        try stream.start()
        let (toServer, fromServer) = try takeStreams()
        try Thread.start(name: "server pump") {
            var pump = ServerPump(stream: stream, traffic: traffic, observer: serverBytes)
            pump.run(from: Descriptor(owning: fromServer))
        }.detach()
        try Thread.start(name: "client pump") {
            var pump = JudgedPump(
                source: 0, traffic: traffic, stream: stream, judge: judge)
            pump.run(into: Descriptor(owning: toServer))
        }.detach()
        return relay(traffic)
    }

    /// The two ends of the server's streams, by their numbers, which the pumps take over: a closure
    /// cannot own a descriptor.
    private mutating func takeStreams() throws(SystemError) -> (CInt, CInt) {
        guard let input = input.take(), let output = output.take() else {
            throw SystemError(call: "run", code: EINVAL)
        }
        return (input.release(), output.release())
    }

    /// Waits for the end, and sees to it that it comes.
    private mutating func relay(_ traffic: Traffic) -> TerminationStatus {
        var shutdown = Shutdown(grace: configuration.grace, killGrace: configuration.killGrace)
        deciding: while true {
            replaceGuardian()
            switch shutdown.next(facts(traffic), now: MonotonicClock.now()) {
            case .wait(let deadline): wakeup.sleep(until: deadline)
            case .terminate: terminateGroup()
            case .kill: server.signalGroup(SIGKILL)
            case .leave: break deciding
            }
        }
        traffic.clientGate.close()
        traffic.serverGate.close()
        return end()
    }

    /// Leaves as the server did: with its code, or by the same signal.
    ///
    /// The guardian goes first, unless the server left descendants that have yet to obey, or there
    /// is something to save.
    ///
    /// - Parameter savingBlackBox: the lines still in the black box are in no ledger: the guardian
    ///   appends them when we are gone.
    package consuming func leave(
        with status: TerminationStatus, savingBlackBox: Bool = false
    ) -> Never {
        if !savingBlackBox {
            if groupMayLive, server.groupExists {
                blackBox.seal()
            } else {
                guardian.take()?.dismiss()
            }
        }
        switch status {
        case .exited(let code): _exit(code)
        case .signalled(let signal):
            Signals.die(of: signal)
            _exit(status.shellCode)
        }
    }

    private borrowing func facts(_ traffic: Traffic) -> Shutdown.Facts {
        var facts = Shutdown.Facts()
        facts.serverExited = server.hasEnded
        facts.terminationRequested = Signals.terminationRequested
        facts.clientEnded = traffic.clientEnded.load(ordering: .acquiring)
        facts.outputEnded = traffic.serverEnded.load(ordering: .acquiring)
        facts.chunks = traffic.chunks.load(ordering: .acquiring)
        facts.isDelivering =
            traffic.isDelivering.load(ordering: .acquiring)
            || traffic.isInserting.load(ordering: .acquiring)
        return facts
    }

    /// A guardian that was killed is followed by another, or a later kill of ours would leave the
    /// server behind.
    private mutating func replaceGuardian() {
        guard guardian?.hasEnded == true, replacements < Self.replacementsMax else { return }
        replacements += 1
        guardian.take()?.dismiss()
        guardian = try? Guardian(guarding: blackBox)
    }

    private borrowing func terminateGroup() {
        server.signalGroup(SIGTERM)
        // A stopped process acts on SIGTERM only when it goes on.
        server.signalGroup(SIGCONT)
    }

    /// Ends what the server left in its group, and takes its status.
    private mutating func end() -> TerminationStatus {
        // Until it is reaped, the number of its group cannot be another's.
        terminateGroup()
        Signals.stopForwarding()
        let status = server.reap()
        // What does not obey is left to the guardian.
        groupMayLive = server.groupExists
        if !groupMayLive { blackBox.setGroup(0) }
        return status
    }
}

/// What a relay is made of before its server runs.
private struct Parts: ~Copyable {
    let blackBox: BlackBox
    let wakeup: Wakeup
    var guardian: Guardian?
    /// Our end of the server's standard input.
    var input: Descriptor?
    /// Our end of its standard output.
    var output: Descriptor?
    let serverInput: Descriptor
    let serverOutput: Descriptor

    /// Four times what a pipe holds by itself.
    private static let answersBytes: CInt = 256 << 10

    init() throws(SystemError) {
        var requests = try Pipe()
        var answers = try Pipe()
        let requestsWriter = requests.takeWriter()
        try requestsWriter.setNonBlocking()
        let answersReader = answers.takeReader()
        // A server writes on while its last chunk is being scanned.
        answersReader.growPipe(to: Self.answersBytes)
        let blackBox = try BlackBox()
        let wakeup = try Wakeup()
        let guardian = try Guardian(guarding: blackBox)
        self.blackBox = blackBox
        self.wakeup = wakeup
        self.guardian = consume guardian
        input = consume requestsWriter
        output = consume answersReader
        serverInput = requests.takeReader()
        serverOutput = answers.takeWriter()
    }
}
