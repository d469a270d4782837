import Records
import Testing

@testable import Reports

struct PeriodTests {
    static func calendar(_ zone: String) throws -> Calendar {
        Calendar(try #require(Zone(zone, span: 0...2_000_000_000)))
    }

    private static func seconds(_ text: String) throws -> Int64 {
        try #require(Timestamp(rfc3339: text)).microseconds / 1_000_000
    }

    private static func text(_ seconds: Int64) -> String {
        String(Timestamp(microseconds: seconds * 1_000_000).rfc3339.prefix(16))
    }

    /// Saturday.
    private static let now = "2026-11-21T15:30:00Z"

    @Test(arguments: [
        // Since, until, zone, and what they are in UTC.
        (nil, nil, "UTC", "2026-11-14T15:30", "2026-11-21T15:30"),
        ("24h", nil, "Europe/Berlin", "2026-11-20T15:30", "2026-11-21T15:30"),
        ("2w", "now", "UTC", "2026-11-07T15:30", "2026-11-21T15:30"),
        ("1mo", nil, "UTC", "2026-10-21T15:30", "2026-11-21T15:30"),
        ("1y", nil, "UTC", "2025-11-21T15:30", "2026-11-21T15:30"),
        ("today", nil, "Europe/Berlin", "2026-11-20T23:00", "2026-11-21T15:30"),
        ("yesterday", "yesterday", "Europe/Berlin", "2026-11-19T23:00", "2026-11-20T23:00"),
        ("last-week", "last-week", "UTC", "2026-11-09T00:00", "2026-11-16T00:00"),
        ("this-week", nil, "Asia/Kolkata", "2026-11-15T18:30", "2026-11-21T15:30"),
        ("last-month", "last-month", "America/New_York", "2026-10-01T04:00", "2026-11-01T04:00"),
        ("this-month", nil, "America/New_York", "2026-11-01T04:00", "2026-11-21T15:30"),
        ("2026-10-25", "2026-10-25", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T23:00"),
        ("2026-03-29", "2026-03-29", "Europe/Berlin", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-02", "2026-02", "UTC", "2026-02-01T00:00", "2026-03-01T00:00"),
        ("2024-02", "2024-02", "UTC", "2024-02-01T00:00", "2024-03-01T00:00"),
        ("2025", "2025", "UTC", "2025-01-01T00:00", "2026-01-01T00:00"),
        (
            "2026-11-01T10:00:00+02:00", "2026-11-01T10:00:00Z", "UTC", "2026-11-01T08:00",
            "2026-11-01T10:00"
        ),
    ])
    func `bounds are what people mean`(
        since: String?, until: String?, zone: String, start: String, end: String
    ) throws {
        let period = try Period(
            since: since, until: until, now: Self.seconds(Self.now), Self.calendar(zone))
        #expect(Self.text(period.range.lowerBound) == start)
        #expect(Self.text(period.range.upperBound) == end)
    }

    @Test(arguments: [
        ("7days", false, false), ("", false, false), ("2026-13", false, false),
        ("2026-02-29", false, false), ("2026-1-1", false, false), ("-3d", false, false),
        ("999999d", false, false), ("now", false, true), ("2027", false, true),
    ])
    func `bounds that make no sense are named`(
        since: String, isUntil: Bool, isEmpty: Bool
    ) throws {
        let calendar = try Self.calendar("UTC")
        let now = try Self.seconds(Self.now)
        let misfit = Period.Misfit(isUntil: isUntil, text: since, isEmpty: isEmpty)
        #expect(throws: misfit) {
            try Period(since: since, until: nil, now: now, calendar)
        }
    }

    @Test(arguments: [
        ("weekly", "2026-11-09T00:00", "2026-11-16T00:00", "2026-11-02T00:00", "2026-11-09T00:00"),
        ("monthly", "2026-10-01T00:00", "2026-11-01T00:00", "2026-09-01T00:00", "2026-10-01T00:00"),
        (
            "this-month", "2026-11-01T00:00", "2026-11-21T15:30", "2026-10-01T00:00",
            "2026-10-21T15:30"
        ),
        ("today", "2026-11-21T00:00", "2026-11-21T15:30", "2026-11-20T00:00", "2026-11-20T15:30"),
    ])
    func `a stretch of the calendar is compared with the one before`(
        name: String, start: String, end: String, before: String, beforeEnd: String
    ) throws {
        let period = try #require(
            Period(
                named: name, now: Self.seconds(Self.now), earliest: 0, Self.calendar("UTC")))
        #expect(Self.text(period.range.lowerBound) == start)
        #expect(Self.text(period.range.upperBound) == end)
        #expect(Self.text(period.before.lowerBound) == before)
        #expect(Self.text(period.before.upperBound) == beforeEnd)
    }

    @Test(arguments: [
        // Clocks skip midnight, or show it twice.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", "2018-11-05T02:00"),
        ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00", "2024-04-26T21:00"),
        ("America/Havana", "2025-11-02", "2025-11-02T04:00", "2025-11-03T05:00"),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", "2026-04-05T13:30"),
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00", "2011-12-30T10:00"),
    ])
    func `days begin where their clocks say`(
        zone: String, day: String, start: String, end: String
    ) throws {
        let calendar = try Self.calendar(zone)
        let noon = try Self.seconds(Self.now)
        let period = try Period(since: day, until: day, now: noon, calendar)
        #expect(Self.text(period.range.lowerBound) == start)
        #expect(Self.text(period.range.upperBound) == end)
    }

    @Test(arguments: ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Casablanca"])
    func `units follow each other without a gap, and hold their moments`(zone: String) throws {
        let calendar = try Self.calendar(zone)
        var random = SplitMix64(state: 3)
        for _ in 0..<2_000 {
            let moment = Int64.random(in: 0...1_900_000_000, using: &random)
            for unit in CalendarUnit.allCases {
                let start = calendar.start(of: unit, moment)
                let end = calendar.start(of: unit, moment, moved: 1)
                #expect(start <= moment && moment < end, "\(unit) \(moment)")
                let name = calendar.name(of: unit, moment)
                #expect(calendar.name(of: unit, start) == name)
                #expect(calendar.name(of: unit, end - 1) == name)
                #expect(calendar.name(of: unit, end) != name)
                #expect(calendar.start(of: unit, end, moved: -1) == start, "\(unit) \(moment)")
            }
        }
    }

    @Test func `weeks are those of ISO 8601`() throws {
        let calendar = try Self.calendar("UTC")
        for (day, week) in [
            ("2024-12-30", "2025-W01"), ("2027-01-03", "2026-W53"), ("2026-11-21", "2026-W47"),
        ] {
            let moment = try Self.seconds(day + "T12:00:00Z")
            #expect(calendar.name(of: .week, moment) == week)
        }
    }

    @Test func `an hour that clocks show twice is two`() throws {
        let calendar = try Self.calendar("Europe/Berlin")
        let first = try Self.seconds("2026-10-25T00:30:00Z")
        #expect(calendar.name(of: .hour, first) == "2026-10-25T02:00+02:00")
        #expect(calendar.name(of: .hour, first + 3_600) == "2026-10-25T02:00+01:00")
    }

    @Test(arguments: ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime", "Europe", "tzdata.zi"])
    func `a zone nobody knows is none`(name: String) { #expect(Zone(name, span: 0...1) == nil) }
}
