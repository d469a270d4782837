import Records
import Testing

@testable import Metering

/// How the trace of a conversation ends, and what comes after.
struct TraceEndTests {
    private func open(_ ids: String..., model: String? = nil) -> Script {
        var script = Deep.script(client: nil, model: model)
        for (index, id) in ids.enumerated() {
            script.client(Deep.start(100 + index))
            script.server(Deep.answer(100 + index, Deep.started(id)))
        }
        return script
    }

    @Test func `a conversation that goes on after its end is another trace`() {
        var script = open("A")
        script.client(Deep.finalize(1, "A"))
        script.server(Deep.answer(1, Deep.found(0.7)))
        script.client(Deep.go(2, "A"))
        script.server(Deep.answer(2))
        script.client(Deep.go(3, "A"))
        script.server(Deep.gone(3, "A"))
        #expect(script.traces.map(\.end) == [.finalized, .gone])
        #expect(script.traces.map(\.turns) == [2, 2])
        #expect(script.traces.map(\.conversation) == ["A", "A"])
        #expect(Set(script.traces.map(\.traceID)).count == 2)
        #expect(script.traces[1].outcome == .error)
        #expect(script.call(2)?.traceID == script.traces[1].traceID)
        #expect(script.call(2)?.parentSpanID == script.traces[1].spanID)
        #expect(script.traces[1].tool == "continue_conversation")
        #expect(script.traces[1].escalationReason == nil)
    }

    @Test func `a turn that fails leaves it open, and shows as long as it is the last`() {
        var script = open("A")
        script.client(Deep.finalize(1, "A"))
        script.server(Deep.failure(1))
        #expect(script.traces.isEmpty)
        var stopped = script
        stopped.end()
        #expect(stopped.traces.first?.end == .exit)
        #expect(stopped.traces.first?.outcome == .error)
        #expect(stopped.traces.first?.errorType == .providerError)
        script.client(Deep.finalize(2, "A"))
        script.server(Deep.answer(2, Deep.found(0.7)))
        #expect(script.traces.first?.end == .finalized)
        #expect(script.traces.first?.turns == 3)
        #expect(script.traces.first?.outcome == .ok)
        #expect(script.traces.first?.errorType == nil)
    }

