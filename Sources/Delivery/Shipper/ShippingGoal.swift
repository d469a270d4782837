import Synchronization

/// When a shipper has done its work. Times are in milliseconds.
package enum ShippingGoal: Sendable, Equatable {
    /// Never: it runs until it is told to end.
    case forever
    /// When everything is delivered and nothing came for `linger`, or when what is left could not
    /// be delivered for `patience`.
    case untilIdle(patience: UInt64, linger: UInt64)
    /// When what is there is delivered, or could not be for `patience`.
    case once(patience: UInt64)
}

/// How delivery to one destination ended.
package enum ShippingEnd: Sendable, Equatable {
    /// Nothing is left to deliver, or another process is at it.
    case shipped
    /// Records stay in the ledger, for this reason.
    case left(String)
    /// The process was told to end.
    case stopped
    /// Nothing can be sent from this machine: libcurl cannot be loaded.
    case noLibrary(String)
}

/// What the workers of one shipper know of each other: they end together, when none has anything
/// left to do. One that ended alone would have its lock taken by another process, which would then
/// be started for every record as long as the others are held up.
final class Crew: Sendable {
    /// By worker: since when it has nothing to do, in milliseconds; nil while it has.
    private let settled: Mutex<[UInt64?]>

    init(members: Int) { settled = Mutex(Array(repeating: nil, count: members)) }

    func set(_ member: Int, settledSince time: UInt64?) {
        settled.withLock { if $0.indices.contains(member) { $0[member] = time } }
    }

    /// Whether no worker had anything to do for so long.
    func isOver(at now: UInt64, linger: UInt64) -> Bool {
        settled.withLock { members in
            members.allSatisfy { since in since.map { now >= $0.addingClamped(linger) } ?? false }
        }
    }
}

extension UInt64 {
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
