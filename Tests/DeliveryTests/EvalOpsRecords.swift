import Records

@testable import Delivery

/// Records that the tests of both EvalOps sinks use.
enum EvalOpsRecords {
    static let session = "0199aa00-0000-7000-8000-000000000001"
    static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"

    /// An `escalate_analysis` of deep-code-reasoning-mcp whose tokens were estimated.
    static var escalation: CallRecord {
        var call = CallRecord(
            id: "0199aa00-0000-7000-8000-000000000011", time: at("2026-05-01T10:00:00Z"),
            durationMilliseconds: 18_342, session: session, direction: .clientToServer,
            method: "tools/call", requestID: .number("11"), outcome: .ok, traceID: traceID,
            spanID: "00f067aa0ba902b7", requestBytes: 812)
        call.firstByteMilliseconds = 18_341.5
        call.responseBytes = 9120
        call.tool = "escalate_analysis"
        call.server = "deep-code-reasoning-mcp"
        call.client = "claude-code"
        call.agentID = "deep-code-reasoner"
        call.surface = "deep-code-reasoning-mcp"
        call.provider = "google"
        call.model = "gemini-2.5-pro-preview-06-05"
        call.modelSource = .profile
        call.usage = TokenUsage(source: .estimated, input: 2890, output: 640)
        call.cost = Cost(source: .priced, nanodollars: 10_013_000)
        call.eventType = "escalation"
        call.escalationReason = "invoice totals drift by one cent only under load"
        call.toolUseID = "toolu_01EXAMPLE"
        call.quality = 0.85
        return call
    }

    /// What Claude wrote to ask for it and read of its answer.
    static var clientTurn: CallRecord {
        var turn = escalation
        turn.id = "0199aa00-0000-8000-8000-000000000012"
        turn.direction = .client
        turn.method = "chat"
        turn.durationMilliseconds = 0
        turn.firstByteMilliseconds = nil
        turn.requestBytes = 0
        turn.responseBytes = nil
        turn.provider = "anthropic"
        turn.model = "claude-opus-4-7"
        turn.modelSource = .config
        turn.usage = TokenUsage(source: .estimated, input: 2280, output: 203)
        turn.cost = Cost(source: .priced, nanodollars: 16_475_000)
        turn.spanID = "00f067aa0ba902b8"
        turn.parentSpanID = escalation.spanID
        turn.quality = nil
        turn.modelCalls = 1
        return turn
    }

    static var trace: TraceRecord {
        var trace = TraceRecord(
            id: "0199aa00-0000-8000-8000-000000000013", time: escalation.time,
            durationMilliseconds: 18_400, session: session,
            cost: Cost(source: .priced, nanodollars: 10_013_000), outcome: .ok, traceID: traceID,
            spanID: escalation.spanID, end: .answered, turns: 1, clientTurns: 1, unpricedTurns: 1,
            modelCalls: 2)
        trace.tool = escalation.tool
        trace.server = escalation.server
        trace.client = escalation.client
        trace.agentID = escalation.agentID
        trace.surface = escalation.surface
        trace.eventType = "escalation"
        trace.escalationReason = escalation.escalationReason
        trace.quality = 0.85
        trace.qualitySource = .confidence
        trace.qualityPerDollar = 84.89
        return trace
    }

    /// A conversation of three turns, one of which has no price.
    static var conversation: TraceRecord {
        var trace = trace
        trace.id = "0199aa00-0000-8000-8000-000000000014"
        trace.tool = "start_conversation"
        trace.eventType = "conversation"
        trace.conversation = "5b0f7c1e-7a52-4d0e-9a35-3f1f6f2f8c11"
        trace.spanID = "00f067aa0ba902ff"
        trace.end = .finalized
        trace.turns = 3
        trace.clientTurns = 3
        trace.modelCalls = 6
        return trace
    }

    static func at(_ time: String) -> Timestamp {
        Timestamp(rfc3339: time) ?? Timestamp(microseconds: 0)
    }
}

