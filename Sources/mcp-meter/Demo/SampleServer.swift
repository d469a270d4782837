import Posix
import Records

/// The MCP server of the demonstration: answers in the manner of real model wrappers, from a script,
/// without a model or a network. Runs as `mcp-meter demo-server`, a real process on real pipes.
enum SampleServer {
    /// The hidden word that starts it.
    static let command = "demo-server"

    /// What it calls itself in the handshake.
    static let name = "mcp-meter-sample"

    /// Serves until standard input ends.
    static func run() {
        var lines = LineReader(descriptor: 0)
        while let line = lines.next() {
            guard let message = try? JSONValue(parsing: line) else { continue }
            guard let answer = answer(to: message) else { continue }
            guard Console.print(answer + "\n") else { return }
        }
    }

    private static func answer(to message: JSONValue) -> String? {
        guard let id = message["id"].map(literal), let method = message["method"]?.string else {
            return nil
        }
        let result: String
        switch method {
        case "initialize":
            result =
                #"{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"\#(name)","version":"1.0"}}"#
        case "tools/list":
            let tools = replies.map {
                #"{"name":"\#($0.tool)","description":"\#($0.summary)","inputSchema":{"type":"object"}}"#
            }
            result = #"{"tools":[\#(tools.joined(separator: ","))]}"#
        case "tools/call":
            guard
                let reply = replies.first(where: { $0.tool == message["params"]?["name"]?.string })
            else {
                return
                    #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":-32602,"message":"Unknown tool"}}"#
            }
            result = reply.result
        default: result = "{}"
        }
        return #"{"jsonrpc":"2.0","id":\#(id),"result":\#(result)}"#
    }

    /// An id as it goes back.
    private static func literal(_ id: JSONValue) -> String {
        switch id {
        case .string(let text): #""\#(text)""#
        case .number(let literal): literal
        default: "null"
        }
    }

    private struct Reply {
        let tool: String
        let summary: String
        let result: String
    }

    /// The conversation it opens.
    static let session = "5b0f7c1e-7a52-4d0e-9a35-3f1f6f2f8c11"

    private static let replies = [
        Reply(
            tool: "ask_gemini", summary: "Ask Gemini; reports what it used",
            result:
                #"{"content":[{"type":"text","text":"Both totals are rounded; only the second rounding is wrong."}],"structuredContent":{"modelVersion":"gemini-2.5-pro","usageMetadata":{"promptTokenCount":18211,"cachedContentTokenCount":15360,"candidatesTokenCount":412,"thoughtsTokenCount":1268,"totalTokenCount":19891}}}"#
        ),
        Reply(
            tool: "ask_grok", summary: "Ask Grok; answers with the provider's own JSON",
            result:
                #"{"content":[{"type":"text","text":"{\"model\":\"grok-4-fast\",\"choices\":[{\"message\":{\"content\":\"I agree with the first opinion.\"}}],\"usage\":{\"prompt_tokens\":912,\"completion_tokens\":34,\"total_tokens\":1277,\"completion_tokens_details\":{\"reasoning_tokens\":331},\"cost_in_usd_ticks\":3650000}}"}]}"#
        ),
        Reply(
            tool: "start_conversation", summary: "Open an escalation; reports nothing",
            result:
                #"{"content":[{"type":"text","text":"{\"sessionId\":\"\#(session)\",\"initialResponse\":\"Two passes round the same amount. Which of them runs under load?\",\"status\":\"active\"}"}]}"#
        ),
        Reply(
            tool: "continue_conversation", summary: "Go on with an escalation",
            result:
                #"{"content":[{"type":"text","text":"{\"response\":\"Then the batch pass sees amounts that were rounded already.\",\"status\":\"active\"}"}]}"#
        ),
        Reply(
            tool: "finalize_conversation", summary: "End an escalation",
            result:
                #"{"content":[{"type":"text","text":"{\"status\":\"success\",\"findings\":{\"rootCauses\":[{\"type\":\"precision\",\"confidence\":0.85}]}}"}]}"#
        ),
        Reply(
            tool: "ask_busy", summary: "Ask a model that is over its quota",
            result:
                #"{"content":[{"type":"text","text":"Error: got status: 429 Too Many Requests. RESOURCE_EXHAUSTED"}],"isError":true}"#
        ),
        Reply(
            tool: "read_clock", summary: "Use no model at all",
            result: #"{"content":[{"type":"text","text":"2026-01-01T00:00:00Z"}]}"#),
    ]

    /// What `MCP_METER_PROFILES` says of it: the file a user would write for a server of theirs.
    static let profile = #"""
        {"profiles": [{
          "servers": ["mcp-meter-sample"],
          "provider": "google",
          "model": "gemini-2.5-pro",
          "no_model": ["read_clock"],
          "tools": {
            "ask_gemini": {"calls_model": true, "event_type": "analysis"},
            "ask_grok": {"calls_model": true, "provider": "xai", "event_type": "analysis"},
            "ask_busy": {"calls_model": true, "event_type": "analysis"},
            "start_conversation": {
              "calls_model": true, "event_type": "escalation",
              "reason": ["claude_context.stuck_description"],
              "conversation_result": ["sessionId"]},
            "continue_conversation": {
              "calls_model": true, "event_type": "conversation",
              "conversation_argument": ["session_id"]},
            "finalize_conversation": {
              "calls_model": true, "event_type": "conversation",
              "conversation_argument": ["session_id"], "ends_conversation": true,
              "quality": [{"path": "findings.rootCauses.confidence"}]}
          }
        }]}
        """#
}
