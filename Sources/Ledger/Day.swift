package import Records

/// A day of the UTC calendar (proleptic Gregorian), as the days since 1970-01-01.
package struct Day: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let daysSince1970: Int

    /// Years 0000 … 9999: what four digits can name.
    private static let range = -719_528...2_932_896

    /// 0000-01-01.
    package static let first = Day(daysSince1970: range.lowerBound)
    /// 9999-12-31.
    package static let last = Day(daysSince1970: range.upperBound)

    /// Days outside the years 0000 … 9999 become the nearest one inside.
    package init(daysSince1970: Int) {
        self.daysSince1970 = min(max(daysSince1970, Day.range.lowerBound), Day.range.upperBound)
    }

    package init(of time: Timestamp) {
        self.init(daysSince1970: Int(clamping: floorDivide(time.microseconds, dayMicroseconds)))
    }

    /// Parses `2026-11-21`, and nothing but that form and days that exist.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = decimal(bytes[0..<4]), let month = decimal(bytes[5..<7]),
            let day = decimal(bytes[8..<10]), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        self.init(year: Int(year), month: Int(month), day: Int(day))
        guard description.utf8.elementsEqual(bytes) else { return nil }
    }

    package static func < (a: Day, b: Day) -> Bool { a.daysSince1970 < b.daysSince1970 }

    package func adding(_ days: Int) -> Day {
        let (sum, overflow) = daysSince1970.addingReportingOverflow(days)
        return Day(daysSince1970: overflow ? (days < 0 ? Int.min : Int.max) : sum)
    }

    package var description: String {
        let (year, month, day) = civil
        return padded(UInt64(year), 4) + "-" + padded(UInt64(month), 2) + "-"
            + padded(UInt64(day), 2)
    }

    // Both conversions are Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms": years
    // begin on 1 March, so that a leap day is the last of its year; 719468 days lie between
    // 0000-03-01 and 1970-01-01, 146097 in each era of 400 years.

    private init(year: Int, month: Int, day: Int) {
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(daysSince1970: era * 146_097 + dayOfEra - 719_468)
    }

    private var civil: (year: Int, month: Int, day: Int) {
        let shifted = daysSince1970 + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (max(year, 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

let dayMicroseconds: Int64 = 86_400_000_000

/// Division that rounds down; the divisor is positive.
func floorDivide<I: SignedInteger>(_ dividend: I, _ divisor: I) -> I {
    let quotient = dividend / divisor
    return dividend % divisor < 0 ? quotient - 1 : quotient
}

/// A number in decimal, zeros in front up to `width` digits.
func padded(_ number: UInt64, _ width: Int, radix: Int = 10) -> String {
    let digits = String(number, radix: radix)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// The value of a run of ASCII digits; nil when there are none, others, or too many.
func decimal(_ bytes: some Collection<UInt8>) -> UInt64? {
    guard !bytes.isEmpty else { return nil }
    var value: UInt64 = 0
    for byte in bytes {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        let (scaled, tooLarge) = value.multipliedReportingOverflow(by: 10)
        let (sum, overflow) = scaled.addingReportingOverflow(UInt64(byte &- UInt8(ascii: "0")))
        if tooLarge || overflow { return nil }
        value = sum
    }
    return value
}
