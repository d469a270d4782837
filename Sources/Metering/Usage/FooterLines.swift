import Wire

/// The lines at the end of a text that may be a server's footer, and its first lines. Bytes, for
/// every wording is ASCII but for a dot and some blanks.
struct FooterLines {
    typealias Line = ArraySlice<UInt8>

    /// How far up a footer may begin, in lines that are not blank.
    private static let linesMax = 12

    /// The last lines, outermost first; none of them indented, quoted or inside a code fence.
    private(set) var last: [Line] = []

    /// - Parameters:
    ///   - tail: the end of a text whose code fences balance.
    ///   - isCut: the text is longer, so its first line here may be the end of one.
    init(_ tail: ArraySlice<UInt8>, isCut: Bool) {
        var isFenced = false
        var seen = 0
        var rest: ArraySlice<UInt8>? = tail
        while let text = rest {
            let start = text.lastIndex(of: 0x0a).map { $0 + 1 }
            rest = start.map { text[..<($0 - 1)] }
            if isCut, start == nil { break }
            let untrimmed = text[(start ?? text.startIndex)...]
            let line = Self.trimmed(untrimmed)
            if line.isEmpty { continue }
            seen += 1
            if seen > Self.linesMax { break }
            if line.begins(with: "```") || line.begins(with: "~~~") {
                isFenced.toggle()
            } else if !isFenced, let first = untrimmed.first, first != 0x20, first != 0x09,
                first != UInt8(ascii: ">")
            {
                last.append(line)
            }
        }
        // Not `reverse()`: the optimiser does not always make the same code of it for slices.
        last = last.reversed()
    }

    /// The first lines of a text that are not blank.
    static func first(_ count: Int, of head: ArraySlice<UInt8>) -> [Line] {
        var lines: [Line] = []
        var rest = head
        while lines.count < count, !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0a) ?? rest.endIndex
            let line = trimmed(rest[..<end])
            if !line.isEmpty { lines.append(line) }
            rest = rest[end...].dropFirst()
        }
        return lines
    }

    /// Without the blanks at its ends.
    static func trimmed(_ text: Line) -> Line {
        var text = text
        while let first = text.first, isBlank(first) {
            // A carriage return takes its line feed along: an empty line before the first.
            text = text.dropFirst(text.begins(with: "\r\n") ? 2 : 1)
        }
        while let last = text.last, isBlank(last) { text = text.dropLast() }
        return text
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0d
    }
}

extension FooterLines {
    /// Whether some line may be of a footer, or of a header that names the model: every wording
    /// of `Footer` has one of a few words. Most texts have none, and are not taken apart.
    static func mayHaveFooter(_ text: ArraySlice<UInt8>) -> Bool {
        text.withUnsafeBufferPointer { text in
            for index in text.indices.dropFirst(2) {
                // By a letter of each that is not met with often.
                switch text[index] {
                case UInt8(ascii: "k"), UInt8(ascii: "K"):
                    if has("token", in: text, at: index &- 2) { return true }
                case UInt8(ascii: "d"), UInt8(ascii: "D"):
                    if has("model", in: text, at: index &- 2) { return true }
                case UInt8(ascii: ":"):
                    if has("cost", in: text, at: index &- 4)
                        || has("stats", in: text, at: index &- 5)
                    {
                        return true
                    }
                default: break
                }
            }
            return false
        }
    }

    private static func has(
        _ word: StaticString, in text: UnsafeBufferPointer<UInt8>, at start: Int
    ) -> Bool {
        let length = word.utf8CodeUnitCount
        guard start >= 0, start <= text.count &- length else { return false }
        for offset in 0..<length where text[start &+ offset] | 0x20 != word.utf8Start[offset] {
            return false
        }
        return true
    }
}

/// What a line says once its Markdown is taken off.
struct FooterText {
    var rest: FooterLines.Line

    init(_ text: FooterLines.Line) { rest = text }

    var isEmpty: Bool { rest.isEmpty }

    /// Takes a literal off the front, letters in any case; false, and nothing taken, if it is not
    /// there.
    mutating func take(_ literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard rest.count >= length else { return false }
        for offset in 0..<length
        where Self.fold(rest[rest.startIndex &+ offset]) != Self.fold(literal.utf8Start[offset]) {
            return false
        }
        rest = rest.dropFirst(length)
        return true
    }

    private static func fold(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

    /// Takes both ends off, or nothing.
    mutating func unwrap(_ open: Unicode.Scalar, _ close: Unicode.Scalar) -> Bool {
        guard rest.count >= 2, rest.first == UInt8(ascii: open), rest.last == UInt8(ascii: close)
        else { return false }
        rest = rest.dropFirst().dropLast()
        return true
    }

    mutating func skipBlanks() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
    }

    /// Takes a count off the front, with the thousands separators that locales write: comma, dot,
    /// apostrophe, and the blanks U+0020, U+00A0, U+202F.
    mutating func takeCount() -> UInt64? {
        var digits: [UInt8] = []
        var group = 0
        var separator: FooterLines.Line?
        var index = rest.startIndex
        var end = index
        while index < rest.endIndex {
            if Self.isDigit(rest[index]) {
                digits.append(rest[index])
                group += 1
                index += 1
                // A group is only one once it is whole.
                if separator == nil || group == 3 { end = index }
                if separator != nil, group > 3 { return nil }
                continue
            }
            guard let mark = Self.separator(at: rest[index...]),
                separator == nil || separator == mark, group > 0, group <= 3,
                Self.isGroup(rest[mark.endIndex...], separator: mark)
            else { break }
            separator = mark
            group = 0
            index = mark.endIndex
        }
        guard !digits.isEmpty, end == index else { return nil }
        rest = rest[end...]
        return TokenCount.read(utf8: digits[...])
    }

    /// Whether three digits (two in the Indian style, before another group) stand at the front.
    private static func isGroup(
        _ text: FooterLines.Line, separator: FooterLines.Line
    ) -> Bool {
        let digits = text.prefix { isDigit($0) }
        if digits.count == 3 { return true }
        return digits.count == 2 && separator.first == UInt8(ascii: ",")
            && text.dropFirst(2).first == UInt8(ascii: ",")
    }

    /// The separator that a text begins with.
    private static func separator(at text: FooterLines.Line) -> FooterLines.Line? {
        switch text.first {
        case UInt8(ascii: ","), UInt8(ascii: "."), UInt8(ascii: " "), UInt8(ascii: "'"):
            text.prefix(1)
        case 0xc2 where text.begins(with: "\u{a0}"): text.prefix(2)
        case 0xe2 where text.begins(with: "\u{202f}") || text.begins(with: "\u{2019}"):
            text.prefix(3)
        default: nil
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    /// Takes an amount of dollars off the front, `$0.0047`.
    mutating func takeDollars() -> Int64? {
        guard take("$") else { return nil }
        let point = UInt8(ascii: ".")
        let comma = UInt8(ascii: ",")
        var number = rest.prefix { Self.isDigit($0) || $0 == point || $0 == comma }
        while let last = number.last, last == point || last == comma { number.removeLast() }
        guard let cost = ReportedCost.dollars(utf8: number.filter { $0 != comma }[...]) else {
            return nil
        }
        rest = rest[number.endIndex...]
        return cost
    }
}
