// Strings: found by skimming, built only when asked for.

extension JSONReader {
    /// The last key or string that was read.
    package func contentString() throws(JSONError) -> String {
        let raw = slice(content)
        // It was validated when it was read.
        guard contentIsEscaped else { return String(decoding: raw, as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(raw.count)
        var index = content.lowerBound
        while index < content.upperBound {
            let byte = byte(at: index)
            index += 1
            if byte == UInt8(ascii: "\\") {
                let scalar = try unescape(&index)
                text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            } else {
                text.append(byte)
            }
        }
        if let text = String(validating: text, as: UTF8.self) { return text }
        throw error("the string is not valid UTF-8", at: tokenOffset)
    }

    /// Whether the last key or string that was read is `name`.
    package func contentEquals(_ name: StaticString) throws(JSONError) -> Bool {
        if contentIsEscaped { return try contentString() == name.description }
        let count = name.utf8CodeUnitCount
        guard content.count == count else { return false }
        for index in 0..<count where bytes[content.lowerBound + index] != name.utf8Start[index] {
            return false
        }
        return true
    }

    /// Shows `body` the bytes of the last key or string that was read, its escapes undone.
    package func withContent<Result>(
        _ body: (Span<UInt8>) -> Result
    ) throws(JSONError) -> Result {
        if contentIsEscaped { return body(Array(try contentString().utf8).span) }
        return body(slice(content).span)
    }

    /// Shows `body` the bytes of the last key or string that was read as they stand, escapes and
    /// all.
    package func withRawContent(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        body(slice(content))
    }

    /// Holds the escapes of the last key or string that was read to the grammar.
    @inline(__always)
    func checkEscapes() throws(JSONError) {
        if contentHasLongEscape { try checkLongEscapes() }
    }

    @inline(never)
    private func checkLongEscapes() throws(JSONError) {
        var index = content.lowerBound
        while index < content.upperBound {
            if let eight = eightBytes(at: index), index + 8 <= content.upperBound {
                let plain = JSONBytes.plainCount(eight)
                index += plain
                if plain == 8 { continue }
            }
            let byte = byte(at: index)
            index += 1
            if byte == UInt8(ascii: "\\") { _ = try unescape(&index) }
        }
    }

    mutating func stringToken(_ wanted: StaticString) throws(JSONError) {
        skipSpace()
        guard byte(at: offset) == UInt8(ascii: "\"") else {
            throw unexpected(wanted.description)
        }
        tokenOffset = offset
        var index = offset + 1
        contentIsEscaped = false
        contentHasLongEscape = false
        var seen: UInt64 = 0
        while true {
            while let eight = eightBytes(at: index) {
                let plain = JSONBytes.plainCount(eight)
                index += plain
                // What follows the plain ones is no part of the string, or looked at below.
                seen |= plain == 8 ? eight : UInt64(littleEndian: eight) & ((1 << (8 * plain)) - 1)
                if plain < 8 { break }
            }
            let byte = byte(at: index)
            seen |= UInt64(byte)
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                contentIsEscaped = true
                if !JSONBytes.isShortEscape(self.byte(at: index + 1)) {
                    contentHasLongEscape = true
                }
                index += 2
                continue
            }
            guard byte >= 0x20 else {
                let reason =
                    index >= bytes.count
                    ? "a string that begins here has no closing quote"
                    : "a control character in a string must be written as an escape"
                throw error(reason, at: index >= bytes.count ? tokenOffset : index)
            }
            index += 1
        }
        content = offset + 1..<index
        offset = index + 1
        guard
            // Escapes are ASCII and stand for whole characters: they mend no text and break none.
            JSONBytes.isASCII(seen) || Self.isUTF8(slice(content))
        else { throw error("the string is not valid UTF-8", at: tokenOffset) }
    }

    private static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        do {
            _ = try UTF8Span(validating: bytes.span)
            return true
        } catch {
            return false
        }
    }

    /// What an escape stands for, its backslash read.
    private func unescape(_ index: inout Int) throws(JSONError) -> Unicode.Scalar {
        let start = index - 1
        let escape = byte(at: index)
        index += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(escape)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var value = UInt32(try codeUnit(&index))
            if value & 0xFC00 == 0xD800, byte(at: index) == UInt8(ascii: "\\"),
                byte(at: index + 1) == UInt8(ascii: "u")
            {
                index += 2
                let low = UInt32(try codeUnit(&index))
                if low & 0xFC00 == 0xDC00 {
                    value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
                }
            }
            guard let scalar = Unicode.Scalar(value) else {
                throw error("half of a surrogate pair", at: start)
            }
            return scalar
        default: throw error("no such escape in a JSON string", at: start)
        }
    }

    private func codeUnit(_ index: inout Int) throws(JSONError) -> UInt16 {
        if let eight = eightBytes(at: index),
            let unit = JSONBytes.hexadecimal(
                UInt32(truncatingIfNeeded: UInt64(littleEndian: eight)).littleEndian)
        {
            index += 4
            return unit
        }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let value = Hex.value(of: byte(at: index)) else {
                throw error("expected four hexadecimal digits after \\u", at: index)
            }
            unit = unit << 4 | UInt16(value)
            index += 1
        }
        return unit
    }
}
