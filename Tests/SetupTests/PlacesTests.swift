import Foundation
import Testing

@testable import Setup

struct PlacesTests {
    private static let home = ["HOME": "/home/u"]

    private func places(
        _ client: Client, _ environment: [String: String] = home, in directory: String = "/w/p",
        _ platform: Platform = .linux
    ) -> [String] {
        Clients.places(
            environment: environment, workingDirectory: directory, platform: platform
        ).filter { $0.client == client }.map(\.path)
    }

    @Test func `every client's places are known`() {
        #expect(
            places(.claudeCode) == [
                "/w/p/.mcp.json", "/w/.mcp.json", "/.mcp.json", "/home/u/.claude.json",
            ])
        #expect(places(.claudeDesktop) == ["/home/u/.config/Claude/claude_desktop_config.json"])
        #expect(places(.cursor) == ["/w/p/.cursor/mcp.json", "/home/u/.cursor/mcp.json"])
        #expect(
            places(.vsCode) == [
                "/w/p/.vscode/mcp.json", "/home/u/.config/Code/User/mcp.json",
                "/home/u/.config/Code - Insiders/User/mcp.json",
            ])
        #expect(places(.windsurf) == ["/home/u/.codeium/windsurf/mcp_config.json"])
        #expect(
            places(.geminiCLI) == ["/w/p/.gemini/settings.json", "/home/u/.gemini/settings.json"])
        #expect(places(.codex) == ["/w/p/.codex/config.toml", "/home/u/.codex/config.toml"])
    }

    @Test func `a Mac has its own places for graphical programs`() {
        let support = "/home/u/Library/Application Support"
        #expect(
            places(.claudeDesktop, Self.home, .macOS) == [
                support + "/Claude/claude_desktop_config.json"
            ])
        #expect(
            places(.vsCode, Self.home, .macOS).contains(support + "/Code/User/mcp.json"))
    }

    private func places(
        _ client: Client, _ environment: [String: String], _ platform: Platform
    ) -> [String] { places(client, environment, in: "/w/p", platform) }

    @Test func `variables move them`() {
        let moved = [
            "HOME": "/home/u", "XDG_CONFIG_HOME": "/c", "CLAUDE_CONFIG_DIR": "/d",
            "CODEX_HOME": "/e",
        ]
        #expect(places(.claudeDesktop, moved) == ["/c/Claude/claude_desktop_config.json"])
        #expect(places(.claudeCode, moved).last == "/d/.claude.json")
        #expect(places(.codex, moved).last == "/e/config.toml")
        // Neither a relative one nor no home is a place.
        #expect(places(.codex, ["HOME": "u", "CODEX_HOME": "e"]) == ["/w/p/.codex/config.toml"])
        #expect(places(.windsurf, [:]).isEmpty)
    }

    @Test func `at the root there is one of each`() {
        #expect(places(.claudeCode, [:], in: "/") == ["/.mcp.json"])
        #expect(places(.cursor, [:], in: "/") == ["/.cursor/mcp.json"])
        #expect(places(.codex, [:], in: "/") == ["/.codex/config.toml"])
    }

    @Test func `Codex looks up to the repository, and VS Code into profiles`() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(
            "mcp-meter-places-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for name in ["r/.git", "r/a/b", ".config/Code/User/profiles/x1"] {
            try FileManager.default.createDirectory(
                at: root.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        #expect(
            places(.codex, [:], in: root.path + "/r/a/b") == [
                root.path + "/r/a/b/.codex/config.toml", root.path + "/r/a/.codex/config.toml",
                root.path + "/r/.codex/config.toml",
            ])
        #expect(
            places(.vsCode, ["HOME": root.path]).contains(
                root.path + "/.config/Code/User/profiles/x1/mcp.json"))
    }

    @Test(arguments: [
        ("/x/.mcp.json", Client.claudeCode), ("a/.claude.json", .claudeCode),
        (".vscode/mcp.json", .vsCode), ("/x/Code/User/mcp.json", .vsCode),
        ("/x/.cursor/mcp.json", .cursor), ("mcp_config.json", .windsurf),
        ("/x/.codex/config.toml", .codex), ("/x/.gemini/settings.json", .geminiCLI),
        ("/x/mcp.json", nil), ("config.toml", nil), ("", nil),
    ])
    func `a file is known by its name`(path: String, client: Client?) {
        #expect(Client.usual(path) == client)
    }

    @Test func `the command is a name only where that leads here`() throws {
        let own = try MeterCommand.command(path: nil, usesName: true)
        #expect(own.hasPrefix("/"))
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(
            "mcp-meter-path-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let (link, other) = (root.path + "/link", root.path + "/other")
        for directory in [link, other] {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(
            atPath: link + "/mcp-meter", withDestinationPath: own)
        #expect(
            FileManager.default.createFile(
                atPath: other + "/mcp-meter", contents: Data("#!/bin/sh\n".utf8),
                attributes: [.posixPermissions: 0o755]))
        func command(_ path: String, _ usesName: Bool) throws -> String {
            try MeterCommand.command(path: path, usesName: usesName)
        }
        #expect(try command("/nowhere:\(link):\(other)", true) == "mcp-meter")
        #expect(try command("/nowhere:\(link):\(other)", false) == link + "/mcp-meter")
        #expect(try command("\(other):\(link)", true) == own)
        #expect(try command("", true) == own)
        #expect(MeterCommand().isMeter(own))
        #expect(!MeterCommand().isMeter("/bin/sh"))
        #expect(MeterCommand().isMeter("/elsewhere/bin/mcp-meter"))
    }
}
