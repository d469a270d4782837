/// What went by in a session, and what was left out.
package struct SessionCounts: Sendable, Equatable {
    /// Messages, of any kind.
    package var frames: UInt64 = 0
    package var requests: UInt64 = 0
    package var notifications: UInt64 = 0
    package var progress: UInt64 = 0
    /// Lines that are no JSON-RPC message (from the scanner) and messages of no known kind.
    package var malformed: UInt64 = 0
    /// Observations that never reached the meter because its queue was full.
    package var dropped: UInt64 = 0
    /// Answers to requests that had been cancelled.
    package var late: UInt64 = 0
    /// Second answers to one request.
    package var duplicate: UInt64 = 0
    /// Answers and cancellations of requests nobody made.
    package var unknown: UInt64 = 0
    /// Lines of the client's that a policy could not judge, and that went on unchanged.
    package var unjudged: UInt64 = 0
    /// Requests given up because too many were in flight.
    package var evicted: UInt64 = 0

    package init() {}

    /// Those that are not zero, by name.
    package var nonZero: [String: UInt64] {
        let all = [
            "frames": frames, "requests": requests, "notifications": notifications,
            "progress": progress, "malformed": malformed, "dropped": dropped, "late": late,
            "duplicate": duplicate, "unknown": unknown, "unjudged": unjudged,
            "evicted": evicted,
        ]
        return all.filter { $0.value > 0 }
    }
}
