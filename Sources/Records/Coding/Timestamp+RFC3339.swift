// RFC 3339 text of a moment, with own calendar arithmetic: no Foundation, no locale, no libc.

extension Timestamp {
    /// The first and the last moment RFC 3339's four-digit years can say.
    private static let textRange =
        Timestamp(
            microseconds: -62_167_219_200_000_000)...Timestamp(
            microseconds: 253_402_300_799_999_999)

    /// What `rfc3339` says, without a string.
    var rfc3339Bytes: InlineArray<27, UInt8> {
        let clamped = min(max(self, Self.textRange.lowerBound), Self.textRange.upperBound)
        var text: InlineArray<27, UInt8> = .init(repeating: UInt8(ascii: "-"))
        func put(_ value: Int64, _ digits: Int, at index: Int) {
            var rest = value
            for place in stride(from: index + digits - 1, through: index, by: -1) {
                text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        let (days, inDay) = clamped.microseconds.flooredDivision(by: 86_400_000_000)
        let date = CivilDate(daysSince1970: days)
        let seconds = inDay / 1_000_000
        put(date.year, 4, at: 0)
        put(date.month, 2, at: 5)
        put(date.day, 2, at: 8)
        text[10] = UInt8(ascii: "T")
        put(seconds / 3600, 2, at: 11)
        text[13] = UInt8(ascii: ":")
        put(seconds / 60 % 60, 2, at: 14)
        text[16] = UInt8(ascii: ":")
        put(seconds % 60, 2, at: 17)
        text[19] = UInt8(ascii: ".")
        put(inDay % 1_000_000, 6, at: 20)
        text[26] = UInt8(ascii: "Z")
        return text
    }

    /// `2026-11-21T10:00:00.123456Z`, always UTC. A moment outside the years 0000…9999 is written as
    /// the nearest one inside.
    package var rfc3339: String {
        rfc3339Bytes.span.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    /// A date-time of RFC 3339 §5.6 with any offset; nil for anything else. Digits after the sixth
    /// of the fraction are dropped, and a leap second is the second after it.
    package init?(rfc3339 text: String) {
        var text = text
        guard let value = text.withUTF8({ Timestamp(rfc3339: $0.span) }) else { return nil }
        self = value
    }

    package init?(rfc3339 text: Span<UInt8>) {
        func digits(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for index in range {
                let digit = text[index] &- UInt8(ascii: "0")
                guard digit <= 9 else { return nil }
                value = value * 10 + Int64(digit)
            }
            return value
        }
        func isOne(of a: Character, _ b: Character, at index: Int) -> Bool {
            text[index] == a.asciiValue || text[index] == b.asciiValue
        }
        guard text.count >= 20,
            text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), isOne(of: "T", "t", at: 10),
            text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            let year = digits(0..<4), let month = digits(5..<7), let day = digits(8..<10),
            let hour = digits(11..<13), let minute = digits(14..<16), let second = digits(17..<19),
            let date = CivilDate(year: year, month: month, day: day),
            hour < 24, minute < 60, second <= 60
        else { return nil }

        var index = 19
        var fraction: Int64 = 0
        if text[index] == UInt8(ascii: ".") {
            index += 1
            var scale: Int64 = 100_000
            let start = index
            while index < text.count, let digit = digits(index..<index + 1) {
                fraction += digit * scale
                scale /= 10
                index += 1
            }
            guard index > start else { return nil }
        }

        var offsetMinutes: Int64 = 0
        guard index < text.count else { return nil }
        if isOne(of: "Z", "z", at: index) {
            index += 1
        } else {
            guard text.count - index == 6, isOne(of: "+", "-", at: index),
                text[index + 3] == UInt8(ascii: ":"),
                let hours = digits(index + 1..<index + 3), hours < 24,
                let minutes = digits(index + 4..<index + 6), minutes < 60
            else { return nil }
            offsetMinutes = (hours * 60 + minutes) * (text[index] == UInt8(ascii: "-") ? -1 : 1)
            index += 6
        }
        guard index == text.count else { return nil }
        let minutes = date.daysSince1970 * 1440 + hour * 60 + minute - offsetMinutes
        self.init(microseconds: (minutes * 60 + second) * 1_000_000 + fraction)
    }
}

/// A day of the proleptic Gregorian calendar.
///
/// The arithmetic counts years from March, so that the leap day is the last of its year, in eras of
/// 400 years, each 146,097 days long.
package struct CivilDate: Equatable, Sendable {
    package let year: Int64
    /// 1…12.
    package let month: Int64
    /// 1…31.
    package let day: Int64

    /// Nil for a day no calendar has, 2100-02-29 for instance, or a year outside 0…9999.
    package init?(year: Int64, month: Int64, day: Int64) {
        guard 0...9999 ~= year, 1...12 ~= month, day >= 1 else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days: Int64 =
            switch month {
            case 2: isLeap ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        guard day <= days else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// `days` may be negative; its magnitude is at most that of any `Timestamp`'s day.
    package init(daysSince1970 days: Int64) {
        let (era, dayOfEra) = (days &+ 719_468).flooredDivision(by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package var daysSince1970: Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = yearFromMarch.flooredDivision(by: 400)
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Int64 {
    /// The quotient rounded down and the remainder, which is never negative. `divisor` is positive.
    @inline(__always)
    func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
