import Metering
import Records
import Testing

/// What a policy did to a call before it was sent, in the records.
struct DecisionTests {
    private static let ask = Frame.tool(1, "ask", #"{"prompt":"why?","model":"gemini-2.5-pro"}"#)

    private static func note(
        _ action: PolicyNote.Action, _ reason: PolicyNote.Reason
    ) -> PolicyNote {
        PolicyNote(action: action, reason: reason, rule: "a rule")
    }

    private static func script() -> Script { Script { $0.provider = "google" } }

    @Test func `a call that nothing was decided of says nothing`() throws {
        var script = Self.script()
        script.client(Self.ask)
        script.server(Frame.text(1, "because"))
        let call = try #require(script.call(1))
        #expect(call.policy == nil && call.outcome == .ok)
    }

    @Test(
        arguments: [
            (.budget, nil), (.evalops, nil), (.rateLimit, .rateLimit), (.retryAfter, .rateLimit),
        ] as [(PolicyNote.Reason, CallRecord.ErrorType?)])
    func `a blocked call is over at once, cost nothing and is no escalation`(
        reason: PolicyNote.Reason, type: CallRecord.ErrorType?
    ) throws {
        var script = Self.script()
        let note = Self.note(.blocked, reason)
        script.client(Self.ask, decision: CallDecision(.blocked, note, answerBytes: 321))
        let call = try #require(script.call(1))
        #expect(call.outcome == .blocked && call.errorType == type && call.policy == note)
        #expect(call.usage == nil && call.cost == nil && call.responseBytes == 321)
        // Whose money it would have been.
        #expect(call.model == "gemini-2.5-pro" && call.provider == "google")
        #expect(call.modelSource == .argument && call.durationMilliseconds == 0)
        #expect(script.begins.map(\.id) == [call.id])
        // Nothing is left of it that an answer, a cancellation or the end could find.
        let before = script.calls.count
        script.client(Frame.cancel(1))
        script.server(Frame.text(1, "late"))
        script.end()
        #expect(script.calls.count == before)
        #expect(!script.records.contains { if case .trace = $0 { true } else { false } })
    }

    @Test func `an id that was blocked can be used again`() throws {
        var script = Self.script()
        script.client(Self.ask, decision: CallDecision(.blocked, Self.note(.blocked, .budget)))
        script.client(Self.ask)
        script.server(Frame.text(1, "because"))
        #expect(script.calls.map(\.outcome) == [.blocked, .ok])
        #expect(script.meter.counts.duplicate == 0)
    }

    @Test func `a held call that is taken back ends as cancelled, and cost nothing`() throws {
        var script = Self.script()
        var note = Self.note(.delayed, .rateLimit)
        note.waitedMilliseconds = 1500
        script.client(Self.ask, decision: CallDecision(.withdrawn, note))
        let call = try #require(script.call(1))
        #expect(call.outcome == .cancelled && call.errorType == .cancelled)
        #expect(call.usage == nil && call.cost == nil && call.model == nil)
        #expect(call.durationMilliseconds == 1500 && call.policy == note)
    }

    @Test func `a call that waited says so, and is what it would have been`() throws {
        var script = Self.script()
        var note = Self.note(.delayed, .rateLimit)
        note.waitedMilliseconds = 250.5
        script.client(Self.ask, decision: CallDecision(.sent, note))
        script.server(Frame.usage(1, model: "gemini-2.5-pro", input: 1000, output: 100))
        let call = try #require(script.call(1))
        #expect(call.policy == note && call.outcome == .ok)
        #expect(call.cost?.nanodollars == 2_250_000)
    }

    @Test(
        arguments: [
            // $1.25 and $10 a million against $0.30 and $2.50.
            ("gemini-2.5-flash", "gemini-2.5-pro", 2_250_000 - 550_000),
            ("gemini-2.5-pro", "gemini-2.5-flash", 550_000 - 2_250_000),
            ("gemini-2.5-flash", "my-own-model", nil),
            ("my-own-model", "gemini-2.5-pro", nil),
        ] as [(String, String, Int64?)])
    func `a routed call says what that saved, where both models have a price`(
        routed: String, asked: String, saved: Int64?
    ) throws {
        var script = Self.script()
        var note = Self.note(.routed, .route)
        note.askedModel = asked
        note.routedModel = routed
        // What was sent is what is observed.
        script.client(
            Frame.tool(1, "ask", #"{"prompt":"why?","model":"\#(routed)"}"#),
            decision: CallDecision(.sent, note))
        script.server(Frame.usage(1, model: nil, input: 1000, output: 100))
        let call = try #require(script.call(1))
        #expect(call.model == routed)
        note.savedNanodollars = saved
        #expect(call.policy == note)
    }

    @Test func `of a call with several models one record has the note`() throws {
        var script = Script()
        let note = Self.note(.passed, .batch)
        script.client(Frame.tool(1, "ask"), decision: CallDecision(.sent, note))
        script.server(
            Frame.result(
                1,
                #"""
                {"content":[],"_meta":{"modelUsage":{
                "gemini-2.5-pro":{"inputTokens":10,"outputTokens":5},
                "gemini-2.5-flash":{"inputTokens":20,"outputTokens":6}}}}
                """#))
        #expect(script.calls.count == 2)
        #expect(script.calls.map { $0.policy != nil } == [true, false])
    }

    @Test func `a blocked call of a conversation is in its trace, and does not end it`() throws {
        var script = Script("npx -y deep-code-reasoning-mcp")
        script.client(Frame.tool(1, "start_conversation", "{}"))
        script.server(
            Frame.text(1, #"{"sessionId":"s1","initialResponse":"hm","status":"active"}"#))
        let start = try #require(script.call(1))
        let more = #"{"session_id":"s1","message":"and?"}"#
        script.client(
            Frame.tool(2, "continue_conversation", more),
            decision: CallDecision(.blocked, Self.note(.blocked, .budget)))
        let blocked = try #require(script.call(2))
        #expect(start.conversation == "s1")
        #expect(blocked.traceID == start.traceID && blocked.outcome == .blocked)
        script.client(Frame.tool(3, "continue_conversation", more))
        script.server(Frame.text(3, #"{"response":"so","status":"active"}"#))
        #expect(script.call(3)?.traceID == start.traceID)
        script.end()
        let traces = script.records.compactMap {
            if case .trace(let trace) = $0 { trace } else { nil }
        }
        #expect(traces.count == 1)
        #expect(traces.first?.turns == 2)
    }
}
