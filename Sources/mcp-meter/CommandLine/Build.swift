import Records
import Start

/// What this program was made from.
enum Build {
    /// The commit, if whoever built it said (`MCP_METER_COMMIT`, see Package.swift).
    static var commit: String? {
        let text = String(cString: start_commit())
        return text.isEmpty ? nil : text
    }

    /// `mcp-meter 0.1.0 (b0c851d)`.
    static var line: String { "mcp-meter \(Version.text) (\(commit ?? "unknown commit"))\n" }
}
