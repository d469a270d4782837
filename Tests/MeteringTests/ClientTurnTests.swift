import Records
import Testing

@testable import Metering

/// The client's side of an escalation, as far as it can be told from outside.
struct ClientTurnTests {
    @Test(
        arguments: [
            ("claude-code", nil, "anthropic"),
            ("claude-ai (via mcp-remote 0.1.37)", nil, "anthropic"),
            ("Claude", "", "anthropic"), ("codex-mcp-client", nil, nil),
            ("cursor-vscode", nil, nil),
            ("Visual Studio Code", nil, nil), ("gemini-cli-mcp-client", nil, nil),
            ("cursor-vscode", "claude-opus-4-5", "anthropic"), ("mine", "gpt-5", "openai"),
            ("my-claude-thing", "unheard-of", "anthropic"),
        ] as [(String, String?, String?)])
    func `a client with a model in it has turns`(client: String, model: String?, maker: String?) {
        let model = model.flatMap { $0.isEmpty ? nil : $0 }
        var script = Deep.script(client: client, model: model)
        script.client(Deep.escalate(1))
        script.server(Deep.answer(1))
        let turn = script.clientTurn(1)
        #expect(turn?.provider == maker)
        #expect(turn?.model == model)
        #expect(turn?.modelSource == (model == nil ? nil : .config))
        #expect(turn?.usage?.source == .estimated)
        #expect(turn?.cost?.source == (model == nil || model == "unheard-of" ? .unpriced : .priced))
    }

    @Test(arguments: ["mcp-inspector", "curses", "claudette", "zedfoo", "", "my-claude-thing"])
    func `of any other client nothing is guessed`(client: String) {
        var script = Deep.script(client: client, model: nil)
        script.client(Deep.escalate(1))
        script.server(Deep.answer(1))
        #expect(script.clientTurns.isEmpty)
        #expect(script.traces.map(\.clientTurns) == [0])
    }

    @Test func `a turn says whose it is and what it led to, and no more`() throws {
        var script = Deep.script()
        script.client(Deep.escalate(7, meta: #"{"claudecode/toolUseId":"toolu_7"}"#))
        script.server(Deep.answer(7, Deep.found(0.9)))
        let turn = try #require(script.clientTurn(7))
        let call = try #require(script.call(7))
        #expect(turn.id == CallRecord.clientTurnID(toolUseID: "toolu_7"))
        #expect(turn.direction == .client && turn.method == "chat" && turn.outcome == .ok)
        #expect(turn.toolUseID == "toolu_7")
        #expect(turn.traceID == call.traceID && turn.parentSpanID == call.spanID)
        #expect(turn.spanID != call.spanID)
        #expect(turn.eventType == "escalation" && turn.tool == nil)
        #expect(turn.agentID == call.agentID && turn.surface == call.surface)
        #expect(turn.server == call.server && turn.client == "claude-code")
        #expect(turn.requestBytes == 0 && turn.responseBytes == nil && turn.quality == nil)
        #expect(turn.partOf == nil && turn.modelCalls == nil && turn.escalationReason == nil)
        #expect(turn.time == call.time && turn.durationMilliseconds == 0)
    }

    @Test func `its id is that of the tool use wherever it was called, else of the call`() {
        func id(_ meta: String?, _ number: Int) -> String? {
            var script = Deep.script()
            for other in 0..<number { script.client(Frame.request(50 + other, "ping")) }
            script.client(Deep.escalate(1, meta: meta))
            script.server(Deep.answer(1))
            return script.clientTurn(1)?.id
        }
        let named = #"{"claudecode/toolUseId":"toolu_A"}"#
        #expect(id(named, 0) != nil)
        #expect(id(named, 0) == id(named, 3))
        #expect(id(named, 0) != id(nil, 0))
        #expect(id(nil, 0) != id(nil, 3))
    }

    @Test func `a tool use that is called twice was written once`() {
        var script = Deep.script()
        for id in 1...2 {
            script.client(Deep.escalate(id, meta: #"{"claudecode/toolUseId":"toolu_A"}"#))
            script.server(Deep.answer(id))
        }
        #expect(script.clientTurns.count == 1)
        #expect(script.traces.map(\.clientTurns) == [1, 0])
    }

    @Test func `arguments and answers are counted by the client's own tokenizer`() {
        var script = Deep.script(model: "claude-opus-4-7")
        script.client(Frame.tool(1, "escalate_analysis", #"{"claude_context":{"a":"日本語"}}"#))
        script.server(Frame.text(1, "01234567890123456789"))
        #expect(script.clientTurn(1)?.usage?.output == 3)
        // 400 thousandths a character.
        #expect(script.clientTurn(1)?.usage?.input == 8)
    }
}
