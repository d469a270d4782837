/// One line of the ledger.
package enum Record: Equatable, Sendable {
    case session(SessionRecord)
    case begin(BeginRecord)
    case call(CallRecord)
    /// A model call that was no request on the wire: the client's own turn, told by its log or
    /// estimated, or what another tool posted. It has no `begin`, and is no call to count twice.
    case usage(CallRecord)
    case trace(TraceRecord)
    case mark(MarkRecord)
}

/// A relay started or ended.
package struct SessionRecord: Equatable, Sendable {
    package enum Event: String, Sendable { case started, ended }
    package var event: Event
    /// UUIDv7; the same in both lines of a session.
    package var id: String
    package var time: Timestamp
    package var pid: Int
    /// The server's name: from its handshake when ended, from the command before.
    package var server: String?
    package var client: String?
    /// How the server ended: its exit status, or 128 + the signal that killed it.
    package var exitStatus: Int?
    /// Seconds from start to end, in milliseconds.
    package var durationMilliseconds: Double?
    /// Counts of what went by and what was left out; non-zero only.
    package var counts: [String: UInt64]

    package init(
        event: Event, id: String, time: Timestamp, pid: Int, server: String? = nil,
        client: String? = nil, exitStatus: Int? = nil, durationMilliseconds: Double? = nil,
        counts: [String: UInt64] = [:]
    ) {
        self.event = event
        self.id = id
        self.time = time
        self.pid = pid
        self.server = server
        self.client = client
        self.exitStatus = exitStatus
        self.durationMilliseconds = durationMilliseconds
        self.counts = counts
    }
}

/// A request was seen whose end is not known yet. With no `call` of the same id and no living
/// writer it is a lost call.
package struct BeginRecord: Equatable, Sendable {
    /// The id the `call` record will have.
    package var id: String
    package var time: Timestamp
    package var session: String
    package var direction: CallRecord.Direction
    package var method: String
    package var tool: String?
    package var requestID: RecordID
    package var server: String?

    package init(
        id: String, time: Timestamp, session: String, direction: CallRecord.Direction,
        method: String, tool: String? = nil, requestID: RecordID, server: String? = nil
    ) {
        self.id = id
        self.time = time
        self.session = session
        self.direction = direction
        self.method = method
        self.tool = tool
        self.requestID = requestID
        self.server = server
    }
}

/// A moment, as microseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var microseconds: Int64
    package init(microseconds: Int64) { self.microseconds = microseconds }
    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
}
