internal import Records
internal import Wire

/// Answers in the server's place, a line each.
enum Answer {
    /// JSON-RPC 2.0 §5.1: the range for servers' own errors.
    private static let errorCode: Int64 = -32000

    /// A tool's result that says why there is none (MCP, "Tools": execution errors), for the model
    /// to read.
    static func toolResult(_ id: RequestID, _ text: String) -> [UInt8] {
        line(id) { json in
            json.key("result" as StaticString)
            json.beginObject()
            json.key("content" as StaticString)
            json.beginArray()
            json.beginObject()
            json.member("type", "text")
            json.member("text", text)
            json.endObject()
            json.endArray()
            json.member("isError", true)
            json.endObject()
        }
    }

    /// A protocol error: a call that asked for a task is answered with one or with an error, and
    /// not with a tool's result (MCP 2025-11-25, "Tasks").
    static func error(_ id: RequestID, _ text: String) -> [UInt8] {
        line(id) { json in
            json.key("error" as StaticString)
            json.beginObject()
            json.member("code", errorCode)
            json.member("message", text)
            json.endObject()
        }
    }

    private static func line(_ id: RequestID, _ rest: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("jsonrpc", "2.0")
        json.key("id" as StaticString)
        switch id.form {
        case .number: json.number(literal: id.text)
        case .string: json.string(id.text)
        }
        rest(&json)
        json.endObject()
        json.newline()
        return json.finish()
    }
}
