internal import Records
internal import Wire

/// Answers in the server's place, a line each.
enum Answer {
    /// JSON-RPC 2.0 §5.1: the range for servers' own errors.
    private static let errorCode: Int64 = -32000

    /// The answer to a call that was not sent.
    ///
    /// - Parameter frame: the call.
    static func line(
        refusing id: RequestID, _ text: String, of frame: UnsafeRawBufferPointer
    ) -> [UInt8] {
        asksForTask(frame.bindMemory(to: UInt8.self).span)
            ? error(id, text) : toolResult(id, text)
    }

    /// A tool's result that says why there is none (MCP, "Tools": execution errors), for the model
    /// to read.
    private static func toolResult(_ id: RequestID, _ text: String) -> [UInt8] {
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
    private static func error(_ id: RequestID, _ text: String) -> [UInt8] {
        line(id) { json in
            json.key("error" as StaticString)
            json.beginObject()
            json.member("code", errorCode)
            json.member("message", text)
            json.endObject()
        }
    }

    /// Whether a call is to be made a task (`params.task`).
    private static func asksForTask(_ frame: Span<UInt8>) -> Bool {
        var found = false
        try? JSONReader.read(frame) { (reader) throws(JSONError) in
            try reader.enterObject()
            while try reader.nextKey() {
                guard try reader.contentEquals("params"), try reader.peek() == .object else {
                    try reader.skip()
                    continue
                }
                try reader.enterObject()
                while try reader.nextKey() {
                    if try reader.contentEquals("task"), try reader.peek() == .object {
                        found = true
                    }
                    try reader.skip()
                }
            }
        }
        return found
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
