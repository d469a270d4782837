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
        self.init(daysSince1970: time.splitByDay.days)
    }

    /// Parses `2026-11-21`, and nothing but that form and days that exist.
    package init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(
            separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], let year = decimal(parts[0]),
            let month = decimal(parts[1]), let day = decimal(parts[2]),
            let date = CivilDate(year: Int64(year), month: Int64(month), day: Int64(day))
        else { return nil }
        self.init(daysSince1970: Int(date.daysSince1970))
    }

    package static func < (a: Day, b: Day) -> Bool { a.daysSince1970 < b.daysSince1970 }

    package func adding(_ days: Int) -> Day {
        let (sum, overflow) = daysSince1970.addingReportingOverflow(days)
        return Day(daysSince1970: overflow ? (days < 0 ? Int.min : Int.max) : sum)
    }

    package var description: String {
        let date = CivilDate(daysSince1970: Int64(daysSince1970))
        let parts =
            [padded(UInt64(clamping: date.year), 4)]
            + [date.month, date.day].map { padded(UInt64(clamping: $0), 2) }
        return parts.joined(separator: "-")
    }
}

extension Timestamp {
    private static let dayMicroseconds: Int64 = 86_400_000_000

    /// Whole days since 1970, rounded down, and the microseconds since that day began.
    var splitByDay: (days: Int, microseconds: Int64) {
        let (days, rest) = microseconds.quotientAndRemainder(dividingBy: Timestamp.dayMicroseconds)
        return rest < 0
            ? (Int(clamping: days) - 1, rest + Timestamp.dayMicroseconds)
            : (Int(clamping: days), rest)
    }
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
