import Records

/// The records of examples/ledger/policy.jsonl: a session in which every kind of policy had
/// something to say.
enum PolicyLedger {
    static let session = "019b0d8e-5000-7000-8000-000000000001"
    private static let server = "gemini-mcp"

    static var records: [Record] {
        [
            .session(
                SessionRecord(event: .started, id: session, time: at(0), pid: 4712, server: server)),
            .call(routed), .call(refusedByProvider), .call(heldForProvider), .call(held),
            .mark(mark), .call(warned), .call(blocked), .call(unjudged),
            .session(
                SessionRecord(
                    event: .ended, id: session, time: at(90_000), pid: 4712, server: server,
                    client: "claude-code", exitStatus: 0, durationMilliseconds: 90_000,
                    counts: ["calls": 7, "frames": 15])),
        ]
    }

    private static var routed: CallRecord {
        var record = answered(1, at: 1_000, for: 900, model: "gemini-2.5-flash")
        record.usage = TokenUsage(source: .reported, input: 1_000, output: 200)
        record.cost = Cost(source: .priced, nanodollars: 800_000)
        var note = PolicyNote(action: .routed, reason: .route, rule: "simple")
        note.askedModel = "gemini-2.5-pro"
        note.routedModel = "gemini-2.5-flash"
        note.savedNanodollars = 2_450_000
        record.policy = note
        return record
    }

    /// No policy touched it, but what the provider said holds back the next one.
    private static var refusedByProvider: CallRecord {
        var record = answered(2, at: 3_000, for: 150)
        record.outcome = .error
        record.errorType = .rateLimit
        record.usage = nil
        record.cost = nil
        record.retryAfterMilliseconds = 5_000
        return record
    }

    private static var heldForProvider: CallRecord {
        var record = answered(3, at: 4_000, for: 5_310.5)
        var note = PolicyNote(action: .delayed, reason: .retryAfter)
        note.until = at(8_150)
        note.waitedMilliseconds = 4_150
        record.policy = note
        return record
    }

    private static var held: CallRecord {
        var record = answered(4, at: 20_000, for: 2_150)
        var note = PolicyNote(action: .delayed, reason: .rateLimit, rule: "gemini-2.5-pro=2/min")
        note.until = at(21_000)
        note.waitedMilliseconds = 1_000.25
        record.policy = note
        return record
    }

    static var mark: MarkRecord {
        var note = budgetNote(.warned, spent: 8_050_000)
        note.percent = 80
        return MarkRecord(
            id: "5d0a1f0e-7c1b-8a34-9a53-0e3cf1a0d480", time: at(30_000), session: session,
            policy: note)
    }

    private static var warned: CallRecord {
        var record = answered(5, at: 30_000, for: 1_200)
        record.policy = budgetNote(.warned, spent: 8_050_000)
        record.policy?.percent = 80
        return record
    }

    static var blocked: CallRecord {
        var record = call(6, at: 40_000, for: 0.125)
        record.provider = "google"
        record.model = "gemini-2.5-pro"
        record.modelSource = .argument
        record.outcome = .blocked
        record.policy = budgetNote(.blocked, spent: 10_800_000)
        record.policy?.until = Timestamp(microseconds: 1_797_033_600_000_000)
        record.responseBytes = 412
        return record
    }

    private static var unjudged: CallRecord {
        var record = answered(7, at: 50_000, for: 1_300)
        record.requestBytes = 17_000_000
        record.policy = PolicyNote(action: .passed, reason: .tooLong)
        return record
    }

    private static func budgetNote(_ action: PolicyNote.Action, spent: Int64) -> PolicyNote {
        var note = PolicyNote(action: action, reason: .budget, rule: "gemini-2.5-pro=0.01/day")
        note.spentNanodollars = spent
        note.limitNanodollars = 10_000_000
        return note
    }

    private static func answered(
        _ number: Int, at start: Int64, for milliseconds: Double, model: String = "gemini-2.5-pro"
    ) -> CallRecord {
        var record = call(number, at: start, for: milliseconds)
        record.firstByteMilliseconds = milliseconds
        record.provider = "google"
        record.model = model
        record.modelSource = .argument
        record.usage = TokenUsage(source: .reported, input: 600, output: 200)
        record.cost = Cost(source: .priced, nanodollars: 2_750_000)
        record.responseBytes = 900
        return record
    }

    private static func call(
        _ number: Int, at start: Int64, for milliseconds: Double
    ) -> CallRecord {
        var record = CallRecord(
            id: "019b0d8e-5000-7000-8000-00000000010\(number)", time: at(start),
            durationMilliseconds: milliseconds, session: session, direction: .clientToServer,
            method: "tools/call", requestID: .number("\(number)"), outcome: .ok,
            traceID: "0af7651916cd43dd8448eb211c80319\(number)", spanID: "b7ad6b716920333\(number)",
            requestBytes: 2_400)
        record.tool = "ask"
        record.server = server
        record.client = "claude-code"
        return record
    }

    /// Milliseconds after 2026-12-11T15:00:00Z.
    private static func at(_ milliseconds: Int64) -> Timestamp {
        Timestamp(microseconds: 1_797_001_200_000_000 + milliseconds * 1000)
    }
}
