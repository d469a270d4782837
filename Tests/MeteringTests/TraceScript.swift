import Metering
import Records

/// A client in which Claude works, before deep-code-reasoning-mcp: what both say, with usage the
/// server reports so that every figure can be worked out.
///
/// Prices are those of the built-in table: Gemini 2.5 Pro 1,250 and 10,000 nano-dollars a token in
/// and out, Claude Sonnet 4.5 3,000 and 15,000. An argument of 10 characters is 3 of Claude's
/// tokens, an answer of 20 is 6.
enum Deep {
    static let command = "node /x/deep-code-reasoning-mcp/dist/index.js"

    static func script(
        client: String? = "claude-code", model: String? = "claude-sonnet-4-5",
        _ change: (inout MeterConfiguration) -> Void = { _ in }
    ) -> Script {
        var script = Script(command) {
            $0.clientModel = model
            change(&$0)
        }
        if let client {
            script.client(Frame.hello(client: client))
            script.server(Frame.welcome(0, "deep-code-reasoning-mcp"))
        }
        return script
    }

    static let context = #"{"claude_context":{"stuck_description":"0123456789"}}"#

    static func start(_ id: Int, meta: String? = nil) -> String {
        Frame.tool(id, "start_conversation", context, meta: meta)
    }

    static func go(_ id: Int, _ session: String, meta: String? = nil) -> String {
        Frame.tool(
            id, "continue_conversation",
            #"{"session_id":"\#(session)","message":"0123456789"}"#, meta: meta)
    }

    static func finalize(_ id: Int, _ session: String) -> String {
        Frame.tool(id, "finalize_conversation", #"{"session_id":"\#(session)"}"#)
    }

    static func status(_ id: Int, _ session: String) -> String {
        Frame.tool(id, "get_conversation_status", #"{"session_id":"\#(session)"}"#)
    }

    static func escalate(_ id: Int, meta: String? = nil) -> String {
        Frame.tool(id, "escalate_analysis", context, meta: meta)
    }

    /// An answer with 20 characters that a model wrote.
    static func answer(
        _ id: Int, _ more: String = "", model: String = "gemini-2.5-pro", input: Int = 100,
        output: Int = 10
    ) -> String {
        let text = #"{"response":"01234567890123456789"\#(more)}"#
        return Frame.result(
            id,
            #"""
            {"content":[{"type":"text","text":\#(Frame.quoted(text))}],"structuredContent":{
            "model":"\#(model)","usage":{"prompt_tokens":\#(input),"completion_tokens":\#(output),
            "total_tokens":\#(input + output)}}}
            """#
        )
    }

    static func started(_ session: String) -> String { #","sessionId":"\#(session)""# }

    static func found(_ confidence: Double) -> String {
        #","status":"success","findings":{"rootCauses":[{"confidence":\#(confidence)}]}"#
    }

    /// 40 characters of prompt.
    static func sampling(_ id: Int) -> String {
        let text = String(repeating: "0123456789", count: 4)
        return Frame.request(
            id, "sampling/createMessage",
            #"""
            {"messages":[{"role":"user","content":{"type":"text","text":"\#(text)"}}],
            "maxTokens":9}
            """#
        )
    }

    static func sampled(_ id: Int) -> String {
        Frame.result(
            id,
            #"""
            {"role":"assistant","model":"claude-sonnet-4-5","content":{"type":"text",
            "text":"01234567890123456789"}}
            """#
        )
    }

    static func gone(_ id: Int, _ session: String) -> String {
        Frame.error(
            id, -32600, "Session management error: Session \(session) not found or expired")
    }

    static func busy(_ id: Int, _ session: String) -> String {
        Frame.error(
            id, -32600,
            "Session management error: Session \(session) is currently processing another request")
    }

    static func failure(_ id: Int) -> String {
        Frame.error(id, -32603, "MCP error -32603: Internal error: No JSON found")
    }
}

extension Script {
    var traces: [TraceRecord] {
        records.compactMap { if case .trace(let trace) = $0 { trace } else { nil } }
    }

    var clientTurns: [CallRecord] {
        records.compactMap { if case .usage(let usage) = $0 { usage } else { nil } }
    }

    func clientTurn(_ number: Int) -> CallRecord? {
        clientTurns.first { $0.requestID == .number("\(number)") }
    }
}
