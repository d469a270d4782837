import Records
import Testing

@testable import mcp_meter

struct MomentTests {
    private let now = Timestamp(rfc3339: "2026-11-21T10:00:00Z") ?? Timestamp(microseconds: 0)

    @Test(
        arguments: [
            ("90m", "2026-11-21T08:30:00Z"), ("12h", "2026-11-20T22:00:00Z"),
            ("7d", "2026-11-14T10:00:00Z"), ("2w", "2026-11-07T10:00:00Z"),
            ("0d", "2026-11-21T10:00:00Z"), ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T08:00:00+02:00", "2026-11-01T06:00:00Z"),
            ("", nil), ("d", nil), ("7", nil), ("-7d", nil), ("7y", nil), ("2026-02-30", nil),
            ("9999999d", nil), ("\u{0667}d", nil),
        ] as [(String, String?)])
    func `a moment as people type it`(text: String, expected: String?) {
        #expect(Moment.parse(text, now: now) == expected.flatMap { Timestamp(rfc3339: $0) })
    }
}
