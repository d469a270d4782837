/// Appends compact JSON to bytes, without a string in between.
///
/// It puts the commas and colons; the caller opens, closes and gives every member its key. What it
/// writes is valid for any values, since a Swift `String` is valid Unicode and numbers are written
/// here.
package struct JSONWriter: ~Copyable {
    /// What stood before.
    private var head: [UInt8]
    /// What has been written: `count` of `capacity` bytes. A buffer of our own, because an array
    /// asks on every append whether it is shared, which was half the time of a ledger line.
    private var bytes: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var capacity: Int
    /// Something precedes the next key or element in its container.
    private var needsComma = false

    /// Goes on after `head`; `finish` gives it back with what was written.
    package init(appendingTo head: consuming [UInt8] = []) {
        self.head = head
        capacity = 1024
        bytes = .allocate(capacity: capacity)
    }

    deinit { bytes.deallocate() }

    /// How many bytes `finish` would give.
    package var byteCount: Int { head.count + count }

    /// The bytes, the ones that were there before first.
    package consuming func finish() -> [UInt8] {
        head.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
        return head
    }

    // MARK: Structure

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// A member's name known in advance: printable ASCII without quote or backslash.
    @inline(__always)
    package mutating func key(_ name: StaticString) {
        let length = name.utf8CodeUnitCount
        reserve(length + 4)
        if needsComma { put(UInt8(ascii: ",")) }
        put(UInt8(ascii: "\""))
        put(name.utf8Start, length)
        put(UInt8(ascii: "\""))
        put(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A member's name, whatever it is.
    package mutating func key(_ name: String) {
        string(name)
        reserve(1)
        put(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The end of a line of newline-delimited JSON: the next value starts afresh.
    package mutating func newline() {
        reserve(1)
        put(UInt8(ascii: "\n"))
        needsComma = false
    }

    // MARK: Values

    package mutating func null() { literal("null") }
    package mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

    package mutating func string(_ value: String) {
        separate()
        var value = value
        value.withUTF8 { quote($0) }
    }

    /// Text known in advance: printable ASCII without quote or backslash.
    package mutating func string(_ value: StaticString) {
        separate()
        let length = value.utf8CodeUnitCount
        reserve(length + 2)
        put(UInt8(ascii: "\""))
        put(value.utf8Start, length)
        put(UInt8(ascii: "\""))
    }

    package mutating func number(_ value: some BinaryInteger) {
        number(magnitude: UInt64(clamping: value.magnitude), isNegative: value < 0)
    }

    // Counts are written most. Called from another target, the generic function above costs ten
    // times as much.

    package mutating func number(_ value: UInt64) { number(magnitude: value, isNegative: false) }

    package mutating func number(_ value: Int64) {
        number(magnitude: value.magnitude, isNegative: value < 0)
    }

    private mutating func number(magnitude: UInt64, isNegative: Bool) {
        separate()
        reserve(21)
        if isNegative { put(UInt8(ascii: "-")) }
        putDecimal(magnitude)
    }

    /// The shortest digits that read back as the same `Double`; `null` for NaN and infinities.
    package mutating func number(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        putText(value.description)
    }

    /// At most three digits after the point, rounded to the nearest; `null` for NaN and
    /// infinities. What is too large for that is clamped to ± 9.2e15.
    package mutating func number(thousandths value: Double) {
        guard value.isFinite else { return null() }
        separate()
        reserve(25)
        let scaled = (value * 1000).rounded()
        let thousandths = Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max)
        if thousandths < 0 { put(UInt8(ascii: "-")) }
        let (whole, rest) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        putDecimal(whole)
        guard rest > 0 else { return }
        put(UInt8(ascii: "."))
        put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / 100))
        guard rest % 100 > 0 else { return }
        put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / 10 % 10))
        guard rest % 10 > 0 else { return }
        put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
    }

    /// Billionths as a decimal fraction, every digit of it: 10012500 is `0.0100125`.
    package mutating func number(billionths value: Int64) {
        separate()
        reserve(22)
        if value < 0 { put(UInt8(ascii: "-")) }
        putDecimal(value.magnitude / 1_000_000_000)
        var rest = value.magnitude % 1_000_000_000
        guard rest > 0 else { return }
        put(UInt8(ascii: "."))
        var unit: UInt64 = 100_000_000
        while rest > 0 {
            put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / unit))
            rest %= unit
            unit /= 10
        }
    }

    /// A number as it was read. A text that is no JSON number is written as a string.
    package mutating func number(literal: String) {
        var text = literal
        let isNumber = text.withUTF8 { JSONBytes.isNumber($0.span) }
        guard isNumber else { return string(literal) }
        separate()
        putText(literal)
    }

    /// RFC 3339 text in quotes, as `Timestamp.rfc3339` has it.
    package mutating func timestamp(_ value: Timestamp) {
        separate()
        reserve(29)
        put(UInt8(ascii: "\""))
        value.rfc3339Bytes.span.withUnsafeBufferPointer { text in
            text.baseAddress.map { put($0, text.count) }
        }
        put(UInt8(ascii: "\""))
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let value): number(literal: value)
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                key(member.key)
                self.value(member.value)
            }
            endObject()
        }
    }

    // MARK: Members that may be absent

    package mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    package mutating func member(_ name: StaticString, _ value: (some BinaryInteger)?) {
        guard let value else { return }
        key(name)
        number(value)
    }

    package mutating func member(_ name: StaticString, _ value: UInt64?) {
        guard let value else { return }
        key(name)
        number(value)
    }

    package mutating func member(_ name: StaticString, _ value: Double?) {
        guard let value else { return }
        key(name)
        number(value)
    }

    package mutating func member(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        key(name)
        bool(value)
    }

    // MARK: Pieces

    @inline(__always)
    private mutating func separate() {
        reserve(1)
        if needsComma { put(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        reserve(1)
        put(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        reserve(1)
        put(bracket)
        needsComma = true
    }

    private mutating func literal(_ word: StaticString) {
        separate()
        reserve(word.utf8CodeUnitCount)
        put(word.utf8Start, word.utf8CodeUnitCount)
    }

    private mutating func putText(_ text: String) {
        var text = text
        text.withUTF8 { text in
            reserve(text.count)
            text.baseAddress.map { put($0, text.count) }
        }
    }

    /// In quotes. Escaped is what RFC 8259 §7 demands: quote, backslash, U+0000…U+001F.
    private mutating func quote(_ text: UnsafeBufferPointer<UInt8>) {
        reserve(text.count + 2)
        put(UInt8(ascii: "\""))
        var start = 0
        var index = 0
        while index < text.count {
            if index <= text.count - 8 {
                let eight = UnsafeRawBufferPointer(text)
                    .loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let plain = JSONBytes.plainCount(eight)
                index += plain
                if plain == 8 { continue }
            }
            let byte = text[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                putRun(text, start..<index)
                reserve(text.count - index + 7)
                putEscape(byte)
                start = index + 1
            }
            index += 1
        }
        putRun(text, start..<text.count)
        put(UInt8(ascii: "\""))
    }

    private mutating func putRun(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        text.baseAddress.map { put($0 + range.lowerBound, range.count) }
    }

    private mutating func putEscape(_ byte: UInt8) {
        put(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): put(byte)
        case 0x08: put(UInt8(ascii: "b"))
        case 0x09: put(UInt8(ascii: "t"))
        case 0x0A: put(UInt8(ascii: "n"))
        case 0x0C: put(UInt8(ascii: "f"))
        case 0x0D: put(UInt8(ascii: "r"))
        default:
            put(UInt8(ascii: "u"))
            put(UInt8(ascii: "0"))
            put(UInt8(ascii: "0"))
            put(UInt8(ascii: "0") + byte >> 4)
            let digit = byte & 15
            put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    /// At most 20 bytes.
    private mutating func putDecimal(_ value: UInt64) {
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var start = digits.count
        var rest = value
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for index in start..<digits.count { put(digits[index]) }
    }

    // MARK: The buffer. Nothing is put that was not reserved; both are checked here.

    @inline(__always)
    private mutating func reserve(_ length: Int) {
        if capacity - count < length { grow(length) }
    }

    @inline(never)
    private mutating func grow(_ length: Int) {
        capacity = max(capacity * 2, count + length)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: bytes, count: count)
        bytes.deallocate()
        bytes = larger
    }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        precondition(count < capacity)
        bytes[count] = byte
        count += 1
    }

    @inline(__always)
    private mutating func put(_ text: UnsafePointer<UInt8>, _ length: Int) {
        precondition(length <= capacity - count)
        (bytes + count).update(from: text, count: length)
        count += length
    }
}
