import Foundation
import Ledger
import Posix
import Records
import Testing

@testable import SessionLogs

/// What the importer remembers, and what becomes of it.
struct StateTests {
    private func book() -> FileBook {
        var book = FileBook()
        for number in 0..<3 {
            book.pages["/a \"b\"\n\(number)"] = FileBook.Page(
                identity: FileIdentity(device: .max, number: UInt64(number)), size: 5,
                modified: .min, offset: .max, head: FileHead([1, 2, UInt8(number)]))
        }
        return book
    }

    @Test func `a book is read as it was written, or not at all`() {
        let bytes = book().bytes
        #expect(FileBook(bytes) == book())
        #expect(FileBook(FileBook().bytes) == FileBook())
        for count in bytes.indices { #expect(FileBook(Array(bytes[..<count])) == nil) }
    }

    @Test func `the table of what is known survives the file, and no damage to it`() throws {
        var known = KnownFile()
        #expect(known.bytes == nil)
        known.day = Day("2026-11-21")
        let segment = try #require(SegmentName("2026-11-21/100000123456-4711-9f86d081.jsonl"))
        known.cursors[segment] = 8192
        for number in 1...3000 {
            known.messages.insert(
                KnownMessages.Entry(
                    key: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, output: UInt64(number),
                    fingerprint: UInt32(number), isSidechain: number % 3 == 0))
        }
        let bytes = try #require(known.bytes)
        #expect(KnownFile(bytes) == known)
        for _ in 0..<300 {
            var damaged = bytes
            damaged[Int.random(in: damaged.indices)] ^= UInt8.random(in: 1...255)
            #expect(KnownFile(damaged) == nil)
        }
        #expect(KnownFile([]) == nil && KnownFile(Array(bytes.dropLast(24))) == nil)
    }

    @Test(arguments: ["files", "known"])
    func `what is damaged or lost is learnt from the ledger again`(name: String) throws {
        for damage in [Data(), Data("x".utf8), nil] {
            let desk = try Desk()
            try desk.write(
                ".claude/projects/-w/S.jsonl", (0..<50).map { Lines.claude("m\($0)", output: 5) })
            try desk.runImport()
            let file = URL(filePath: desk.directory.state + "/import/" + name)
            if let damage {
                try damage.write(to: file)
            } else {
                try FileManager.default.removeItem(at: file)
            }
            try desk.append(".claude/projects/-w/S.jsonl", Lines.claude("m50", output: 5) + "\n")
            #expect(try desk.runImport().total.new == 1)
            #expect(try desk.records().count == 51)
        }
    }

    @Test func `records another process wrote are known`() throws {
        let desk = try Desk()
        let other = try Desk()
        let path = ".claude/projects/-w/S.jsonl"
        try desk.write(path, [Lines.claude("m1", output: 5)])
        try other.write(path, [Lines.claude("m2", output: 5)])
        try desk.runImport()
        try other.runImport()
        var bytes: [UInt8] = []
        for record in try other.records() { Record.usage(record).encode(into: &bytes) }
        var writer = LedgerWriter(desk.directory)
        try writer.append(bytes, at: Timestamp(microseconds: WallClock.now()))
        try desk.append(path, Lines.claude("m2", output: 5) + "\n")
        let summary = try desk.runImport()
        #expect(summary.total.new == 0 && summary.total.known == 1)
    }

    @Test func `nothing is opened when nothing changed, and nothing written`() throws {
        let desk = try Desk()
        for number in 0..<30 {
            try desk.write(
                ".claude/projects/-w/\(number).jsonl", [Lines.claude("m\(number)", output: 5)])
        }
        try desk.runImport()
        let before = try FileStatus(path: desk.directory.state + "/import/files")
        let summary = try desk.runImport()
        #expect(summary.total.filesUnchanged == 30 && summary.total.bytesRead == 0)
        #expect(try FileStatus(path: desk.directory.state + "/import/files") == before)
        try desk.append(".claude/projects/-w/7.jsonl", Lines.claude("x", output: 5) + "\n")
        let second = try desk.runImport()
        #expect(
            second.total.filesUnchanged == 29 && second.total.new == 1 && second.total.known == 0)
    }

    @Test func `only one imports at a time`() throws {
        let desk = try Desk()
        func isFree() throws -> Bool { try ImportLock(in: desk.directory) != nil }
        do {
            guard let lock = try ImportLock(in: desk.directory) else {
                Issue.record("nobody holds the lock, and it was not to be had")
                return
            }
            #expect(try !isFree())
            _ = consume lock
        }
        #expect(try isFree())
    }

    @Test func `ids are derived from the message's`() {
        let id = DerivedID.make(ofMessage: "msg_1", of: "claude-code")
        #expect(id == DerivedID.make(ofMessage: "msg_1", of: "claude-code"))
        #expect(id != DerivedID.make(ofMessage: "msg_2", of: "claude-code"))
        #expect(id != DerivedID.make(ofMessage: "msg_1", of: "codex"))
        let version = Array(id.utf8)[14]
        #expect(id.utf8.count == 36 && version == UInt8(ascii: "8"))
    }
}

struct PlaceTests {
    private func places(_ environment: [String: String]) -> [String] {
        LogPlaces(environment, clients: Set(LogClient.allCases)).roots
            .map { "\($0.client.rawValue) \($0.path)" }
    }

    @Test func `every place, with nothing but a home`() {
        #expect(
            places(["HOME": "/h/", "CODEX_HOME": ""]) == [
                "claude-code /h/.config/claude/projects", "claude-code /h/.claude/projects",
                "codex /h/.codex/sessions", "codex /h/.codex/archived_sessions",
                "gemini-cli /h/.gemini/tmp", "grok-build /h/.grok/sessions",
            ])
        #expect(places([:]).isEmpty)
    }

    @Test func `every variable`() {
        #expect(
            places([
                "CLAUDE_CONFIG_DIR": "/a/, /b,/c/projects", "XDG_CONFIG_HOME": "/x",
                "CODEX_HOME": "/d", "GEMINI_CLI_HOME": "/e", "GROK_HOME": "/f/",
            ]) == [
                "claude-code /a/projects", "claude-code /b/projects", "claude-code /c/projects",
                "codex /d/sessions", "codex /d/archived_sessions", "gemini-cli /e/.gemini/tmp",
                "grok-build /f/sessions",
            ])
        #expect(places(["XDG_CONFIG_HOME": "/x"]) == ["claude-code /x/claude/projects"])
    }
}
