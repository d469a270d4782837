/// A value in a configuration and the bytes it is written in.
struct Node: Sendable {
    enum Value: Sendable {
        case string(String)
        case bool(Bool)
        /// A number, a date or null: nothing here asks which.
        case other
        case array([Node])
        case table(Table)
    }

    /// The value's bytes. Of a table that is spread over statements: its header, or the key it first
    /// appears in.
    var range: Range<Int>
    var value: Value

    var table: Table? {
        if case .table(let table) = value { table } else { nil }
    }

    var elements: [Node]? {
        if case .array(let elements) = value { elements } else { nil }
    }

    var string: String? {
        if case .string(let string) = value { string } else { nil }
    }

    /// What is under a key of a table.
    subscript(_ key: String) -> Node? { table?[key]?.node }
}

/// A JSON object or a TOML table.
struct Table: Sendable {
    enum Form: Sendable {
        /// In braces, all in one place.
        case inline
        /// Under a TOML header of its own.
        case section
        /// Only named on the way to something inside it.
        case implied
    }

    var form: Form
    /// In the order they are written in.
    var members: [Member] = []

    subscript(_ key: String) -> Member? { members.first { $0.key == key } }
}

/// A key and its value.
struct Member: Sendable {
    var key: String
    /// The key as written. In a TOML statement the whole dotted key, and of a table with a header
    /// the header.
    var keyRange: Range<Int>
    /// Where the last part of a dotted key begins.
    var nameStart: Int
    /// Whether it is a TOML statement, which has its line to itself, and not in braces.
    var isStatement: Bool
    var node: Node
}

/// Why a configuration is not what its format asks for, and where.
struct TextError: Error, Equatable {
    /// From 1.
    var line: Int
    /// From 1, in Unicode scalars.
    var column: Int
    var reason: String

    init(line: Int, column: Int, reason: String) {
        self.line = line
        self.column = column
        self.reason = reason
    }

    init(_ reason: String, at offset: Int, in bytes: [UInt8]) {
        let before = bytes.prefix(max(0, offset))
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        column = 1 + before[start...].count { $0 & 0xC0 != 0x80 }
        self.reason = reason
    }
}
