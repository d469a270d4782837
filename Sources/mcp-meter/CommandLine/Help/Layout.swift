/// Text in lines of a width.
struct Layout {
    let terminal: Terminal
    private(set) var lines: [String] = []

    init(_ terminal: Terminal) { self.terminal = terminal }

    var text: String { lines.joined(separator: "\n") + "\n" }

    mutating func heading(_ text: String) {
        if !lines.isEmpty { lines.append("") }
        lines.append(terminal.bold(text + ":"))
    }

    /// - Parameter hanging: how much further in than the first line the others begin.
    mutating func paragraph(_ text: String, indent: Int = 0, hanging: Int = 0) {
        let margin = String(repeating: " ", count: indent)
        let further = String(repeating: " ", count: hanging)
        let wrapped = Self.wrap(text, to: terminal.width - indent - hanging)
        for (index, line) in wrapped.enumerated() {
            lines.append(margin + (index == 0 ? "" : further) + line)
        }
    }

    mutating func space() { lines.append("") }

    /// A line as it is, however long: something to be copied.
    mutating func verbatim(_ line: String) { lines.append("  " + line) }

    /// Names to the left, what they mean to the right; below the name where there is no room for
    /// both.
    mutating func rows(_ rows: [(name: String, meaning: String)]) {
        let widest = rows.map(\.name.count).max() ?? 0
        let column = min(widest, terminal.width * 2 / 5)
        let isNarrow = terminal.width - column < 34
        let indent = isNarrow ? 6 : column + 4
        let margin = String(repeating: " ", count: indent)
        for (name, meaning) in rows {
            var wrapped = Self.wrap(meaning, to: terminal.width - indent)[...]
            var line = "  " + name
            if !isNarrow, name.count <= column, let first = wrapped.popFirst() {
                line += String(repeating: " ", count: indent - line.count) + first
            }
            lines.append(line)
            lines += wrapped.map { margin + $0 }
        }
    }

    /// Lines of at most so many characters; a longer word has a line of its own.
    static func wrap(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = String(word)
            } else if line.count + 1 + word.count <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return lines + [line]
    }
}
