import Records

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension CallRecord {
    /// A tool call that used no model.
    static func sample(
        id: String = "019aa5c0-9c40-7000-8000-000000000102", method: String = "tools/call",
        tool: String? = "escalate_analysis"
    ) -> CallRecord {
        var call = CallRecord(
            id: id, time: Timestamp(microseconds: 1_763_719_210_123_456),
            durationMilliseconds: 18342.1, session: "session-1", direction: .clientToServer,
            method: method, requestID: .number("11"), outcome: .ok,
            traceID: "4bf92f3577b34da6a3ce929d0e0e4736", spanID: "a3ce929d0e0e4732",
            requestBytes: 812)
        call.tool = tool
        return call
    }

    /// One that did.
    static func model(
        id: String = "019aa5c0-9c40-7000-8000-000000000102", input: UInt64 = 2890,
        output: UInt64 = 640
    ) -> CallRecord {
        var call = sample(id: id)
        call.provider = "google"
        call.model = "gemini-2.5-pro"
        call.modelSource = .response
        call.usage = TokenUsage(
            source: .reported, input: input, cachedInput: 100, cacheWrite: 50, output: output,
            reasoning: 40)
        call.cost = Cost(source: .priced, nanodollars: 10_012_500)
        return call
    }
}

extension TraceRecord {
    static func sample(conversation: String? = nil) -> TraceRecord {
        var trace = TraceRecord(
            id: "019aa5c0-c350-8000-8000-000000000001",
            time: Timestamp(microseconds: 1_763_719_210_123_456), durationMilliseconds: 18342.1,
            session: "session-1", cost: Cost(source: .priced, nanodollars: 26_487_500),
            outcome: .ok, traceID: "4bf92f3577b34da6a3ce929d0e0e4736", spanID: "00f067aa0ba902b7",
            end: .answered, turns: 2, clientTurns: 1, unpricedTurns: 0, modelCalls: 3)
        trace.tool = "start_conversation"
        trace.quality = 0.85
        trace.qualitySource = .confidence
        trace.qualityPerDollar = 32.09
        trace.eventType = "escalation"
        trace.conversation = conversation
        return trace
    }
}

/// Records of every kind, with odd values among the usual ones.
struct RecordMaker {
    var random: Seeded
    private var count: Int64 = 0

    /// Whether numbers are such as happen, whose sums doubles hold.
    private let isOrdinary: Bool

    init(seed: UInt64, isOrdinary: Bool = false) {
        random = Seeded(seed)
        self.isOrdinary = isOrdinary
    }

    mutating func records(_ count: Int) -> [Record] { (0..<count).map { _ in record() } }

    mutating func record() -> Record {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return .session(session())
        case 1, 2: return .trace(trace())
        case 3:
            var call = call()
            call.direction = .client
            call.method = "chat"
            return .usage(call)
        case 4:
            let call = call()
            return .begin(
                BeginRecord(
                    id: call.id, time: call.time, session: call.session, direction: call.direction,
                    method: call.method, requestID: call.requestID))
        default: return .call(call())
        }
    }

    private mutating func one<Value>(of values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &random)]
    }

    private mutating func maybe<Value>(_ value: Value) -> Value? {
        Bool.random(using: &random) ? value : nil
    }

    private mutating func text() -> String {
        one(of: [
            "", "ask", "escalate_analysis", "naïve ☃ \u{1F600}", "a\"b\\c\n\u{1}\u{7f}",
            String(repeating: "é", count: 2000),
        ])
    }

    private mutating func number() -> UInt64 {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: 0
        case 1 where !isOrdinary: .random(in: 0 ... .max, using: &random)
        default: .random(in: 0..<100_000, using: &random)
        }
    }

    private mutating func milliseconds() -> Double {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: 0
        case 1 where !isOrdinary: one(of: [-1, 1e300, .infinity, .nan, .leastNonzeroMagnitude])
        default: Double(UInt32.random(in: 0..<400_000_000, using: &random)) / 1000
        }
    }

    private mutating func time() -> Timestamp {
        count += 1
        let jitter = Int64.random(in: -3_000_000...3_000_000, using: &random)
        return Timestamp(microseconds: 1_763_719_210_000_000 + count * 1_000_000 + jitter)
    }

    private mutating func identifier(_ digits: Int) -> String {
        var text = ""
        while text.count < digits { text += String(random.next() | 1 << 63, radix: 16) }
        return String(text.prefix(digits))
    }

    private mutating func session() -> SessionRecord {
        SessionRecord(
            event: one(of: [.started, .ended]), id: "session-\(number())", time: time(), pid: 1,
            server: maybe(text()), exitStatus: maybe(one(of: [0, 1, 130, 143])),
            durationMilliseconds: maybe(milliseconds()))
    }

    private mutating func trace() -> TraceRecord {
        var trace = TraceRecord(
            id: "trace-\(number())", time: time(), durationMilliseconds: milliseconds(),
            session: "s", cost: Cost(source: .unpriced), outcome: one(of: [.ok, .error, .lost]),
            traceID: identifier(32), spanID: identifier(16),
            end: one(of: TraceRecord.End.allCases), turns: number(), clientTurns: number(),
            unpricedTurns: number(), modelCalls: number())
        trace.conversation = maybe("conversation")
        trace.quality = maybe(0.5)
        trace.qualityPerDollar = maybe(one(of: [0, 3.25, 1e12, 1e300, .nan, -1]))
        trace.eventType = maybe(one(of: ["escalation", "analysis"]))
        return trace
    }

    private mutating func call() -> CallRecord {
        var call = CallRecord(
            id: "call-\(random.next())", time: time(), durationMilliseconds: milliseconds(),
            session: "s", direction: one(of: [.clientToServer, .serverToClient]),
            method: one(of: ["tools/call", "tools/call", "prompts/get", "ping", "x/y", text()]),
            requestID: one(of: [.number("0"), .number("-1.5"), .string(text())]),
            outcome: one(of: [.ok, .ok, .ok, .error, .cancelled, .lost, .blocked]),
            traceID: identifier(32), spanID: identifier(16), requestBytes: number())
        call.tool = maybe(text())
        call.server = maybe(text())
        call.parentSpanID = maybe(identifier(16))
        call.errorCode = maybe(one(of: [-32603, -32000, 5, .max, .min]))
        call.errorType = maybe(one(of: CallRecord.ErrorType.allCases))
        call.escalationReason = maybe(text())
        call.responseBytes = maybe(number())
        call.firstByteMilliseconds = maybe(milliseconds())
        call.quality = maybe(0.25)
        call.conversation = maybe(text())
        if Bool.random(using: &random) {
            call.provider = maybe(one(of: ["google", "xai", "openai", text()]))
            call.model = maybe(one(of: ["gemini-2.5-pro", "grok-4.3", text()]))
            call.modelSource = maybe(one(of: [.response, .argument, .env]))
            call.usage = maybe(
                TokenUsage(
                    source: one(of: [.reported, .estimated, .sessionLog]), input: maybe(number()),
                    cachedInput: maybe(number()), cacheWrite: maybe(number()),
                    output: maybe(number()), reasoning: maybe(number())))
            call.cost = maybe(
                Cost(
                    source: one(of: [.priced, .unpriced, .reported]),
                    nanodollars: maybe(Int64(clamping: number()))))
            call.modelCalls = maybe(number())
            call.partOf = Int.random(in: 0..<6, using: &random) == 0 ? "other" : nil
        }
        return call
    }
}
