/// A JSON text as a tree, for configuration files and small documents. What is read in bulk, the
/// ledger for one, goes through `JSONReader` and builds no tree.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The literal as it stood in the text, so that nothing is rounded on the way through.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// Members in the order of the text, repeated names included.
    case object([Member])

    package struct Member: Equatable, Sendable {
        package var key: String
        package var value: JSONValue

        package init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// Reads the one value that `bytes` holds. Strict: see `JSONReader`.
    package init(parsing bytes: Span<UInt8>) throws(JSONError) {
        self = try JSONReader.read(bytes) { (reader) throws(JSONError) in
            try JSONValue(from: &reader)
        }
    }

    package init(parsing bytes: [UInt8]) throws(JSONError) { try self.init(parsing: bytes.span) }

    /// Reads the next value of `reader`.
    package init(from reader: inout JSONReader) throws(JSONError) {
        switch try reader.peek() {
        case .null:
            _ = try reader.null()
            self = .null
        case .bool: self = .bool(try reader.bool())
        case .number: self = .number(try reader.number())
        case .string: self = .string(try reader.string())
        case .array:
            var elements: [JSONValue] = []
            try reader.enterArray()
            while try reader.nextElement() { elements.append(try JSONValue(from: &reader)) }
            self = .array(elements)
        case .object:
            var members: [Member] = []
            try reader.enterObject()
            while try reader.nextKey() {
                let key = try reader.contentString()
                members.append(Member(key, try JSONValue(from: &reader)))
            }
            self = .object(members)
        }
    }

    /// The member of that name, the last one where it is repeated; nil on anything but an object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    package var isNull: Bool { self == .null }

    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    package var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    package var array: [JSONValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    package var members: [Member]? {
        guard case .object(let value) = self else { return nil }
        return value
    }

    /// A number that is written as a whole one and fits: `12`, not `12.0` or `1e1`.
    package var int64: Int64? {
        guard case .number(let literal) = self else { return nil }
        return Int64(literal)
    }

    /// As `int64`, from 0.
    package var uint64: UInt64? {
        guard case .number(let literal) = self else { return nil }
        return UInt64(literal)
    }

    /// The number as the nearest `Double`, nil where it is too large for one.
    package var double: Double? {
        guard case .number(let literal) = self, let value = Double(literal), value.isFinite else {
            return nil
        }
        return value
    }

    /// What stands here, with its article, for messages.
    package var kindName: String {
        switch self {
        case .null: JSONReader.Kind.null.name
        case .bool: JSONReader.Kind.bool.name
        case .number: JSONReader.Kind.number.name
        case .string: JSONReader.Kind.string.name
        case .array: JSONReader.Kind.array.name
        case .object: JSONReader.Kind.object.name
        }
    }
}

extension JSONValue {
    /// One step down a tree.
    package enum Step: Equatable, Sendable {
        case key(String)
        case index(Int)
    }

    /// An error for the value at `path` in `bytes`, which have been parsed and then found to mean
    /// nothing: it points at the value's line and column, or as far down the path as there is one.
    package static func error(
        _ reason: String, at path: [Step], in bytes: Span<UInt8>
    ) -> JSONError {
        do throws(JSONError) {
            return try JSONReader.read(bytes) { (reader) throws(JSONError) -> JSONError in
                let offset = try locate(path[...], &reader)
                return reader.error(reason, at: offset)
            }
        } catch {
            return error
        }
    }

    /// Where the value at `path` begins. Goes past the whole value.
    private static func locate(
        _ path: ArraySlice<Step>, _ reader: inout JSONReader
    ) throws(JSONError) -> Int {
        let kind = try reader.peek()
        var found = reader.offset
        switch (path.first, kind) {
        case (.key(let key), .object):
            try reader.enterObject()
            while try reader.nextKey() {
                if try reader.contentString() == key {
                    found = try locate(path.dropFirst(), &reader)
                } else {
                    try reader.skip()
                }
            }
        case (.index(let wanted), .array):
            var index = 0
            try reader.enterArray()
            while try reader.nextElement() {
                if index == wanted {
                    found = try locate(path.dropFirst(), &reader)
                } else {
                    try reader.skip()
                }
                index += 1
            }
        default: try reader.skip()
        }
        return found
    }
}
