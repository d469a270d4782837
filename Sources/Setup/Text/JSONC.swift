import Records

/// JSON as clients take it, with comments, trailing commas and a byte order mark, and where each of
/// its values stands.
enum JSONC {
    /// - Throws: where the text is not JSON, or has a key twice: which of the two a client takes
    ///   is the client's secret.
    static func parse(_ bytes: [UInt8]) throws(TextError) -> Node {
        let plain = try plain(bytes)
        do throws(JSONError) {
            return try JSONReader.read(plain.span) { (reader) throws(JSONError) in
                try node(&reader, plain)
            }
        } catch {
            throw TextError(line: error.line, column: error.column, reason: error.reason)
        }
    }

    private static func node(
        _ reader: inout JSONReader, _ bytes: [UInt8]
    ) throws(JSONError) -> Node {
        let kind = try reader.peek()
        let start = reader.offset
        let value: Node.Value
        switch kind {
        case .string: value = .string(try reader.string())
        case .bool: value = .bool(try reader.bool())
        case .null, .number:
            try reader.skip()
            value = .other
        case .array:
            var elements: [Node] = []
            try reader.enterArray()
            while try reader.nextElement() { elements.append(try node(&reader, bytes)) }
            value = .array(elements)
        case .object: value = .table(try table(&reader, bytes))
        }
        return Node(range: start..<reader.offset, value: value)
    }

    private static func table(
        _ reader: inout JSONReader, _ bytes: [UInt8]
    ) throws(JSONError) -> Table {
        var table = Table(form: .inline)
        var keys: Set<String> = []
        try reader.enterObject()
        while try reader.nextKey() {
            let key = try reader.contentString()
            let keyStart = reader.tokenOffset
            guard keys.insert(key).inserted else {
                throw reader.error("the key \"\(key)\" is there twice: remove one", at: keyStart)
            }
            table.members.append(
                Member(
                    key: key, keyRange: keyStart..<stringEnd(bytes, from: keyStart),
                    nameStart: keyStart, isStatement: false, node: try node(&reader, bytes)))
        }
        return table
    }

    /// The end of the string that begins with the quote at `start`.
    private static func stringEnd(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            // A string has no line ends: one that is not closed must not swallow the file.
            if bytes[index] == UInt8(ascii: "\n") { return index }
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, bytes.count)
    }

    /// The same text as strict JSON, every byte of which is where it was: spaces are put in place
    /// of what strict JSON does not have.
    private static func plain(_ bytes: [UInt8]) throws(TextError) -> [UInt8] {
        var plain = bytes
        var index = Trivia.start(of: bytes)
        for mark in 0..<index { plain[mark] = UInt8(ascii: " ") }
        /// The comma that is a trailing one if a bracket comes next.
        var comma: Int?
        /// Whether a value or a closing bracket came last, so that a comma may follow.
        var endsValue = false
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                index += 1
                continue
            case UInt8(ascii: "/"):
                guard let end = Trivia.comment(in: bytes, at: index, .json) else { break }
                guard end <= bytes.count else {
                    throw TextError("a comment that begins here has no end", at: index, in: bytes)
                }
                for blank in index..<end where bytes[blank] != UInt8(ascii: "\n") {
                    plain[blank] = UInt8(ascii: " ")
                }
                index = end
                continue
            case UInt8(ascii: "\""):
                index = stringEnd(bytes, from: index)
                (comma, endsValue) = (nil, true)
                continue
            case UInt8(ascii: ","): (comma, endsValue) = (endsValue ? index : nil, false)
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if let comma { plain[comma] = UInt8(ascii: " ") }
                (comma, endsValue) = (nil, true)
            case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ":"):
                (comma, endsValue) = (nil, false)
            default: (comma, endsValue) = (nil, true)
            }
            index += 1
        }
        return plain
    }
}
