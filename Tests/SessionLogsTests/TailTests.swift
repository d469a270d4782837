import Foundation
import Ledger
import Records
import Testing

@testable import SessionLogs

struct TailTests {
    private let path = ".claude/projects/-w/S.jsonl"

    private func tail(_ desk: Desk, quietSeconds: Int64 = 1000) -> SessionLogTail {
        SessionLogTail(
            desk.directory, environment: desk.environment, prices: .builtIn, project: .hash,
            quietSeconds: quietSeconds)
    }

    @Test func `a message is recorded once, when it is over`() throws {
        let desk = try Desk()
        var tail = tail(desk)
        try desk.write(path, [Lines.claude("m1", output: 9)])
        let poll1 = try tail.poll()
        #expect(poll1?.total.held == 1)
        try desk.append(path, Lines.claude("m1", output: 9) + "\n")
        let poll2 = try tail.poll()
        #expect(poll2?.total.new == 0)
        try desk.append(path, Lines.claude("m1", output: 159) + "\n")
        let poll3 = try tail.poll()
        #expect(poll3?.total.new == 0)
        try desk.append(path, Lines.claude("m2", output: 3) + "\n")
        let poll4 = try tail.poll()
        #expect(poll4?.total.new == 1)
        #expect(try desk.records().map(\.usage?.output) == [159])
    }

    @Test func `a last message is recorded when its file is quiet`() throws {
        let desk = try Desk()
        var tail = tail(desk, quietSeconds: 60)
        let file = try desk.write(path, [Lines.claude("m1", output: 9)])
        let poll5 = try tail.poll()
        #expect(poll5?.total.new == 0)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -61)], ofItemAtPath: file.path)
        let poll6 = try tail.poll()
        #expect(poll6?.total.new == 1)
        let poll7 = try tail.poll()
        #expect(poll7?.total.new == 0)
        #expect(try desk.records().count == 1)
    }

    @Test func `a last message that waits for its tools is left to their relay for a while`() throws
    {
        let desk = try Desk()
        var tail = tail(desk, quietSeconds: 10)
        let line = Lines.claude("m1", output: 9)
            .replacing(
                #""role":"assistant""#, with: #""role":"assistant","stop_reason":"tool_use""#)
        let file = try desk.write(path, [line])
        for (age, isNew) in [(20.0, false), (800, false), (1000, true)] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: file.path)
            let poll = try tail.poll()
            #expect(poll?.total.new == (isNew ? 1 : 0))
        }
        // One that is asked to import takes the end of the file for the end.
        let other = try Desk()
        try other.write(path, [line])
        #expect(try other.runImport().total.new == 1)
    }

    @Test func `an import beside it changes nothing`() throws {
        let desk = try Desk()
        var tail = tail(desk)
        for number in 0..<20 {
            let line = Lines.claude("m\(number)", output: 5) + "\n"
            if number == 0 {
                try desk.write(path, [], ending: line)
            } else {
                try desk.append(path, line)
            }
            if number % 3 == 0 { _ = try tail.poll() }
            if number % 4 == 0 { try desk.runImport() }
        }
        try tail.close()
        try desk.runImport()
        _ = try tail.poll()
        let records = try desk.records()
        #expect(records.count == 20 && Set(records.map(\.id)).count == 20)
    }

    @Test func `without a word at its end nothing is lost or doubled`() throws {
        let desk = try Desk()
        try desk.write(path, (0..<10).map { Lines.claude("m\($0)", output: 5) })
        do {
            var tail = tail(desk)
            let poll8 = try tail.poll()
            #expect(poll8?.total.new == 9)
        }
        var tail = tail(desk, quietSeconds: 0)
        let poll9 = try tail.poll()
        #expect(poll9?.total.new == 1)
        #expect(try desk.records().count == 10)
    }

    @Test func `what the ledger did not take is imported when it does`() throws {
        let desk = try Desk()
        try desk.write(path, (0..<10).map { Lines.claude("m\($0)", output: 5) })
        var tail = tail(desk, quietSeconds: 0)
        let ledger = URL(filePath: desk.directory.ledger)
        try FileManager.default.createDirectory(
            at: ledger.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: ledger)  // no directory can be made there
        for _ in 0..<2 {
            let failed: Bool
            do { failed = try tail.poll() == nil } catch { failed = true }
            #expect(failed)
        }
        try FileManager.default.removeItem(at: ledger)
        let summary = try tail.poll()
        #expect(summary?.total.new == 10)
        #expect(try desk.records().count == 10)
    }

    @Test func `a problem is told once`() throws {
        let desk = try Desk()
        try desk.write(path, ["no JSON"])
        var tail = tail(desk)
        let poll10 = try tail.poll()
        #expect(poll10?.problems.count == 1)
        let poll11 = try tail.poll()
        #expect(poll11?.problems.count == 0)
    }

    @Test func `while another imports it waits for its next turn`() throws {
        let desk = try Desk()
        try desk.write(path, [Lines.claude("m1", output: 9)])
        var tail = tail(desk)
        guard let lock = try ImportLock(in: desk.directory) else {
            Issue.record("nobody holds the lock, and it was not to be had")
            return
        }
        let summary = try tail.poll()
        #expect(summary == nil)
        _ = consume lock
        let poll12 = try tail.poll()
        #expect(poll12?.total.held == 1)
    }
}

