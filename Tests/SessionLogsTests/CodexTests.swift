import Foundation
import Records
import Testing

@testable import SessionLogs

/// Every shape of line of Codex, with totals worked out by hand.
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
