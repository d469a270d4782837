/// An escalation that is over: one analysis, from the client's first request to its last answer.
///
/// Its turns are the `call` and `usage` records with the same trace id, which carry the tokens and
/// the cost of each; what is here is about the whole. Keys and meaning: DESIGN §7 and §8.
package struct TraceRecord: Equatable, Sendable {
    /// Why it is over.
    package enum End: String, Sendable, CaseIterable {
        /// A single call, which had its answer or will have none.
        case answered
        /// The conversation was concluded by its last call.
        case finalized
        /// The server has no such conversation any more.
        case gone
        /// The session ended with the conversation open.
        case exit
        /// Nobody went on with the conversation for half an hour.
        case idle
        /// The relay was killed; another process wrote this line from what the calls say.
        case died
    }

    /// Where a figure of quality comes from.
    package enum QualitySource: String, Sendable {
        /// A confidence the answer states.
        case confidence
        /// A word in the answer, such as its status.
        case status
    }

    /// The same for the same trace, however often it is written.
    package var id: String
    /// When its first request was seen.
    package var time: Timestamp
    /// From the first request to the last answer, in milliseconds.
    package var durationMilliseconds: Double
    /// The id of the relay's session record.
    package var session: String
    /// The tool that began it.
    package var tool: String?
    package var server: String?
    package var client: String?
    package var agentID: String?
    package var surface: String?
    /// The sum over its turns that have a cost; `unpriced` when none has.
    package var cost: Cost
    /// That of its last turn.
    package var outcome: CallRecord.Outcome
    package var errorType: CallRecord.ErrorType?
    package var eventType: String?
    package var escalationReason: String?
    package var conversation: String?
    /// 32 lower-case hexadecimal digits (W3C trace context).
    package var traceID: String
    /// The root span, 16 lower-case hexadecimal digits: the call's own for a single call, one of
    /// its own for a conversation.
    package var spanID: String
    /// The caller's span, if one was given.
    package var parentSpanID: String?
    /// 0 … 1, by the profile's rule, from the last turn that has one.
    package var quality: Double?
    package var qualitySource: QualitySource?
    /// Quality ÷ cost in dollars; absent when a turn of the server's has no price.
    package var qualityPerDollar: Double?
    package var end: End
    /// Requests to the server.
    package var turns: UInt64
    /// The client's own model calls, sampling among them.
    package var clientTurns: UInt64
    /// Turns of either side that used a model and have no price; 0 is left out of the line.
    package var unpricedTurns: UInt64
    /// Model calls the turns stand for.
    package var modelCalls: UInt64

    package init(
        id: String, time: Timestamp, durationMilliseconds: Double, session: String, cost: Cost,
        outcome: CallRecord.Outcome, traceID: String, spanID: String, end: End, turns: UInt64,
        clientTurns: UInt64, unpricedTurns: UInt64, modelCalls: UInt64
    ) {
        self.id = id
        self.time = time
        self.durationMilliseconds = durationMilliseconds
        self.session = session
        self.cost = cost
        self.outcome = outcome
        self.traceID = traceID
        self.spanID = spanID
        self.end = end
        self.turns = turns
        self.clientTurns = clientTurns
        self.unpricedTurns = unpricedTurns
        self.modelCalls = modelCalls
    }
}
