/// Appends compact JSON to bytes, without a string in between.
///
/// It puts the commas and colons; the caller opens, closes and gives every member its key. What it
/// writes is valid for any values, since a Swift `String` is valid Unicode and numbers are written
/// here.
package struct JSONWriter: ~Copyable {
    /// What has been written, after what was there.
    package private(set) var bytes: [UInt8]
    /// Something precedes the next key or element in its container.
    private var needsComma = false

    /// Goes on after `bytes`. Pass ownership in and take it back with `finish` to reuse a buffer.
    package init(appendingTo bytes: consuming [UInt8] = []) { self.bytes = bytes }

    /// The bytes, the ones that were there before first.
    package consuming func finish() -> [UInt8] { bytes }

    // MARK: Structure

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// A member's name known in advance: printable ASCII without quote or backslash.
    @inline(__always)
    package mutating func key(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A member's name, whatever it is.
    package mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The end of a line of newline-delimited JSON: the next value starts afresh.
    package mutating func newline() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    // MARK: Values

    package mutating func null() { literal("null") }
    package mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

    package mutating func string(_ value: String) {
        separate()
        bytes.appendJSONString(value)
    }

    /// Text known in advance: printable ASCII without quote or backslash.
    package mutating func string(_ value: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func number(_ value: some BinaryInteger) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        bytes.appendDecimal(UInt64(clamping: value.magnitude))
    }

    /// The shortest digits that read back as the same `Double`; `null` for NaN and infinities.
    package mutating func number(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    /// At most three digits after the point, rounded to the nearest; `null` for NaN and
    /// infinities. What is too large for that is clamped to ± 9.2e15.
    package mutating func number(thousandths value: Double) {
        guard value.isFinite else { return null() }
        separate()
        let scaled = (value * 1000).rounded()
        let thousandths = Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max)
        if thousandths < 0 { bytes.append(UInt8(ascii: "-")) }
        let (whole, rest) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        bytes.appendDecimal(whole)
        guard rest > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / 100))
        guard rest % 100 > 0 else { return }
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / 10 % 10))
        guard rest % 10 > 0 else { return }
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
    }

    /// A number as it was read. A text that is no JSON number is written as a string.
    package mutating func number(literal: String) {
        var literal = literal
        let isNumber = literal.withUTF8 { JSONBytes.isNumber($0.span) }
        guard isNumber else { return string(literal) }
        separate()
        bytes.append(contentsOf: literal.utf8)
    }

    /// RFC 3339 text, as `Timestamp.appendRFC3339` writes it.
    package mutating func timestamp(_ value: Timestamp) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.appendRFC3339(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
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
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func literal(_ word: StaticString) {
        separate()
        word.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }
}

extension [UInt8] {
    /// `value` in quotes. Escaped is what RFC 8259 §7 demands: quote, backslash, U+0000…U+001F.
    package mutating func appendJSONString(_ value: String) {
        var value = value
        append(UInt8(ascii: "\""))
        value.withUTF8 { text in
            var start = 0
            var index = 0
            while index < text.count {
                while index <= text.count - 8 {
                    let eight = UnsafeRawBufferPointer(text)
                        .loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    guard !JSONBytes.needsLook(eight) else { break }
                    index += 8
                }
                guard index < text.count else { break }
                let byte = text[index]
                if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
                    appendEscape(byte)
                    start = index + 1
                }
                index += 1
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func appendEscape(_ byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        default:
            append(contentsOf: "u00".utf8)
            append(UInt8(ascii: "0") + byte >> 4)
            let digit = byte & 15
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    /// The digits of `value`.
    package mutating func appendDecimal(_ value: UInt64) {
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var start = digits.count
        var rest = value
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        digits.span.extracting(start...).withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
