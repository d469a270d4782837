import Records
import Testing

@testable import SessionLogs

/// Every shape of line of the Gemini CLI, with totals worked out by hand.
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
