import Foundation
import Testing

@testable import Records

@Suite struct TimestampText {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1, "1970-01-01T00:00:00.000001Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (951_868_800_000_000, "2000-03-01T00:00:00.000000Z"),
            (1_078_012_800_000_000, "2004-02-29T00:00:00.000000Z"),
            (1_709_164_800_000_000, "2024-02-29T00:00:00.000000Z"),
            (1_740_787_200_000_000, "2025-03-01T00:00:00.000000Z"),
            (1_795_255_200_123_456, "2026-11-21T10:00:00.123456Z"),
            (4_102_444_799_999_999, "2099-12-31T23:59:59.999999Z"),
            (4_107_456_000_000_000, "2100-02-28T00:00:00.000000Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (-2_203_891_200_000_000, "1900-03-01T00:00:00.000000Z"),
            (2_147_483_648_000_000, "2038-01-19T03:14:08.000000Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)])
    func bothWays(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text) == Timestamp(microseconds: microseconds))
    }

    @Test func isClampedToFourDigitYears() {
        #expect(Timestamp(microseconds: .max).rfc3339 == "9999-12-31T23:59:59.999999Z")
        #expect(Timestamp(microseconds: .min).rfc3339 == "0000-01-01T00:00:00.000000Z")
    }

    @Test(
        arguments: [
            ("2026-11-21T10:00:00Z", 1_795_255_200_000_000),
            ("2026-11-21t10:00:00z", 1_795_255_200_000_000),
            ("2026-11-21T10:00:00.1Z", 1_795_255_200_100_000),
            ("2026-11-21T10:00:00.1234567891234567Z", 1_795_255_200_123_456),
            ("2026-11-21T12:30:00+02:30", 1_795_255_200_000_000),
            ("2026-11-21T09:00:00.5-01:00", 1_795_255_200_500_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ] as [(String, Int64)])
    func reads(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-21", "2026-11-21T10:00:00", "2026-11-21 10:00:00Z",
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z", "2026-11-21T10:00:61Z",
        "2026-11-21T10:00:00.Z", "2026-11-21T10:00:00ZZ", "2026-11-21T10:00:00+1:00",
        "2026-11-21T10:00:00+01:60", "2026-11-21T10:00:00+24:00", "+026-11-21T10:00:00Z",
        "2026-11-21T10:00:0éZ", "20261-11-21T10:00:00Z",
    ])
    func refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    /// Every day of 1600…2400, counted one by one.
    @Test func countsDays() throws {
        var day = try #require(CivilDate(year: 1600, month: 1, day: 1)).daysSince1970
        #expect(day == -135_140)
        for year in Int64(1600)...2400 {
            for month in Int64(1)...12 {
                for dayOfMonth in Int64(1)...31 {
                    guard let date = CivilDate(year: year, month: month, day: dayOfMonth) else {
                        continue
                    }
                    // Plain comparisons: there are 292,194 days.
                    if date.daysSince1970 != day || CivilDate(daysSince1970: day) != date {
                        Issue.record("\(date) is not day \(day)")
                    }
                    day += 1
                }
            }
        }
        #expect(day == 157_420)
    }

    @Test func agreesWithFoundation() throws {
        var random = SeededGenerator(seed: 1)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for _ in 0..<2000 {
            let seconds = Int64.random(in: 0...4_102_444_800, using: &random)
            let parts = calendar.dateComponents(
                [.year, .month, .day], from: Date(timeIntervalSince1970: Double(seconds)))
            let date = CivilDate(daysSince1970: seconds / 86_400)
            #expect(date.year == parts.year.map(Int64.init))
            #expect(date.month == parts.month.map(Int64.init))
            #expect(date.day == parts.day.map(Int64.init))
        }
    }
}
