import Foundation
import Posix
import Testing

/// Budgets, limits and routes of the program as it is, with a server that writes down what it gets.
struct PolicyTests {
    /// Answers every request with usage of `gemini-2.5-flash`, if the line names it, else of
    /// `gemini-2.5-pro`.
    private static let server = #"""
        while IFS= read -r line; do
            printf '%s\n' "$line" >>"$LOG"
            case $line in *'"id":'*) ;; *) continue ;; esac
            id=${line#*'"id":'}
            model=gemini-2.5-pro
            case $line in *gemini-2.5-flash*) model=gemini-2.5-flash ;; esac
            printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"ok"}],' "${id%%,*}"
            printf '"structuredContent":{"model":"%s","usage":{"prompt_tokens":1000,' $model
            printf '"completion_tokens":100,"total_tokens":1100}}}}\n'
        done
        """#

    private final class Stage {
        let directory: TemporaryDirectory
        let conversation: Conversation
        private let log: URL

        init(_ variables: [String: String]) throws {
            directory = try TemporaryDirectory()
            log = directory.url.appendingPathComponent("log")
            var environment = [
                "MCP_METER_STATE_DIR": directory.url.path + "/state",
                "MCP_METER_PROVIDER": "gemini", "MCP_METER_MODEL": "gemini-2.5-pro",
            ]
            environment["LOG"] = log.path
            environment.merge(variables) { $1 }
            conversation = try Conversation(
                ["sh", "-c", PolicyTests.server], environment: environment, in: directory)
        }

        /// What the server got.
        var received: [String] {
            let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }

        /// Waits until a call is in the ledger: it is a moment later than its answer.
        func waitForRecord() throws {
            let deadline = MonotonicClock.now() + 10_000_000_000
            while try calls().isEmpty {
                try #require(MonotonicClock.now() < deadline, "no call is written")
                usleep(1000)
            }
        }

        /// The calls in the ledger once the program has ended, in the order of their requests.
        func calls() throws -> [[String: Any]] {
            try directory.ledgerLines().filter { $0["kind"] as? String == "call" }
                .sorted { "\($0["id"] ?? "")" < "\($1["id"] ?? "")" }
        }
    }

    private static func call(_ id: String, _ arguments: String = #"{"prompt":"hi"}"#) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":"#
            + #"{"name":"ask_gemini","arguments":\#(arguments)}}"#
    }

    private static func text(of answer: [String: Any]) -> String? {
        let result = answer["result"] as? [String: Any]
        guard result?["isError"] as? Bool == true else { return nil }
        let content = result?["content"] as? [[String: Any]]
        return content?.first?["text"] as? String
    }

    @Test func `a call over budget is answered, recorded, and never seen by the server`() throws {
        let stage = try Stage([
            "MCP_METER_BUDGET": "0.001/day", "MCP_METER_BUDGET_ACTION": "block",
        ])
        try stage.conversation.send(Self.call("1"))
        #expect(try stage.conversation.line().contains("1100"))
        try stage.waitForRecord()
        try stage.conversation.send(Self.call(#""b\u00e9""#))
        let answer = try stage.conversation.message()
        #expect(answer["id"] as? String == "bé")
        let text = try #require(Self.text(of: answer), "\(answer)")
        for part in ["0.001/day", "$0.0022", "resets"] {
            #expect(text.contains(part), "\(part): \(text)")
        }
        try stage.conversation.send(#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#)
        #expect(try stage.conversation.message()["id"] as? Int == 3)
        #expect(try stage.conversation.end() == .exited(0))
        #expect(stage.received.count == 2)
        #expect(!stage.received.contains { $0.contains("b\\u00e9") })
        let calls = try stage.calls()
        #expect(calls.map { $0["outcome"] as? String } == ["ok", "blocked", "ok"])
        let blocked = try #require(calls.dropFirst().first)
        let note = try #require(blocked["policy"] as? [String: Any])
        #expect(note["action"] as? String == "blocked" && note["reason"] as? String == "budget")
        #expect(note["spent_usd_nanos"] as? Int == 2_250_000)
        #expect(blocked["usage"] == nil && blocked["cost"] == nil)
        #expect(blocked["model"] == nil || blocked["model"] as? String == "gemini-2.5-pro")
        let marks = try stage.directory.ledgerLines().filter { $0["kind"] as? String == "mark" }
        #expect(!marks.isEmpty)
        let lines = stage.conversation.said.split(separator: "\n")
        #expect(lines.count == marks.count)
        #expect(lines.allSatisfy { $0.hasPrefix("mcp-meter: budget 0.001/day: ") }, "\(lines)")
    }

    @Test func `a budget that only warns lets everything through`() throws {
        let stage = try Stage(["MCP_METER_BUDGET": "0.001/day"])
        for id in ["1", "2"] {
            try stage.conversation.send(Self.call(id))
            #expect(try stage.conversation.line().contains("1100"))
            try stage.waitForRecord()
        }
        #expect(try stage.conversation.end() == .exited(0))
        #expect(stage.received.count == 2)
        #expect(stage.conversation.said.contains("100 % spent"))
    }

    @Test func `a routed call differs in its model only, and its saving is known`() throws {
        let stage = try Stage(["MCP_METER_ROUTES": try Self.routes()])
        // Spacing, order, escapes and a duplicate-looking text stay as they are.
        let before =
            #"{ "method":"tools/call","id": 7 ,"params":{"arguments":{ "prompt" : "\u0068i \"model\":\"gemini-2.5-pro\"","model" : ""#
        let after = #"" ,"n":1.50e1},"name":"ask_gemini"},"jsonrpc":"2.0"}"#
        try stage.conversation.send(before + "gemini-2.5-pro" + after)
        #expect(try stage.conversation.message()["id"] as? Int == 7)
        #expect(try stage.conversation.end() == .exited(0))
        #expect(stage.received == [before + "gemini-2.5-flash" + after])
        let call = try #require(try stage.calls().first)
        let note = try #require(call["policy"] as? [String: Any])
        #expect(note["action"] as? String == "routed" && note["rule"] as? String == "simple")
        #expect(note["asked_model"] as? String == "gemini-2.5-pro")
        #expect(note["routed_model"] as? String == "gemini-2.5-flash")
    }

    @Test func `a frame that cannot be judged goes on unchanged, and that is on the record`() throws
    {
        let stage = try Stage(["MCP_METER_ROUTES": try Self.routes()])
        let batch = "[" + Self.call("1") + "]"
        try stage.conversation.send(batch)
        _ = try stage.conversation.line()
        let broken = Self.call("2") + " and more"
        try stage.conversation.send(broken)
        _ = try stage.conversation.line()
        #expect(try stage.conversation.end() == .exited(0))
        #expect(stage.received == [batch, broken])
        let notes = try stage.calls().map { $0["policy"] as? [String: Any] }
        #expect(notes.map { $0?["action"] as? String } == ["passed", "passed"])
        #expect(notes.map { $0?["reason"] as? String } == ["batch", "malformed"])
        let end = try stage.directory.ledgerLines().last { $0["event"] as? String == "ended" }
        #expect((end?["counts"] as? [String: Int])?["unjudged"] == 2)
    }

    @Test func `one call too many waits its turn, while others pass it`() throws {
        let stage = try Stage([
            "MCP_METER_RATE_LIMIT": "1/s", "MCP_METER_RATE_LIMIT_ACTION": "wait:10",
        ])
        let start = MonotonicClock.now()
        try stage.conversation.send(Self.call("1"))
        try stage.conversation.send(Self.call("2"))
        try stage.conversation.send(#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#)
        #expect(try stage.conversation.message()["id"] as? Int == 1)
        #expect(try stage.conversation.message()["id"] as? Int == 3)
        #expect(try stage.conversation.message()["id"] as? Int == 2)
        #expect(MonotonicClock.now() - start > 900_000_000)
        #expect(try stage.conversation.end() == .exited(0))
        let calls = try stage.calls().filter { $0["method"] as? String == "tools/call" }
        let note = try #require(calls.last?["policy"] as? [String: Any])
        #expect(note["action"] as? String == "delayed" && note["reason"] as? String == "rate_limit")
        #expect(try #require(note["waited_ms"] as? Double) > 500)
        #expect(calls.first?["policy"] == nil)
    }

    @Test func `a call that waits can be taken back, and one that waits at the end is`() throws {
        let stage = try Stage([
            "MCP_METER_RATE_LIMIT": "1/hour", "MCP_METER_RATE_LIMIT_ACTION": "wait:600",
        ])
        // A window that is used up for longer than a call may wait would refuse instead.
        try stage.conversation.send(Self.call("1"))
        #expect(try stage.conversation.message()["id"] as? Int == 1)
        try stage.conversation.send(Self.call("2"))
        #expect(Self.text(of: try stage.conversation.message()) != nil)
        #expect(try stage.conversation.end() == .exited(0))

        let other = try Stage([
            "MCP_METER_RATE_LIMIT": "1/min", "MCP_METER_RATE_LIMIT_ACTION": "wait:600",
        ])
        for id in ["1", "2", "4"] { try other.conversation.send(Self.call(id)) }
        let cancel =
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#
        try other.conversation.send(cancel)
        try other.conversation.send(#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#)
        #expect(try other.conversation.message()["id"] as? Int == 1)
        #expect(try other.conversation.message()["id"] as? Int == 3)
        #expect(try other.conversation.end() == .exited(0))
        #expect(other.received.count == 3)
        #expect(other.received.dropFirst().first == cancel)
        let calls = try other.calls().filter { $0["method"] as? String == "tools/call" }
        #expect(calls.map { $0["outcome"] as? String } == ["ok", "cancelled", "cancelled"])
        let notes = calls.dropFirst().map { $0["policy"] as? [String: Any] }
        #expect(notes.allSatisfy { $0?["action"] as? String == "delayed" })
        #expect(calls.dropFirst().allSatisfy { $0["usage"] == nil && $0["cost"] == nil })
    }

    @Test func `a file of routes that cannot be read is one line, and no call is routed`() throws {
        let stage = try Stage(["MCP_METER_ROUTES": "/no/such/routes.json"])
        try stage.conversation.send(Self.call("1"))
        _ = try stage.conversation.line()
        #expect(try stage.conversation.end() == .exited(0))
        #expect(stage.received == [Self.call("1")])
        let lines = stage.conversation.said.split(separator: "\n")
        #expect(lines.count == 1)
        #expect(
            lines.first?.hasPrefix("mcp-meter: MCP_METER_ROUTES (/no/such/routes.json): ") == true)
    }

    @Test func `without a policy nothing of one is made`() throws {
        let stage = try Stage(["MCP_METER": "on"])
        try stage.conversation.send(Self.call("1"))
        _ = try stage.conversation.line()
        #expect(try stage.conversation.end() == .exited(0))
        let state = stage.directory.url.path + "/state"
        #expect(try FileManager.default.contentsOfDirectory(atPath: state) == ["ledger"])
        #expect(try stage.calls().first?["policy"] == nil)
    }

    /// A file of routes; it stays until the system tidies up.
    private static func routes() throws -> String {
        let path = NSTemporaryDirectory() + "mcp-meter-routes-test.json"
        let text =
            #"{"routes":[{"name":"simple","when":{"tokens":{"max":500}},"model":"gemini-2.5-flash"}]}"#
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        return path
    }
}
