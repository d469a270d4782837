import Records

/// The records of examples/ledger/sample.jsonl: one of each thing a reader will meet.
enum SampleLedger {
    static let session = "019aa5c0-9c40-7000-8000-000000000001"

    static var records: [Record] {
        [
            .session(
                SessionRecord(
                    event: .started, id: session, time: at(0), pid: 4711,
                    server: "deep-code-reasoning-mcp")),
            .call(handshake), .begin(begin), .call(escalation), .call(cachedTurn), .call(sampling),
            .call(unpriced), .call(failed), .call(plainTool), .call(lost), .usage(clientTurn),
            .usage(importedTurn),
            .trace(trace),
            .session(
                SessionRecord(
                    event: .ended, id: session, time: at(95_000), pid: 4711,
                    server: "deep-code-reasoning-mcp", client: "claude-code", exitStatus: 0,
                    durationMilliseconds: 95_000.25,
                    counts: ["calls": 8, "frames": 23, "malformed_lines": 1])),
        ]
    }

    /// What the design shows, key for key.
    static var escalation: CallRecord {
        var record = call(2, "tools/call", .number("11"), at: 10_000, for: 18342.1)
        record.firstByteMilliseconds = 18341.9
        record.tool = "escalate_analysis"
        record.agentID = "deep-code-reasoner"
        record.surface = "deep-code-reasoning-mcp"
        record.provider = "google"
        record.model = "gemini-2.5-pro"
        record.modelSource = .response
        record.usage = TokenUsage(
            source: .reported, input: 2890, cachedInput: 0, cacheWrite: 0, output: 640,
            reasoning: 0)
        record.cost = Cost(source: .priced, nanodollars: 10_012_500)
        record.eventType = "escalation"
        record.escalationReason = "race between worker threads, \"impossible\" state seen"
        record.conversation = "b7b0f2f2-2b0c-4d1c-9d0e-6d2f0a6a2c11"
        record.toolUseID = "toolu_01A09q90qw90lq917835lq9"
        record.parentSpanID = "00f067aa0ba902b7"
        record.requestBytes = 812
        record.responseBytes = 9120
        record.quality = 0.85
        return record
    }

    private static var handshake: CallRecord {
        var record = call(1, "initialize", .number("0"), at: 12, for: 41.337)
        record.firstByteMilliseconds = 41.3
        record.responseBytes = 402
        return record
    }

    private static var begin: BeginRecord {
        BeginRecord(
            id: escalation.id, time: at(10_000), session: session, direction: .clientToServer,
            method: "tools/call", tool: "escalate_analysis", requestID: .number("11"),
            server: "deep-code-reasoning-mcp")
    }

    private static var cachedTurn: CallRecord {
        var record = call(3, "tools/call", .number("12"), at: 31_000, for: 5210)
        record.firstByteMilliseconds = 5209.5
        record.tool = "continue_conversation"
        record.provider = "anthropic"
        record.model = "claude-opus-4-7"
        record.modelSource = .argument
        record.usage = TokenUsage(
            source: .sessionLog, input: 10_000, cachedInput: 6000, cacheWrite: 3000,
            cacheWrite1h: 1000, output: 500)
        record.cost = Cost(source: .priced, nanodollars: 43_000_000)
        record.eventType = "conversation"
        record.conversation = escalation.conversation
        record.responseBytes = 2048
        record.retryOf = escalation.id
        return record
    }

    private static var sampling: CallRecord {
        var record = call(4, "sampling/createMessage", .string("srv-1"), at: 33_000, for: 1804.02)
        record.direction = .serverToClient
        record.firstByteMilliseconds = 1804
        record.provider = "anthropic"
        record.model = "claude-sonnet-4-5-20250929"
        record.modelSource = .response
        record.usage = TokenUsage(source: .estimated, input: 150, output: 300)
        record.cost = Cost(source: .priced, nanodollars: 4_950_000)
        record.responseBytes = 1311
        return record
    }

    private static var unpriced: CallRecord {
        var record = call(5, "tools/call", .number("13"), at: 40_000, for: 900)
        record.firstByteMilliseconds = 899.999
        record.tool = "ask"
        record.provider = "google"
        record.model = "gemini-9"
        record.modelSource = .env
        record.usage = TokenUsage(source: .reported, input: 100, output: 20, reasoning: 12)
        record.cost = Cost(source: .unpriced)
        record.responseBytes = 700
        return record
    }

