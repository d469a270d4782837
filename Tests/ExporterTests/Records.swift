import Records

/// Records for tests, a field at a time.
enum Make {
    static func call(
        _ id: String, model: String? = "gemini-2.5-pro", at seconds: Int64 = 1_795_255_200,
        _ change: (inout CallRecord) -> Void = { _ in }
    ) -> CallRecord {
        var call = CallRecord(
            id: id, time: Timestamp(microseconds: seconds * 1_000_000),
            durationMilliseconds: 1_500, session: "s", direction: .clientToServer,
            method: "tools/call", requestID: .number("1"), outcome: .ok,
            traceID: String(repeating: "a", count: 32), spanID: String(repeating: "b", count: 16),
            requestBytes: 100)
        call.server = "gemini"
        call.tool = "ask"
        call.agentID = "me"
        if let model {
            call.provider = "google"
            call.model = model
            call.modelSource = .response
            call.usage = TokenUsage(
                source: .reported, input: 1_000, cachedInput: 400, cacheWrite: 100, output: 300,
                reasoning: 50)
            call.cost = Cost(source: .priced, nanodollars: 2_500_001)
        }
        change(&call)
        return call
    }

    /// The escalation that a call of `call` is.
    static func trace(_ id: String) -> TraceRecord {
        TraceRecord(
            id: id, time: Timestamp(microseconds: 1_795_255_200_000_000),
            durationMilliseconds: 1_500, session: "s",
            cost: Cost(source: .priced, nanodollars: 2_500_001), outcome: .ok,
            traceID: String(repeating: "a", count: 32), spanID: String(repeating: "b", count: 16),
            end: .answered, turns: 1, clientTurns: 0, unpricedTurns: 0, modelCalls: 1)
    }
}
