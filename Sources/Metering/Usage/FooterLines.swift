import Wire

/// The lines at the end of a text that may be a server's footer, and its first lines.
struct FooterLines {
    /// How far up a footer may begin, in lines that are not blank.
    private static let linesMax = 12

    /// The last lines, outermost first; none of them indented, quoted or inside a code fence.
    private(set) var last: [Substring] = []

    /// - Parameters:
    ///   - tail: the end of a text whose code fences balance.
    ///   - isCut: the text is longer, so its first line here may be the end of one.
    init(_ tail: String, isCut: Bool) {
        var lines = Self.lines(tail)
        if isCut, !lines.isEmpty { lines.removeFirst() }
        var isFenced = false
        var seen = 0
        for line in lines.reversed() {
            let text = Self.trimmed(line)
            if text.isEmpty { continue }
            seen += 1
            if seen > Self.linesMax { break }
            if text.hasPrefix("```") || text.hasPrefix("~~~") {
                isFenced.toggle()
            } else if !isFenced, let first = line.utf8.first, first != 0x20, first != 0x09,
                first != UInt8(ascii: ">")
            {
                last.append(text)
            }
        }
        last.reverse()
    }

    /// The first lines of a text that are not blank.
    static func first(_ count: Int, of head: String) -> [Substring] {
        Array(lines(head).lazy.map { trimmed($0) }.filter { !$0.isEmpty }.prefix(count))
    }

    /// The carriage return of a line end stays, for `trimmed` to take off.
    private static func lines(_ text: String) -> [Substring] {
        text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).map(Substring.init)
    }

    static func trimmed(_ text: Substring) -> Substring { Substring(trimmed(text.utf8)) }

    /// Without the blanks at its ends.
    static func trimmed<Text: BidirectionalCollection<UInt8>>(_ text: Text) -> Text
    where Text.SubSequence == Text {
        var text = text
        while let first = text.first, isBlank(first) { text = text.dropFirst() }
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
    var rest: Substring

    init(_ text: Substring) { rest = text }

    /// Takes a literal off the front, letters in any case; false, and nothing taken, if it is not
    /// there.
    mutating func take(_ literal: StaticString) -> Bool {
        let text = rest.utf8
        var index = text.startIndex
        for offset in 0..<literal.utf8CodeUnitCount {
            guard index < text.endIndex,
                Self.fold(text[index]) == Self.fold(literal.utf8Start[offset])
            else { return false }
            text.formIndex(after: &index)
        }
        rest = rest[index...]
        return true
    }

    private static func fold(_ byte: UInt8) -> UInt8 {
        (65...90).contains(byte) ? byte | 0x20 : byte
    }

    /// Takes a literal off the end.
    mutating func takeLast(_ literal: Character) -> Bool {
        guard rest.utf8.last == literal.asciiValue else { return false }
        rest = Substring(rest.utf8.dropLast())
        return true
    }

    /// Takes both ends off, or nothing.
    mutating func unwrap(_ open: StaticString, _ close: Character) -> Bool {
        var inner = self
        guard inner.take(open), inner.takeLast(close) else { return false }
        self = inner
        return true
    }

    /// Takes a count off the front, with the thousands separators that locales write: comma, dot,
    /// apostrophe, and the blanks U+0020, U+00A0, U+202F.
    mutating func takeCount() -> UInt64? {
        var digits = ""
        var group = 0
        var separator: Character?
        var index = rest.startIndex
        var end = index
        while index < rest.endIndex {
            let character = rest[index]
            if let digit = character.utf8.first, character.utf8.count == 1,
                (48...57).contains(digit)
            {
                digits.append(character)
                group += 1
                index = rest.index(after: index)
                // A group is only one once it is whole.
                if separator == nil || group == 3 { end = index }
                if separator != nil, group > 3 { return nil }
                continue
            }
            let isSeparator = Self.separators.contains(character)
            let next = rest.index(after: index)
            guard isSeparator, separator == nil || separator == character, group > 0,
                group <= 3, next < rest.endIndex, let digit = rest[next].utf8.first,
                (48...57).contains(digit), Self.isGroup(rest[next...], separator: character)
            else { break }
            separator = character
            group = 0
            index = next
        }
        guard !digits.isEmpty, end == index else { return nil }
        rest = rest[end...]
        return TokenCount.read(digits)
    }

    /// Whether three digits (two in the Indian style, before another group) stand at the front.
    private static func isGroup(_ text: Substring, separator: Character) -> Bool {
        let digits = text.prefix { $0.utf8.count == 1 && (48...57).contains($0.utf8.first ?? 0) }
        if digits.count == 3 { return true }
        return digits.count == 2 && separator == ","
            && text.dropFirst(2).first == separator
    }

    private static let separators: Set<Character> = [
        ",", ".", " ", "\u{a0}", "\u{202f}", "\u{2019}", "'",
    ]

    /// Takes an amount of dollars off the front, `$0.0047`.
    mutating func takeDollars() -> Int64? {
        guard take("$") else { return nil }
        var number = rest.prefix { character in
            character.utf8.count == 1
                && ((48...57).contains(character.utf8.first ?? 0) || character == "."
                    || character == ",")
        }
        while let last = number.last, last == "." || last == "," { number = number.dropLast() }
        guard let cost = ReportedCost.dollars(number.filter { $0 != "," }) else { return nil }
        rest = rest[number.endIndex...]
        return cost
    }

    mutating func skipBlanks() {
        while let first = rest.utf8.first, first == 0x20 || first == 0x09 {
            rest = Substring(rest.utf8.dropFirst())
        }
    }

    var isEmpty: Bool { rest.isEmpty }
}
