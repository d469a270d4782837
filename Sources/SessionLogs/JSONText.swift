import Records

/// What stands between the quotes of a JSON string, as text.
enum JSONText {
    /// Undoes the escapes. What is no escape stays as it is, and what no Unicode string can hold
    /// becomes U+FFFD.
    static func unescaped(_ raw: UnsafeBufferPointer<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            let byte = raw[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < raw.count else {
                text.append(byte)
                index += 1
                continue
            }
            let escape = raw[index + 1]
            index += 2
            switch escape {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): append(codeUnits(raw, &index), to: &text)
            default: text.append(escape)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ units: [UInt16], to text: inout [UInt8]) {
        text += String(decoding: units, as: UTF16.self).utf8
    }

    /// The code unit at `index`, and a second one where both are a pair.
    private static func codeUnits(
        _ raw: UnsafeBufferPointer<UInt8>, _ index: inout Int
    ) -> [UInt16] {
        guard let first = codeUnit(raw, index) else { return [0xFFFD] }
        index += 4
        guard first & 0xFC00 == 0xD800, index + 1 < raw.count,
            raw[index] == UInt8(ascii: "\\"), raw[index + 1] == UInt8(ascii: "u"),
            let second = codeUnit(raw, index + 2), second & 0xFC00 == 0xDC00
        else { return [first] }
        index += 6
        return [first, second]
    }

    private static func codeUnit(_ raw: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt16? {
        guard start + 4 <= raw.count else { return nil }
        var unit: UInt16 = 0
        for index in start..<start + 4 {
            guard let digit = Hex.value(of: raw[index]) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}

/// Numbers of a log, without floating point.
enum Decimal {
    /// The whole part and the billionths of a number that is not negative; nil for anything else.
    static func read(
        _ text: UnsafeBufferPointer<UInt8>
    ) -> (whole: UInt64, billionths: UInt64)? {
        var whole: UInt64 = 0
        var index = 0
        while index < text.count, let digit = digit(text[index]) {
            let (tens, overflow) = whole.multipliedReportingOverflow(by: 10)
            let (sum, tooLarge) = tens.addingReportingOverflow(digit)
            guard !overflow, !tooLarge else { return nil }
            whole = sum
            index += 1
        }
        guard index > 0 else { return nil }
        guard index < text.count else { return (whole, 0) }
        if text[index] == UInt8(ascii: ".") {
            var billionths: UInt64 = 0
            var scale: UInt64 = 100_000_000
            index += 1
            while index < text.count, let digit = digit(text[index]) {
                billionths += digit * scale
                scale /= 10
                index += 1
            }
            if index == text.count { return (whole, billionths) }
        }
        return readExponent(text)
    }

    /// `2.5e-05`, as JavaScript writes small numbers.
    private static func readExponent(
        _ text: UnsafeBufferPointer<UInt8>
    ) -> (whole: UInt64, billionths: UInt64)? {
        guard let value = Double(String(decoding: text, as: UTF8.self)), value >= 0, value < 1e18
        else { return nil }
        let whole = UInt64(value)
        let rest = ((value - Double(whole)) * 1e9).rounded(.down)
        return (whole, UInt64(min(max(rest, 0), 999_999_999)))
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        let digit = byte &- UInt8(ascii: "0")
        return digit <= 9 ? UInt64(digit) : nil
    }
}
