import Records

/// Times as they are written, whose dates hardly ever change from line to line.
package struct DateCache {
    private var date: (UInt64, UInt16) = (0, 0)
    private var start: Int64 = 0

    package init() {}

    /// Microseconds since 1970 of `2026-11-21T10:00:00.123456Z`; nil for any other form.
    mutating func time(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count == 27, text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"),
            text[16] == UInt8(ascii: ":"), text[19] == UInt8(ascii: "."),
            text[26] == UInt8(ascii: "Z")
        else { return nil }
        let date = (
            text.loadUnaligned(as: UInt64.self),
            text.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
        )
        if date != self.date {
            let midnight = Array(text.prefix(10)) + Array("T00:00:00Z".utf8)
            guard let time = Timestamp(rfc3339: midnight.span) else { return nil }
            (self.date, start) = (date, time.microseconds)
        }
        var wrong = false
        func number(_ places: Range<Int>) -> Int64 {
            var value: Int64 = 0
            for index in places {
                let digit = text[index] &- UInt8(ascii: "0")
                if digit > 9 { wrong = true }
                value = value &* 10 &+ Int64(digit)
            }
            return value
        }
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        let fraction = number(20..<26)
        guard !wrong, hour < 24, minute < 60, second <= 60 else { return nil }
        return start + ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
    }
}
