import Setup

/// The servers of configurations, as `mcp-meter wrap` lists them: no values of variables, and no
/// arguments that look like secrets.
enum ServerListing {
    /// Longer commands are cut.
    private static let commandMax = 60

    static func text(_ files: [OpenConfiguration]) -> String {
        guard !files.isEmpty else {
            return "No configuration of an MCP client was found here or in the home directory.\n"
        }
        var text = ""
        var canAny = false
        for file in files.map(\.file) {
            text += "\(file.path)" + (file.client.map { " (\($0.name))" } ?? "") + "\n"
            if file.entries.isEmpty { text += "  no servers\n" }
            let rows = file.entries.map { (name($0), command($0), state($0)) }
            let widths = (
                rows.map(\.0.count).max() ?? 0, rows.map(\.1.count).max() ?? 0
            )
            for row in rows {
                text += "  \(padded(row.0, widths.0))  \(padded(row.1, widths.1))  \(row.2)\n"
            }
            canAny = canAny || file.entries.contains { !$0.isWrapped && $0.obstacle == nil }
        }
        if canAny { text += "`mcp-meter wrap NAME` wraps one of them, `--all` all that can be.\n" }
        return text
    }

    static func name(_ entry: ServerEntry) -> String {
        visible(entry.name) + (entry.project.map { " (in \(visible($0)))" } ?? "")
    }

    private static func command(_ entry: ServerEntry) -> String {
        guard let first = entry.serverCommand.first else { return "-" }
        let words = [first] + Redaction.arguments(Array(entry.serverCommand.dropFirst()))
        let text = visible(words.joined(separator: " "))
        return text.count <= commandMax ? text : text.prefix(commandMax - 1) + "…"
    }

    private static func state(_ entry: ServerEntry) -> String {
        switch (entry.isWrapped, entry.obstacle) {
        case (true, nil): "wrapped"
        case (true, let obstacle?): "wrapped, \(words(obstacle))"
        case (false, nil): "can be wrapped"
        case (false, let obstacle?): words(obstacle)
        }
    }

    /// Why a server is not wrapped.
    static func words(_ obstacle: ServerEntry.Obstacle) -> String {
        switch obstacle {
        case .remote(let type): "\(visible(type)): nothing is started that could be wrapped"
        case .disabled: "disabled"
        case .noCommand: "has no command"
        case .isMeter: "is mcp-meter itself"
        case .malformed(let reason): reason
        }
    }

    /// Without what a terminal would obey.
    static func visible(_ text: String) -> String {
        String(
            text.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F ~= $0.value) }.map(
                Character.init))
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
