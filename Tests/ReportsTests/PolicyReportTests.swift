import Foundation
import Records
import Testing

@testable import Reports

struct PolicyReportTests {
    private static func note(
        _ action: PolicyNote.Action, _ reason: PolicyNote.Reason, _ rule: String? = nil,
        _ edit: (inout PolicyNote) -> Void = { _ in }
    ) -> PolicyNote {
        var note = PolicyNote(action: action, reason: reason, rule: rule)
        edit(&note)
        return note
    }

    private static func ledger() throws -> Fixture {
        let fixture = Fixture()
        var records: [Record] = []
        for number in 1...3 as ClosedRange<UInt64> {
            var blocked = call(number, nanodollars: nil, milliseconds: 0.1, outcome: .blocked)
            blocked.usage = nil
            blocked.cost = nil
            blocked.policy = note(.blocked, .budget, "10/day")
            records.append(.call(blocked))
        }
        for number in 11...12 as ClosedRange<UInt64> {
            var routed = call(number, model: "flash", nanodollars: 500)
            routed.policy = note(.routed, .route, "simple | <b>") {
                $0.askedModel = "pro"
                $0.routedModel = "flash"
                $0.savedNanodollars = number == 11 ? 2_000_000_000 : -1_500_000_000
            }
            records.append(.call(routed))
        }
        var held = call(21, milliseconds: 5_100)
        held.policy = note(.delayed, .rateLimit, "60/min") { $0.waitedMilliseconds = 5_000 }
        var old = call(31, minute: -60 * 24 * 30)
        old.policy = note(.passed, .tooLong)
        let mark = MarkRecord(
            id: "mark", time: Fixture.start, session: "s", policy: note(.warned, .budget, "10/day"))
        // In two segments, which two threads may read, and one call's line twice.
        try fixture.plant(records + [.mark(mark), .call(old)])
        try fixture.plant([.call(held), .call(held)], writer: 2)
        return fixture
    }

    @Test func `what was done is summed by what and why`() throws {
        let report = try Self.ledger().report()
        let rows = report.policies.map { "\($0.action) \($0.reason) \($0.rule ?? "") \($0.calls)" }
        #expect(
            rows == [
                "blocked budget 10/day 3", "routed route simple | <b> 2",
                "delayed rateLimit 60/min 1",
            ])
        #expect(report.policies.map(\.savedNanodollars) == [0, 500_000_000, 0])
        #expect(report.policies.map(\.compared) == [0, 2, 0])
        #expect(report.policies.map(\.waited) == [0, 0, 5_000_000])
    }

    @Test func `a blocked call is no model call, no failure and no duration`() throws {
        let report = try Self.ledger().report()
        #expect(report.total.requests == 6)
        #expect(report.total.modelRequests == 3)
        #expect(report.total.blocked == 3)
        #expect(report.total.errors == 0)
        // All of them took 100 ms when nobody held them back.
        #expect(report.durations == Durations(sorted: [[100_000, 100_000, 100_000]]))
        let text = TextReport(report, Style(hasColour: false)).text
        #expect(text.contains("6 calls, 3 to models, 3 blocked"))
    }

    @Test func `filters hold for policies, too`() throws {
        let ledger = try Self.ledger()
        let blocked = try ledger.report { $0.outcomes = [.blocked] }
        #expect(blocked.policies.map(\.calls) == [3])
        let flash = try ledger.report { $0.filters[.model] = ["flash"] }
        #expect(flash.policies.map(\.action) == [.routed])
    }

    @Test func `every form shows it, and nobody's markup`() throws {
        let report = try Self.ledger().report()
        let text = TextReport(report, Style(hasColour: false)).text
        for words in [
            "not sent", "10/day", "pro → flash", "$0.500", "held back, then sent", "5.0s",
        ] {
            #expect(text.contains(words), "\(words) is not in \(text)")
        }
        for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        let html = HTMLReport(report).text
        #expect(html.contains("simple | &lt;b&gt;"))
        #expect(!html.contains("<b>"))
        #expect(MarkdownReport(report).text.contains(#"simple \| \<b\>"#))
        let json = try JSONValue(parsing: JSONReport(report).bytes)
        let rows = try #require(json["policies"]?.array)
        #expect(rows.map { $0["action"]?.string } == ["blocked", "routed", "delayed"])
        #expect(rows[0]["saved_usd_nanos"] == nil)
        #expect(rows[1]["saved_usd_nanos"]?.int64 == 500_000_000)
        #expect(rows[1]["asked_model"]?.string == "pro")
        #expect(rows[2]["waited_us"]?.int64 == 5_000_000)
        #expect(CSVReport(report).text.contains("blocked"))
    }

    @Test func `without policies nothing is said of them`() throws {
        let fixture = Fixture()
        try fixture.plant([.call(call(1))])
        let report = try fixture.report()
        #expect(report.policies.isEmpty)
        #expect(!TextReport(report, Style(hasColour: false)).text.contains("Policies"))
        #expect(!HTMLReport(report).text.contains("Policies"))
        #expect(!MarkdownReport(report).text.contains("Policies"))
    }
}
