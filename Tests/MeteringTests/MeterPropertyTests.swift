import Records
import Testing

@testable import Metering

/// What holds for every sequence of messages.
struct MeterPropertyTests {
    /// SplitMix64: small, seeded, the same everywhere.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    private static let ids = ["1", "2", "3", #""1""#, #""x""#, "1.0", "null", "-7", "{}", "1e999"]
    private static let methods = [
        "tools/call", "tools/call", "tools/call", "tools/list", "initialize", "ping", "tasks/get",
        "tasks/result", "sampling/createMessage", "subscriptions/listen", "prompts/get", "",
    ]
    private static let commands = [
        "node /x/deep-code-reasoning-mcp/dist/index.js", "uvx mcp-server-git", "npx codex",
        "npx zen-mcp-server", "",
    ]
    private static let params = [
        "{}", "[]", "null",
        #"""
        {"name":"escalate_analysis","arguments":{"claude_context":[1,{"stuck_description":[
        "a",{"b":"c"},null]}]}}
        """#,
        #"""
        {"name":"continue_conversation","arguments":{"session_id":"A","message":"go on",
        "model":"pro"}}
        """#,
        #"""
        {"name":"finalize_conversation","arguments":{"session_id":"A"},"_meta":{
        "traceparent":"00-x"}}
        """#,
        #"""
        {"name":"chat","arguments":{"prompt":"x","model":"gpt-4o",
        "models_prefixed_by_provider":["openai:a"]},"requestState":"s"}
        """#,
        #"{"taskId":"t"}"#, #"{"taskId":7}"#, #"{"requestId":1}"#, #"{"requestId":"x"}"#,
        #"""
        {"requestState":"s","inputResponses":{"a":{"model":"claude-x","content":{"type":
        "text","text":"y"}},"b":[]}}
        """#,
        #"""
        {"_meta":{"requestId":1},"msg":{"type":"token_count","info":{"last_token_usage":{
        "input_tokens":18446744073709551615,"output_tokens":9223372036854775807}}}}
        """#,
    ]
    private static let results = [
        "{}", "null", "[]", "7", #"{"task":{"taskId":"t"}}"#,
        #"{"resultType":"task","taskId":"t"}"#,
        #"{"resultType":"input_required","requestState":"s"}"#,
        #"{"taskId":"t","status":"failed","result":{"content":[]}}"#,
        #"""
        {"content":[{"type":"text","text":
        "{\"sessionId\":\"A\",\"status\":\"active\",\"findings\":{\"rootCauses\":[
        {\"confidence\":7},{\"confidence\":-1},{\"confidence\":1e999}]}}"}],"isError":true}
        """#,
        #"""
        {"content":[{"type":"text","text":"ok"}],"structuredContent":{"model":"gpt-4o",
        "usage":{"prompt_tokens":99999999999999999999,"completion_tokens":-4,
        "total_tokens":0.5}}}
        """#,
        #"{"model":"claude-x","content":{"type":"text","text":"z"}}"#,
        #"""
        {"tools":[{"name":"chat","inputSchema":{"properties":{"model":{"default":
        "default"}}}},7,null]}
        """#,
        #"""
        {"serverInfo":{"name":"grok-mcp"},"_meta":{"io.modelcontextprotocol/serverInfo":{
        "name":""}}}
        """#,
    ]
    private static let notifications = [
        "notifications/cancelled", "notifications/cancelled", "notifications/progress",
        "codex/event", "x",
    ]

    private func line(_ random: inout Generator) -> String {
        func pick(_ from: [String], _ random: inout Generator) -> String {
            from[Int.random(in: 0..<from.count, using: &random)]
        }
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2:
            return
                #"""
                {"jsonrpc":"2.0","id":\#(pick(Self.ids, &random)),"method":
                "\#(pick(Self.methods, &random))","params":\#(pick(Self.params, &random))}
                """#
        case 3...5:
            return
                #"""
                {"jsonrpc":"2.0","id":\#(pick(Self.ids, &random)),
                "result":\#(pick(Self.results, &random))}
                """#
        case 6:
            return Frame.notify(pick(Self.notifications, &random), pick(Self.params, &random))
        default:
            return
                #"""
                {"jsonrpc":"2.0","id":\#(pick(Self.ids, &random)),"error":{"code":-32603,
                "message":"Session expired 429"}}
                """#
        }
    }

    @Test(arguments: 0..<120)
    func `every request has exactly one record in the end, whatever is said`(seed: Int) {
        var random = Generator(state: UInt64(seed))
        var script = Script(Self.commands[seed % Self.commands.count]) {
            $0.openCallsMax = seed % 3 == 0 ? 4 : 10_000
            $0.environment = { $0 == "DEFAULT_MODEL" ? "o3" : nil }
            $0.clientModel = seed % 2 == 0 ? "claude-sonnet-4-5" : nil
        }
        for _ in 0..<150 {
            let text = line(&random)
            if Bool.random(using: &random) { script.client(text) } else { script.server(text) }
            script.wait(UInt64.random(in: 0...9_000, using: &random))
            if Int.random(in: 0..<10, using: &random) == 0 { script.tick() }
        }
        script.end()

        // One call for each begin, with its id, method, direction and time; nothing else.
        let begins = Dictionary(grouping: script.begins, by: \.id)
        let requests = Dictionary(grouping: script.requests, by: \.id)
        #expect(begins.count == script.begins.count)
        #expect(Set(begins.keys) == Set(requests.keys))
        #expect(UInt64(begins.count) == script.meter.counts.requests)
        for (id, calls) in requests {
            #expect(calls.count == 1)
            #expect(calls.first?.method == begins[id]?.first?.method)
            #expect(calls.first?.direction == begins[id]?.first?.direction)
            #expect(calls.first?.time == begins[id]?.first?.time)
        }
        #expect(script.meter.open.count == 0)
        #expect(script.meter.escalations.count == 0)
        #expect(Set(script.traces.map(\.id)).count == script.traces.count)
        #expect(script.traces.allSatisfy { $0.turns > 0 && $0.durationMilliseconds >= 0 })
        #expect(script.traces.allSatisfy { $0.qualityPerDollar?.isFinite ?? true })
        #expect(Set(script.clientTurns.map(\.id)).count == script.clientTurns.count)

        for call in script.calls {
            #expect(call.durationMilliseconds >= 0)
            #expect(call.durationMilliseconds >= call.firstByteMilliseconds ?? 0)
            #expect((0...1).contains(call.quality ?? 0))
            #expect(call.traceID.count == 32 && call.spanID.count == 16)
            // No cost without usage, no usage or model source without what it belongs to.
            #expect(call.cost == nil || call.usage != nil || call.cost?.source == .reported)
            #expect((call.modelSource == nil) == (call.model == nil))
            #expect(call.retryOf.map { requests[$0] != nil } ?? true)
            #expect(call.partOf.map { requests[$0] != nil } ?? true)
            if !["tools/call", "sampling/createMessage", "tasks/get", "tasks/result"].contains(
                call.method)
            {
                #expect(call.provider == nil && call.model == nil && call.usage == nil)
            }
        }
        #expect(Set(script.calls.map(\.id)).count == script.calls.count)
        #expect(Set(script.calls.map(\.spanID)).count == script.calls.count)
    }

    @Test func `the same messages give the same records`() {
        func play() -> [Record] {
            var random = Generator(state: 42)
            var script = Script("npx zen-mcp-server")
            for _ in 0..<100 {
                let text = line(&random)
                if Bool.random(using: &random) { script.client(text) } else { script.server(text) }
            }
            script.end()
            return script.records
        }
        #expect(play() == play())
    }

    @Test func `maps and sets forget and stay small`() {
        var map = RecentMap<Int, Int>(limit: 100)
        var set = RecentSet<Int>(limit: 100)
        for i in 0..<10_000 {
            map[i] = i
            set.insert(i % 3000)
        }
        #expect(map[9_999] == 9_999)
        #expect(map[0] == nil)
        #expect((0..<10_000).count { map[$0] != nil } <= 100)
        #expect(set.contains(9_999 % 3000))
        #expect((0..<3000).count { set.contains($0) } == 100)
    }
}
