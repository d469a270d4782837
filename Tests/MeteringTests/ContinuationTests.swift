import Records
import Testing

@testable import Metering

/// Answers that only say "later": tasks, and results that want input first.
struct ContinuationTests {
    private static let arguments = #"{"prompt":"count to ten","model":"gpt-4o"}"#

    private func task(_ id: Int, _ status: String, _ more: String = "") -> String {
        Frame.result(id, #"{"taskId":"t-1","status":"\#(status)","ttl":60000\#(more)}"#)
    }

    private func created(_ id: Int) -> String {
        Frame.result(id, #"{"task":{"taskId":"t-1","status":"working","ttl":60000}}"#)
    }

    private func asked(_ id: Int, _ method: String) -> String {
        Frame.request(id, method, #"{"taskId":"t-1"}"#)
    }

    @Test func `a task of 2025-11-25 is metered once, by the request that brings its result`() {
        var script = Script("npx mcp-openai")
        script.client(Frame.tool(1, "openai_chat", Self.arguments, more: #","task":{"ttl":60000}"#))
        script.server(created(1))
        script.client(asked(2, "tasks/get"))
        script.server(task(2, "working"))
        script.client(asked(3, "tasks/result"))
        script.server(Frame.usage(3, model: "gpt-4o", input: 100, output: 20))
        script.client(asked(4, "tasks/result"))
        script.server(Frame.usage(4, model: "gpt-4o", input: 100, output: 20))
        let calls = script.calls
        #expect(calls.map(\.outcome) == [.ok, .ok, .ok, .ok])
        #expect(calls.map { $0.usage?.input } == [nil, nil, 100, nil])
        #expect(calls.map(\.model) == [nil, nil, "gpt-4o", nil])
        #expect(calls.map(\.tool) == Array(repeating: "openai_chat", count: 4))
        #expect(calls.map(\.retryOf) == [nil, calls[0].id, calls[0].id, calls[0].id])
        #expect(Set(calls.map(\.traceID)).count == 1)
        #expect(calls[2].parentSpanID == calls[0].spanID)
    }

    @Test func `a task of 2026-07-28 is metered by the poll that brings its result`() {
        var script = Script("npx mcp-openai")
        script.client(Frame.tool(1, "openai_chat", Self.arguments))
        script.server(
            Frame.result(1, #"{"resultType":"task","taskId":"t-1","status":"working","ttlMs":1}"#))
        script.client(asked(2, "tasks/get"))
        script.server(task(2, "working"))
        let result = Frame.reported(model: "gpt-4o", input: 100, output: 20)
        for id in 3...4 {
            script.client(asked(id, "tasks/get"))
            script.server(task(id, "completed", #","result":\#(result)"#))
        }
        #expect(script.calls.map { $0.usage?.output } == [nil, nil, 20, nil])
    }

    @Test func `a task's plain answer is estimated from the first call's prompt`() {
        var script = Script("npx mcp-openai")
        script.client(Frame.tool(1, "openai_chat", Self.arguments))
        script.server(created(1))
        script.client(asked(2, "tasks/result"))
        script.server(Frame.text(2, "one two three four five six seven eight nine ten"))
        #expect(script.calls.last?.usage?.source == .estimated)
        #expect(script.calls.last?.model == "gpt-4o")
        #expect(script.calls.last?.modelSource == .argument)
        #expect((script.calls.last?.usage?.input ?? 0) > 0)
    }

    @Test func `a task of before the session counts if it reports`() {
        var script = Script("npx mcp-openai")
        script.client(asked(1, "tasks/result"))
        script.server(Frame.usage(1, model: "gpt-4o", input: 5, output: 6))
        script.client(asked(2, "tasks/result"))
        script.server(Frame.usage(2, model: "gpt-4o", input: 5, output: 6))
        #expect(script.calls.map { $0.usage?.output } == [6, nil])
    }

    private func wanting(_ id: Int, _ state: String) -> String {
        Frame.result(
            id,
            #"""
            {"resultType":"input_required","inputRequests":{"q":{"method":
            "sampling/createMessage","params":{}}},"requestState":"\#(state)"}
            """#
        )
    }

    private func again(_ id: Int, _ state: String, _ responses: String = "{}") -> String {
        Frame.tool(
            id, "openai_chat", Self.arguments,
            more: #","requestState":"\#(state)","inputResponses":\#(responses)"#)
    }

    @Test func `a retry is known by its state, and the last result is metered`() {
        var script = Script("npx mcp-openai")
        script.client(Frame.tool(1, "openai_chat", Self.arguments))
        script.server(wanting(1, "s-1"))
        // Another call, just like it, with no state or a strange one: not a retry of anything.
        script.client(again(2, "s-2"))
        script.server(Frame.text(2, "other"))
        script.client(again(3, "s-1"))
        script.server(wanting(3, "s-3"))
        script.client(again(4, "s-3"))
        script.server(Frame.usage(4, model: "gpt-4o", input: 50, output: 5))
        let calls = script.calls
        #expect(calls.map(\.retryOf) == [nil, nil, calls[0].id, calls[2].id])
        #expect(calls.map { $0.usage?.source } == [nil, .estimated, nil, .reported])
        #expect(calls[3].traceID == calls[0].traceID)
        #expect(calls[1].traceID != calls[0].traceID)
    }

    @Test func `a model that answered inside a retry has a record of its own`() throws {
        var script = Script("npx mcp-openai")
        script.client(Frame.tool(1, "openai_chat", Self.arguments))
        script.server(wanting(1, "s-1"))
        script.client(
            again(
                2, "s-1",
                #"""
                {"q":{"role":"assistant","content":{"type":"text","text":
                "a longer answer of the client"},"model":"claude-sonnet-4-5"}}
                """#
            ))
        script.server(Frame.usage(2, model: "gpt-4o", input: 50, output: 5))
        #expect(script.calls.count == 3)
        let sampled = try #require(script.calls.last)
        #expect(sampled.method == "sampling/createMessage")
        #expect(sampled.direction == .serverToClient)
        #expect(sampled.partOf == script.calls[1].id)
        #expect(sampled.provider == "anthropic")
        #expect(sampled.model == "claude-sonnet-4-5")
        #expect(sampled.usage?.source == .estimated)
        #expect(sampled.usage?.input == nil)
        #expect((sampled.usage?.output ?? 0) > 0)
        #expect(sampled.requestBytes == 0)
        #expect(script.requests.count == 2)
    }

    @Test func `codex tells its usage in events, which are summed by request`() {
        var script = Script("codex mcp-server")
        func event(_ id: Int, _ message: String) -> String {
            Frame.notify(
                "codex/event",
                #"{"_meta":{"requestId":\#(id),"threadId":"t"},"id":"1","msg":\#(message)}"#)
        }
        func count(_ input: Int, _ output: Int) -> String {
            #"""
            {"type":"token_count","info":{"total_token_usage":{"input_tokens":99999,
            "output_tokens":9999,"total_tokens":109998},"last_token_usage":{
            "input_tokens":\#(input),"cached_input_tokens":10,"output_tokens":\#(output),
            "reasoning_output_tokens":2,"total_tokens":\#(input + output)}}}
            """#
        }
        script.client(Frame.tool(3, "codex", #"{"prompt":"fix it"}"#))
        script.client(Frame.tool(4, "codex", #"{"prompt":"fix that"}"#))
        script.server(event(3, #"{"type":"session_configured","model":"gpt-5-codex"}"#))
        script.server(event(3, count(100, 20)))
        script.server(event(4, count(7, 7)))
        script.server(event(3, count(50, 5)))
        script.server(event(8, count(1, 1)))
        script.server(Frame.text(3, "done"))
        #expect(script.calls.count == 1)
        let call = script.calls.first
        #expect(call?.provider == "openai")
        #expect(call?.model == "gpt-5-codex")
        #expect(call?.modelSource == .response)
        #expect(
            call?.usage
                == TokenUsage(
                    source: .reported, input: 150, cachedInput: 20, output: 25, reasoning: 4))
        #expect(script.meter.counts.unknown == 1)
    }

    @Test func `a server that fans out has one record a model, and one request`() throws {
        var script = Script("uvx zen-mcp-server")
        script.client(Frame.tool(1, "consensus", #"{"prompt":"which?"}"#))
        func block(_ model: String, _ input: Int) -> String {
            let text =
                #"""
                {"model":"\#(model)","content":"yes","usage":{"prompt_tokens":\#(input),
                "completion_tokens":9,"total_tokens":\#(input + 9)}}
                """#
            return #"{"type":"text","text":\#(Frame.quoted(text))}"#
        }
        script.server(
            Frame.result(
                1, #"{"content":[\#(block("gpt-4o", 30)),\#(block("gemini-2.5-pro", 40))]}"#))
        #expect(script.calls.count == 2)
        let (first, second) = (script.calls[0], try #require(script.calls.last))
        #expect(script.calls.map(\.model) == ["gpt-4o", "gemini-2.5-pro"])
        #expect(script.calls.map(\.provider) == ["openai", "google"])
        #expect(first.partOf == nil)
        #expect(second.partOf == first.id)
        #expect(second.id == DerivedID.make(from: first.id, purpose: "part", index: 1))
        #expect(second.durationMilliseconds == first.durationMilliseconds)
        #expect(second.parentSpanID == first.spanID)
        #expect(second.requestBytes == 0)
    }
}
