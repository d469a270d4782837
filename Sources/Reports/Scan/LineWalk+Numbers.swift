// Numbers as they are written: no exponent, no sign, no more digits than are kept.

extension LineWalk {
    mutating func tokens(_ count: inout UInt32) -> Bool {
        guard let value = digits() else { return false }
        count = Row.tokens(value)
        return true
    }

    /// A whole number; nil for none, one that is too large, or one that goes on in another way.
    @inline(__always)
    mutating func digits(leadingZeros: Bool = false) -> UInt64? {
        let start = place
        var value: UInt64 = 0
        while place < bytes.count {
            let digit = bytes[place] &- UInt8(ascii: "0")
            if digit > 9 { break }
            value = value &* 10 &+ UInt64(digit)
            place += 1
        }
        let count = place - start
        guard count > 0, count < 19, place < bytes.count else { return nil }
        if !leadingZeros, count > 1, bytes[start] == UInt8(ascii: "0") { return nil }
        // An exponent: another's business.
        return bytes[place] | 0x20 == UInt8(ascii: "e") ? nil : value
    }

    /// A number, and its fraction in units of 10^-places.
    mutating func decimal(places: Int) -> (UInt64, UInt64)? {
        guard let whole = digits() else { return nil }
        guard take(".") else { return (whole, 0) }
        let start = place
        guard var fraction = digits(leadingZeros: true) else { return nil }
        guard place - start <= places else { return nil }
        for _ in 0..<places - (place - start) { fraction *= 10 }
        return (whole, fraction)
    }

    /// What follows it is for the caller to look at: a fraction is no whole number.
    mutating func wholeNumber() -> Bool {
        _ = take("-")
        return digits() != nil
    }
}
