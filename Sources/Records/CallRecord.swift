/// A finished request, the line everything else reads. Keys and meaning: DESIGN §8.
///
/// Absent is unknown, never zero. A call that used no model has no provider, model, usage or cost.
package struct CallRecord: Equatable, Sendable {
    package enum Direction: String, Sendable {
        case clientToServer = "client_to_server"
        case serverToClient = "server_to_client"
        /// The client's own model call, which no server saw. Only `usage` records have it.
        case client
    }

    package enum Outcome: String, Sendable { case ok, error, cancelled, lost, blocked }

    /// The kinds of failure that readers tell apart.
    package enum ErrorType: String, Sendable, CaseIterable {
        case rateLimit = "rate_limit"
        case timeout
        case contextOverflow = "context_overflow"
        case auth
        case providerError = "provider_error"
        case cancelled
        case other
    }

    package enum ModelSource: String, Sendable {
        case response, argument, env, profile, config
    }

    /// UUIDv7 in its textual form.
    package var id: String
    /// When the request was seen.
    package var time: Timestamp
    /// From the request's last byte to the answer's last byte, in milliseconds.
    package var durationMilliseconds: Double
    /// From the request's last byte to the answer's first byte, in milliseconds; absent when no
    /// answer came.
    package var firstByteMilliseconds: Double?
    /// The id of the relay's session record.
    package var session: String
    package var direction: Direction
    /// The JSON-RPC method; `chat` in a `usage` record (OpenTelemetry's name of the operation).
    package var method: String
    package var tool: String?
    /// The JSON-RPC id; in a `usage` record that of the request the model call led to.
    package var requestID: RecordID
    package var server: String?
    package var client: String?
    package var agentID: String?
    package var surface: String?
    /// The directory the client worked in, or the first 16 hexadecimal digits of its SHA-256; only
    /// in `usage` records.
    package var project: String?
    package var provider: String?
    package var model: String?
    package var modelSource: ModelSource?
    /// The tier or speed the provider served the call at: `standard`, `priority`, `batch`, `fast` …
    package var serviceTier: String?
    package var usage: TokenUsage?
    package var cost: Cost?
    package var outcome: Outcome
    package var errorType: ErrorType?
    /// The JSON-RPC error code.
    package var errorCode: Int?
    /// analysis, escalation, conversation, sampling … from the profile.
    package var eventType: String?
    package var escalationReason: String?
    /// The conversation the call belongs to, from the profile's session field.
    package var conversation: String?
    package var toolUseID: String?
    /// 32 lower-case hexadecimal digits (W3C trace context).
    package var traceID: String
    /// 16 lower-case hexadecimal digits.
    package var spanID: String
    package var parentSpanID: String?
    package var requestBytes: UInt64
    package var responseBytes: UInt64?
    /// 0 … 1, by the profile's rule.
    package var quality: Double?
    /// The id of the request this one retries after `input_required`, or the task it belongs to.
    package var retryOf: String?
    /// The id of the record this one is a part of: one model of a call that used several, or a
    /// model answer that came inside a request. Not a request of its own.
    package var partOf: String?
    /// How many model calls the record stands for, where that is known and not 1: a server's tool
    /// may ask its model many times. A lower bound where some of them failed.
    package var modelCalls: UInt64?
    /// When the provider's error said to come back: so many milliseconds after the answer.
    package var retryAfterMilliseconds: Double?
    /// What a policy did to the call.
    package var policy: PolicyNote? {
        get { boxedPolicy?.note }
        set { boxedPolicy = newValue.map(BoxedNote.init) }
    }
    var boxedPolicy: BoxedNote?

    package init(
        id: String, time: Timestamp, durationMilliseconds: Double, session: String,
        direction: Direction, method: String, requestID: RecordID, outcome: Outcome,
        traceID: String, spanID: String, requestBytes: UInt64
    ) {
        self.id = id
        self.time = time
        self.durationMilliseconds = durationMilliseconds
        self.session = session
        self.direction = direction
        self.method = method
        self.requestID = requestID
        self.outcome = outcome
        self.traceID = traceID
        self.spanID = spanID
        self.requestBytes = requestBytes
    }
}

/// A note in one word: nearly all records have none, and every copy of a record would otherwise
/// copy its parts.
final class BoxedNote: Equatable, Sendable {
    let note: PolicyNote

    init(_ note: PolicyNote) { self.note = note }

    static func == (a: BoxedNote, b: BoxedNote) -> Bool { a.note == b.note }
}

/// A JSON-RPC id as it stood on the wire.
package enum RecordID: Equatable, Sendable {
    case string(String)
    /// The literal, which must be a JSON number.
    case number(String)
}

/// Tokens of one model call, as the OpenTelemetry GenAI conventions count them: parts lie inside
/// their wholes. Nil is "not reported".
package struct TokenUsage: Equatable, Sendable {
    package enum Source: String, Sendable {
        case reported
        case sessionLog = "session_log"
        case estimated
    }

    package var source: Source
    /// Every input token: uncached, cache reads, cache writes.
    package var input: UInt64?
    /// The part of `input` read from a cache.
    package var cachedInput: UInt64?
    /// The part of `input` written to a cache, whatever its lifetime.
    package var cacheWrite: UInt64?
    /// The part of `cacheWrite` kept for one hour (the rest for five minutes).
    package var cacheWrite1h: UInt64?
    /// Every billed output token, reasoning included.
    package var output: UInt64?
    /// The part of `output` that is hidden thinking.
    package var reasoning: UInt64?

    package init(
        source: Source, input: UInt64? = nil, cachedInput: UInt64? = nil, cacheWrite: UInt64? = nil,
        cacheWrite1h: UInt64? = nil, output: UInt64? = nil, reasoning: UInt64? = nil
    ) {
        self.source = source
        self.input = input
        self.cachedInput = cachedInput
        self.cacheWrite = cacheWrite
        self.cacheWrite1h = cacheWrite1h
        self.output = output
        self.reasoning = reasoning
    }
}

/// What a call cost, and how that is known.
package struct Cost: Equatable, Sendable {
    package enum Source: String, Sendable { case reported, priced, unpriced }
    package var source: Source
    /// Billionths of a US dollar; absent when unpriced, never 0 for want of a price.
    package var nanodollars: Int64?

    package init(source: Source, nanodollars: Int64? = nil) {
        self.source = source
        self.nanodollars = nanodollars
    }
}
