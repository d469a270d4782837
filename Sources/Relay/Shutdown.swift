/// Decides when the server is told to end, when it is made to, and when the relay leaves.
///
/// Pure: it is shown the facts and the time and answers with what to do next. Times are monotonic
/// nanoseconds.
package struct Shutdown {
    /// How long a server may take to exit after its input has ended.
    private let grace: UInt64
    /// How long it may take after SIGTERM.
    private let killGrace: UInt64
    /// How long the output of a server that has exited may be silent before it counts as ended,
    /// although a descendant holds it open.
    package static let silenceMax: UInt64 = 100_000_000

    /// What is known at this moment.
    package struct Facts: Equatable {
        package var clientEnded = false
        package var terminationRequested = false
        package var serverExited = false
        package var outputEnded = false
        /// Chunks of output read so far, and whether the last of them is still being delivered.
        package var chunks = 0
        package var isDelivering = false

        package init() {}
    }

    package enum Action: Equatable {
        /// Look again at the deadline, or when something happens.
        case wait(until: UInt64?)
        /// SIGTERM to the server's group; then look again.
        case terminate
        /// SIGKILL to the server's group; then look again.
        case kill
        /// The server is gone and its output delivered, as far as it can be.
        case leave
    }

    private var terminateAt: UInt64?
    private var killAt: UInt64?
    private var hasTerminated = false
    private var hasKilled = false
    private var silentAt: UInt64?
    private var leaveAt: UInt64?
    private var chunksBefore = 0

    package init(grace: UInt64, killGrace: UInt64) {
        self.grace = grace
        self.killGrace = killGrace
    }

    package mutating func next(_ facts: Facts, now: UInt64) -> Action {
        if facts.terminationRequested, killAt == nil {
            hasTerminated = true
            killAt = now.saturating(killGrace)
        }
        return facts.serverExited ? drain(facts, now) : urge(facts, now)
    }

    /// The server runs.
    private mutating func urge(_ facts: Facts, _ now: UInt64) -> Action {
        if facts.clientEnded, terminateAt == nil { terminateAt = now.saturating(grace) }
        if let killAt {
            if hasKilled { return .wait(until: nil) }
            guard now >= killAt else { return .wait(until: killAt) }
            hasKilled = true
            return .kill
        }
        guard let terminateAt, !hasTerminated else { return .wait(until: nil) }
        guard now >= terminateAt else { return .wait(until: terminateAt) }
        hasTerminated = true
        killAt = now.saturating(killGrace)
        return .terminate
    }

    /// The server has exited; its last output is on its way. A client that reads slowly is waited
    /// for, unless we were told to end: then for as long as the server would have been.
    private mutating func drain(_ facts: Facts, _ now: UInt64) -> Action {
        if facts.outputEnded { return .leave }
        if leaveAt == nil, let killAt {
            leaveAt = max(killAt, now.saturating(Self.silenceMax))
        }
        if let leaveAt, now >= leaveAt { return .leave }
        if silentAt == nil || facts.isDelivering || facts.chunks != chunksBefore {
            chunksBefore = facts.chunks
            silentAt = now.saturating(Self.silenceMax)
        }
        guard let silentAt, now < silentAt else { return .leave }
        return .wait(until: min(silentAt, leaveAt ?? silentAt))
    }
}

extension UInt64 {
    /// The sum, or the largest value: a grace of "for ever" must not trap.
    fileprivate func saturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