    private static var failed: CallRecord {
        var record = call(6, "tools/call", .number("14"), at: 50_000, for: 120.5)
        record.firstByteMilliseconds = 120.5
        record.tool = "ask"
        record.provider = "xai"
        record.model = "grok-4.3"
        record.modelSource = .profile
        record.outcome = .error
        record.errorType = .rateLimit
        record.errorCode = -32603
        record.responseBytes = 190
        return record
    }

    private static var plainTool: CallRecord {
        var record = call(7, "resources/read", .string("r-2"), at: 60_000, for: 3)
        record.firstByteMilliseconds = 2.75
        record.responseBytes = 65_536
        return record
    }

    private static var lost: CallRecord {
        var record = call(8, "tools/call", .number("15"), at: 70_000, for: 24_999.75)
        record.tool = "run_hypothesis_tournament"
        record.outcome = .lost
        record.errorType = .other
        return record
    }

    private static var clientTurn: CallRecord {
        var record = call(9, "chat", .number("11"), at: 10_000, for: 0)
        record.direction = .client
        record.provider = "anthropic"
        record.model = "claude-opus-4-7"
        record.modelSource = .config
        record.usage = TokenUsage(source: .estimated, input: 2280, output: 203)
        record.cost = Cost(source: .priced, nanodollars: 16_475_000)
        record.eventType = "escalation"
        record.toolUseID = escalation.toolUseID
        record.requestBytes = 0
        record.modelCalls = 1
        return record
    }

    /// Read from a session log of Claude Code.
    private static var importedTurn: CallRecord {
        var record = CallRecord(
            id: "9e107d9d-372b-8b68-9d6b-d81d3542a419", time: at(8_000), durationMilliseconds: 0,
            session: "3f2a7c1e-0d1b-4b60-9c55-6a3f0d2b7e11", direction: .client, method: "chat",
            requestID: .string("req_011CQzJ5vR6wq8e2"), outcome: .ok,
            traceID: "9e107d9d372b8b689d6bd81d3542a419", spanID: "9d6bd81d3542a419",
            requestBytes: 0)
        record.client = "claude-code"
        record.project = "5d41402abc4b2a76"
        record.provider = "anthropic"
        record.model = "claude-opus-4-6"
        record.modelSource = .response
        record.serviceTier = "standard"
        record.usage = TokenUsage(
            source: .sessionLog, input: 24_425, cachedInput: 22_137, cacheWrite: 2285,
            cacheWrite1h: 0, output: 159)
        record.cost = Cost(source: .priced, nanodollars: 29_339_750)
        return record
    }

    private static var trace: TraceRecord {
        var record = TraceRecord(
            id: "019aa5c0-c350-8000-8000-000000000001", time: at(10_000),
            durationMilliseconds: 18342.1, session: session,
            cost: Cost(source: .priced, nanodollars: 26_487_500), outcome: .ok,
            traceID: escalation.traceID, spanID: escalation.spanID, end: .answered, turns: 1,
            clientTurns: 1, unpricedTurns: 0, modelCalls: 2)
        record.tool = escalation.tool
        record.server = escalation.server
        record.client = escalation.client
        record.agentID = escalation.agentID
        record.surface = escalation.surface
        record.eventType = "escalation"
        record.escalationReason = escalation.escalationReason
        record.parentSpanID = escalation.parentSpanID
        record.quality = 0.85
        record.qualitySource = .confidence
        record.qualityPerDollar = 32.09
        return record
    }

    private static func call(
        _ number: Int, _ method: String, _ requestID: RecordID, at start: Int64,
        for milliseconds: Double
    ) -> CallRecord {
        var record = CallRecord(
            id: "019aa5c0-9c40-7000-8000-00000000010\(number)", time: at(start),
            durationMilliseconds: milliseconds, session: session, direction: .clientToServer,
            method: method, requestID: requestID, outcome: .ok,
            traceID: "4bf92f3577b34da6a3ce929d0e0e4736", spanID: "a3ce929d0e0e473\(number)",
            requestBytes: 320)
        record.server = "deep-code-reasoning-mcp"
        record.client = "claude-code"
        return record
    }

    /// Milliseconds after 2026-11-21T10:00:00.123456Z.
    private static func at(_ milliseconds: Int64) -> Timestamp {
        Timestamp(microseconds: 1_795_255_200_123_456 + milliseconds * 1000)
    }
}
