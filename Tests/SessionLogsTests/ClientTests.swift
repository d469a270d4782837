import Foundation
import Records
import Testing

@testable import SessionLogs

/// Every shape of line, with totals worked out by hand.
struct ClaudeCodeTests {
    private let path = ".claude/projects/-w/S.jsonl"

    private func imported(_ lines: [String], ending: String = "\n") throws -> [String] {
        let desk = try Desk()
        try desk.write(path, lines, ending: ending)
        try desk.runImport()
        return try desk.tokens()
    }

    @Test func `a streamed message counts once, with its last figures and its first time`() throws {
        let desk = try Desk()
        try desk.write(
            path,
            [
                Lines.claude("m1", output: 9, second: 5), Lines.claude("m1", output: 9, second: 6),
                #"{"type":"user","message":{"content":[{"type":"tool_result"}]}}"#,
                Lines.claude("m1", output: 159, second: 9),
            ])
        try desk.runImport()
        #expect(try desk.tokens() == ["claude-opus-4-6 240/200/30/0/159/-"])
        #expect(try desk.records().first?.time.rfc3339 == "2026-08-10T12:00:05.123000Z")
    }

    @Test func `a later line with fewer tokens changes nothing`() throws {
        #expect(
            try imported([Lines.claude("m1", output: 159), Lines.claude("m1", output: 9)])
                == ["claude-opus-4-6 240/200/30/0/159/-"])
    }

    @Test func `a replay for a subagent under a new request id is the parent's message`() throws {
        let desk = try Desk()
        try desk.write(path, [Lines.claude("m1", output: 20)])
        try desk.write(
            ".claude/projects/-w/S/subagents/agent-1.jsonl",
            [
                Lines.claude("m1", output: 99, request: "req_2", sidechain: true),
                Lines.claude("m2", output: 7, request: "req_3", sidechain: true),
            ])
        try desk.runImport()
        #expect(
            try desk.tokens() == [
                "claude-opus-4-6 240/200/30/0/20/-", "claude-opus-4-6 240/200/30/0/7/-",
            ])
    }

    @Test func `a parent that comes after its replay corrects it`() throws {
        let desk = try Desk()
        try desk.write(
            ".claude/projects/-w/agent-1.jsonl",
            [Lines.claude("m1", output: 99, request: "req_2", sidechain: true)])
        try desk.runImport()
        try desk.write(path, [Lines.claude("m1", output: 20)])
        let summary = try desk.runImport()
        #expect(summary.total.corrected == 1)
        let records = try desk.records()
        #expect(records.map(\.usage?.output) == [99, 20])
        #expect(Set(records.map(\.id)).count == 1)
    }

    @Test(arguments: [
        // Without request ids, as gateways leave them.
        ([Lines.claude("m1", output: 2, request: nil), Lines.claude("m1", output: 5)], 1),
        ([Lines.claude("m1", output: 2), Lines.claude("m2", output: 2)], 2),
        // Without message ids.
        ([Lines.claude(nil, output: 2), Lines.claude(nil, output: 5)], 1),
        (
            [
                Lines.claude(nil, output: 2, request: nil),
                Lines.claude(nil, output: 5, request: nil),
            ], 2
        ),
    ])
    func `ids make a message`(lines: [String], count: Int) throws {
        #expect(try imported(lines).count == count)
    }

    @Test func `an hour's cache writes are told apart`() throws {
        let desk = try Desk()
        try desk.write(path, [Lines.claude("m1", output: 100, write5m: 1000, write1h: 2000)])
        try desk.runImport()
        #expect(try desk.tokens() == ["claude-opus-4-6 3210/200/3000/2000/100/-"])
        // 10 × 5 + 200 × 0.5 + 1000 × 6.25 + 2000 × 10 + 100 × 25 dollars a million.
        #expect(try desk.records().first?.cost == Cost(source: .priced, nanodollars: 28_900_000))
    }

    @Test func `what is no message of a model gives no record`() throws {
        let desk = try Desk()
        try desk.write(
            path,
            [
                #"{"type":"summary","summary":"\"usage\":{","leafUuid":"x"}"#,
                #"{"type":"system","subtype":"compact_boundary","compactMetadata":{"preTokens":9}}"#,
                #"{"type":"user","toolUseResult":{"usage":{"input_tokens":5,"output_tokens":5}}}"#,
                Lines.claude("m1", output: 0, input: 0, read: 0, write5m: 0),
                Lines.claude("m2", output: 5, model: "<synthetic>"),
                Lines.claude("m3", output: 5, more: #""isApiErrorMessage":true,"#),
                Lines.claude("m4", output: 5, second: 70),
                #"{"type":"assistant","message":{"id":"m5","usage":{"output_tokens":5}}}"#,
                #"{"type":"assistant","message":{"id":"m6","usage":null}}"#,
            ])
        let summary = try desk.runImport()
        #expect(try desk.tokens().isEmpty)
        #expect(
            summary.total.skipped == [.empty: 1, .synthetic: 1, .error: 1, .incomplete: 2])
        #expect(summary.problems.isEmpty)
    }

    @Test func `a cost the log states is believed`() throws {
        let desk = try Desk()
        try desk.write(path, [Lines.claude("m1", output: 5, more: #""costUSD":0.0301234567891,"#)])
        try desk.runImport()
        #expect(
            try desk.records().first?.cost == Cost(source: .reported, nanodollars: 30_123_456))
    }

    @Test func `fast mode has no price unless it is given one`() throws {
        let desk = try Desk()
        let line = Lines.claude("m1", output: 5)
            .replacingOccurrences(of: #""output_tokens""#, with: #""speed":"fast","output_tokens""#)
        try desk.write(path, [line])
        try desk.runImport()
        #expect(try desk.records().first?.serviceTier == "fast")
        #expect(try desk.records().first?.cost == Cost(source: .unpriced))
    }

    @Test func `a resumed session repeats its history`() throws {
        let desk = try Desk()
        let history = [Lines.claude("m1", output: 5), Lines.claude("m2", output: 6)]
        try desk.write(path, history)
        try desk.runImport()
        try desk.write(
            ".claude/projects/-w/T.jsonl",
            history.map { $0.replacingOccurrences(of: #""S""#, with: #""T""#) }
                + [Lines.claude("m3", output: 7)])
        let summary = try desk.runImport()
        #expect(summary.total.new == 1 && summary.total.known == 2)
        #expect(try desk.records().count == 3)
    }

    @Test func `a last line is read when all of it is there`() throws {
        let whole = Lines.claude("m1", output: 5)
        #expect(try imported([whole], ending: "").count == 1)
        for count in stride(from: 1, to: whole.count, by: 7) {
            let desk = try Desk()
            try desk.write(
                path, [Lines.claude("m0", output: 1), String(whole.prefix(count))], ending: "")
            let summary = try desk.runImport()
            #expect(summary.total.new == 1 && summary.problems.isEmpty)
            try desk.append(path, String(whole.dropFirst(count)) + "\n")
            #expect(try desk.runImport().total.new == 1)
        }
    }

    @Test func `half an emoji in a text does not cost the message`() throws {
        #expect(
            try imported([Lines.claude("m1", output: 5, content: #"[{"text":"\ud83d"}]"#)]).count
                == 1)
    }

    @Test func `messages that are long over are let go, and known when they come again`() throws {
        let many = (0..<300).map { Lines.claude("m\($0)", output: 5) }
        let desk = try Desk()
        try desk.write(path, many + [Lines.claude("m0", output: 5), Lines.claude("m1", output: 6)])
        let summary = try desk.runImport()
        #expect(summary.total.new == 300 && summary.total.known == 1)
        #expect(summary.total.corrected == 1)
    }
}

struct CodexTests {
    private let path = ".codex/sessions/2026/05/13/rollout-2026-05-13T09-00-00-C1.jsonl"

    private func imported(_ lines: [String]) throws -> [String] {
        let desk = try Desk()
        try desk.write(path, lines)
        try desk.runImport()
        return try desk.tokens()
    }

    @Test func `each call counts by its last usage, or by how the total grew`() throws {
        #expect(
            try imported([
                Lines.codexMeta(), Lines.codexContext,
                Lines.codex(second: 0, last: (1000, 100), total: (1000, 100)),
                Lines.codex(second: 5, last: nil, total: nil),
                Lines.codex(second: 9, last: nil, total: (3000, 150)),
                Lines.codex(second: 10, last: nil, total: (3000, 150)),
                Lines.codex(second: 20, last: (70, 7), total: nil),
            ]) == [
                "gpt-5-codex 1000/1/-/-/100/2", "gpt-5-codex 2000/0/-/-/50/0",
                "gpt-5-codex 70/1/-/-/7/2",
            ])
    }

    @Test(arguments: [#","forked_from_id":"P""#, #","source":{"subagent":{"thread_spawn":{}}}"#])
    func `a fork does not count what its parent did`(more: String) throws {
        #expect(
            try imported([
                Lines.codexMeta(more), Lines.codexMeta(), Lines.codexContext,
                Lines.codex(second: 1, last: (10, 3), total: (10, 3), milliseconds: 1),
                Lines.codex(second: 1, last: (20, 3), total: (30, 6), milliseconds: 2),
                Lines.codex(second: 1, last: (30, 3), total: (60, 9), milliseconds: 3),
                Lines.codex(second: 8, last: nil, total: (100, 20)),
            ]) == ["gpt-5-codex 40/0/-/-/11/0"])
    }

    @Test func `two calls of a fork in different seconds are its own`() throws {
        #expect(
            try imported([
                Lines.codexMeta(#","forked_from_id":"P""#), Lines.codexContext,
                Lines.codex(second: 1, last: (10, 3), total: (10, 3)),
                Lines.codex(second: 2, last: (20, 3), total: (30, 6)),
            ]).count == 2)
        #expect(
            try imported([
                Lines.codexMeta(#","forked_from_id":"P""#), Lines.codexContext,
                Lines.codex(second: 1, last: (10, 3), total: (10, 3)),
            ]).count == 1)
    }

    @Test func `calls of a session that is no fork may share a second`() throws {
        #expect(
            try imported([
                Lines.codexMeta(#","source":"cli""#), Lines.codexContext,
                Lines.codex(second: 1, last: (10, 3), total: (10, 3), milliseconds: 1),
                Lines.codex(second: 1, last: (20, 3), total: (30, 6), milliseconds: 2),
            ]).count == 2)
    }

    @Test func `of an archived copy and the active one the active is read`() throws {
        let desk = try Desk()
        let lines = [
            Lines.codexMeta(), Lines.codexContext,
            Lines.codex(second: 0, last: (1000, 100), total: (1000, 100)),
        ]
        try desk.write(path, lines)
        try desk.write(
            ".codex/archived_sessions/rollout-2026-05-13T09-00-00-C1.jsonl", Array(lines.dropLast())
        )
        try desk.write(
            ".codex/archived_sessions/rollout-2026-05-13T09-00-00-C2.jsonl",
            lines.map { $0.replacingOccurrences(of: "C1", with: "C2") })
        try desk.runImport()
        #expect(try desk.tokens().count == 2)
        // Archived after it was imported: the same calls.
        try FileManager.default.moveItem(
            at: desk.home.appending(path: path),
            to: desk.home.appending(path: ".codex/archived_sessions/rollout-x.jsonl"))
        try desk.runImport()
        #expect(try desk.tokens().count == 2)
    }

    @Test func `a session goes on after it was imported`() throws {
        let desk = try Desk()
        try desk.write(
            path,
            [
                Lines.codexMeta(), Lines.codexContext,
                Lines.codex(second: 0, last: (1000, 100), total: (1000, 100)),
            ])
        try desk.runImport()
        try desk.append(path, Lines.codex(second: 9, last: nil, total: (1500, 130)) + "\n")
        try desk.runImport()
        #expect(
            try desk.tokens() == ["gpt-5-codex 1000/1/-/-/100/2", "gpt-5-codex 500/0/-/-/30/0"])
        #expect(try desk.records().allSatisfy { $0.session == "C1" && $0.provider == "openai" })
    }

    @Test func `a headless run's turns`() throws {
        #expect(
            try imported([
                #"{"type":"thread.started","thread_id":"T"}"#, #"{"type":"turn.started"}"#,
                #"{"type":"turn.completed","usage":{"input_tokens":24,"cached_input_tokens":20,"#
                    + #""output_tokens":5}}"#,
                #"{"type":"turn.completed","usage":{"input_tokens":24,"cached_input_tokens":20,"#
                    + #""output_tokens":5}}"#,
            ]) == ["- 24/20/-/-/5/-", "- 24/20/-/-/5/-"])
    }

    @Test func `keys come in any order`() throws {
        #expect(
            try imported([
                Lines.codexMeta(),
                #"{"payload":{"model":"gpt-5.1","summary":{"type":"x"}},"type":"turn_context"}"#,
                #"{"payload":{"info":{"last_token_usage":{"output_tokens":5,"input_tokens":7}},"#
                    + #""type":"token_count"},"timestamp":"2026-05-13T09:00:10Z","type":"event_msg"}"#,
                #"{"payload":{"type":"token_count","text":"token_count"},"type":"response_item"}"#,
            ]) == ["gpt-5.1 7/-/-/-/5/-"])
    }
}

struct GeminiTests {
    private let folder = ".gemini/tmp/" + String(repeating: "ab", count: 32) + "/chats/"

    @Test func `the last line of a message is right, whatever it says`() throws {
        let desk = try Desk()
        try desk.write(
            folder + "session-1.jsonl",
            [
                Lines.geminiHead, Lines.gemini("m1", nil),
                Lines.gemini("m1", #""input":900,"output":90,"cached":0,"thoughts":0,"tool":0"#),
                Lines.gemini("m2", #""input":5,"output":5"#),
                Lines.gemini("m1", #""input":100,"output":20,"cached":40,"thoughts":7,"tool":3"#),
            ])
        try desk.runImport()
        #expect(
            try desk.tokens() == ["gemini-2.5-pro 103/40/-/-/27/7", "gemini-2.5-pro 5/-/-/-/5/-"])
        let record = try #require(try desk.records().first)
        #expect(record.session == "G1" && record.provider == "google")
        #expect(record.project == "abababababababab")
    }

    @Test func `tokens that arrive after an import correct it`() throws {
        let desk = try Desk()
        let path = folder + "session-1.jsonl"
        try desk.write(
            path, [Lines.geminiHead, Lines.gemini("m1", #""input":900,"output":90"#)])
        try desk.runImport()
        try desk.append(path, Lines.gemini("m1", #""input":100,"output":20"#) + "\n")
        #expect(try desk.runImport().total.corrected == 1)
        #expect(try desk.records().map(\.usage?.output) == [90, 20])
    }

    @Test func `an older file is one object, and its messages the same`() throws {
        let desk = try Desk()
        let message = Lines.gemini("m1", #""input":100,"output":20,"cached":40,"thoughts":7"#)
        try desk.write(
            folder + "session-1.json",
            ["{", #""messages": [{"type":"user","content":"x"},"#, message, "],"]
                + [#""sessionId": "G1""#, "}"])
        try desk.write(folder + "session-1.jsonl", [Lines.geminiHead, message])
        try desk.write(folder + "parent/session-2.jsonl", [Lines.geminiHead, message])
        try desk.write(".gemini/tmp/ab/logs.json", [#"[{"tokens":{}}]"#])
        let summary = try desk.runImport()
        #expect(try desk.tokens() == ["gemini-2.5-pro 100/40/-/-/27/7"])
        #expect(try desk.records().first?.session == "G1")
        #expect(summary.problems.isEmpty && summary.total.files == 3)
    }

    @Test func `a project's path may stand beside its chats`() throws {
        let desk = try Desk()
        try desk.write(".gemini/tmp/demo/.project_root", ["/w"])
        try desk.write(
            ".gemini/tmp/demo/chats/session-1.jsonl",
            [Lines.geminiHead, Lines.gemini("m1", #""input":1,"output":2"#)])
        try desk.runImport()
        #expect(try desk.records().first?.project == "d1bb8ca354673cd5")
    }
}

struct GrokTests {
    private let path = ".grok/sessions/%2Fw/K1/updates.jsonl"
    private let counts =
        #""inputTokens":1000,"outputTokens":50,"cachedReadTokens":900,"#
        + #""cacheCreationTokens":0,"reasoningTokens":20,"modelCalls":3,"costUsdTicks":125117780005"#

    @Test func `a turn counts as what it reports`() throws {
        let desk = try Desk()
        try desk.write(
            path,
            [
                #"{"method":"session/update","params":{"_meta":{"totalTokens":71784}}}"#,
                Lines.grok("p0", usage: counts, method: "session/update"),
                Lines.grok("p1", usage: counts + #","modelUsage":{"grok-4.6-build":{\#(counts)}}"#),
                Lines.grok("p1", usage: counts + #","modelUsage":{"grok-4.6-build":{\#(counts)}}"#),
            ])
        try desk.runImport()
        #expect(try desk.tokens() == ["grok-4.6-build 1000/900/0/-/50/20"])
        let record = try #require(try desk.records().first)
        #expect(record.cost == Cost(source: .reported, nanodollars: 12_511_778_001))
        #expect(record.modelCalls == 3 && record.session == "K1" && record.provider == "xai")
        #expect(record.project == "d1bb8ca354673cd5")
        #expect(record.time.rfc3339 == "2026-08-14T16:26:13.589000Z")
    }

    @Test func `a turn of two models is two calls`() throws {
        let desk = try Desk()
        let a = #""inputTokens":10,"outputTokens":5,"costUsdTicks":100"#
        let b = #""inputTokens":20,"outputTokens":6"#
        try desk.write(
            path,
            [
                Lines.grok(
                    "p1", usage: counts + #","modelUsage":{"grok-a":{\#(a)},"grok-b":{\#(b)}}"#)
            ])
        try desk.runImport()
        #expect(try desk.tokens() == ["grok-a 10/-/-/-/5/-", "grok-b 20/-/-/-/6/-"])
    }

    @Test func `a turn that names no model has the session's`() throws {
        let desk = try Desk()
        try desk.write(path, [Lines.grok("p1", usage: counts)])
        try desk.write(".grok/sessions/%2Fw/K1/signals.json", [#"{"primaryModelId":"grok-4.5"}"#])
        try desk.runImport()
        #expect(try desk.records().map(\.model) == ["grok-4.5"])
    }
}
