/// A strict RFC 8259 reader that walks over bytes and builds only what it is asked for.
///
/// It accepts exactly the grammar, in valid UTF-8, to `depthMax` levels, and nothing before or
/// after the one value (no byte order mark). An escaped lone surrogate, which the grammar allows
/// but no Unicode string holds, is refused. No input makes it trap.
package struct JSONReader: ~Copyable {
    /// Arrays and objects inside each other. Deeper text is refused, since every reader of it
    /// would need as much stack.
    package static let depthMax = 256

    package enum Kind: Sendable, Equatable {
        case null, bool, number, string, array, object

        /// The kind with its article, for messages.
        package var name: String {
            switch self {
            case .null: "null"
            case .bool: "a boolean"
            case .number: "a number"
            case .string: "a string"
            case .array: "an array"
            case .object: "an object"
            }
        }
    }

    /// Read only through `byte(at:)` and the two functions below it, which check.
    let bytes: UnsafeBufferPointer<UInt8>
    /// Where the next token begins.
    package internal(set) var offset = 0
    /// Where the last key or scalar that was read began.
    package internal(set) var tokenOffset = 0
    private var depth = 0
    /// The next member or element is the first of its container, so no comma precedes it.
    private var isFirst = false
    /// The bytes of the last key or string between its quotes.
    package internal(set) var content = 0..<0
    var contentIsEscaped = false
    /// Some of its escapes are to be looked at again: `\u`, and what may be none at all.
    var contentHasLongEscape = false

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Reads the one value `bytes` holds: `body` takes it, and what follows must be white space.
    package static func read<Result>(
        _ bytes: Span<UInt8>,
        _ body: (inout JSONReader) throws(JSONError) -> Result
    ) throws(JSONError) -> Result {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> Result in
            var reader = JSONReader(buffer)
            if reader.byte(at: 0) == 0xEF, reader.byte(at: 1) == 0xBB, reader.byte(at: 2) == 0xBF {
                throw reader.error("a byte order mark: save the text as UTF-8 without one", at: 0)
            }
            let result = try body(&reader)
            reader.skipSpace()
            guard reader.offset == buffer.count else {
                throw reader.unexpected("the end of the text")
            }
            return result
        }
    }

    // MARK: Values

    /// What the next value is, by its first byte.
    package mutating func peek() throws(JSONError) -> Kind {
        skipSpace()
        switch byte(at: offset) {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: throw unexpected("a value")
        }
    }

    /// Takes a `null` if it is next.
    package mutating func null() throws(JSONError) -> Bool {
        skipSpace()
        guard byte(at: offset) == UInt8(ascii: "n") else { return false }
        try word("null")
        return true
    }

    package mutating func bool() throws(JSONError) -> Bool {
        skipSpace()
        let isTrue = byte(at: offset) == UInt8(ascii: "t")
        guard isTrue || byte(at: offset) == UInt8(ascii: "f") else {
            throw unexpected("true or false")
        }
        try word(isTrue ? "true" : "false")
        return isTrue
    }

    /// A number as it is written.
    package mutating func number() throws(JSONError) -> String {
        let range = try numberRange()
        return String(decoding: slice(range), as: UTF8.self)
    }

    /// A number that is written as a whole one and fits, for instance `12` but not `12.0`.
    package mutating func integer<Value: FixedWidthInteger>(
        as type: Value.Type = Value.self
    ) throws(JSONError) -> Value {
        let range = try numberRange()
        var value: Value = 0
        let isNegative = byte(at: range.lowerBound) == UInt8(ascii: "-")
        for index in (isNegative ? range.lowerBound + 1 : range.lowerBound)..<range.upperBound {
            let digit = byte(at: index) &- UInt8(ascii: "0")
            let tens = value.multipliedReportingOverflow(by: 10)
            let sum =
                isNegative
                ? tens.partialValue.subtractingReportingOverflow(Value(truncatingIfNeeded: digit))
                : tens.partialValue.addingReportingOverflow(Value(truncatingIfNeeded: digit))
            guard digit <= 9, !tens.overflow, !sum.overflow else {
                throw error(
                    "expected a whole number of \(Value.min)…\(Value.max)", at: range.lowerBound)
            }
            value = sum.partialValue
        }
        return value
    }

    /// A number as the nearest `Double`; one too large for it is refused.
    package mutating func double() throws(JSONError) -> Double {
        let range = try numberRange()
        guard let value = Double(String(decoding: slice(range), as: UTF8.self)), value.isFinite
        else { throw error("the number is too large", at: range.lowerBound) }
        return value
    }

    package mutating func string() throws(JSONError) -> String {
        try stringToken("a string")
        return try contentString()
    }

    /// Reads a string, without building it, so that `contentEquals` can be asked.
    package mutating func stringContent() throws(JSONError) {
        try stringToken("a string")
        try checkEscapes()
    }

    /// Goes past the next value, whatever it is, checking it as strictly as if it were wanted.
    package mutating func skip() throws(JSONError) {
        switch try peek() {
        case .null: _ = try null()
        case .bool: _ = try bool()
        case .number: _ = try numberRange()
        case .string: try stringContent()
        case .array:
            try enterArray()
            while try nextElement() { try skip() }
        case .object:
            try enterObject()
            while try nextKey() { try skip() }
        }
    }

    // MARK: Containers

    /// Reads the `{`. Then `nextKey` until it is false, reading or skipping a value after each.
    package mutating func enterObject() throws(JSONError) {
        try enter(UInt8(ascii: "{"), "an object")
    }

    /// Goes to the next member's value, or past the `}` and is false.
    package mutating func nextKey() throws(JSONError) -> Bool {
        guard try next(UInt8(ascii: "}"), "',' or '}'", "a member's name or '}'") else {
            return false
        }
        try stringToken("a member's name in double quotes")
        try checkEscapes()
        skipSpace()
        guard byte(at: offset) == UInt8(ascii: ":") else { throw unexpected("':'") }
        offset += 1
        return true
    }

    /// Reads the `[`. Then `nextElement` until it is false, reading or skipping a value after each.
    package mutating func enterArray() throws(JSONError) {
        try enter(UInt8(ascii: "["), "an array")
    }

    /// Goes to the next element, or past the `]` and is false.
    package mutating func nextElement() throws(JSONError) -> Bool {
        try next(UInt8(ascii: "]"), "',' or ']'", "a value or ']'")
    }

    // MARK: Errors

    /// An error that points at `offset` (by default: at the last key or scalar that was read).
    package func error(_ reason: String, at offset: Int? = nil) -> JSONError {
        var line = 1
        var column = 1
        for byte in bytes.prefix(offset ?? tokenOffset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return JSONError(line: line, column: column, reason: reason)
    }

    func unexpected(_ wanted: String) -> JSONError {
        let found: String
        if offset >= bytes.count {
            found = "the end of the text"
        } else {
            let byte = byte(at: offset)
            switch byte {
            case 0x21...0x7E: found = "'\(Character(Unicode.Scalar(byte)))'"
            case UInt8(ascii: "\n"): found = "the end of the line"
            default: found = "byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return error("expected \(wanted), found \(found)", at: offset)
    }

    // MARK: Tokens

    /// 0, which no token holds, past the end.
    @inline(__always)
    func byte(at index: Int) -> UInt8 {
        index >= 0 && index < bytes.count ? bytes[index] : 0
    }

    func slice(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[range.clamped(to: 0..<bytes.count)])
    }

    /// Eight bytes at once, or nil near the end.
    @inline(__always)
    func eightBytes(at index: Int) -> UInt64? {
        guard index <= bytes.count - 8 else { return nil }
        return UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: index, as: UInt64.self)
    }

    @inline(__always)
    mutating func skipSpace() {
        while true {
            switch byte(at: offset) {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                offset += 1
            default: return
            }
        }
    }

    private mutating func enter(_ bracket: UInt8, _ name: String) throws(JSONError) {
        skipSpace()
        guard byte(at: offset) == bracket else { throw unexpected(name) }
        guard depth < Self.depthMax else {
            throw error("nested deeper than \(Self.depthMax) levels", at: offset)
        }
        tokenOffset = offset
        offset += 1
        depth += 1
        isFirst = true
    }

    @inline(__always)
    private mutating func next(
        _ bracket: UInt8, _ afterValue: StaticString, _ atStart: StaticString
    ) throws(JSONError) -> Bool {
        skipSpace()
        let byte = byte(at: offset)
        if byte == bracket {
            offset += 1
            depth -= 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
            guard byte != UInt8(ascii: ","), offset < bytes.count else {
                throw unexpected(atStart.description)
            }
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw unexpected(afterValue.description) }
        offset += 1
        return true
    }

    private mutating func word(_ word: StaticString) throws(JSONError) {
        tokenOffset = offset
        for index in 0..<word.utf8CodeUnitCount
        where byte(at: offset + index) != word.utf8Start[index] {
            throw error("expected a value, found a word other than \(word)", at: offset)
        }
        offset += word.utf8CodeUnitCount
    }

    private mutating func numberRange() throws(JSONError) -> Range<Int> {
        skipSpace()
        let start = offset
        var index = offset
        if byte(at: index) == UInt8(ascii: "-") { index += 1 }
        let firstDigit = byte(at: index)
        guard skipDigits(&index) else {
            offset = index
            throw unexpected(index == start ? "a number" : "a digit")
        }
        if firstDigit == UInt8(ascii: "0"), index - start > (byte(at: start) == firstDigit ? 1 : 2)
        {
            throw error("a number must not start with 0", at: start)
        }
        if byte(at: index) == UInt8(ascii: ".") {
            index += 1
            guard skipDigits(&index) else {
                offset = index
                throw unexpected("a digit")
            }
        }
        if byte(at: index) | 0x20 == UInt8(ascii: "e") {
            index += 1
            let sign = byte(at: index)
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { index += 1 }
            guard skipDigits(&index) else {
                offset = index
                throw unexpected("a digit")
            }
        }
        tokenOffset = start
        offset = index
        return start..<index
    }

    private func skipDigits(_ index: inout Int) -> Bool {
        let start = index
        while byte(at: index) &- UInt8(ascii: "0") <= 9 { index += 1 }
        return index > start
    }
}
