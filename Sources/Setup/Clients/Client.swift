/// A program that starts MCP servers, and whose configuration is known here.
package enum Client: String, CaseIterable, Sendable {
    case claudeCode = "claude-code"
    case claudeDesktop = "claude-desktop"
    case cursor
    case vsCode = "vscode"
    case windsurf
    case geminiCLI = "gemini-cli"
    case codex

    /// As its makers write it.
    package var name: String {
        switch self {
        case .claudeCode: "Claude Code"
        case .claudeDesktop: "Claude Desktop"
        case .cursor: "Cursor"
        case .vsCode: "VS Code"
        case .windsurf: "Windsurf"
        case .geminiCLI: "Gemini CLI"
        case .codex: "Codex"
        }
    }

    /// Whether it is started from a desktop rather than a shell, so that it looks for commands in
    /// the session's short `PATH` and not in what the shell's start files make of it.
    package var isGraphical: Bool {
        switch self {
        case .claudeDesktop, .cursor, .vsCode, .windsurf: true
        case .claudeCode, .geminiCLI, .codex: false
        }
    }
}

/// The systems whose directories are known here.
package enum Platform: Sendable {
    case linux, macOS

    /// The one this program was built for.
    package static var current: Platform {
        #if canImport(Darwin)
            .macOS
        #else
            .linux
        #endif
    }
}
