import Delivery
import Ledger
import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Sees to it that somebody delivers what a session records: starts `mcp-meter deliver
/// --until-idle` when a destination has nobody. For the metering thread.
///
/// What is started is in a session of its own, has no terminal, and outlives this process. It
/// takes its configuration, tokens among it, from the environment it inherits.
struct ShipperStarter {
    /// Locks are looked at this often, at most.
    private static let lookNanoseconds: UInt64 = 1_000_000_000
    /// One that could not deliver everything is not followed at once by another that cannot.
    private static let patienceNanoseconds: UInt64 = 60_000_000_000

    private let files: [DeliveryFiles]
    private let command: [String]
    private let complain: @Sendable (String) -> Void
    private var children: [ChildProcess] = []
    /// Records were appended, and nobody is known to see to them.
    private var isWanted = false
    /// Records were appended after the last shipper was started.
    private var isNewer = false
    private var nextLook: UInt64 = 0
    private var nextStart: UInt64 = 0
    private var isBroken = false

    /// - Parameters:
    ///   - destinations: where records are to go; with none it never does anything.
    ///   - command: what to start; empty for this program.
    ///   - complain: hears once if nothing can be started.
    init(
        _ destinations: [Destination], in directory: LedgerDirectory, command: [String] = [],
        complain: @escaping @Sendable (String) -> Void
    ) {
        files = destinations.map { DeliveryFiles(of: $0, in: directory) }
        self.command = command
        self.complain = complain
    }

    /// Records were appended.
    mutating func appended(at now: UInt64) {
        guard !files.isEmpty else { return }
        isWanted = true
        isNewer = true
        look(at: now)
    }

    /// The last records of the session were appended.
    mutating func end(at now: UInt64) {
        nextLook = 0
        appended(at: now)
    }

    /// Time has passed.
    mutating func look(at now: UInt64) {
        guard isWanted || !children.isEmpty, now >= nextLook else { return }
        nextLook = now &+ Self.lookNanoseconds
        reap(at: now)
        guard isWanted, !isBroken, now >= nextStart else { return }
        // Asked after the records were appended: whoever holds a lock now reads the ledger once
        // more after letting go of it.
        if files.contains(where: { (try? LockHolder.of($0)) == .nobody }) {
            start()
        } else {
            isWanted = false
        }
    }

    private mutating func reap(at now: UInt64) {
        for child in children where child.hasEnded {
            switch child.reap() {
            case .exited(0): if !isNewer { isWanted = false }
            case .exited(ExitCode.unavailable.rawValue), .exited(ExitCode.configuration.rawValue):
                // Neither changes while this process runs.
                isBroken = true
            case .exited, .signalled: nextStart = now &+ Self.patienceNanoseconds
            }
            children.removeAll { $0.id == child.id }
        }
    }

    /// Also while an earlier one runs: it may be on its way out.
    private mutating func start() {
        do {
            let program = command.isEmpty ? [try executablePath()] : command
            let null = try Descriptor.open("/dev/null", O_RDWR)
            var launch = Launch(
                arguments: CStringArray(program + ["deliver", "--until-idle"]),
                environment: .environment())
            launch.input = null.raw
            launch.output = null.raw
            launch.error = null.raw
            launch.newSession = true
            children.append(try launch.start())
            isNewer = false
        } catch {
            isBroken = true
            complain(
                "nothing is sent: \(error). Records stay in the ledger; `mcp-meter deliver` sends "
                    + "them.")
        }
    }
}
