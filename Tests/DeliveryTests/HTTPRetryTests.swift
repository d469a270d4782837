import Records
import Testing

@testable import Delivery

struct HTTPRetryTests {
    /// 2026-11-21T10:00:00Z.
    private static let now = Timestamp(microseconds: 1_795_255_200_000_000)

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000000Z"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37.000000Z"),
        ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000000Z"),
        ("Tue Nov 16 08:49:37 1999", "1999-11-16T08:49:37.000000Z"),
        // Fifty years ahead is this century's; a year more is the one before.
        ("Saturday, 21-Nov-76 10:00:00 GMT", "2076-11-21T10:00:00.000000Z"),
        ("Monday, 21-Nov-77 10:00:00 GMT", "1977-11-21T10:00:00.000000Z"),
        ("Thu, 29 Feb 2024 23:59:60 GMT", "2024-03-01T00:00:00.000000Z"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000000Z"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59.000000Z"),
    ])
    func `a date of HTTP in each of its forms`(text: String, moment: String) {
        #expect(Timestamp(httpDate: text, now: Self.now)?.rfc3339 == moment)
    }

    @Test(arguments: [
        "", " ", "GMT", "soon", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 08:49:37 GMT+1",
        "06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 199 08:49:37 GMT", "Sun, 06 Nov 19940 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nou 1994 08:49:37 GMT", "Sun, 0x Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 94",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
    ])
    func `what is no date of HTTP is none`(text: String) {
        #expect(Timestamp(httpDate: text, now: Self.now) == nil)
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        var retryAfter: String?
        var finer: String?
        var date: String?
        var wait: UInt64?
        var testDescription: String { "\(retryAfter ?? "-") \(finer ?? "-") \(date ?? "-")" }
    }

    @Test(arguments: [
        Answer(),
        Answer(retryAfter: "0", wait: 0),
        Answer(retryAfter: "120", wait: 120_000),
        Answer(retryAfter: "0.25", wait: 250),
        Answer(retryAfter: "86400", wait: 86_400_000),
        Answer(retryAfter: "86401", wait: 86_400_000),
        Answer(retryAfter: "99999999999999999999999", wait: 86_400_000),
        Answer(retryAfter: String(repeating: "9", count: 400), wait: 86_400_000),
        Answer(retryAfter: "-1"), Answer(retryAfter: "+1"), Answer(retryAfter: "1e3"),
        Answer(retryAfter: "inf"), Answer(retryAfter: "nan"), Answer(retryAfter: "0x10"),
        Answer(retryAfter: "."), Answer(retryAfter: "1."), Answer(retryAfter: ".5"),
        Answer(retryAfter: "1.2.3"), Answer(retryAfter: "1 2"), Answer(retryAfter: ""),
        Answer(retryAfter: "soon"),
        Answer(retryAfter: "7", finer: "1500", wait: 1500),
        Answer(finer: "1499.6", wait: 1500),
        Answer(retryAfter: "7", finer: "-1", wait: 7000),
        Answer(retryAfter: "Sat, 21 Nov 2026 10:00:30 GMT", wait: 30_000),
        Answer(retryAfter: "Saturday, 21-Nov-26 10:00:30 GMT", wait: 30_000),
        Answer(retryAfter: "Sat Nov 21 10:00:30 2026", wait: 30_000),
        // The sender's clock is an hour behind ours.
        Answer(
            retryAfter: "Sat, 21 Nov 2026 09:00:30 GMT", date: "Sat, 21 Nov 2026 09:00:00 GMT",
            wait: 30_000),
        Answer(retryAfter: "Sat, 21 Nov 2026 10:00:30 GMT", date: "nonsense", wait: 30_000),
        Answer(retryAfter: "Sat, 21 Nov 2026 09:59:59 GMT", wait: 0),
        Answer(retryAfter: "Sat, 21 Nov 2037 10:00:00 GMT", wait: 86_400_000),
    ])
    func `when to come back`(answer: Answer) {
        #expect(
            RetryAfter.milliseconds(
                retryAfter: answer.retryAfter, retryAfterMilliseconds: answer.finer,
                date: answer.date, now: Self.now) == answer.wait)
    }

    @Test func `no clock makes it trap`() {
        for microseconds in [Int64.min, -1, 0, .max] {
            let now = Timestamp(microseconds: microseconds)
            _ = RetryAfter.milliseconds(retryAfter: "Sunday, 06-Nov-94 08:49:37 GMT", now: now)
            _ = RetryAfter.milliseconds(retryAfter: "Fri, 31 Dec 9999 23:59:59 GMT", now: now)
        }
    }

    /// Always the longest wait there is, or the shortest: 1, for 0 may be drawn again for ever.
    private struct Extreme: RandomNumberGenerator {
        var value: UInt64
        mutating func next() -> UInt64 { value }
    }

    @Test func `waits double up to the longest`() {
        var longest = Extreme(value: .max)
        var backoff = Backoff(initialMilliseconds: 100, maxMilliseconds: 1000)
        #expect(
            (0..<6).map { _ in backoff.next(random: &longest) } == [100, 200, 400, 800, 1000, 1000])
        backoff.reset()
        #expect(backoff.next(random: &longest) == 100)
    }

    @Test func `full jitter goes down to no wait at all and is even`() {
        var shortest = Extreme(value: 1)
        var backoff = Backoff(initialMilliseconds: 100, maxMilliseconds: 100)
        #expect(backoff.next(random: &shortest) == 0)
        var random = SplitMix(state: 7)
        var below = 0
        for _ in 0..<10_000 where backoff.next(random: &random) < 50 { below += 1 }
        #expect((4500...5500).contains(below))
    }

    @Test func `no setting of a backoff makes it trap`() {
        var longest = Extreme(value: .max)
        for (initial, max) in [(0, 0), (5, 1), (UInt64.max, UInt64.max), (1, UInt64.max)]
            as [(UInt64, UInt64)]
        {
            var backoff = Backoff(initialMilliseconds: initial, maxMilliseconds: max)
            for _ in 0..<70 { _ = backoff.next(random: &longest) }
            #expect(backoff.next(random: &longest) == Swift.max(1, initial, max))
        }
    }
}

/// Sebastiano Vigna's splitmix64: the same numbers for the same seed, everywhere.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
