import Foundation
import Records
import Reports
import Testing

@testable import Policy

/// When budgets begin anew, and what clocks that jump do to them.
struct CalendarTests {
    /// Seconds since 1970, from a time as it is written.
    private static func moment(_ text: String) throws -> Int64 {
        try #require(Timestamp(rfc3339: text)).microseconds / 1_000_000
    }

    @Test(arguments: [
        ("1/hour", "UTC", "2026-11-21T10:59:59Z", "2026-11-21T11:00:00Z"),
        ("1/day", "UTC", "2026-11-21T23:59:59Z", "2026-11-22T00:00:00Z"),
        ("1/day", "Europe/Berlin", "2026-11-21T22:59:59Z", "2026-11-21T23:00:00Z"),
        // Weeks begin on Mondays.
        ("1/week", "UTC", "2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z"),
        ("1/week", "UTC", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"),
        ("1/month", "UTC", "2028-02-29T12:00:00Z", "2028-03-01T00:00:00Z"),
        ("1/month", "America/New_York", "2026-12-31T12:00:00Z", "2027-01-01T05:00:00Z"),
        ("1/year", "Asia/Tokyo", "2026-12-31T14:59:59Z", "2026-12-31T15:00:00Z"),
        // 25 hours, 23 hours; a half-hour zone; a day that begins at 1 o'clock.
        ("1/day", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ("1/day", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("1/day", "Asia/Kolkata", "2026-11-21T18:29:59Z", "2026-11-21T18:30:00Z"),
        ("1/day", "America/Santiago", "2026-09-06T03:59:59Z", "2026-09-06T04:00:00Z"),
        // Both of the hours that clocks show twice.
        ("1/hour", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),
    ])
    func `a budget lasts to the end of its stretch and then begins anew`(
        rule: String, zone: String, moment: String, end: String
    ) throws {
        let (start, end) = (try Self.moment(moment), try Self.moment(end))
        let machine = Machine(at: start * 1_000_000)
        let zone = try #require(
            Zone(zone, span: start - 86_400 * 400...start + 86_400 * 400))
        let relay = try machine.relay(rule, zone: zone)
        try relay.call(cost: dollar)
        let refused = relay.admit(machine.request())
        #expect(refused.note?.until?.microseconds == end * 1_000_000)
        machine.now = end * 1_000_000 - 1
        #expect(!relay.admit(machine.request()).isAdmitted)
        machine.now += 1
        let request = machine.request()
        #expect(relay.admit(request).isAdmitted)
        relay.accounts.withdraw(request.id)
        // So it does for a relay that reads the ledger only then.
        #expect(try machine.relay(rule, zone: zone).admit(request).isAdmitted)
    }

    @Test func `the text says when, by local clocks`() throws {
        let machine = Machine(at: try Self.moment("2026-10-24T20:00:00Z") * 1_000_000)
        let zone = try #require(
            Zone("Europe/Berlin", span: 1_700_000_000...1_900_000_000))
        let relay = try machine.relay("1/week", zone: zone)
        try relay.call(cost: dollar)
        let text = try #require(relay.admit(machine.request()).text)
        // Summer time when it is said, winter time when it comes.
        #expect(text.contains("resets at 2026-10-26 00:00 +01:00"))
    }

    @Test func `money spent before the clock was set back a little still counts`() throws {
        let machine = Machine(at: morning + 10 * minute)
        let relay = try machine.relay("1/day,5/hour")
        try relay.call(cost: dollar)
        machine.now = morning - 30 * minute
        #expect(!relay.admit(machine.request()).isAdmitted)
    }

    @Test func `a clock that is set back by days has the ledger read anew`() throws {
        let machine = Machine()
        let early = try machine.relay()
        machine.now = morning - 72 * hour
        try early.write([.call(machine.record(machine.request(), cost: dollar))])
        machine.now = morning
        let relay = try machine.relay("1/day")
        #expect(relay.admit(machine.request()).isAdmitted)
        machine.now = morning - 71 * hour
        let passed = relay.admit(machine.request())
        #expect(passed.note?.reason == .unavailable)
        var admission = passed
        let deadline = Date(timeIntervalSinceNow: 10)
        while admission.isAdmitted, Date() < deadline {
            admission = relay.admit(machine.request())
        }
        #expect(admission.note?.spentNanodollars ?? 0 >= dollar)
    }

    @Test func `a clock that is set forward ends the stretch`() throws {
        let machine = Machine()
        let relay = try machine.relay("1/day")
        try relay.call(cost: dollar)
        machine.now += 400 * 24 * hour
        #expect(relay.admit(machine.request()).isAdmitted)
    }

    @Test func `a budget by the hour goes on for weeks`() throws {
        let machine = Machine()
        let relay = try machine.relay("1/hour")
        for _ in 0..<200 {
            #expect(try relay.call(cost: dollar).isAdmitted)
            #expect(!relay.admit(machine.request()).isAdmitted)
            machine.now += hour
        }
    }
}
