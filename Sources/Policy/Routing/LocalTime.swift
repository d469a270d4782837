package import Records
package import Reports

/// What clock and calendar on the wall show.
package struct LocalTime: Sendable, Equatable {
    /// 0 is Monday.
    package var weekday: Int
    /// Since midnight, 0 ..< 1440.
    package var minute: Int

    package init(weekday: Int, minute: Int) {
        self.weekday = weekday
        self.minute = minute
    }

    /// A moment, in a zone.
    package init(_ time: Timestamp, in zone: Zone) {
        let (day, second) = zone.local(time.microseconds / 1_000_000)
        self.init(day: day, minute: Int(clamping: second / 60))
    }

    private init(day: Int64, minute: Int) {
        // 1970-01-01 was a Thursday.
        let weekday = (day + 3) % 7
        self.init(weekday: Int(weekday < 0 ? weekday + 7 : weekday), minute: minute)
    }

    /// `2026-11-21T23:00`, whatever the zone; nil for anything else.
    package init?(_ text: String) {
        guard let time = Timestamp(rfc3339: text + ":00Z") else { return nil }
        self.init(time, in: .utc)
    }

    /// `Sat 23:00`.
    package var text: String {
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let day = Self.weekdays.indices.contains(weekday) ? Self.weekdays[weekday] : "?"
        return "\(day) \(two(minute / 60)):\(two(minute % 60))"
    }

    /// Monday first.
    package static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
}
