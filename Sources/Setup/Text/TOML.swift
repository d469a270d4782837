/// TOML 1.0, and where each of its values stands. Line breaks, comments and a trailing comma in
/// braces are taken too, as TOML 1.1 has them.
enum TOML {
    /// Tables and arrays inside each other.
    static let depthMax = 128

    /// - Throws: where the text is not TOML, or has a key twice.
    static func parse(_ bytes: [UInt8]) throws(TextError) -> Node {
        var parser = TOMLParser(bytes)
        try parser.readDocument()
        return Node(range: 0..<bytes.count, value: .table(parser.root))
    }
}

/// The statements of a document: headers, and keys with their values.
struct TOMLParser {
    let bytes: [UInt8]
    var offset: Int
    var depth = 0
    private(set) var root = Table(form: .section)
    /// The table that statements belong to.
    private var section: [String] = []

    /// A key as it is written, `a.b.c`.
    struct Key {
        var parts: [String]
        var range: Range<Int>
        /// Where the last part begins.
        var nameStart: Int
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        offset = Trivia.start(of: bytes)
    }

    /// The byte at the offset; 0, which no document holds, at its end.
    var next: UInt8 { byte(0) }

    func byte(_ distance: Int) -> UInt8 {
        offset + distance < bytes.count ? bytes[offset + distance] : 0
    }

    func error(_ reason: String, at place: Int? = nil) -> TextError {
        TextError(reason, at: place ?? offset, in: bytes)
    }

    mutating func readDocument() throws(TextError) {
        while true {
            offset = Trivia.tokenStart(bytes, after: offset, .toml)
            guard offset < bytes.count else { return }
            if next == UInt8(ascii: "[") {
                try readHeader()
            } else {
                try readStatement()
            }
            skipBlanks()
            let isAtEnd = offset >= bytes.count || next == UInt8(ascii: "\n")
            guard isAtEnd || next == UInt8(ascii: "#") || startsLineEnd else {
                throw error("expected the end of the line")
            }
        }
    }

    private var startsLineEnd: Bool {
        next == UInt8(ascii: "\r") && byte(1) == UInt8(ascii: "\n")
    }

    mutating func skipBlanks() {
        while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { offset += 1 }
    }

    private mutating func readHeader() throws(TextError) {
        let start = offset
        let isArray = byte(1) == UInt8(ascii: "[")
        offset += isArray ? 2 : 1
        var key = try readKey()
        guard next == UInt8(ascii: "]"), !isArray || byte(1) == UInt8(ascii: "]") else {
            throw error(isArray ? "expected ']]' after the table's name" : "expected ']'")
        }
        offset += isArray ? 2 : 1
        key.range = start..<offset
        let name = key.parts.joined(separator: ".")
        guard root.open(key.parts[...], key, isArray: isArray) else {
            throw error("the table [\(name)] is there already", at: start)
        }
        section = key.parts
    }

    private mutating func readStatement() throws(TextError) {
        let key = try readKey()
        let node = try readAssigned()
        guard root.insert((section + key.parts)[...], key, node, isStatement: true) else {
            throw error(
                "the key \(key.parts.joined(separator: ".")) is there already: remove one",
                at: key.range.lowerBound)
        }
    }

    /// The `=` and the value after it.
    mutating func readAssigned() throws(TextError) -> Node {
        skipBlanks()
        guard next == UInt8(ascii: "=") else { throw error("expected '=' after the key") }
        offset += 1
        skipBlanks()
        return try readValue()
    }

    /// A key and the blanks around it.
    mutating func readKey() throws(TextError) -> Key {
        skipBlanks()
        var key = Key(parts: [], range: offset..<offset, nameStart: offset)
        while true {
            skipBlanks()
            key.nameStart = offset
            key.parts.append(try readKeyPart())
            key.range = key.range.lowerBound..<offset
            skipBlanks()
            guard next == UInt8(ascii: ".") else { return key }
            offset += 1
        }
    }

    private mutating func readKeyPart() throws(TextError) -> String {
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") {
            if byte(1) == next, byte(2) == next {
                throw error("a key is no multi-line string")
            }
            return try readString()
        }
        let start = offset
        while Self.isBare(next) { offset += 1 }
        guard offset > start else { throw error("expected a key") }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension Table {
    /// Puts a value where a dotted key says, making the tables on the way.
    ///
    /// - Returns: false, with nothing changed that matters, if there is a value already.
    mutating func insert(
        _ path: ArraySlice<String>, _ key: TOMLParser.Key, _ node: Node, isStatement: Bool
    ) -> Bool {
        guard let name = path.first else { return false }
        if path.count == 1 {
            guard self[name] == nil else { return false }
            members.append(Self.member(name, key, isStatement, node))
            return true
        }
        return descend(name, key, isStatement) { table in
            table.insert(path.dropFirst(), key, node, isStatement: isStatement)
        }
    }

    /// Makes, or takes up, the table that a header names.
    mutating func open(
        _ path: ArraySlice<String>, _ key: TOMLParser.Key, isArray: Bool
    ) -> Bool {
        guard let name = path.first else { return false }
        if path.count > 1 {
            return descend(name, key, false) { table in
                table.open(path.dropFirst(), key, isArray: isArray)
            }
        }
        let new = Node(range: key.range, value: .table(Table(form: .section)))
        guard let index = members.firstIndex(where: { $0.key == name }) else {
            let node = isArray ? Node(range: key.range, value: .array([new])) : new
            members.append(Self.member(name, key, false, node))
            return true
        }
        switch members[index].node.value {
        case .table(var table):
            guard !isArray, table.form == .implied else { return false }
            table.form = .section
            let node = Node(range: key.range, value: .table(table))
            members[index] = Self.member(name, key, false, node)
            return true
        case .array(let elements):
            guard isArray, let last = elements.last?.table, last.form == .section else {
                return false
            }
            members[index].node.value = .array(elements + [new])
            return true
        default: return false
        }
    }

    /// Changes the table under a name, an implied one if there is none. Of an array of tables that
    /// is the last; a table in braces is complete as it is.
    private mutating func descend(
        _ name: String, _ key: TOMLParser.Key, _ isStatement: Bool,
        _ change: (inout Table) -> Bool
    ) -> Bool {
        guard let index = members.firstIndex(where: { $0.key == name }) else {
            var table = Table(form: .implied)
            guard change(&table) else { return false }
            let node = Node(range: key.range, value: .table(table))
            members.append(Self.member(name, key, isStatement, node))
            return true
        }
        switch members[index].node.value {
        case .table(var table):
            guard table.form != .inline, change(&table) else { return false }
            members[index].node.value = .table(table)
            return true
        case .array(var elements):
            guard let last = elements.indices.last, var table = elements[last].table,
                table.form == .section, change(&table)
            else { return false }
            elements[last].value = .table(table)
            members[index].node.value = .array(elements)
            return true
        default: return false
        }
    }

    private static func member(
        _ name: String, _ key: TOMLParser.Key, _ isStatement: Bool, _ node: Node
    ) -> Member {
        Member(
            key: name, keyRange: key.range, nameStart: key.nameStart, isStatement: isStatement,
            node: node)
    }
}
