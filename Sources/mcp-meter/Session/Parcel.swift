import Metering
import Posix
import Records
import Wire

/// What a pump hands to the metering thread.
enum Delivery: Sendable {
    case message(Parcel)
    /// Likewise, a request that a policy had something to say of.
    case judged(JudgedParcel)
    /// There is something to write.
    case nudge
    /// Shares of budgets and limits that were reached.
    case marks([MarkRecord])
    /// The session is over: when, and how the server ended.
    case ended(stamp: UInt64, status: Int, unread: UnreadLines)
}

/// Lines of which no message came to the metering thread, or not all that there was to say.
struct UnreadLines: Sendable {
    /// Those that were no message.
    var malformed: UInt64
    /// Those that a policy could not judge.
    var unjudged: UInt64
}

/// An observed message on its way from a pump to the metering thread: whoever holds it is the only
/// one who does.
struct Parcel: @unchecked Sendable {
    // Sendable: made by one thread, pushed once, popped once; see the type's rule above.
    let observation: Observation
    let sender: CallRecord.Direction
    /// Of a request: the id its record will have, its `begin` line, and where the black box keeps
    /// that line until the ledger does.
    var begin: Begin?

    struct Begin: Sendable {
        let id: String
        let line: [UInt8]
        let slot: Int?
    }
}

/// A request and what was decided of it. An object, so that other messages are as light as without
/// any policy.
final class JudgedParcel: Sendable {
    let parcel: Parcel
    let decision: CallDecision

    init(_ parcel: Parcel, _ decision: CallDecision) {
        self.parcel = parcel
        self.decision = decision
    }
}

/// Observations that have been used and can be filled again, so that in the steady state none is
/// made.
final class ObservationPool: Sendable {
    private let free: BoundedQueue<Parcel>

    init(capacity: Int) { free = BoundedQueue(capacity: capacity) }

    func take() -> Observation {
        if case .element(let parcel) = free.pop(until: 0) { return parcel.observation }
        return Observation()
    }

    func giveBack(_ observation: Observation) {
        observation.reset()
        // If the pool is full this one is simply let go.
        _ = free.tryPush(Parcel(observation: observation, sender: .clientToServer), waking: false)
    }
}
