// Values: strings, arrays, tables in braces, and the rest by its looks.

extension TOMLParser {
    mutating func readValue() throws(TextError) -> Node {
        let start = offset
        let value: Node.Value
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): value = .string(try readString())
        case UInt8(ascii: "["): value = .array(try readArray())
        case UInt8(ascii: "{"): value = .table(try readInlineTable())
        default: value = try readScalar()
        }
        return Node(range: start..<offset, value: value)
    }

    private mutating func enter() throws(TextError) {
        guard depth < TOML.depthMax else {
            throw error("nested deeper than \(TOML.depthMax) levels")
        }
        depth += 1
        offset += 1
    }

    private mutating func readArray() throws(TextError) -> [Node] {
        let start = offset
        try enter()
        var elements: [Node] = []
        while true {
            offset = Trivia.tokenStart(bytes, after: offset, .toml)
            if next == UInt8(ascii: "]") { break }
            guard offset < bytes.count else {
                throw error("an array that begins here has no end", at: start)
            }
            elements.append(try readValue())
            offset = Trivia.tokenStart(bytes, after: offset, .toml)
            if next == UInt8(ascii: "]") { break }
            guard next == UInt8(ascii: ",") else { throw error("expected ',' or ']'") }
            offset += 1
        }
        offset += 1
        depth -= 1
        return elements
    }

    private mutating func readInlineTable() throws(TextError) -> Table {
        try enter()
        var table = Table(form: .inline)
        while true {
            offset = Trivia.tokenStart(bytes, after: offset, .toml)
            if next == UInt8(ascii: "}") { break }
            let key = try readKey()
            let node = try readAssigned()
            guard table.insert(key.parts[...], key, node, isStatement: false) else {
                throw error(
                    "the key \(key.parts.joined(separator: ".")) is there already: remove one",
                    at: key.range.lowerBound)
            }
            offset = Trivia.tokenStart(bytes, after: offset, .toml)
            if next == UInt8(ascii: "}") { break }
            guard next == UInt8(ascii: ",") else { throw error("expected ',' or '}'") }
            offset += 1
        }
        offset += 1
        depth -= 1
        return table
    }

    /// `true`, a number or a date. Which of the last two it is matters to nobody here.
    private mutating func readScalar() throws(TextError) -> Node.Value {
        let start = offset
        while Self.isScalar(next) { offset += 1 }
        // `1979-05-27 07:32:00` is one value, with a space in it.
        if offset - start == 10, byte(0) == UInt8(ascii: " "), byte(3) == UInt8(ascii: ":") {
            offset += 1
            while Self.isScalar(next) { offset += 1 }
        }
        let word = String(decoding: bytes[start..<offset], as: UTF8.self)
        switch word {
        case "true", "false": return .bool(word == "true")
        case "inf", "+inf", "-inf", "nan", "+nan", "-nan": return .other
        default:
            let digits = word.utf8.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
            guard let first = digits.first, (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= first else {
                throw error("expected a value", at: start)
            }
            return .other
        }
    }

    private static func isScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: ":"):
            true
        default: false
        }
    }

    // MARK: Strings

    /// A string of one of the four kinds: `"…"`, `'…'`, `"""…"""`, `'''…'''`.
    mutating func readString() throws(TextError) -> String {
        let start = offset
        let quote = next
        let isLong = byte(1) == quote && byte(2) == quote
        offset += isLong ? 3 : 1
        if isLong { skipLineEnd() }
        var text: [UInt8] = []
        while true {
            guard offset < bytes.count else {
                throw error("a string that begins here has no closing quote", at: start)
            }
            switch next {
            case quote where !isLong:
                offset += 1
                return try checked(text, start)
            case quote where byte(1) == quote && byte(2) == quote:
                // One or two more belong to the text: the last three close it.
                while byte(3) == quote, text.count < bytes.count {
                    text.append(quote)
                    offset += 1
                }
                offset += 3
                return try checked(text, start)
            case UInt8(ascii: "\\") where quote == UInt8(ascii: "\""):
                try unescape(into: &text, isLong: isLong)
            case UInt8(ascii: "\n") where !isLong, UInt8(ascii: "\r") where !isLong:
                throw error("a string that begins here has no closing quote", at: start)
            case 0x00...0x08, 0x0B, 0x0C, 0x0E...0x1F, 0x7F:
                throw error("a control character in a string must be written as an escape")
            default:
                text.append(next)
                offset += 1
            }
        }
    }

    private func checked(_ text: [UInt8], _ start: Int) throws(TextError) -> String {
        guard let text = String(validating: text, as: UTF8.self) else {
            throw error("the string is not valid UTF-8", at: start)
        }
        return text
    }

    private mutating func skipLineEnd() {
        if next == UInt8(ascii: "\r"), byte(1) == UInt8(ascii: "\n") { offset += 1 }
        if next == UInt8(ascii: "\n") { offset += 1 }
    }

    private mutating func unescape(
        into text: inout [UInt8], isLong: Bool
    ) throws(TextError) {
        let start = offset
        offset += 2
        switch byte(-1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(byte(-1))
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "e"): text.append(0x1B)
        case UInt8(ascii: "x"): try scalar(digits: 2, start, into: &text)
        case UInt8(ascii: "u"): try scalar(digits: 4, start, into: &text)
        case UInt8(ascii: "U"): try scalar(digits: 8, start, into: &text)
        default:
            // A backslash at a line's end takes the line break and what is blank after it away.
            offset = start + 1
            skipBlanks()
            guard isLong, next == UInt8(ascii: "\n") || next == UInt8(ascii: "\r") else {
                throw error("no such escape in a TOML string", at: start)
            }
            offset = Trivia.spaceEnd(bytes, after: offset)
        }
    }

    private mutating func scalar(
        digits: Int, _ start: Int, into text: inout [UInt8]
    ) throws(TextError) {
        let range = offset..<min(offset + digits, bytes.count)
        let word = String(decoding: bytes[range], as: UTF8.self)
        guard range.count == digits, let value = UInt32(word, radix: 16),
            !word.hasPrefix("+"), let scalar = Unicode.Scalar(value)
        else { throw error("expected \(digits) hexadecimal digits of a character", at: start) }
        text.append(contentsOf: String(Character(scalar)).utf8)
        offset = range.upperBound
    }
}
