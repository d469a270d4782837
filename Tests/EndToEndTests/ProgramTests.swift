import Foundation
import Testing

@testable import mcp_meter

/// The program as a whole, as a process.
struct ProgramTests {
    @Test func `off, it becomes the server: same process, no file`() throws {
        let home = try TemporaryDirectory()
        let run = try Program.run(
            ["sh", "-c", "echo $$; ps -o comm= -p $$ 2>/dev/null; exit 5"],
            environment: ["HOME": home.url.path])
        #expect(run.status == 5)
        #expect(run.errors.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.url.path).isEmpty)
    }

    @Test func `a command that is not there ends with 127 and one line, on or off`() throws {
        for variables in [[:], ["MCP_METER": "on", "MCP_METER_STATE_DIR": "/tmp/unused-state"]] {
            let run = try Program.run(["no-such-command-anywhere"], environment: variables)
            #expect(run.status == 127)
            #expect(run.output.isEmpty)
            #expect(run.errors.split(separator: "\n").count == 1)
            #expect(run.errors.contains("no-such-command-anywhere"))
            #expect(run.errors.contains("/usr/bin:/bin"))
        }
    }

    @Test func `the demonstration shows what it metered and leaves nothing behind`() throws {
        let temporary = try TemporaryDirectory()
        let run = try Program.run(["demo"], environment: ["TMPDIR": temporary.url.path])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.isEmpty)
        for part in ["ask_gemini", "gemini-2.5-pro", "18211", "0.022284", "rate_limit", "~"] {
            #expect(run.output.contains(part), "\(part) is missing from \(run.output)")
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: temporary.url.path)
        #expect(left.isEmpty)
    }

    @Test func `the demonstration's ledger can be kept`() throws {
        let state = try TemporaryDirectory()
        let run = try Program.run(["demo", "--state-dir", state.url.path])
        #expect(run.status == 0, "\(run.errors)")
        let calls = try state.ledgerLines().filter { $0["kind"] as? String == "call" }
        #expect(calls.count == 9)
        let conversations = calls.compactMap { $0["conversation"] as? String }
        #expect(conversations.count == 3)
        #expect(Set(conversations).count == 1)
        let traces = calls.filter { $0["conversation"] != nil }.compactMap {
            $0["trace_id"] as? String
        }
        #expect(Set(traces).count == 1)
        // Three single shots and the conversation, in the order they were over.
        let over = try state.ledgerLines().filter { $0["kind"] as? String == "trace" }
        #expect(
            over.compactMap { $0["end"] as? String } == [
                "answered", "answered", "finalized", "answered",
            ])
        #expect(over.compactMap { $0["turns"] as? Int } == [1, 1, 3, 1])
        #expect(over[2]["trace_id"] as? String == traces.first)
        let reasons = calls.compactMap { $0["escalation_reason"] as? String }
        #expect(reasons.contains("invoice totals drift by one cent, only under load"))
    }

    @Test func `captured messages give their records, whichever side they came from`() throws {
        let run = try Program.run(
            ["inspect"], environment: ["MCP_METER_PROVIDER": "gemini"],
            input: """
                {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"prompt":"hi"}}}
                {"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"type":"text","text":"hi"}}]}}
                {"jsonrpc":"2.0","id":1,"result":{"role":"assistant","model":"claude-sonnet-4-5","content":{"type":"text","text":"ho"}}}
                not JSON
                {"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":{"model":"gemini-2.5-pro","usage":{"promptTokenCount":9,"candidatesTokenCount":7,"totalTokenCount":16}}}}
                """)
        #expect(run.status == 0)
        let lines = run.output.split(separator: "\n")
        #expect(lines.filter { $0.contains(#""kind":"call""#) }.count == 2, "\(run.output)")
        // The sampled turn is the client's, of the escalation that the tool call is.
        #expect(lines.count == 3)
        #expect(lines.last?.contains(#""kind":"trace""#) == true)
        #expect(run.output.contains(#""end":"answered","turns":1,"client_turns":1"#))
        #expect(
            run.output.contains(
                #""direction":"server_to_client","method":"sampling/createMessage""#))
        #expect(run.output.contains(#""input_tokens":9,"output_tokens":7"#), "\(run.output)")
        #expect(run.errors.contains("1 lines were no JSON-RPC message"))
    }

    @Test func `nothing captured is said`() throws {
        let run = try Program.run(["inspect"])
        #expect(run.output.isEmpty)
        #expect(run.errors.contains("no call was found"))
    }

    @Test(arguments: [["--hepl"], ["demo", "--x"], ["help", "nothing"], ["wrap", "--x"], []])
    func `misuse ends with 64 and says what there is`(words: [String]) throws {
        let run = try Program.run(words)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains("mcp-meter: "))
    }

    @Test func `a server that dies with thousands of calls open has them all in the ledger`() throws
    {
        let state = try TemporaryDirectory()
        let calls = (1...5000).map {
            #"{"jsonrpc":"2.0","id":\#($0),"method":"tools/call","params":{"name":"t"}}"# + "\n"
        }
        let run = try Program.run(
            ["sh", "-c", "cat >/dev/null"],
            environment: ["MCP_METER": "on", "MCP_METER_STATE_DIR": state.url.path],
            input: calls.joined())
        #expect(run.status == 0)
        #expect(run.errors.isEmpty, "\(run.errors)")
        let lost = try state.ledgerLines().filter { $0["outcome"] as? String == "lost" }
        #expect(Set(lost.compactMap { $0["request_id"] as? Int }) == Set(1...5000))
        #expect(lost.count == 5000)
    }

    @Test func `what goes on is said when it is asked for, and no word of what was said`() throws {
        let state = try TemporaryDirectory()
        func errors(_ level: String) throws -> String {
            try Program.run(
                [
                    "sh", "-c",
                    #"read line; echo '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}'"#,
                ],
                environment: [
                    "MCP_METER": "on", "MCP_METER_STATE_DIR": state.url.path,
                    "MCP_METER_LOG": level,
                    "MCP_METER_PROVIDER": "google", "MCP_METER_MODEL": "gemini-2.5-pro",
                ],
                input:
                    #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"prompt":"canary"}}}"#
                    + "\n"
            ).errors
        }
        #expect(try errors("error").isEmpty)
        let info = try errors("info")
        #expect(info.contains(" into \(state.url.path)/ledger"), "\(info)")
        #expect(info.contains("1 requests"), "\(info)")
        #expect(!info.contains("tools/call"))
        let debug = try errors("debug")
        #expect(
            debug.contains("tools/call ask, gemini-2.5-pro, 2 in, 0 out (estimated)"), "\(debug)")
        #expect(debug.contains("escalation of ask, answered, 1 turns, 0 of the client"))
        #expect(!debug.contains("canary"))
    }
}
