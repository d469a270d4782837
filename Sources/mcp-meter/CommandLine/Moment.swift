import Records

/// A moment as people type it.
enum Moment {
    /// What is expected, for messages.
    static let expected = "30m, 12h, 7d, 2w, 2026-11-01 or 2026-11-01T08:00:00Z"

    /// A time before now (`7d`), a day's midnight UTC, or a date-time with its offset; nil for
    /// anything else.
    static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        if let time = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "T00:00:00Z") {
            return time
        }
        let seconds: Int64
        switch text.last {
        case "m": seconds = 60
        case "h": seconds = 3_600
        case "d": seconds = 86_400
        case "w": seconds = 604_800
        default: return nil
        }
        let digits = text.dropLast()
        guard digits.allSatisfy({ ("0"..."9").contains($0) }), let count = Int64(digits),
            count < 1_000_000
        else { return nil }
        let (moment, overflow) = now.microseconds.subtractingReportingOverflow(
            count * seconds * 1_000_000)
        return Timestamp(microseconds: overflow ? .min : moment)
    }
}
