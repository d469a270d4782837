import Foundation
import Ledger
import Records
import Testing

@testable import SessionLogs

/// The log of a session while Claude Code writes it.
struct WatchTests {
    private let path = ".claude/projects/-w/S.jsonl"
    private let second: UInt64 = 1_000_000_000

    private func watch(_ desk: Desk, session: String? = "S", since: Int64 = 0) -> ClaudeWatch {
        ClaudeWatch(
            LogPlaces(desk.environment, clients: [.claudeCode]), session: session,
            since: Timestamp(microseconds: since), prices: .builtIn, project: .hash)
    }

    /// Its message's output and tool uses made and read, each.
    private func look(
        _ watch: inout ClaudeWatch, at seconds: UInt64, isLast: Bool = false
    ) -> [String] {
        var lines = LogLines()
        return watch.look(at: seconds * second, isLast: isLast, &lines).map { turn in
            "\(turn.record.usage?.output ?? 0) made \(turn.toolUses.joined(separator: ",")) "
                + "read \(turn.readToolUses.joined(separator: ","))"
        }
    }

    private func use(_ ids: String...) -> String {
        "["
            + ids.map {
                #"{"type":"tool_use","id":"\#($0)","name":"mcp__d__x","input":{"id":"no"}}"#
            }
            .joined(separator: ",") + "]"
    }

    private func result(_ id: String) -> String {
        #"{"type":"user","sessionId":"S","timestamp":"2026-08-10T12:00:09.000Z","message":"#
            + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"\#(id)","#
            + #""content":"x"}]}}"#
    }

    private func stop(_ line: String) -> String {
        line.replacing(
            #""role":"assistant""#, with: #""role":"assistant","stop_reason":"tool_use""#)
    }

    @Test func `a message that is written in pieces is told when the next begins, once`() throws {
        let desk = try Desk()
        var watch = watch(desk)
        watch.want(["A"])
        #expect(!watch.isPossible)
        #expect(look(&watch, at: 10) == [])
        try desk.write(path, [Lines.claude("m0", output: 1)])
        #expect(watch.isPossible)
        #expect(look(&watch, at: 12) == [])
        try desk.append(path, Lines.claude("m1", output: 9) + "\n")
        try desk.append(path, Lines.claude("m1", output: 9, content: use("A")) + "\n")
        #expect(look(&watch, at: 20) == [])
        let last = Lines.claude("m1", output: 159, content: use("B")) + "\n"
        try desk.append(path, String(last.prefix(100)))
        #expect(look(&watch, at: 30) == [])
        try desk.append(path, String(last.dropFirst(100)) + result("A") + "\n")
        #expect(look(&watch, at: 40) == [])
        try desk.append(path, Lines.claude("m2", output: 3) + "\n")
        #expect(look(&watch, at: 40) == ["159 made A,B read "])
        #expect(look(&watch, at: 41) == [])
        try desk.append(path, Lines.claude("m3", output: 3) + "\n")
        #expect(look(&watch, at: 42) == ["3 made  read A"])
        // Who asks later is told what was told before.
        watch.want(["A", "B"])
        #expect(look(&watch, at: 43) == ["159 made A,B read "])
        watch.want([])
        #expect(look(&watch, at: 44) == [])
    }

    @Test(arguments: ["stop", "result", "neither"])
    func `a message nothing follows is told when it is over and quiet`(sign: String) throws {
        let desk = try Desk()
        var watch = watch(desk)
        watch.want(["A"])
        let line = Lines.claude("m1", output: 9, content: use("A"))
        try desk.write(path, [sign == "stop" ? stop(line) : line])
        if sign == "result" { try desk.append(path, result("A") + "\n") }
        let told = sign == "neither" ? [] : ["9 made A read "]
        #expect(look(&watch, at: 10) == [])
        #expect(look(&watch, at: 11) == [])
        #expect(look(&watch, at: 12) == told)
        #expect(look(&watch, at: 13) == [])
        // At the end nobody waits for quiet.
        var other = self.watch(desk)
        other.want(["A"])
        #expect(look(&other, at: 10, isLast: true) == told)
    }

    @Test func `subagents have their own messages, in their own logs`() throws {
        let desk = try Desk()
        var watch = watch(desk)
        watch.want(["A", "B"])
        try desk.write(path, [stop(Lines.claude("m1", output: 9, content: use("A")))])
        try desk.write(
            ".claude/projects/-w/S/subagents/agent-1.jsonl",
            [stop(Lines.claude("m2", output: 7, sidechain: true, content: use("B")))])
        try desk.write(
            ".claude/projects/-w/T.jsonl", [stop(Lines.claude("m3", output: 5, content: use("A")))])
        #expect(
            look(&watch, at: 10, isLast: true).sorted() == ["7 made B read ", "9 made A read "])
    }

    @Test func `without a session's id every log that grows is looked into`() throws {
        let desk = try Desk()
        let lines = [stop(Lines.claude("m1", output: 9, content: use("A")))]
        let old = try desk.write(".claude/projects/-w/R.jsonl", lines)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1000)], ofItemAtPath: old.path)
        var watch = watch(desk, session: nil, since: 2_000_000_000)
        watch.want(["A"])
        #expect(look(&watch, at: 10, isLast: true) == [])
        try desk.write(".claude/projects/-x/T.jsonl", lines)
        #expect(look(&watch, at: 12, isLast: true) == ["9 made A read "])
    }

    @Test func `a log that is replaced is read from its beginning`() throws {
        let desk = try Desk()
        var watch = watch(desk)
        watch.want(["A"])
        try desk.write(path, [String](repeating: Lines.claude("m0", output: 1), count: 9))
        #expect(look(&watch, at: 10) == [])
        try desk.write(path, [stop(Lines.claude("m1", output: 9, content: use("A")))])
        #expect(look(&watch, at: 12, isLast: true) == ["9 made A read "])
    }

    @Test func `what is told is what an import records`() throws {
        let desk = try Desk()
        var watch = watch(desk)
        watch.want(["A"])
        try desk.write(path, [stop(Lines.claude("m1", output: 159, content: use("A")))])
        var lines = LogLines()
        let told = watch.look(at: second, isLast: true, &lines)
        try desk.runImport()
        #expect(try desk.records() == told.map(\.record))
    }
}
