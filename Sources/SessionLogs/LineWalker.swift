import Records

/// Walks over one JSON value and takes from it only what is asked for.
///
/// Unlike `JSONReader` it is lenient: what is skipped is not checked beyond strings and brackets
/// that match. That is several times as fast, and right for files that other programs write, whose
/// texts may hold what no Unicode string does (half an emoji, cut off by the client). Where the
/// structure breaks it fails for good: every later answer is nil or false. No input makes it trap.
struct LineWalker {
    private let bytes: ByteSearch.Bytes
    private let count: Int
    private(set) var offset = 0
    /// The text is not the JSON that was expected.
    private(set) var hasFailed = false
    private var isFirst = false
    private var key = 0..<0
    private var depth = 0

    /// As for `JSONReader`: deeper text is refused.
    private static let depthMax = 256

    init(_ bytes: ByteSearch.Bytes, _ count: Int) {
        self.bytes = bytes
        self.count = count
    }

    // MARK: Containers

    /// Reads the `{`, or goes past a value that is no object and is false.
    mutating func enterObject() -> Bool { enter(UInt8(ascii: "{")) }

    /// Reads the `[`, or goes past a value that is no array and is false.
    mutating func enterArray() -> Bool { enter(UInt8(ascii: "[")) }

    /// Goes to the next member's value, or past the `}` and is false. Each value must be taken or
    /// skipped.
    mutating func nextKey() -> Bool {
        guard next(UInt8(ascii: "}")) else { return false }
        skipSpace()
        guard byte() == ByteSearch.quote else { return fail() }
        let end = ByteSearch.endOfString(bytes, offset + 1, count)
        guard end < count else { return fail() }
        key = offset + 1..<end
        offset = end + 1
        skipSpace()
        guard byte() == UInt8(ascii: ":") else { return fail() }
        offset += 1
        skipSpace()
        return true
    }

    /// Goes to the next element, or past the `]` and is false.
    mutating func nextElement() -> Bool {
        guard next(UInt8(ascii: "]")) else { return false }
        skipSpace()
        return true
    }

    /// Whether the member reached has that name. Names written with escapes are nobody's.
    @inline(__always)
    func isKey(_ name: StaticString) -> Bool {
        let length = name.utf8CodeUnitCount
        guard key.count == length else { return false }
        for index in 0..<length where bytes[key.lowerBound + index] != name.utf8Start[index] {
            return false
        }
        return true
    }

    /// The name of the member reached.
    func keyText() -> String { text(key) }

    // MARK: Values

    /// A string, its escapes undone; nil for any other value, which is gone past.
    mutating func string() -> String? { stringRange().map(text) }

    /// Whether the value is that string; it is gone past.
    mutating func isString(_ wanted: StaticString) -> Bool {
        guard let range = stringRange(), range.count == wanted.utf8CodeUnitCount else {
            return false
        }
        for index in 0..<range.count
        where bytes[range.lowerBound + index] != wanted.utf8Start[index] { return false }
        return true
    }

    /// Whether the value is `true`; it is gone past.
    mutating func isTrue() -> Bool {
        let start = offset
        skip()
        return start < count && bytes[start] == UInt8(ascii: "t")
    }

    /// A time of RFC 3339.
    mutating func timestamp() -> Timestamp? {
        guard let range = stringRange() else { return nil }
        let slice = UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count)
        return Timestamp(rfc3339: slice.span)
    }

    /// A count of tokens: a whole number, the whole part of another, or a string of digits. Nil for
    /// anything else, negative numbers and more than ten billion among it.
    mutating func tokens() -> UInt64? {
        guard let value = decimal(), value.whole <= 10_000_000_000 else { return nil }
        return value.whole
    }

    /// A number that is not negative: its whole part, and billionths.
    mutating func decimal() -> (whole: UInt64, billionths: UInt64)? {
        skipSpace()
        let range: Range<Int>
        if byte() == ByteSearch.quote {
            guard let content = stringRange() else { return nil }
            range = content
        } else {
            let start = offset
            skip()
            guard !hasFailed else { return nil }
            range = start..<offset
        }
        return Decimal.read(
            UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count))
    }

    /// Goes past a value, whatever it is.
    mutating func skip() {
        skipSpace()
        switch byte() {
        case ByteSearch.quote: _ = stringRange()
        case UInt8(ascii: "{"), UInt8(ascii: "["): skipContainer()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            while offset < count {
                switch bytes[offset] {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "E"):
                    offset += 1
                default: return
                }
            }
        default: fail()
        }
    }

    /// Whether nothing but white space is left, and nothing was wrong.
    mutating func isAtEnd() -> Bool {
        skipSpace()
        return !hasFailed && offset == count
    }

    // MARK: Pieces

    /// 0, which no token holds, at the end.
    @inline(__always)
    private func byte() -> UInt8 { offset < count ? bytes[offset] : 0 }

    @inline(__always)
    private mutating func skipSpace() {
        while offset < count, bytes[offset] <= 0x20,
            bytes[offset] == 0x20 || bytes[offset] == 0x09 || bytes[offset] == 0x0a
                || bytes[offset] == 0x0d
        { offset += 1 }
    }

    @discardableResult
    private mutating func fail() -> Bool {
        hasFailed = true
        offset = count
        return false
    }

    private mutating func enter(_ bracket: UInt8) -> Bool {
        skipSpace()
        guard byte() == bracket else {
            skip()
            return false
        }
        guard depth < Self.depthMax else { return fail() }
        offset += 1
        depth += 1
        isFirst = true
        return true
    }

    private mutating func next(_ closing: UInt8) -> Bool {
        guard !hasFailed else { return false }
        skipSpace()
        if byte() == closing {
            offset += 1
            depth -= 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
            return offset < count || fail()
        }
        guard byte() == UInt8(ascii: ",") else { return fail() }
        offset += 1
        return true
    }

    private mutating func stringRange() -> Range<Int>? {
        skipSpace()
        guard byte() == ByteSearch.quote else {
            skip()
            return nil
        }
        let end = ByteSearch.endOfString(bytes, offset + 1, count)
        guard end < count else {
            fail()
            return nil
        }
        defer { offset = end + 1 }
        return offset + 1..<end
    }

    private mutating func skipContainer() {
        // One bit a level, set for an object, would refuse `[}` too; a count is enough here.
        var open = 0
        var i = offset
        repeat {
            i = ByteSearch.quoteOrBracket(bytes, i, count)
            guard i < count else {
                fail()
                return
            }
            switch bytes[i] {
            case ByteSearch.quote:
                i = ByteSearch.endOfString(bytes, i + 1, count)
                guard i < count else {
                    fail()
                    return
                }
            case UInt8(ascii: "{"), UInt8(ascii: "["): open += 1
            default: open -= 1
            }
            i += 1
        } while open > 0
        offset = i
    }

    private func text(_ range: Range<Int>) -> String {
        let raw = UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count)
        guard
            ByteSearch.first(ByteSearch.backslash, bytes, range.lowerBound, range.upperBound)
                < range.upperBound
        else { return String(decoding: raw, as: UTF8.self) }
        return JSONText.unescaped(raw)
    }
}
