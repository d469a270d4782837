import Posix
import Records

/// The demonstration's client: says its lines and waits for each answer.
enum SampleClient {
    /// Method and parameters, in the order they are said.
    private static let script: [(method: String, params: String)] = [
        (
            "initialize",
            #"{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"demo-client","version":"1.0"}}"#
        ),
        ("tools/list", "{}"),
        (
            "tools/call",
            #"{"name":"ask_gemini","arguments":{"prompt":"Why do invoice totals drift by one cent?"}}"#
        ),
        (
            "tools/call",
            #"{"name":"ask_grok","arguments":{"prompt":"Do you agree that the second rounding is wrong?"}}"#
        ),
        (
            "tools/call",
            #"{"name":"start_conversation","arguments":{"claude_context":{"stuck_description":"invoice totals drift by one cent, only under load","attempted_approaches":["bisected the last nine commits"]},"analysis_type":"hypothesis_test"}}"#
        ),
        (
            "tools/call",
            #"{"name":"continue_conversation","arguments":{"session_id":"\#(SampleServer.session)","message":"The batch pass, every minute."}}"#
        ),
        (
            "tools/call",
            #"{"name":"finalize_conversation","arguments":{"session_id":"\#(SampleServer.session)"}}"#
        ),
        (
            "tools/call",
            #"{"name":"ask_busy","arguments":{"prompt":"One more question"}}"#
        ),
        ("tools/call", #"{"name":"read_clock","arguments":{}}"#),
    ]

    /// Holds the conversation, then closes both ends.
    static func run(into writer: consuming Descriptor, from reader: consuming Descriptor) throws {
        var lines = LineReader(descriptor: reader.raw)
        for (index, step) in script.enumerated() {
            let id = index + 1
            try say(
                #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(step.method)","params":\#(step.params)}"#,
                to: writer)
            guard let line = lines.next(), let answer = try? JSONValue(parsing: line),
                answer["id"]?.int64 == Int64(id)
            else { throw DemoFailure.noAnswer(step.method) }
            if step.method == "initialize" {
                try say(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, to: writer)
            }
        }
    }

    private static func say(_ message: String, to writer: borrowing Descriptor) throws(SystemError)
    {
        try writer.writeAll(Array((message + "\n").utf8))
    }
}