/// Ledgers nobody would write: every field there or not, awkward text, numbers at their ends.
struct EvalOpsRecordGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// - Parameter number: what makes its id and span id its own.
    mutating func record(_ number: Int) -> Record {
        switch Int.random(in: 0..<8, using: &self) {
        case 0:
            .session(
                SessionRecord(event: .started, id: "s\(number)", time: time(), pid: 1))
        case 1:
            .begin(
                BeginRecord(
                    id: "r\(number)", time: time(), session: text(), direction: .clientToServer,
                    method: text(), requestID: .string(text())))
        case 2, 3: .trace(trace(number))
        case 4: .usage(call(number))
        default: .call(call(number))
        }
    }

    private mutating func call(_ number: Int) -> CallRecord {
        var call = CallRecord(
            id: "r\(number)", time: time(),
            durationMilliseconds: pick([0, 0.001, 18_342.1, 1e15, .infinity, .nan]),
            session: text(), direction: pick([.clientToServer, .serverToClient, .client]),
            method: text(), requestID: .string(text()),
            outcome: pick([.ok, .ok, .error, .cancelled, .lost, .blocked]), traceID: "t\(number)",
            spanID: "s\(number)", requestBytes: count())
        call.firstByteMilliseconds = maybe(pick([0.5, .nan]))
        call.tool = maybe(text())
        call.server = maybe(text())
        call.client = maybe(text())
        call.agentID = maybe(text())
        call.surface = maybe(text())
        call.provider = maybe(pick(["google", "anthropic", "xai", "ollama", "", "日本"]))
        call.model = maybe(text())
        call.modelSource = maybe(pick([.response, .argument, .env, .profile, .config]))
        call.usage = maybe(usage())
        call.cost = maybe(cost())
        call.errorType = maybe(pick(CallRecord.ErrorType.allCases))
        call.errorCode = maybe(pick([-32_603, .min, .max, 0]))
        call.eventType = maybe(text())
        call.escalationReason = maybe(text())
        call.conversation = maybe(text())
        call.toolUseID = maybe(text())
        call.parentSpanID = maybe(text())
        call.responseBytes = maybe(count())
        call.quality = maybe(0.5)
        call.retryOf = maybe(text())
        call.partOf = maybe(text())
        call.modelCalls = maybe(count())
        return call
    }

    private mutating func trace(_ number: Int) -> TraceRecord {
        var trace = TraceRecord(
            id: "r\(number)", time: time(),
            durationMilliseconds: pick([0, 18_342.1, .infinity, .nan, -5]), session: text(),
            cost: cost(), outcome: pick([.ok, .error, .cancelled, .lost]), traceID: "t\(number)",
            spanID: "s\(number)", end: pick(TraceRecord.End.allCases), turns: count(),
            clientTurns: count(), unpricedTurns: count(), modelCalls: count())
        trace.tool = maybe(text())
        trace.server = maybe(text())
        trace.client = maybe(text())
        trace.agentID = maybe(text())
        trace.surface = maybe(text())
        trace.errorType = maybe(pick(CallRecord.ErrorType.allCases))
        trace.eventType = maybe(text())
        trace.escalationReason = maybe(text())
        trace.conversation = maybe(text())
        trace.parentSpanID = maybe(text())
        trace.quality = maybe(pick([0, 0.5, 1, 1.5, -1, .nan]))
        trace.qualitySource = maybe(pick([.confidence, .status]))
        trace.qualityPerDollar = maybe(pick([0, 84.89, -1, .infinity, 1e300]))
        return trace
    }

    private mutating func usage() -> TokenUsage {
        TokenUsage(
            source: pick([.reported, .sessionLog, .estimated]), input: maybe(count()),
            cachedInput: maybe(count()), cacheWrite: maybe(count()), cacheWrite1h: maybe(count()),
            output: maybe(count()), reasoning: maybe(count()))
    }

    private mutating func cost() -> Cost {
        Cost(
            source: pick([.reported, .priced, .priced, .unpriced]),
            nanodollars: maybe(
                pick([
                    0, 1, 999, 10_013_000, 123_456_789_012, .max, -1,
                    Int64.random(in: 0...1 << 40, using: &self),
                ])))
    }

    private mutating func count() -> UInt64 {
        pick([0, 1, 640, 2890, 1 << 40, UInt64(Int64.max), .max])
    }

    private mutating func time() -> Timestamp {
        Timestamp(microseconds: Int64.random(in: 0...4_000_000_000_000_000, using: &self))
    }

    private mutating func text() -> String {
        pick([
            "", "ask", "a \"quoted\" \\ reason\n", "\u{0}\u{1F}\u{7F}", "é😀\u{2028}", "</script>",
            "an agent whose name is longer than eight bytes", "a\r\nX-Injected: 1",
        ])
    }

    private mutating func maybe<Value>(_ value: Value) -> Value? {
        Bool.random(using: &self) ? value : nil
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: 0..<values.count, using: &self)]
    }
}
