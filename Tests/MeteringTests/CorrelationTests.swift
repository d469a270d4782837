import Records
import Testing

@testable import Metering

/// Which answer belongs to which request, and what becomes of those that have none.
struct CorrelationTests {
    @Test func `a call is timed from its last byte to both ends of its answer`() throws {
        var script = Script("npx -y gemini-mcp-tool")
        script.client(Frame.hello())
        script.wait(5)
        script.server(Frame.welcome(0, "gemini-cli-mcp"))
        script.wait(100)
        script.client(
            Frame.tool(
                1, "ask-gemini", #"{"prompt":"why is it so?"}"#,
                meta: #"{"claudecode/toolUseId":"toolu_01","progressToken":1}"#), id: "call-1")
        script.wait(1000)
        script.server(Frame.notify("notifications/progress", #"{"progressToken":1,"progress":1}"#))
        script.wait(2000)
        script.server(Frame.text(1, "Gemini response:\nbecause"), taking: 250)
        let call = try #require(script.call(1))
        #expect(call.id == "call-1")
        #expect(call.firstByteMilliseconds == 3000)
        #expect(call.durationMilliseconds == 3250)
        #expect(call.time.microseconds == Script.start.microseconds + 105_000)
        #expect(call.session == Script.session)
        #expect(call.direction == .clientToServer)
        #expect(call.method == "tools/call")
        #expect(call.tool == "ask-gemini")
        #expect(call.server == "gemini-cli-mcp")
        #expect(call.client == "claude-code")
        #expect(call.agentID == "gemini-cli-mcp")
        #expect(call.toolUseID == "toolu_01")
        #expect(call.outcome == .ok)
        #expect(call.provider == "google")
        #expect(call.model == "gemini-2.5-pro")
        #expect(call.modelSource == .profile)
        #expect(call.usage?.source == .estimated)
        #expect(call.cost?.source == .priced)
        #expect((call.responseBytes ?? 0) > 0)
        #expect(call.requestBytes > 0)
        #expect(script.begins.count == 1)
        script.end(exitStatus: 3)
        #expect(
            script.ended?.counts == ["frames": 5, "requests": 2, "notifications": 1, "progress": 1])
        #expect(script.ended?.exitStatus == 3)
        #expect(script.ended?.client == "claude-code")
        #expect(script.ended?.durationMilliseconds == 3355)
    }

    @Test func `before the handshake the server is called by its command`() {
        var script = Script("node /x/deep-code-reasoning-mcp/dist/index.js")
        script.client(Frame.request(1, "ping"))
        #expect(script.begins.first?.server == "deep-code-reasoning-mcp")
        script.server(Frame.result(1))
        #expect(script.calls.first?.agentID == "deep-code-reasoner")
        #expect(script.calls.first?.surface == "deep-code-reasoning-mcp")
        #expect(script.calls.first?.provider == nil)
    }

    @Test func `a begin made on the pump is the one the meter would make`() throws {
        var script = Script()
        script.client(Frame.tool(1, "t"))
        let made = try #require(script.begins.first)
        var other = Script()
        other.client(Frame.tool(1, "t"), id: made.id)
        #expect(other.begins.isEmpty)
        other.end()
        #expect(other.calls.first?.id == made.id)
        #expect(other.calls.first?.time == made.time)
    }

    @Test func `ids of both directions and both forms are apart`() {
        var script = Script()
        script.client(Frame.tool(1, "slow"))
        script.server(
            Frame.request(
                1, "sampling/createMessage",
                #"{"messages":[{"role":"user","content":{"type":"text","text":"hello there"}}]}"#))
        script.client(#"{"jsonrpc":"2.0","id":"1","method":"ping"}"#)
        script.client(
            Frame.result(
                1,
                #"""
                {"role":"assistant","content":{"type":"text","text":"hi"},"model":
                "claude-sonnet-4-5","stopReason":"endTurn"}
                """#
            ))
        #expect(script.calls.count == 1)
        let sampling = script.calls.first
        #expect(sampling?.direction == .serverToClient)
        #expect(sampling?.method == "sampling/createMessage")
        #expect(sampling?.provider == "anthropic")
        #expect(sampling?.model == "claude-sonnet-4-5")
        #expect(sampling?.modelSource == .response)
        #expect(sampling?.usage?.source == .estimated)
        #expect(sampling?.eventType == "sampling")
        script.server(Frame.result(1))
        script.server(#"{"jsonrpc":"2.0","id":"1","result":{}}"#)
        #expect(script.calls.count == 3)
        #expect(script.calls[1].tool == "slow")
        #expect(script.calls[2].requestID == .string("1"))
        // What a server asks while it works on the one tool call is part of that call's trace.
        #expect(sampling?.traceID == script.calls[1].traceID)
        #expect(sampling?.parentSpanID == script.calls[1].spanID)
    }

    @Test(arguments: ["elicitation/create", "roots/list", "ping"])
    func `the server's other requests are calls without a model`(method: String) {
        var script = Script("npx grok-mcp") { $0.provider = "xai" }
        script.server(Frame.request(1, method, #"{"message":"which one?"}"#))
        script.client(Frame.result(1, #"{"action":"accept","content":{"text":"x"}}"#))
        #expect(script.calls.count == 1)
        #expect(script.calls.first?.provider == nil)
        #expect(script.calls.first?.usage == nil)
        #expect(script.calls.first?.cost == nil)
    }

    @Test func `a cancelled call waits a minute for what its late answer says`() {
        var script = Script("npx grok-mcp")
        script.client(Frame.tool(1, "chat", #"{"prompt":"long one"}"#))
        script.wait(700)
        script.client(Frame.cancel(1))
        script.wait(59_000)
        script.tick()
        #expect(script.calls.isEmpty)
        script.server(Frame.usage(1, model: "grok-4", input: 900, output: 80))
        #expect(script.calls.count == 1)
        let call = script.calls.first
        #expect(call?.outcome == .cancelled)
        #expect(call?.errorType == .cancelled)
        #expect(call?.durationMilliseconds == 700)
        #expect(call?.firstByteMilliseconds == nil)
        #expect(call?.usage?.input == 900)
        #expect(call?.cost?.nanodollars != nil)
        #expect(script.meter.counts.late == 1)
        script.wait(120_000)
        script.tick()
        script.end()
        #expect(script.calls.count == 1)
    }

    @Test func `a cancelled call that is never answered has a record after a minute`() {
        var script = Script("npx grok-mcp")
        script.client(Frame.tool(1, "chat", #"{"prompt":"long","model":"grok-4"}"#))
        script.wait(10)
        script.client(Frame.cancel(1))
        script.wait(60_001)
        script.tick()
        #expect(script.calls.count == 1)
        #expect(script.calls.first?.outcome == .cancelled)
        // It went to a model, for who knows how many tokens.
        #expect(script.calls.first?.model == "grok-4")
        #expect(script.calls.first?.modelSource == .argument)
        #expect(script.calls.first?.usage == nil)
        #expect(script.calls.first?.cost == nil)
        script.server(Frame.text(1, "too late"))
        #expect(script.calls.count == 1)
        #expect(script.meter.counts.duplicate == 1)
    }

    @Test func `an id used again after its cancellation is a new call's`() {
        var script = Script()
        script.client(Frame.tool(1, "first"))
        script.client(Frame.cancel(1))
        script.client(Frame.tool(1, "second"))
        script.server(Frame.result(1))
        #expect(script.calls.map(\.tool) == ["second"])
        script.end()
        #expect(script.calls.map(\.tool) == ["second", "first"])
        #expect(script.calls.map(\.outcome) == [.ok, .cancelled])
    }

    @Test func `only its sender takes a request back, and initialize nobody`() {
        var script = Script()
        script.client(Frame.hello())
        script.client(Frame.tool(1, "t"))
        script.client(Frame.cancel(0))
        script.server(Frame.cancel(1))
        script.client(Frame.cancel(9))
        script.client(Frame.notify("notifications/cancelled"))
        script.end()
        #expect(script.calls.map(\.outcome) == [.lost, .lost])
        #expect(script.meter.counts.unknown == 3)
    }

    @Test func `a subscription ends with the session or at the server's word, and is not lost`() {
        var script = Script()
        script.client(Frame.request(1, "subscriptions/listen"))
        script.client(Frame.request(2, "subscriptions/listen"))
        script.wait(30)
        script.server(Frame.cancel(1))
        script.wait(30)
        script.end()
        #expect(script.calls.map(\.outcome) == [.ok, .ok])
        #expect(script.calls.map(\.durationMilliseconds) == [30, 60])
    }

    @Test func `answers to nobody and second answers are counted and make no record`() {
        var script = Script()
        script.client(Frame.tool(1, "t"))
        script.server(Frame.result(7))
        script.server(Frame.result(1))
        script.server(Frame.result(1))
        script.server(#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"}}"#)
        script.server("{}")
        #expect(script.calls.count == 1)
        #expect(script.meter.counts.unknown == 2)
        #expect(script.meter.counts.duplicate == 1)
        #expect(script.meter.counts.malformed == 1)
    }

    @Test func `an id used twice at once is two calls, answered in order`() {
        var script = Script()
        script.client(Frame.tool(1, "a"))
        script.client(Frame.tool(1, "b"))
        script.server(Frame.result(1))
        script.server(Frame.error(1, -32603, "no"))
        #expect(script.calls.map(\.tool) == ["a", "b"])
        #expect(script.calls.map(\.outcome) == [.ok, .error])
        #expect(script.calls.last?.errorCode == -32603)
        #expect(Set(script.calls.map(\.id)).count == 2)
    }

    @Test func `a batch is its messages`() {
        var script = Script()
        script.client("[\(Frame.tool(1, "a")),\(Frame.tool(2, "b")),\(Frame.notify("x/y"))]")
        script.server("[\(Frame.result(2)),\(Frame.result(1))]")
        #expect(script.calls.map(\.tool) == ["b", "a"])
    }

    @Test func `the death of the server loses what was open`() {
        var script = Script("npx grok-mcp")
        script.client(Frame.tool(1, "chat", #"{"prompt":"x","model":"grok-4"}"#))
        script.client(Frame.request(2, "tools/list"))
        script.client(Frame.tool(3, "chat", #"{"prompt":"x"}"#))
        script.client(Frame.cancel(3))
        script.wait(40)
        script.end(exitStatus: 137)
        #expect(script.calls.map(\.outcome) == [.lost, .lost, .cancelled])
        #expect(script.calls[0].durationMilliseconds == 40)
        #expect(script.calls[0].responseBytes == nil)
        #expect(script.calls[1].provider == nil)
        #expect(script.ended?.exitStatus == 137)
    }

    @Test func `too many calls in flight close the oldest`() {
        var script = Script { $0.openCallsMax = 3 }
        for id in 1...5 { script.client(Frame.tool(id, "t\(id)")) }
        #expect(script.calls.map(\.tool) == ["t1", "t2"])
        #expect(script.calls.allSatisfy { $0.outcome == .lost })
        #expect(script.meter.counts.evicted == 2)
        script.server(Frame.result(4))
        script.end()
        #expect(script.calls.map(\.tool) == ["t1", "t2", "t4", "t3", "t5"])
    }

    @Test func `names of the 2026-07-28 revision come with each message`() {
        var script = Script("node dist/index.js")
        script.client(
            Frame.tool(
                1, "ask", #"{"prompt":"x"}"#,
                meta:
                    #"""
                    {"io.modelcontextprotocol/protocolVersion":"2026-07-28",
                    "io.modelcontextprotocol/clientInfo":{"name":"cursor","version":"3"}}
                    """#
            ))
        script.server(
            Frame.result(
                1,
                #"""
                {"resultType":"complete","content":[{"type":"text","text":"y"}],"_meta":{
                "io.modelcontextprotocol/serverInfo":{"name":"grok-mcp","version":"1"}}}
                """#
            ))
        #expect(script.calls.first?.client == "cursor")
        #expect(script.calls.first?.server == "grok-mcp")
        #expect(script.calls.first?.provider == "xai")
    }

    @Test func `traces follow the caller, then the environment, then nobody`() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        var script = Script {
            $0.traceparent = "00-11111111111111111111111111111111-2222222222222222-01"
        }
        script.client(
            Frame.tool(1, "t", meta: #"{"traceparent":"00-\#(trace)-00f067aa0ba902b7-01"}"#))
        script.client(
            Frame.tool(2, "t", meta: #"{"traceparent":"00-\#(trace)-0000000000000000-01"}"#))
        script.end()
        #expect(script.calls[0].traceID == trace)
        #expect(script.calls[0].parentSpanID == "00f067aa0ba902b7")
        #expect(script.calls[1].traceID == String(repeating: "1", count: 32))
        var alone = Script()
        alone.client(Frame.tool(1, "t"))
        alone.client(Frame.tool(2, "t"))
        alone.end()
        #expect(alone.calls[0].parentSpanID == nil)
        #expect(alone.calls[0].traceID != alone.calls[1].traceID)
        #expect(alone.calls.allSatisfy { $0.traceID.count == 32 && $0.spanID.count == 16 })
    }
}
