import Records

/// A stretch of the calendar.
package enum CalendarUnit: String, CaseIterable, Sendable {
    case hour, day, week, month, year
}

/// The calendar of a time zone: where its days, weeks (from Monday) and months begin.
package struct Calendar: Equatable, Sendable {
    package let zone: Zone

    package init(_ zone: Zone) { self.zone = zone }

    /// The first day of the unit a day is in, moved by so many units. Days since 1970.
    func firstDay(of unit: CalendarUnit, day: Int64, moved: Int64 = 0) -> Int64 {
        switch unit {
        case .hour, .day: return day + moved
        case .week:
            // 1970-01-01 was a Thursday.
            return day - (day + 3).quotientFloored(by: 7).second + 7 * moved
        case .month, .year:
            let date = CivilDate(daysSince1970: day)
            let months =
                unit == .year
                ? (date.year + moved) * 12 : date.year * 12 + date.month - 1 + moved
            let (year, month) = months.quotientFloored(by: 12)
            return CivilDate(year: year, month: month + 1, day: 1)?.daysSince1970 ?? day
        }
    }

    /// When the unit a moment is in began, moved by so many units. Seconds since 1970.
    package func start(of unit: CalendarUnit, _ moment: Int64, moved: Int64 = 0) -> Int64 {
        let (day, second) = zone.local(moment)
        if unit == .hour {
            // Hours are as long as clocks make them; those that clocks show twice are two.
            let offset = zone.offset(at: moment)
            let (hour, _) = (moment + offset).quotientFloored(by: 3_600)
            return hour * 3_600 - offset + moved * 3_600
        }
        _ = second
        return zone.moment(day: firstDay(of: unit, day: day, moved: moved))
    }

    /// The same time of the day so many days later or earlier.
    package func moment(_ moment: Int64, movedDays days: Int64) -> Int64 {
        let (day, second) = zone.local(moment)
        return zone.moment(day: day + days, second: second)
    }

    /// What people call the unit a moment is in: `2026-11-21`, `2026-W47`, `2026-11`, `2026`,
    /// `2026-10-25T02:00+01:00`.
    package func name(of unit: CalendarUnit, _ moment: Int64) -> String {
        let (day, second) = zone.local(moment)
        let date = CivilDate(daysSince1970: day)
        let text = digits(date.year, 4) + "-" + digits(date.month, 2)
        switch unit {
        case .hour:
            return "\(text)-\(digits(date.day, 2))T\(digits(second / 3_600, 2)):00"
                + zone.offsetText(at: moment)
        case .day: return "\(text)-\(digits(date.day, 2))"
        case .week:
            // ISO 8601: a week belongs to the year of its Thursday.
            let thursday = firstDay(of: .week, day: day) + 3
            let year = CivilDate(daysSince1970: thursday).year
            let first = CivilDate(year: year, month: 1, day: 1)?.daysSince1970 ?? thursday
            return "\(digits(year, 4))-W\(digits((thursday - first) / 7 + 1, 2))"
        case .month: return text
        case .year: return digits(date.year, 4)
        }
    }

    /// `2026-11-21 14:05`.
    package func minuteText(_ moment: Int64) -> String {
        let (day, second) = zone.local(moment)
        return name(of: .day, zone.moment(day: day)) + " " + digits(second / 3_600, 2) + ":"
            + digits(second / 60 % 60, 2)
    }
}
