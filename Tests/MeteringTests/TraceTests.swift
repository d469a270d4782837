import Records
import Testing

@testable import Metering

/// Escalation traces: what is one, what it holds, and what all of it adds up to.
struct TraceTests {
    @Test func `a conversation, a single shot between and a sampling request, by hand`() throws {
        var script = Deep.script()
        script.wait(1000)
        script.client(Deep.start(1))
        script.wait(2000)
        script.server(Deep.answer(1, Deep.started("A"), input: 1000, output: 100))
        script.wait(2000)
        script.client(Deep.go(2, "A"))
        script.wait(1000)
        script.server(Deep.sampling(900))
        script.wait(1000)
        script.client(Deep.sampled(900))
        script.wait(1000)
        script.server(Deep.answer(2, input: 2000, output: 200))
        script.wait(500)
        script.client(Deep.escalate(3))
        script.wait(500)
        script.client(Deep.go(4, "A"))
        script.wait(500)
        script.server(Deep.answer(3, #","status":"success""#, input: 100, output: 10))
        script.wait(500)
        script.server(Deep.answer(4, input: 3000, output: 300))
        script.wait(1000)
        script.client(Deep.finalize(5, "A"))
        script.wait(1000)
        script.server(Deep.answer(5, Deep.found(0.8), input: 4000, output: 400))

        // Each turn, in nano-dollars: 1250 a token in and 10,000 out; the client's 3000 and 15,000.
        let turns = try (1...5).map { try #require(script.call($0)) }
        #expect(
            turns.map { $0.cost?.nanodollars }
                == [2_250_000, 4_500_000, 225_000, 6_750_000, 9_000_000])
        let client = try (1...5).map { try #require(script.clientTurn($0)) }
        #expect(client.map { $0.usage?.output } == [3, 3, 3, 3, 0])
        #expect(client.map { $0.usage?.input } == [6, 6, 6, 6, 6])
        #expect(client.map { $0.cost?.nanodollars } == [63_000, 63_000, 63_000, 63_000, 18_000])
        let sampling = try #require(script.calls.first { $0.method == "sampling/createMessage" })
        #expect(sampling.usage == TokenUsage(source: .estimated, input: 12, output: 6))
        #expect(sampling.cost?.nanodollars == 126_000)

        // From the answer before to the request.
        #expect(client.map(\.durationMilliseconds) == [0, 2000, 0, 1000, 1000])
        #expect(
            client.map { ($0.time.microseconds - Script.start.microseconds) / 1000 }
                == [1000, 3000, 8500, 8000, 10_000])

        #expect(script.traces.count == 2)
        let single = script.traces[0]
        let conversation = script.traces[1]

        #expect(single.end == .answered)
        #expect(single.tool == "escalate_analysis")
        #expect(single.conversation == nil)
        #expect(single.spanID == turns[2].spanID && single.traceID == turns[2].traceID)
        #expect(single.parentSpanID == nil)
        #expect(single.cost == Cost(source: .priced, nanodollars: 288_000))
        #expect((single.turns, single.clientTurns, single.modelCalls) == (1, 1, 2))
        #expect(single.quality == 0.5 && single.qualitySource == .status)
        #expect(single.qualityPerDollar == 0.5 / 0.000288)
        #expect(single.durationMilliseconds == 1000)
        #expect(client[2].parentSpanID == single.spanID)

        #expect(conversation.end == .finalized)
        #expect(conversation.tool == "start_conversation")
        #expect(conversation.eventType == "conversation")
        #expect(conversation.conversation == "A")
        #expect(conversation.escalationReason == "0123456789")
        #expect(conversation.outcome == .ok)
        #expect(conversation.agentID == "deep-code-reasoner")
        #expect(conversation.surface == "deep-code-reasoning-mcp")
        #expect(conversation.client == "claude-code")
        #expect(conversation.cost == Cost(source: .priced, nanodollars: 22_833_000))
        #expect(conversation.turns == 4 && conversation.clientTurns == 5)
        #expect(conversation.modelCalls == 9 && conversation.unpricedTurns == 0)
        #expect(conversation.quality == 0.8 && conversation.qualitySource == .confidence)
        #expect(conversation.qualityPerDollar == 0.8 / 0.022833)
        #expect(conversation.time.microseconds == Script.start.microseconds + 1_000_000)
        #expect(conversation.durationMilliseconds == 11_000)
        #expect(conversation.parentSpanID == nil)

        // The root is nobody's span; everything but the sampling hangs under it.
        let inside = [0, 1, 3, 4].flatMap { [turns[$0], client[$0]] }
        #expect(inside.allSatisfy { $0.traceID == conversation.traceID })
        #expect(inside.allSatisfy { $0.parentSpanID == conversation.spanID })
        #expect(sampling.traceID == conversation.traceID)
        #expect(sampling.parentSpanID == turns[1].spanID)
        let spans = (turns + client + [sampling]).map(\.spanID) + [conversation.spanID]
        #expect(Set(spans).count == 12)
        #expect(conversation.traceID != single.traceID)
        #expect(script.meter.escalations.count == 0)
    }

    @Test func `the call that began a conversation names it, whoever is heard of first`() throws {
        var script = Deep.script()
        script.client(Deep.start(1))
        script.wait(100)
        // The two directions are read apart: this request may be seen before the answer it follows.
        script.client(Deep.go(2, "A"))
        script.server(Deep.answer(1, Deep.started("A")))
        script.server(Deep.answer(2))
        script.wait(100)
        script.end()

        let trace = try #require(script.traces.first)
        #expect(script.traces.count == 1)
        #expect(trace.tool == "start_conversation")
        #expect(trace.time == script.call(1)?.time)
        #expect(trace.durationMilliseconds == 100)
        #expect([script.call(1), script.call(2)].allSatisfy { $0?.parentSpanID == trace.spanID })
    }

    @Test func `a call's records, the client's turn and the trace stand in this order`() {
        var script = Deep.script()
        script.client(Deep.escalate(1))
        script.server(Deep.answer(1))
        let kinds = script.records.suffix(4).map {
            switch $0 {
            case .begin: "begin"
            case .call: "call"
            case .usage: "usage"
            case .trace: "trace"
            case .session: "session"
            case .mark: "mark"
            }
        }
        #expect(kinds == ["begin", "call", "usage", "trace"])
    }

    @Test(arguments: [
        ("tools/list", "{}"), ("ping", "{}"), ("prompts/get", #"{"name":"x"}"#),
        ("tools/call", #"{"name":"get_conversation_status","arguments":{"session_id":"A"}}"#),
        ("tools/call", #"{"name":"health_check","arguments":{}}"#),
    ])
    func `what uses no model is no escalation, however it ends`(method: String, params: String) {
        for end in 0..<4 {
            var script = Deep.script()
            script.client(Frame.request(1, method, params))
            switch end {
            case 0: script.server(Frame.text(1, "{}"))
            case 1: script.server(Frame.error(1, -32603, "no"))
            case 2: script.client(Frame.cancel(1))
            default: break
            }
            script.end()
            #expect(script.traces.isEmpty && script.clientTurns.isEmpty)
            #expect(script.call(1)?.parentSpanID == nil)
        }
    }

    @Test(arguments: [
        ("error", CallRecord.Outcome.error), ("failure", .error), ("cancelled", .cancelled),
        ("late", .cancelled), ("lost", .lost),
    ])
    func `a single shot that fails is a trace too`(how: String, outcome: CallRecord.Outcome) throws
    {
        var script = Deep.script()
        script.client(Deep.escalate(1))
        script.wait(100)
        switch how {
        case "error": script.server(Frame.error(1, -32603, "429 Too Many Requests"))
        case "failure":
            script.server(
                Frame.text(
                    1, #"{"status":"partial","metadata":{"errorType":"RateLimitError"}}"#))
        case "cancelled": script.client(Frame.cancel(1))
        case "late":
            script.client(Frame.cancel(1))
            script.server(Deep.answer(1, Deep.found(0.9)))
        default: break
        }
        script.end()
        let trace = try #require(script.traces.first)
        #expect(script.traces.count == 1)
        #expect(trace.end == .answered)
        #expect(trace.outcome == outcome)
        #expect(trace.errorType == script.call(1)?.errorType)
        #expect(trace.turns == 1)
        switch how {
        case "error", "failure":
            // Claude wrote the arguments, and that is all that was spent.
            #expect(trace.errorType == .rateLimit)
            #expect(script.clientTurn(1)?.usage?.input == nil)
            #expect(script.clientTurn(1)?.usage?.output == 3)
            #expect(trace.cost == Cost(source: .priced, nanodollars: 45_000))
            #expect(trace.unpricedTurns == 0)
        case "late":
            #expect(trace.cost.nanodollars == 270_000)
            #expect(trace.clientTurns == 1 && trace.unpricedTurns == 0)
        default:
            // It may have been billed, nobody knows how much.
            #expect(trace.cost == Cost(source: .unpriced))
            #expect(trace.clientTurns == 0 && trace.unpricedTurns == 1)
        }
        #expect((trace.quality != nil) == (how == "late"))
    }

    @Test func `a server nobody knows has a trace for a call that reports a model`() {
        var script = Script("npx some-server")
        script.client(Frame.tool(1, "chat", #"{"prompt":"x"}"#))
        script.server(Frame.usage(1, model: "gpt-4o", input: 10, output: 2))
        script.client(Frame.tool(2, "chat", #"{"prompt":"x"}"#))
        script.server(Frame.error(2, -32603, "no"))
        #expect(script.traces.map(\.tool) == ["chat"])
        #expect(script.traces[0].cost.source == .priced)
        #expect(script.traces[0].clientTurns == 0)
    }

    @Test func `the cost is reported only if all of it is`() {
        for (model, source) in [(nil, Cost.Source.reported), ("claude-sonnet-4-5", .priced)] {
            var script = Deep.script(client: nil, model: model)
            script.client(Deep.escalate(1))
            script.server(
                Frame.result(
                    1,
                    #"""
                    {"content":[{"type":"text","text":"ok"}],"_meta":{"usage":{"prompt_tokens":9,
                    "completion_tokens":2,"total_tokens":11,"cost":0.0125}}}
                    """#
                ))
            #expect(script.call(1)?.cost == Cost(source: .reported, nanodollars: 12_500_000))
            #expect(script.traces.first?.cost.source == source)
        }
    }

    @Test func `without a price of the server's, quality has none; without the client's it has`() {
        for (client, server, isThere) in [
            ("claude-sonnet-4-5", "gemini-99-unheard-of", false),
            ("claude-unheard-of", "gemini-2.5-pro", true),
        ] {
            var script = Deep.script(model: client)
            script.client(Deep.escalate(1))
            script.server(Deep.answer(1, Deep.found(0.9), model: server))
            #expect(script.traces.first?.quality == 0.9)
            #expect(script.traces.first?.unpricedTurns == 1)
            #expect((script.traces.first?.qualityPerDollar != nil) == isThere)
        }
    }

    @Test func `what is above the root is what the first call was given`() throws {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        func header(_ span: String) -> String { #"{"traceparent":"00-\#(trace)-\#(span)-01"}"# }
        var script = Deep.script()
        script.client(Deep.start(1, meta: header("00f067aa0ba902b7")))
        script.server(Deep.answer(1, Deep.started("A")))
        script.client(Deep.go(2, "A", meta: header("1111111111111111")))
        script.server(Deep.answer(2))
        script.client(Deep.escalate(3, meta: header("2222222222222222")))
        script.server(Deep.answer(3))
        script.client(Deep.go(4, "B", meta: header("3333333333333333")))
        script.server(Deep.answer(4))
        script.end()
        #expect(script.traces.allSatisfy { $0.traceID == trace })
        #expect(
            script.traces.map(\.parentSpanID) == [
                "2222222222222222", "00f067aa0ba902b7", "3333333333333333",
            ])
        #expect(Set(script.traces.map(\.id)).count == 3)
        let root = try #require(script.traces.first { $0.conversation == "A" }).spanID
        #expect(script.call(1)?.parentSpanID == root)
        #expect(script.call(2)?.parentSpanID == root)

        var alone = Deep.script {
            $0.traceparent = "00-11111111111111111111111111111111-2222222222222222-01"
        }
        alone.client(Deep.start(1))
        alone.server(Deep.answer(1, Deep.started("A")))
        alone.end()
        #expect(alone.traces.first?.traceID == String(repeating: "1", count: 32))
        #expect(alone.traces.first?.parentSpanID == String(repeating: "2", count: 16))
    }

    @Test func `the id of a trace is that of its root`() {
        var script = Deep.script()
        script.client(Deep.escalate(1))
        script.server(Deep.answer(1))
        let trace = script.traces.first
        #expect(
            trace?.id
                == TraceRecord.id(
                    traceID: trace?.traceID ?? "", spanID: script.call(1)?.spanID ?? ""))
        #expect(trace?.id.utf8.count == 36)
    }
}
