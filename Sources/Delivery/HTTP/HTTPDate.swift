package import Records

extension Timestamp {
    /// A date of HTTP in any of its three forms (RFC 9110 §5.6.7); nil for anything else.
    ///
    ///     Sun, 06 Nov 1994 08:49:37 GMT    the one to send
    ///     Sunday, 06-Nov-94 08:49:37 GMT   RFC 850
    ///     Sun Nov  6 08:49:37 1994         asctime
    ///
    /// - Parameter now: gives a year of two digits its century: a date that would be more than
    ///   fifty years ahead is the one a century before.
    package init?(httpDate text: String, now: Timestamp) {
        // What stands between the words differs between the forms and says nothing more.
        let words = text.utf8.split { [0x20, 0x09, 0x2C, 0x2D, 0x3A].contains($0) }
        guard let dayName = words.first,
            Self.dayNames.contains(where: { dayName.elementsEqual($0) })
        else { return nil }
        let isZoned = words.count == 8 && words[7].elementsEqual("GMT".utf8)
        let isAsctime = words.count == 7
        guard isZoned || isAsctime,
            let month = Self.monthNames.firstIndex(where: {
                words[isZoned ? 2 : 1].elementsEqual($0)
            }),
            let day = Self.number(words[isZoned ? 1 : 2], digits: 1...2),
            var year = Self.number(words[isZoned ? 3 : 6], digits: isZoned ? 2...4 : 4...4),
            let hour = Self.number(words[isZoned ? 4 : 3], digits: 2...2), hour < 24,
            let minute = Self.number(words[isZoned ? 5 : 4], digits: 2...2), minute < 60,
            // 60 is a leap second.
            let second = Self.number(words[isZoned ? 6 : 5], digits: 2...2), second <= 60
        else { return nil }

        if isZoned, words[3].count < 4 {
            guard words[3].count == 2 else { return nil }
            let thisYear = CivilDate(daysSince1970: now.daysSince1970).year
            year += thisYear - thisYear % 100
            if year > thisYear + 50 { year -= 100 }
        }
        guard let date = CivilDate(year: year, month: Int64(month) + 1, day: day) else {
            return nil
        }
        let seconds = date.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second
        self.init(microseconds: seconds * 1_000_000)
    }

    private var daysSince1970: Int64 {
        let (days, rest) = microseconds.quotientAndRemainder(dividingBy: 86_400_000_000)
        return rest < 0 ? days - 1 : days
    }

    private static func number(_ word: Substring.UTF8View, digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(word.count) else { return nil }
        var value: Int64 = 0
        for byte in word {
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    private static let dayNames: [String.UTF8View] = [
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Monday", "Tuesday", "Wednesday",
        "Thursday", "Friday", "Saturday", "Sunday",
    ].map(\.utf8)

    private static let monthNames: [String.UTF8View] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ].map(\.utf8)
}
