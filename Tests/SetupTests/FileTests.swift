import Foundation
import Testing

@testable import Setup

/// Files as they are on disk: what is kept of them, and what a change never does.
final class FileTests {
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "mcp-meter-setup-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private static let text = #"{"mcpServers": {"a": {"command": "x"}}}"#

    private func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    private func write(_ name: String, _ text: String = FileTests.text, mode: Int = 0o644) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
    }

    private func read(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    private func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path(name))[.posixPermissions] as? Int
    }

    private func open(_ name: String) -> OpenConfiguration {
        OpenConfiguration(Place(path(name), .cursor), meter: MeterCommand())
    }

    private func wrapping(_ open: OpenConfiguration) throws -> PlannedChange {
        try PlannedChange(wrapping: [0: Wrapping(command: "mcp-meter")], in: open)
    }

    @Test(arguments: [(0o644, 0o600), (0o600, 0o600), (0o400, 0o400), (0o664, 0o600)])
    func `the mode stays, and the backup is nobody else's`(own: Int, backup: Int) throws {
        try write("c.json", mode: own)
        try wrapping(open("c.json")).write()
        #expect(try read("c.json").contains("mcp-meter"))
        #expect(try mode("c.json") == own)
        #expect(try read("c.json.mcp-meter-backup") == Self.text)
        #expect(try mode("c.json.mcp-meter-backup") == backup)
        try PlannedChange(unwrapping: [0], in: open("c.json")).write()
        #expect(try read("c.json") == Self.text)
        #expect(try mode("c.json") == own)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["c.json"])
    }

    @Test func `a symbolic link stays one, and what it leads to changes`() throws {
        try FileManager.default.createDirectory(
            atPath: path("real"), withIntermediateDirectories: true)
        try write("real/c.json")
        try FileManager.default.createSymbolicLink(
            atPath: path("c.json"), withDestinationPath: "real/c.json")
        try wrapping(open("c.json")).write()
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: path("c.json"))
                == "real/c.json")
        #expect(try read("real/c.json").contains("mcp-meter"))
        #expect(try read("real/c.json.mcp-meter-backup") == Self.text)
        // Found under both names it is one file.
        let both = Clients.opened(
            [Place(path("c.json"), .cursor), Place(path("real/c.json"), nil)],
            meter: MeterCommand())
        #expect(both.map(\.file.path) == [path("c.json")])
    }

    @Test(arguments: [false, true])
    func `a change by somebody else is not written over`(isReplaced: Bool) throws {
        try write("c.json")
        let plan = try wrapping(open("c.json"))
        let other = Self.text + (isReplaced ? "" : " ")
        if isReplaced {
            // The same bytes in another file: somebody is at work on it.
            try write("new.json", other)
            #expect(rename(path("new.json"), path("c.json")) == 0)
        } else {
            try write("c.json", other)
        }
        #expect(throws: WriteError.changed(path: path("c.json"))) { try plan.write() }
        #expect(try read("c.json") == other)
        #expect(
            try !FileManager.default.contentsOfDirectory(atPath: directory.path)
                .contains { $0.contains(".new-") })
    }

    @Test func `edits since then stay, and so does what was before them`() throws {
        try write("c.json")
        try wrapping(open("c.json")).write()
        let edited = try read("c.json").replacing(
            "{\"mcpServers\"", with: "{\"x\": 1, \"mcpServers\"")
        try write("c.json", edited)
        let plan = try PlannedChange(unwrapping: [0], in: open("c.json"))
        #expect(plan.leftBackup == path("c.json.mcp-meter-backup"))
        try plan.write()
        #expect(try read("c.json") == #"{"x": 1, "mcpServers": {"a": {"command": "x"}}}"#)
        #expect(try read("c.json.mcp-meter-backup") == Self.text)
        // The next wrapping starts from what there is then.
        try wrapping(open("c.json")).write()
        try PlannedChange(unwrapping: [0], in: open("c.json")).write()
        #expect(try read("c.json") == #"{"x": 1, "mcpServers": {"a": {"command": "x"}}}"#)
        #expect(!FileManager.default.fileExists(atPath: path("c.json.mcp-meter-backup")))
    }

    @Test func `what cannot be used says why`() throws {
        try write("bad.json", "{\n \"mcpServers\": [}")
        try write("list.json", #"{"mcpServers": []}"#)
        try write("none.json", #"{"mcpServers": null}"#)
        #expect(
            "\(try #require(open("bad.json").file.problem))".hasPrefix(
                path("bad.json") + ":2:17: "))
        #expect(
            "\(try #require(open("list.json").file.problem))".hasSuffix(
                ":1:16: expected an object of servers"))
        #expect(open("none.json").file.problem == nil)
        #expect(open("gone.json").file.problem == .missing(path: path("gone.json")))
        guard case .unreadable? = open(".").file.problem else {
            Issue.record("a directory was read")
            return
        }
    }

    @Test func `the diff shows no values`() throws {
        let text = """
            {
              "token": "SECRET1", // SECRET2
              "n": 31337,
              "mcpServers": {
                "a": {
                  "env": {"K": "SECRET3"},
                  "args": ["--api-key", "SECRET4", "-e", "X=SECRET5", "https://u:SECRET6@h/", "sk-SECRET7"],
                  "headers": {"Authorization": "Bearer SECRET8"},
                  "command": "npx"
                }
              } /* SECRET9
                   SECRET10 */
            }
            """
        try write("c.json", text)
        let plan = try PlannedChange(
            wrapping: [
                0: Wrapping(
                    command: "mcp-meter",
                    variables: [.init(name: "EVALOPS_TOKEN", value: "SECRET11")])
            ], in: open("c.json"))
        #expect(!plan.diff.contains("SECRET"))
        #expect(!plan.diff.contains("31337"))
        #expect(plan.diff.contains(#"-      "command": "npx""#))
        #expect(plan.diff.contains(#"+      "command": "mcp-meter""#))
        #expect(plan.diff.contains(#""EVALOPS_TOKEN": "***""#))
    }

    @Test func `the diff is what diff says`() throws {
        let lines = (1...30).map { "l\($0)" }
        var changed = lines
        changed[4] = "other"
        changed.insert("new", at: 20)
        changed.removeLast()
        let old = Array((lines.joined(separator: "\n") + "\n").utf8)
        let new = Array(changed.joined(separator: "\n").utf8)
        #expect(
            Diff.unified(old, new, names: ("a", "b")) == """
                --- a
                +++ b
                @@ -2,7 +2,7 @@
                 l2
                 l3
                 l4
                -l5
                +other
                 l6
                 l7
                 l8
                @@ -18,6 +18,7 @@
                 l18
                 l19
                 l20
                +new
                 l21
                 l22
                 l23
                @@ -26,5 +27,4 @@
                 l26
                 l27
                 l28
                -l29
                -l30
                +l29
                \\ No newline at end of file

                """)
        #expect(Diff.unified(old, old, names: ("a", "b")).isEmpty)
    }
}