    @Test func `a finalize that fails in a success frame leaves it open`() {
        var script = open("A")
        script.client(Deep.finalize(1, "A"))
        script.server(
            Frame.text(1, #"{"status":"partial","metadata":{"errorType":"ApiError"}}"#))
        #expect(script.traces.isEmpty)
        #expect(script.meter.escalations.number(of: "A") != nil)
    }

    @Test func `quality is that of the last turn that has one`() {
        var script = open("A")
        script.client(Deep.finalize(1, "A"))
        script.client(Deep.go(2, "A"))
        script.server(Deep.answer(1, Deep.found(0.7)))
        #expect(script.traces.isEmpty)
        // Was under way when the conversation ended: still a turn of it.
        script.server(Deep.answer(2))
        #expect(script.traces.map(\.end) == [.finalized])
        #expect(script.traces.first?.quality == 0.7)
        #expect(script.traces.first?.turns == 3)
    }

    @Test func `the server says in several ways that it is gone`() {
        var script = open("A", "B", "C", "D")
        script.client(Deep.go(1, "A"))
        script.server(Deep.gone(1, "A"))
        script.client(Deep.finalize(2, "B"))
        script.server(Deep.busy(2, "B"))
        script.client(Deep.status(3, "C"))
        script.server(Frame.text(3, #"{"sessionId":"C","status":"not_found"}"#))
        script.client(Deep.status(4, "D"))
        script.server(Frame.text(4, #"{"sessionId":"D","status":"active"}"#))
        #expect(script.traces.map(\.conversation) == ["A", "B", "C"])
        #expect(script.traces.allSatisfy { $0.end == .gone })
        // Asking for the status is no turn, and hangs under the root.
        #expect(script.traces.map(\.turns) == [2, 2, 1])
        #expect(script.call(3)?.parentSpanID == script.traces[2].spanID)
        #expect(script.traces[2].outcome == .ok)
    }

    @Test func `busy is busy while another call is under way, or was given up`() {
        var script = open("A", "B")
        script.client(Deep.go(1, "A"))
        script.client(Deep.go(2, "A"))
        script.server(Deep.busy(2, "A"))
        script.server(Deep.answer(1))
        script.client(Deep.go(3, "B"))
        script.client(Frame.cancel(3))
        script.wait(61_000)
        script.tick()
        script.client(Deep.go(4, "B"))
        script.server(Deep.busy(4, "B"))
        #expect(script.traces.isEmpty)
        script.end()
        #expect(script.traces.map(\.turns) == [3, 3])
        #expect(script.traces.map(\.unpricedTurns) == [0, 1])
        #expect(script.traces.allSatisfy { $0.end == .exit })
    }

    @Test func `half an hour of silence ends it, by the clock or by the next call`() {
        var script = open("A", "B", "C")
        script.wait(20 * 60_000)
        script.client(Deep.go(1, "B"))
        script.wait(15 * 60_000)
        // A call under way is no silence.
        script.tick()
        #expect(script.traces.map(\.conversation) == ["A", "C"])
        #expect(script.traces.allSatisfy { $0.end == .idle })
        script.server(Deep.answer(1))
        script.wait(31 * 60_000)
        script.client(Deep.go(2, "B"))
        script.server(Deep.answer(2))
        #expect(script.traces.map(\.conversation) == ["A", "C", "B"])
        #expect(script.traces[2].turns == 2)
        #expect(script.traces[2].durationMilliseconds == 2_100_000)
        #expect(script.call(2)?.traceID != script.traces[2].traceID)
        script.end()
        #expect(script.traces.map(\.end) == [.idle, .idle, .idle, .exit])
    }

    @Test func `the session's end ends all, calls first`() {
        var script = open("A", "B")
        script.client(Deep.go(1, "A"))
        script.client(Deep.escalate(2))
        script.wait(1000)
        script.end(exitStatus: 137)
        #expect(script.call(1)?.outcome == .lost)
        #expect(script.traces.map(\.end) == [.answered, .exit, .exit])
        #expect(script.traces.map(\.outcome) == [.lost, .lost, .ok])
        #expect(script.traces.map(\.turns) == [1, 2, 1])
        #expect(script.traces[1].durationMilliseconds == 1000)
        #expect(script.ended != nil)
    }

    @Test func `one too many gives up the one unheard of for longest`() {
        var script = Deep.script(client: nil, model: nil)
        for number in 0..<Escalations.parkedMax {
            script.client(Deep.start(number))
            script.server(Deep.answer(number, Deep.started("c\(number)")))
            script.wait(1)
        }
        script.client(Deep.go(5000, "c0"))
        script.server(Deep.answer(5000))
        #expect(script.traces.isEmpty)
        for number in 0..<3 {
            script.client(Deep.start(6000 + number))
            script.server(Deep.answer(6000 + number, Deep.started("d\(number)")))
        }
        #expect(script.traces.map(\.conversation) == ["c1", "c2", "c3"])
        #expect(script.traces.allSatisfy { $0.end == .idle })
        script.end()
        #expect(script.traces.count == Escalations.parkedMax + 3)
        #expect(Set(script.traces.map(\.id)).count == script.traces.count)
    }

    @Test func `two starts that are given one id are one conversation`() {
        var script = Deep.script(client: nil, model: nil)
        script.client(Deep.start(1))
        script.client(Deep.start(2))
        script.server(Deep.answer(2, Deep.started("A")))
        script.server(Deep.answer(1, Deep.started("A")))
        script.end()
        #expect(script.traces.count == 1)
        #expect(script.traces.first?.turns == 2)
        #expect(script.call(1)?.parentSpanID == script.traces.first?.spanID)
        #expect(script.call(1)?.traceID == script.traces.first?.traceID)
    }

    @Test func `a tool that turns out to use no model leaves no root behind`() {
        var script = Script("npx zen-mcp-server")
        script.client(Frame.tool(1, "version", #"{"continuation_id":"A"}"#))
        script.server(Frame.text(1, "1.0"))
        script.client(Frame.tool(2, "chat", #"{"continuation_id":"B"}"#))
        script.server(Frame.error(2, -32603, "no such thread"))
        script.end()
        #expect(script.traces.isEmpty)
        #expect(script.calls.allSatisfy { $0.parentSpanID == nil })
    }

    // MARK: Requests that go on

    @Test func `a task is one trace until its answer`() {
        var script = Deep.script()
        script.wait(10)
        script.client(
            Frame.tool(
                1, "escalate_analysis", Deep.context, meta: #"{"claudecode/toolUseId":"toolu_1"}"#))
        script.server(Frame.result(1, #"{"task":{"taskId":"t","status":"working"}}"#))
        script.wait(90 * 60_000)
        script.tick()
        script.client(Frame.request(2, "tasks/get", #"{"taskId":"t"}"#))
        script.server(Frame.result(2, #"{"taskId":"t","status":"working"}"#))
        #expect(script.traces.isEmpty && script.clientTurns.isEmpty)
        for id in 3...4 {
            script.client(Frame.request(id, "tasks/result", #"{"taskId":"t"}"#))
            script.server(Deep.answer(id, Deep.found(0.6)))
        }
        script.end()
        #expect(script.traces.count == 1)
        let trace = script.traces.first
        #expect(trace?.end == .answered)
        #expect(trace?.spanID == script.call(1)?.spanID)
        #expect(trace?.turns == 1 && trace?.clientTurns == 1)
        #expect(trace?.cost.nanodollars == 288_000)
        #expect(trace?.quality == 0.6)
        #expect(trace?.durationMilliseconds == 5_400_000)
        #expect(script.clientTurns.map(\.toolUseID) == ["toolu_1"])
        #expect(script.clientTurns.map(\.time) == [script.call(1)?.time])
        #expect(script.calls.dropFirst().allSatisfy { $0.traceID == trace?.traceID })
    }

    @Test func `a task nobody fetches ends with the session`() {
        var script = Deep.script()
        script.client(Deep.escalate(1))
        script.server(Frame.result(1, #"{"task":{"taskId":"t","status":"working"}}"#))
        script.client(Frame.tool(2, "health_check"))
        script.server(Frame.result(2, #"{"task":{"taskId":"u","status":"working"}}"#))
        script.end()
        #expect(script.traces.map(\.end) == [.exit])
        #expect(script.traces.map(\.turns) == [1])
    }

    @Test func `a call that wants more is one trace, the client's models included`() throws {
        var script = Deep.script()
        script.client(Deep.start(1))
        script.server(Frame.result(1, #"{"resultType":"input_required","requestState":"s"}"#))
        script.client(
            Frame.tool(
                2, "start_conversation", Deep.context,
                more: #"""
                    ,"requestState":"s","inputResponses":{"q":{"role":"assistant","content":{
                    "type":"text","text":"01234567890123456789"},"model":"claude-sonnet-4-5"}}
                    """#))
        script.server(Deep.answer(2, Deep.started("A")))
        script.client(Deep.finalize(3, "A"))
        script.server(Deep.answer(3, Deep.found(0.5)))
        let trace = try #require(script.traces.first)
        #expect(script.traces.count == 1)
        #expect(trace.turns == 3)
        // The two the client wrote, and the one it was asked for: 6 tokens.
        #expect(trace.clientTurns == 3)
        #expect(trace.cost.nanodollars == 621_000)
        // The root hangs where the call that made it known would have.
        #expect(trace.parentSpanID == script.call(1)?.spanID)
        #expect(script.call(2)?.parentSpanID == trace.spanID)
        #expect(Set(script.calls.filter { $0.method != "initialize" }.map(\.traceID)).count == 1)
        #expect(script.clientTurns.compactMap(\.partOf).isEmpty)
    }

    @Test func `a sampling request outlives the call it was made for`() {
        var script = Deep.script()
        script.client(Deep.escalate(1))
        script.server(Deep.sampling(900))
        script.server(Deep.answer(1))
        #expect(script.traces.isEmpty)
        script.client(Deep.sampled(900))
        #expect(script.traces.count == 1)
        #expect(script.traces.first?.clientTurns == 2)
        #expect(script.traces.first?.cost.nanodollars == 414_000)
    }

    @Test func `sampling for a plain tool, or for one of several, is in no escalation`() {
        var script = Deep.script()
        script.client(Frame.tool(1, "health_check"))
        script.server(Deep.sampling(900))
        script.client(Deep.sampled(900))
        script.server(Frame.text(1, "ok"))
        script.client(Deep.escalate(2))
        script.client(Deep.escalate(3))
        script.server(Deep.sampling(901))
        script.client(Deep.sampled(901))
        script.server(Deep.answer(2))
        script.server(Deep.answer(3))
        #expect(script.traces.count == 2)
        #expect(script.traces.allSatisfy { $0.clientTurns == 1 })
        #expect(script.meter.escalations.count == 0)
    }

    @Test func `sampling that names its task is that task's`() {
        var script = Deep.script()
        script.client(Deep.escalate(1))
        script.server(Frame.result(1, #"{"task":{"taskId":"t","status":"working"}}"#))
        script.server(
            Deep.sampling(900).replacing(
                #""maxTokens":9"#,
                with: #""_meta":{"io.modelcontextprotocol/related-task":{"taskId":"t"}}"#))
        script.client(Deep.sampled(900))
        script.client(Frame.request(2, "tasks/result", #"{"taskId":"t"}"#))
        script.server(Deep.answer(2))
        #expect(script.traces.map(\.clientTurns) == [2])
        #expect(script.traces.first?.cost.nanodollars == 414_000)
    }
}
