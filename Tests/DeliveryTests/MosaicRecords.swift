import Records

/// SplitMix64: the same records for the same seed, so a failing property can be run again.
struct ModelCallGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Any record at all: fields present or absent at random, awkward text, extreme numbers.
    mutating func record() -> Record {
        switch next() % 8 {
        case 0: .session(SessionRecord(event: .ended, id: text(), time: time(), pid: 1))
        case 1:
            .begin(
                BeginRecord(
                    id: text(), time: time(), session: text(), direction: .clientToServer,
                    method: text(), requestID: .number("1")))
        case 2:
            .trace(
                TraceRecord(
                    id: text(), time: time(), durationMilliseconds: 1, session: text(),
                    cost: Cost(source: .unpriced), outcome: .ok, traceID: text(), spanID: text(),
                    end: .answered, turns: 1, clientTurns: 0, unpricedTurns: 0, modelCalls: 1))
        case 3: .usage(call())
        default: .call(call())
        }
    }

    mutating func call() -> CallRecord {
        let directions: [CallRecord.Direction] = [.clientToServer, .serverToClient, .client]
        let outcomes: [CallRecord.Outcome] = [.ok, .ok, .error, .cancelled, .lost, .blocked]
        let sources: [TokenUsage.Source] = [.reported, .sessionLog, .estimated]
        let costs: [Cost.Source] = [.reported, .priced, .unpriced]
        let lengths = [0, 0.4, 18342.1, -1, 1e300, .infinity, .nan]
        let tools = [
            "escalate_analysis", "codereview", "embedText", "generateContentStream", text(),
        ]
        var call = CallRecord(
            id: text(), time: time(), durationMilliseconds: pick(lengths), session: text(),
            direction: pick(directions), method: text(), requestID: .string(text()),
            outcome: pick(outcomes), traceID: text(), spanID: text(), requestBytes: size())
        call.tool = maybe { $0.pick(tools) }
        call.server = maybe { $0.text() }
        call.client = maybe { $0.pick(["claude-code", "OpenCode", "aider", "cursor"]) }
        call.provider = maybe { $0.pick(["google", "anthropic", "xai"]) }
        call.model = maybe { $0.text() }
        call.usage = maybe {
            TokenUsage(
                source: $0.pick(sources), input: $0.maybe { $0.size() },
                output: $0.maybe { $0.size() })
        }
        call.cost = maybe {
            Cost(
                source: $0.pick(costs),
                nanodollars: $0.maybe { $0.pick([.min, -1, 0, 499, 10_012_500, .max]) })
        }
        call.errorType = maybe { $0.pick(CallRecord.ErrorType.allCases) }
        call.errorCode = maybe { $0.pick([-32601, -32603, 429, .min]) }
        call.eventType = maybe { $0.pick(["analysis", "escalation", "sampling"]) }
        call.conversation = maybe { $0.text() }
        call.responseBytes = maybe { $0.size() }
        return call
    }

    mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int(next() % UInt64(values.count))]
    }

    private mutating func maybe<Value>(_ value: (inout Self) -> Value) -> Value? {
        next() & 1 == 0 ? value(&self) : nil
    }

    private mutating func size() -> UInt64 { pick([0, 1, 640, 2890, 1 << 53, .max]) }

    private mutating func time() -> Timestamp {
        Timestamp(microseconds: pick([0, 1_763_719_200_123_456, .max, .min]))
    }

    private mutating func text() -> String {
        pick([
            "", "\"\\\u{0}", "é😀\u{2028}", "0199F00D-7000-7000-8000-0123456789ab",
            "msg_01", "gemini-2.5-pro",
        ])
    }
}

extension CallRecord {
    /// A tool's call as the documents show it.
    static func sample(_ change: (inout CallRecord) -> Void = { _ in }) -> CallRecord {
        var call = CallRecord(
            id: "0199f00d-7000-7000-8000-0123456789ab",
            time: Timestamp(microseconds: 1_795_255_200_123_456), durationMilliseconds: 18342.1,
            session: "s", direction: .clientToServer, method: "tools/call",
            requestID: .number("11"),
            outcome: .ok, traceID: String(repeating: "a", count: 32),
            spanID: String(repeating: "b", count: 16), requestBytes: 812)
        call.tool = "escalate_analysis"
        call.server = "deep-code-reasoning-mcp"
        call.client = "claude-code"
        call.provider = "google"
        call.model = "gemini-2.5-pro"
        call.usage = TokenUsage(source: .reported, input: 2890, output: 640)
        call.cost = Cost(source: .priced, nanodollars: 10_012_500)
        call.eventType = "escalation"
        call.conversation = "c1"
        call.responseBytes = 9120
        change(&call)
        return call
    }
}
