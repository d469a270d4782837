import Records

/// The time a report is about, and the time it is compared with.
package struct Period: Equatable, Sendable {
    /// Seconds since 1970.
    package let range: Range<Int64>
    /// The time before, as long as this one by the calendar.
    package let before: Range<Int64>
    /// What it was asked for as, such as `last-week`.
    package let name: String

    /// What a bound may be, for complaints.
    package static let expected =
        "7d, 24h, 2w, 3mo, 2026-11-01, 2026-11-01T10:00:00Z, now, today, yesterday, this-week, "
        + "last-week, this-month, last-month, this-year or last-year"
    /// What a whole period may be.
    package static let expectedWhole =
        "today, yesterday, this-week, last-week (weekly), this-month, last-month (monthly), "
        + "this-year, last-year or all"

    /// A bound that makes no sense: which one, and its text.
    package struct Misfit: Error, Equatable, Sendable {
        package let isUntil: Bool
        package let text: String
        /// Whether the bounds are fine each by itself, but nothing lies between them.
        package let isEmpty: Bool
    }

    /// From one bound to another. A bound that names a day, week, month or year stands, as the
    /// first, for its beginning, and as the last for its end.
    ///
    /// - Parameters:
    ///   - since: nil for seven days ago.
    ///   - until: nil for now.
    ///   - now: seconds since 1970.
    package init(
        since: String?, until: String?, now: Int64, _ calendar: Calendar
    ) throws(Misfit) {
        let sinceText = since ?? "7d"
        guard let first = Self.bound(sinceText, now, calendar) else {
            throw Misfit(isUntil: false, text: sinceText, isEmpty: false)
        }
        var end = now
        if let until {
            guard let last = Self.bound(until, now, calendar) else {
                throw Misfit(isUntil: true, text: until, isEmpty: false)
            }
            end = last.range.upperBound
        }
        let start = first.range.lowerBound
        guard start < end else {
            throw Misfit(isUntil: until != nil, text: until ?? sinceText, isEmpty: true)
        }
        let name = until.map { "\(sinceText) to \($0)" } ?? "since \(sinceText)"
        if let unit = first.unit, until == nil || until == sinceText {
            self.init(unit, start..<end, name: name, calendar)
        } else {
            self.init(range: start..<end, before: start - (end - start)..<start, name: name)
        }
    }

    /// A whole stretch of the calendar, up to now where it is not over.
    ///
    /// - Parameter earliest: when the ledger begins, for `all`. Seconds since 1970.
    package init?(named word: String, now: Int64, earliest: Int64, _ calendar: Calendar) {
        if word == "all" {
            let start = min(earliest, now)
            self.init(range: start..<now + 1, before: start..<start, name: "all")
            return
        }
        let word = ["weekly": "last-week", "monthly": "last-month"][word] ?? word
        guard let (unit, moved) = Self.units[word] else { return nil }
        let start = calendar.start(of: unit, now, moved: moved)
        let end = calendar.start(of: unit, now, moved: moved + 1)
        self.init(unit, start..<max(min(end, now), start + 1), name: word, calendar)
    }

    /// A stretch from the beginning of a calendar unit on: the time before is the unit before, to
    /// the same day and time of it.
    private init(
        _ unit: CalendarUnit, _ range: Range<Int64>, name: String, _ calendar: Calendar
    ) {
        let start = calendar.start(of: unit, range.lowerBound, moved: -1)
        let isWhole = range.upperBound == calendar.start(of: unit, range.lowerBound, moved: 1)
        let (startDay, _) = calendar.zone.local(start)
        let (firstDay, _) = calendar.zone.local(range.lowerBound)
        let (endDay, endSecond) = calendar.zone.local(range.upperBound)
        let sameTime = calendar.zone.moment(day: startDay + endDay - firstDay, second: endSecond)
        let end = isWhole ? range.lowerBound : min(sameTime, range.lowerBound)
        self.init(range: range, before: start..<max(start, end), name: name)
    }

    init(range: Range<Int64>, before: Range<Int64>, name: String) {
        self.range = range
        self.before = before
        self.name = name
    }

    // MARK: Bounds

    private static let units: [String: (CalendarUnit, Int64)] = [
        "today": (.day, 0), "yesterday": (.day, -1), "this-week": (.week, 0),
        "last-week": (.week, -1), "this-month": (.month, 0), "last-month": (.month, -1),
        "this-year": (.year, 0), "last-year": (.year, -1),
    ]

    /// The stretch of time a text names: a moment is an empty one.
    private static func bound(
        _ text: String, _ now: Int64, _ calendar: Calendar
    ) -> (range: Range<Int64>, unit: CalendarUnit?)? {
        if text == "now" { return (now..<now, nil) }
        if let (unit, moved) = units[text] {
            let start = calendar.start(of: unit, now, moved: moved)
            return (start..<calendar.start(of: unit, now, moved: moved + 1), unit)
        }
        if let moment = ago(text, now, calendar) { return (moment..<moment, nil) }
        if let time = Timestamp(rfc3339: text) {
            let second = time.microseconds.quotientFloored(by: 1_000_000).day
            return (second..<second, nil)
        }
        return date(text, calendar)
    }

    /// `24h`, `7d`, `2w`, `3mo`, `1y` before now; but for hours, at the same time of the day.
    private static func ago(_ text: String, _ now: Int64, _ calendar: Calendar) -> Int64? {
        let number = text.utf8.prefix { (48...57).contains($0) }
        guard !number.isEmpty, number.count <= 5, let count = Int64(String(number) ?? "") else {
            return nil
        }
        switch String(text.utf8.dropFirst(number.count)) {
        case "h": return now - count * 3_600
        case "d": return calendar.moment(now, movedDays: -count)
        case "w": return calendar.moment(now, movedDays: -7 * count)
        case "mo": return months(count, now, calendar)
        case "y": return months(count * 12, now, calendar)
        default: return nil
        }
    }

    /// The same day of an earlier month, or its last where it has no such day.
    private static func months(_ count: Int64, _ now: Int64, _ calendar: Calendar) -> Int64 {
        let (day, second) = calendar.zone.local(now)
        let dayOfMonth = day - calendar.firstDay(of: .month, day: day)
        let first = calendar.firstDay(of: .month, day: day, moved: -count)
        let next = calendar.firstDay(of: .month, day: first, moved: 1)
        return calendar.zone.moment(day: min(first + dayOfMonth, next - 1), second: second)
    }

    /// `2026-11-01`, `2026-11`, `2026`: a day, a month, a year of the calendar.
    private static func date(
        _ text: String, _ calendar: Calendar
    ) -> (range: Range<Int64>, unit: CalendarUnit?)? {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let widths = [4, 2, 2]
        guard (1...3).contains(parts.count) else { return nil }
        var numbers: [Int64] = []
        for (part, width) in zip(parts, widths) {
            guard part.count == width, part.allSatisfy({ (48...57).contains($0) }),
                let number = Int64(String(part) ?? "")
            else { return nil }
            numbers.append(number)
        }
        let unit: CalendarUnit = [.year, .month, .day][numbers.count - 1]
        guard
            let date = CivilDate(
                year: numbers[0], month: numbers.count > 1 ? numbers[1] : 1,
                day: numbers.count > 2 ? numbers[2] : 1)
        else { return nil }
        let day = date.daysSince1970
        let end = calendar.firstDay(of: unit, day: day, moved: 1)
        return (calendar.zone.moment(day: day)..<calendar.zone.moment(day: end), unit)
    }
}
