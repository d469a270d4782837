import Foundation
import Records
import Testing

@testable import SessionLogs

/// Every shape of line of Claude Code, with totals worked out by hand.
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