struct TurnTests {
    private func use(_ id: String) -> String {
        #"[{"type":"tool_use","id":"\#(id)","name":"mcp__g__ask"}]"#
    }
    private func result(_ id: String, agent: String? = nil) -> String {
        #"{"type":"user","sessionId":"S"\#(agent.map { #","agentId":"\#($0)""# } ?? ""),"message":"#
            + #"{"content":[{"tool_use_id":"\#(id)","type":"tool_result","content":"x"}]}}"#
    }

    @Test func `the message that made a call and the one that read its answer`() throws {
        let desk = try Desk()
        let log = try desk.write(
            ".claude/projects/-w/S.jsonl",
            [
                Lines.claude("m0", output: 1),
                Lines.claude("m1", output: 9, second: 1, content: use("toolu_1")),
                result("toolu_1"),
                Lines.claude("m1", output: 80, second: 2, content: use("toolu_2")),
                Lines.claude(
                    "n1", output: 7, second: 3, content: use("toolu_3"), more: #""agentId":"a","#),
                result("toolu_2"), result("toolu_3", agent: "a"),
                Lines.claude("m2", output: 30, second: 4),
                Lines.claude("n2", output: 8, second: 5, more: #""agentId":"a","#),
                Lines.claude("m3", output: 1, second: 6),
            ])
        var turns = ClaudeTurns(wanting: ["toolu_1", "toolu_2", "toolu_3"])
        try turns.read(log.path)
        #expect(turns.turns.map(\.message.key) == ["m1", "n1", "m2", "n2"])
        let (made, read) = turns.turns(of: "toolu_2")
        #expect(made?.message.key == "m1" && made?.message.usage.output == 80)
        #expect(made?.toolUseIDs == ["toolu_1", "toolu_2"])
        #expect(made?.message.time.rfc3339 == "2026-08-10T12:00:01.123000Z")
        #expect(read?.message.key == "m2" && read?.readToolUseIDs == ["toolu_1", "toolu_2"])
        #expect(turns.turns(of: "toolu_3").read?.message.key == "n2")
        #expect(turns.turns(of: "toolu_9").made == nil)
        // The same record as the import's.
        try desk.runImport()
        let id = try #require(made).message.id
        #expect(try desk.records().contains { $0.id == id && $0.usage?.output == 80 })
    }

    @Test func `a session's logs are its own and its subagents'`() throws {
        let desk = try Desk()
        for path in [
            "S.jsonl", "T.jsonl", "S/subagents/agent-1.jsonl", "T/subagents/agent-2.jsonl",
        ] {
            try desk.write(".claude/projects/-w/" + path, ["{}"])
        }
        let places = LogPlaces(desk.environment, clients: [.claudeCode])
        let found = places.claudeLogs(ofSession: "S").map {
            ($0.path as NSString).lastPathComponent
        }
        #expect(found == ["S.jsonl", "agent-1.jsonl"])
        #expect(places.claudeLogs(ofSession: nil).count == 4)
    }
}
