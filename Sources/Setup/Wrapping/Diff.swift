/// The lines two texts differ in, as `diff -u` shows them.
enum Diff {
    /// Lines shown before and after those that differ.
    private static let context = 3

    private enum Line {
        case same(Int, Int)
        case removed(Int)
        case added(Int)
    }

    /// - Parameter names: the files' names in the head.
    /// - Returns: nothing if no line differs.
    static func unified(_ old: [UInt8], _ new: [UInt8], names: (String, String)) -> String {
        let a = lines(old)
        let b = lines(new)
        let script = script(a, b)
        var text = ""
        for hunk in hunks(script) {
            if text.isEmpty { text = "--- \(names.0)\n+++ \(names.1)\n" }
            text += head(script[hunk], before: script[..<hunk.lowerBound])
            for line in script[hunk] {
                switch line {
                case .same(let index, _): text += shown(" ", a[index])
                case .removed(let index): text += shown("-", a[index])
                case .added(let index): text += shown("+", b[index])
                }
            }
        }
        return text
    }

    /// Each with its line end, the last perhaps without.
    private static func lines(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(text[start...end])
            start = end + 1
        }
        return start < text.count ? lines + [text[start...]] : lines
    }

    private static func shown(_ sign: String, _ line: ArraySlice<UInt8>) -> String {
        let isWhole = line.last == UInt8(ascii: "\n")
        // Carriage returns and other controls are the terminal's to obey: they are not for it.
        let visible = line.filter { $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") }
        return sign + String(decoding: visible, as: UTF8.self)
            + (isWhole ? "\n" : "\n\\ No newline at end of file\n")
    }

    /// What has to be done with the old lines to have the new: of those between the common beginning
    /// and the common end, the longest common sequence stays.
    private static func script(
        _ a: [ArraySlice<UInt8>], _ b: [ArraySlice<UInt8>]
    ) -> [Line] {
        var start = 0
        while start < a.count, start < b.count, a[start] == b[start] { start += 1 }
        var tail = 0
        while tail < a.count - start, tail < b.count - start,
            a[a.count - 1 - tail] == b[b.count - 1 - tail]
        { tail += 1 }
        let middle = longest(a[start..<a.count - tail], b[start..<b.count - tail])
        return (0..<start).map { .same($0, $0) } + middle
            + (0..<tail).map { .same(a.count - tail + $0, b.count - tail + $0) }
    }

    /// Beyond this many comparisons what differs is shown as one block.
    private static let comparisonsMax = 4_000_000

    private static func longest(
        _ a: ArraySlice<ArraySlice<UInt8>>, _ b: ArraySlice<ArraySlice<UInt8>>
    ) -> [Line] {
        guard a.count.multipliedReportingOverflow(by: b.count).partialValue <= comparisonsMax
        else { return a.indices.map { .removed($0) } + b.indices.map { .added($0) } }
        let width = b.count + 1
        var length = [Int32](repeating: 0, count: (a.count + 1) * width)
        for i in stride(from: a.count - 1, through: 0, by: -1) {
            for j in stride(from: b.count - 1, through: 0, by: -1) {
                length[i * width + j] =
                    a[a.startIndex + i] == b[b.startIndex + j]
                    ? length[(i + 1) * width + j + 1] + 1
                    : max(length[(i + 1) * width + j], length[i * width + j + 1])
            }
        }
        var lines: [Line] = []
        var (i, j) = (0, 0)
        while i < a.count || j < b.count {
            let (x, y) = (a.startIndex + i, b.startIndex + j)
            if i < a.count, j < b.count, a[x] == b[y] {
                lines.append(.same(x, y))
                (i, j) = (i + 1, j + 1)
            } else if j == b.count
                || i < a.count && length[(i + 1) * width + j] >= length[i * width + j + 1]
            {
                lines.append(.removed(x))
                i += 1
            } else {
                lines.append(.added(y))
                j += 1
            }
        }
        return lines
    }

    /// The stretches of lines to show.
    private static func hunks(_ script: [Line]) -> [Range<Int>] {
        var hunks: [Range<Int>] = []
        for (index, line) in script.enumerated() {
            if case .same = line { continue }
            let range = max(0, index - context)..<min(script.count, index + context + 1)
            if let last = hunks.last, range.lowerBound <= last.upperBound {
                hunks[hunks.count - 1] = last.lowerBound..<range.upperBound
            } else {
                hunks.append(range)
            }
        }
        return hunks
    }

    private static func head(_ hunk: ArraySlice<Line>, before: ArraySlice<Line>) -> String {
        func range(_ isIn: (Line) -> Bool) -> String {
            let start = before.count(where: isIn)
            let count = hunk.count(where: isIn)
            return count == 1 ? "\(start + 1)" : "\(count == 0 ? start : start + 1),\(count)"
        }
        let old = range { if case .added = $0 { false } else { true } }
        let new = range { if case .removed = $0 { false } else { true } }
        return "@@ -\(old) +\(new) @@\n"
    }
}
