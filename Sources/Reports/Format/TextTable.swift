/// Text with or without colour.
package struct Style: Sendable {
    package let hasColour: Bool
    /// Columns there are.
    package let width: Int

    package init(hasColour: Bool, width: Int = 80) {
        self.hasColour = hasColour
        self.width = max(40, min(width, 80))
    }

    func bold(_ text: String) -> String { paint("1", text) }
    func dim(_ text: String) -> String { paint("2", text) }
    func red(_ text: String) -> String { paint("31", text) }
    func green(_ text: String) -> String { paint("32", text) }
    func accent(_ text: String) -> String { paint("36", text) }

    private func paint(_ code: String, _ text: String) -> String {
        hasColour && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}

/// Lines of cells under each other, the first column to the left and all others to the right.
struct TextTable {
    var heads: [String]
    var rows: [[String]] = []
    /// Columns to the left besides the first.
    var leftColumns: Set<Int> = []

    init(_ heads: [String]) { self.heads = heads }

    /// The first column takes what the others leave of the width, cut if need be.
    func text(_ style: Style, indent: Int = 2) -> String {
        var widths = heads.map(\.count)
        for row in rows {
            for (column, cell) in row.enumerated() where column < widths.count {
                widths[column] = max(widths[column], cell.count)
            }
        }
        let others = widths.dropFirst().reduce(0) { $0 + $1 + 1 }
        widths[0] = min(widths[0], max(12, style.width - indent - others))
        func line(_ cells: [String]) -> String {
            let parts = cells.enumerated().map { column, cell in
                pad(
                    column == 0 ? Plain.text(cell, width: widths[0]) : cell, widths[column],
                    isLeft: column == 0 || leftColumns.contains(column))
            }
            return trimmed(String(repeating: " ", count: indent) + parts.joined(separator: " "))
        }
        return ([style.dim(line(heads))] + rows.map(line)).joined(separator: "\n") + "\n"
    }
}

func pad(_ text: String, _ width: Int, isLeft: Bool) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return isLeft ? text + space : space + text
}

private func trimmed(_ text: String) -> String {
    var text = text
    while text.utf8.last == UInt8(ascii: " ") { text.removeLast() }
    return text
}

/// Breaks a sentence into lines.
func wrap(_ text: String, width: Int) -> [String] {
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

/// Pictures made of letters.
enum Blocks {
    private static let heights = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// One letter a value; a space for 0.
    static func spark(_ values: [Int64]) -> String {
        let highest = Double(max(values.max() ?? 0, 1))
        return values.map { value in
            value <= 0 ? " " : heights[min(7, Int(Double(value) / highest * 7.999))]
        }.joined()
    }

    /// A bar of eighths of letters.
    static func bar(_ share: Double, width: Int) -> String {
        let eighths = Int((max(0, min(share, 1)) * Double(width) * 8).rounded())
        return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    }
}
