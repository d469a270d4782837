/// A program whose session logs can be read.
package enum LogClient: String, Sendable, CaseIterable, Comparable {
    case claudeCode = "claude-code"
    case codex
    case gemini = "gemini-cli"
    case grok = "grok-build"

    /// What people call it: `claude` for `claude-code`. Nil for anything else.
    package init?(named word: String) {
        switch word.lowercased() {
        case "claude-code", "claude": self = .claudeCode
        case "codex", "codex-cli": self = .codex
        case "gemini-cli", "gemini": self = .gemini
        case "grok-build", "grok": self = .grok
        default: return nil
        }
    }

    package static func < (a: LogClient, b: LogClient) -> Bool { a.rawValue < b.rawValue }
}
