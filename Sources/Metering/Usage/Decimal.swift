/// A decimal numeral read without floating point, so that `3.3e-05` dollars stay 33,000
/// nanodollars.
struct Decimal {
    /// Significant digits, most significant first, without leading zeros.
    private var digits: [UInt8] = []
    /// The value is `digits` × 10^exponent.
    private var exponent = 0
    private var isNegative = false

    /// Any exponent beyond this is out of every range asked for.
    private static let exponentMax = 1_000_000
    private static let digitsMax = 128

    /// Reads a JSON number or the like in a string: sign, digits, fraction, exponent; nothing else.
    init?(_ text: String) { self.init(utf8: Array(text.utf8)[...]) }

    init?(utf8 text: ArraySlice<UInt8>) {
        var hasDigits = false
        var isFraction = false
        var rest = text
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
            isNegative = rest.first == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        while let byte = rest.first {
            rest = rest.dropFirst()
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                hasDigits = true
                if isFraction { exponent &-= 1 }
                if !digits.isEmpty || byte != UInt8(ascii: "0") {
                    digits.append(byte &- UInt8(ascii: "0"))
                }
                guard digits.count <= Self.digitsMax else { return nil }
            case UInt8(ascii: ".") where !isFraction: isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard hasDigits, let power = Self.power(rest) else { return nil }
                exponent &+= power
                rest = []
            default: return nil
            }
        }
        guard hasDigits else { return nil }
    }

    private static func power(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let value = Int(String(decoding: bytes, as: UTF8.self)) else { return nil }
        return min(max(value, -exponentMax), exponentMax)
    }

    /// How a part too small to count is treated.
    enum Rounding { case down, nearest }

    /// The value times 10^power as a whole number; nil if negative or above `UInt64.max`.
    func scaled(by power: Int, _ rounding: Rounding) -> UInt64? {
        guard !digits.isEmpty else { return 0 }
        guard !isNegative else { return nil }
        let shift = exponent &+ power
        let wholeDigits = digits.count &+ shift
        guard wholeDigits <= 20 else { return nil }
        guard wholeDigits >= 0 else { return 0 }
        var value: UInt64 = 0
        for i in 0..<wholeDigits {
            let digit = i < digits.count ? UInt64(digits[i]) : 0
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        if rounding == .nearest, wholeDigits < digits.count, digits[wholeDigits] >= 5 {
            let (sum, carry) = value.addingReportingOverflow(1)
            return carry ? nil : sum
        }
        return value
    }
}
