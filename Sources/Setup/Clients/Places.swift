import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Where a client looks for its configuration.
package struct Place: Equatable, Sendable {
    package let path: String
    /// Nil where nothing tells whose it is.
    package let client: Client?

    package init(_ path: String, _ client: Client?) {
        self.path = path
        self.client = client
    }
}

/// The places of every client, those of the project before those of the user.
struct Places {
    let home: String?
    let workingDirectory: String
    let platform: Platform
    let environment: [String: String]

    init(
        _ environment: [String: String], _ workingDirectory: String, _ platform: Platform
    ) {
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.platform = platform
        home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    var all: [Place] { project + user }

    private var project: [Place] {
        var places = ancestors(of: workingDirectory).map { Place($0 + "/.mcp.json", .claudeCode) }
        let here = workingDirectory == "/" ? "" : workingDirectory
        places += [
            Place(here + "/.cursor/mcp.json", .cursor),
            Place(here + "/.vscode/mcp.json", .vsCode),
            Place(here + "/.gemini/settings.json", .geminiCLI),
        ]
        return places + repository.map { Place($0 + "/.codex/config.toml", .codex) }
    }

    private var user: [Place] {
        var places: [Place] = []
        if let directory = directory("CLAUDE_CONFIG_DIR") ?? home {
            places.append(Place(directory + "/.claude.json", .claudeCode))
        }
        if let settings {
            places.append(
                Place(settings + "/Claude/claude_desktop_config.json", .claudeDesktop))
        }
        if let home { places.append(Place(home + "/.cursor/mcp.json", .cursor)) }
        if let settings {
            for edition in ["Code", "Code - Insiders"] {
                let user = "\(settings)/\(edition)/User"
                places.append(Place(user + "/mcp.json", .vsCode))
                // Each profile has servers of its own.
                for profile in ((try? directoryEntries(user + "/profiles")) ?? []).sorted() {
                    places.append(Place("\(user)/profiles/\(profile)/mcp.json", .vsCode))
                }
            }
        }
        if let home {
            places.append(Place(home + "/.codeium/windsurf/mcp_config.json", .windsurf))
            places.append(Place(home + "/.gemini/settings.json", .geminiCLI))
        }
        if let directory = directory("CODEX_HOME") ?? home.map({ $0 + "/.codex" }) {
            places.append(Place(directory + "/config.toml", .codex))
        }
        return places
    }

    /// Where graphical programs keep their settings.
    private var settings: String? {
        switch platform {
        case .macOS: home.map { $0 + "/Library/Application Support" }
        case .linux: directory("XDG_CONFIG_HOME") ?? home.map { $0 + "/.config" }
        }
    }

    private func directory(_ variable: String) -> String? {
        environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// A directory and those it is in, without the slash at the end.
    private func ancestors(of directory: String) -> [String] {
        var found: [String] = []
        var next: String? = directory
        while let directory = next {
            found.append(directory == "/" ? "" : directory)
            next = parentDirectory(of: directory) ?? (directory == "/" ? nil : "/")
        }
        return found
    }

    /// The working directory and those around it that are in the same repository; itself alone
    /// outside of one.
    private var repository: [String] {
        let all = ancestors(of: workingDirectory)
        let top = all.firstIndex { access($0 + "/.git", F_OK) == 0 } ?? 0
        return Array(all[...top])
    }
}

extension Client {
    /// Whose configuration a file is, by its name and the directory it is in.
    package static func usual(_ path: String) -> Client? {
        let parts = path.split(separator: "/").suffix(2)
        return switch (parts.count > 1 ? parts.first : nil, parts.last) {
        case (_, ".mcp.json"), (_, ".claude.json"): .claudeCode
        case (_, "claude_desktop_config.json"): .claudeDesktop
        case (".cursor", "mcp.json"): .cursor
        case (".vscode", "mcp.json"), ("User", "mcp.json"): .vsCode
        case (_, "mcp_config.json"): .windsurf
        case (".gemini", "settings.json"): .geminiCLI
        case (".codex", "config.toml"): .codex
        default: nil
        }
    }

    /// The tables its servers are in, by their keys; `*` is every key.
    static func containers(_ client: Client?) -> [[String]] {
        switch client {
        case .claudeCode: [["mcpServers"], ["projects", "*", "mcpServers"]]
        case .claudeDesktop, .cursor, .windsurf, .geminiCLI: [["mcpServers"]]
        case .vsCode: [["servers"]]
        case .codex: [["mcp_servers"]]
        case nil:
            [
                ["mcpServers"], ["servers"], ["mcp_servers"], ["mcp", "servers"],
                ["settings", "mcp", "servers"], ["projects", "*", "mcpServers"],
            ]
        }
    }
}
