/// A price for one token, or for one request, in attodollars: 10⁻¹⁸ US dollars.
///
/// Every published price is a whole number of them (one dollar per million tokens is 10¹²), so
/// prices are exact and a cost is rounded once, at its end. No floating point anywhere.
package struct Rate: Hashable, Comparable, Sendable {
    package var attodollars: UInt64

    package init(attodollars: UInt64) { self.attodollars = attodollars }

    package static let zero = Rate(attodollars: 0)

    package static func < (a: Rate, b: Rate) -> Bool { a.attodollars < b.attodollars }

    /// What a price in a file is given for.
    package enum Unit: Sendable {
        case millionTokens, token, thousandRequests

        /// Attodollars in one dollar for that many, as a power of ten.
        fileprivate var exponent: Int {
            switch self {
            case .millionTokens: 12
            case .token: 18
            case .thousandRequests: 15
            }
        }
    }

    /// Reads dollars as a decimal number, `1.25`, `5e-08` or `0.003625`, exactly. Digits beyond the
    /// attodollar, which the binary fractions in community files bring, are rounded half up.
    ///
    /// Nil for what is no JSON number, is negative, or is 18.4 dollars a token and more.
    package init?(usd text: some StringProtocol, per unit: Unit) {
        self.init(usd: text.utf8, per: unit)
    }

    package init?(usd text: some Sequence<UInt8>, per unit: Unit) {
        var mantissa: UInt64 = 0
        var exponent = unit.exponent
        var written = 0
        var isWritingExponent = false
        var exponentSign: UInt8?
        var hasDigit = false
        var hasPoint = false
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                hasDigit = true
                let digit = byte - UInt8(ascii: "0")
                if isWritingExponent {
                    written = min(written * 10 + Int(digit), 10_000)
                    continue
                }
                // Eighteen digits are kept; the rest is below any rounding that matters.
                if mantissa < 100_000_000_000_000_000 {
                    mantissa = mantissa * 10 + UInt64(digit)
                    if hasPoint { exponent -= 1 }
                } else if !hasPoint {
                    exponent += 1
                }
            case UInt8(ascii: ".") where !hasPoint && !isWritingExponent && hasDigit:
                hasPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard hasDigit, !isWritingExponent else { return nil }
                isWritingExponent = true
                hasDigit = false
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                guard isWritingExponent, !hasDigit, exponentSign == nil else { return nil }
                exponentSign = byte
            default: return nil
            }
        }
        guard hasDigit else { return nil }
        exponent += exponentSign == UInt8(ascii: "-") ? -written : written
        guard let value = Self.scale(mantissa, byPowerOfTen: exponent) else { return nil }
        attodollars = value
    }

    private static func scale(_ mantissa: UInt64, byPowerOfTen exponent: Int) -> UInt64? {
        guard mantissa > 0 else { return 0 }
        var value = mantissa
        if exponent >= 0 {
            for _ in 0..<min(exponent, 20) {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                guard !overflow else { return nil }
                value = product
            }
            return value
        }
        guard exponent > -20 else { return 0 }
        for _ in 0..<(-exponent - 1) { value /= 10 }
        return value / 10 + (value % 10 >= 5 ? 1 : 0)
    }

    /// Dollars for `unit`, all digits and no more: `0.003625`.
    package func usd(per unit: Unit) -> String {
        var digits = String(attodollars)
        let places = unit.exponent
        if digits.utf8.count <= places {
            digits = String(repeating: "0", count: places + 1 - digits.utf8.count) + digits
        }
        let whole = digits.dropLast(places)
        var fraction = digits.suffix(places)
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
    }
}
