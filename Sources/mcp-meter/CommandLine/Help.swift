/// Help text, made from `CommandTable`; fits 80 columns.
enum Help {
    static func overview() -> String {
        var lines = [
            "mcp-meter: what do the models behind your MCP servers cost?",
            "",
            "Usage:",
        ]
        lines += CommandTable.commands.map { "  " + $0.usage }
        lines += ["", "Commands:"]
        lines += rows(CommandTable.commands.map { ($0.name, $0.summary) })
        lines += ["", "Variables:"]
        lines += rows(CommandTable.variables.map { ($0.name, $0.meaning) })
        lines += ["", "`mcp-meter help COMMAND` tells more about one."]
        return lines.joined(separator: "\n") + "\n"
    }

    static func page(_ command: CommandTable.Command) -> String {
        var lines = [command.summary, "", "Usage: " + command.usage]
        if !command.details.isEmpty { lines += [""] + command.details }
        if !command.options.isEmpty {
            lines += ["", "Options:"] + rows(command.options.map { ($0.name, $0.meaning) })
        }
        if !command.examples.isEmpty {
            lines += ["", "Example:"] + command.examples.map { "  " + $0 }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func rows(_ pairs: [(String, String)]) -> [String] {
        let width = (pairs.map { $0.0.count }.max() ?? 0) + 2
        return pairs.flatMap { name, meaning -> [String] in
            let padding = String(repeating: " ", count: width - name.count)
            let indent = String(repeating: " ", count: 2 + width)
            let wrapped = wrap(meaning, to: 78 - width)
            return wrapped.enumerated().map { index, line in
                index == 0 ? "  " + name + padding + line : indent + line
            }
        }
    }

    private static func wrap(_ text: String, to width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].isEmpty {
                lines[lines.count - 1] = String(word)
            } else if lines[lines.count - 1].count + 1 + word.count <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
