import Foundation
import Ledger
import Posix
import Records
import Testing

@testable import Reports

/// A ledger of a test's own, gone with the value.
final class Fixture: Sendable {
    let directory: LedgerDirectory
    static let start = Timestamp(microseconds: 1_795_255_200_000_000)  // 2026-11-21T10:00:00Z

    init() {
        directory = LedgerDirectory(
            state: FileManager.default.temporaryDirectory.path + "/report-" + UUID().uuidString)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory.state) }

    /// Writes a segment whose writer is gone.
    func plant(_ records: [Record], writer: UInt32 = 1, rest: String = "") throws {
        var bytes: [UInt8] = []
        for record in records { record.encode(into: &bytes) }
        let name = SegmentName(
            openedAt: Self.start, by: WriterIdentity(pid: 2_000_000_000, random: writer))
        try FileManager.default.createDirectory(
            atPath: directory.path(of: name.day), withIntermediateDirectories: true)
        try Data(bytes + Array(rest.utf8)).write(to: URL(filePath: directory.path(of: name)))
    }

    func query(_ edit: (inout Query) -> Void = { _ in }) throws -> Query {
        let calendar = Calendar(.utc)
        let now = Self.start.microseconds / 1_000_000 + 7_200
        var query = Query(
            period: try Period(since: "7d", until: nil, now: now, calendar), calendar: calendar,
            now: now)
        edit(&query)
        return query
    }

    func report(_ edit: (inout Query) -> Void = { _ in }) throws -> Report {
        let query = try query(edit)
        let scan = LedgerScan(
            directory, window: query.window, now: query.now * 1_000_000)
        try scan.refresh()
        return Report(query, scan)
    }
}

/// A call that used a model. Minutes after the fixture's start.
func call(
    _ number: UInt64, minute: Int64 = 0, model: String? = "m", nanodollars: Int64? = 1_000,
    output: UInt64 = 10, milliseconds: Double = 100, outcome: CallRecord.Outcome = .ok
) -> CallRecord {
    var call = CallRecord(
        id: Identity(high: 1, low: number).text,
        time: Timestamp(microseconds: Fixture.start.microseconds + minute * 60_000_000),
        durationMilliseconds: milliseconds, session: "s", direction: .clientToServer,
        method: "tools/call", requestID: .number("1"), outcome: outcome, traceID: "t",
        spanID: "p", requestBytes: 1)
    call.tool = "ask"
    call.model = model
    call.usage = TokenUsage(source: .reported, input: 100, output: output)
    call.cost =
        nanodollars.map { Cost(source: .priced, nanodollars: $0) } ?? Cost(source: .unpriced)
    return call
}

struct ReportTests {
    @Test func `an empty ledger has a report that says so`() throws {
        let report = try Fixture().report()
        #expect(report.total.requests == 0)
        #expect(report.total.cost == nil)
        for text in Forms.all(report) { #expect(!text.isEmpty) }
        #expect(TextReport(report, Style(hasColour: false)).text.contains("nothing was metered"))
    }

    @Test func `of lines with one id the last counts, wherever they are`() throws {
        let fixture = Fixture()
        try fixture.plant([.usage(call(1, nanodollars: 5)), .usage(call(1, nanodollars: 7))])
        try fixture.plant([.usage(call(1, nanodollars: 11)), .call(call(2))], writer: 2)
        let report = try fixture.report()
        #expect(report.total.cost == 1_011)
        #expect(report.total.clientTurns == 1)
        #expect(report.total.requests == 1)
    }

    @Test func `a line of another time replaces one of the period`() throws {
        let fixture = Fixture()
        try fixture.plant([.usage(call(1)), .usage(call(1, minute: -60 * 24 * 30))])
        #expect(try fixture.report().total.clientTurns == 0)
    }

    @Test func `shares add cost and tokens, but no request`() throws {
        let fixture = Fixture()
        var share = call(2, model: "n", nanodollars: 30)
        share.partOf = call(1).id
        try fixture.plant([.call(share), .call(call(1, nanodollars: 20))])
        let report = try fixture.report()
        #expect(report.total.requests == 1)
        #expect(report.total.cost == 50)
        #expect(report.total.inputTokens == 200)
        #expect(report.operations.map(\.nanodollars) == [50])
        #expect(report.operations.first?.id == call(1).id)
    }

    @Test func `a begin without a call is lost when its writer is gone`() throws {
        let fixture = Fixture()
        func begin(_ number: UInt64) -> Record {
            .begin(
                BeginRecord(
                    id: call(number).id, time: call(number).time, session: "s",
                    direction: .clientToServer, method: "tools/call", tool: "slow",
                    requestID: .number("1")))
        }
        try fixture.plant([begin(1), begin(2), .call(call(2)), begin(3)])
        try fixture.plant([.call(call(3))], writer: 2)
        let report = try fixture.report { $0.dimensions = [.tool, .outcome] }
        #expect(report.total.lost == 1)
        #expect(report.total.requests == 3)
        #expect(report.groups.map(\.keys) == [["ask", "ok"], ["slow", "lost"]])
    }

    @Test func `a begin whose writer lives is no lost call yet`() throws {
        let fixture = Fixture()
        var writer = LedgerWriter(fixture.directory)
        let one = call(1)
        try writer.append(
            .begin(
                BeginRecord(
                    id: one.id, time: one.time, session: "s", direction: .clientToServer,
                    method: "tools/call", requestID: .number("1"))), at: Fixture.start)
        let query = try fixture.query()
        let scan = LedgerScan(fixture.directory, window: query.window, now: query.now * 1_000_000)
        #expect(try !scan.refresh())
        #expect(Report(query, scan).total.requests == 0)
        try writer.append(.call(one), at: Fixture.start)
        #expect(try scan.refresh())
        #expect(try !scan.refresh())
        let total = Report(query, scan).total
        #expect(total.requests == 1)
        #expect(total.lost == 0)
    }

    @Test func `percentiles are those of the nearest rank`() throws {
        let fixture = Fixture()
        try fixture.plant(
            (1...40).map {
                .call(call(UInt64($0), model: "m\($0 % 3)", milliseconds: Double($0)))
            })
        let durations = try #require(try fixture.report().durations)
        #expect(durations.median == 20_000)
        #expect(durations.p95 == 38_000)
    }

    @Test func `what has no price is named, and has no cost`() throws {
        let fixture = Fixture()
        try fixture.plant([
            .call(call(1, model: "new", nanodollars: nil)), .call(call(2)),
            .call(call(3, model: "new", nanodollars: nil)),
        ])
        let report = try fixture.report()
        #expect(report.unpriced.map(\.model) == ["new"])
        #expect(report.unpriced.map(\.records) == [2])
        #expect(report.groups.map(\.sum.cost) == [1_000, nil])
        #expect(report.remarks.first?.contains("new (2)") == true)
    }

    @Test func `filters take names and stars`() throws {
        let fixture = Fixture()
        try fixture.plant([
            .call(call(1, model: "gemini-2.5-pro")), .call(call(2, model: "gemini-2.5-flash")),
            .call(call(3, model: "gpt-5", outcome: .error)), .call(call(4, model: nil)),
        ])
        func requests(_ filters: [Label: [String]], _ outcomes: Set<Outcome> = []) throws -> Int {
            try fixture.report {
                $0.filters = filters
                $0.outcomes = outcomes
            }.total.requests
        }
        #expect(try requests([:]) == 4)
        #expect(try requests([.model: ["gemini-*"]]) == 2)
        #expect(try requests([.model: ["GPT-5", "*flash"]]) == 2)
        #expect(try requests([.model: ["gemini"]]) == 0)
        #expect(try requests([.model: ["*"], .tool: ["ask"]]) == 3)
        #expect(try requests([:], [.error]) == 1)
    }

    @Test func `a budget knows what was spent and where it leads`() throws {
        let fixture = Fixture()
        try fixture.plant([
            .call(call(1, minute: -60, nanodollars: 6_000_000_000)),
            .call(call(2, minute: -60 * 24, nanodollars: 1_000_000_000)),
            .call(call(3, minute: 1, model: "x", nanodollars: 500_000_000)),
        ])
        let budgets = try #require(Budget.parse("10/day,x=0.25/week").budgets)
        let report = try fixture.report {
            $0.budgets = budgets
            // What a budget is about is not what the report was asked about.
            $0.filters = [.model: ["none"]]
        }
        #expect(report.total.requests == 0)
        #expect(report.budgets.map(\.spent) == [6_500_000_000, 500_000_000])
        // Half of the day is over.
        #expect(report.budgets.first?.projected == 13_000_000_000)
        #expect(report.budgets.map(\.isOver) == [true, true])
    }

    @Test func `torn lines, garbage, later versions and wrong clocks are said`() throws {
        let fixture = Fixture()
        try fixture.plant(
            [.call(call(1)), .call(call(2, minute: 60 * 24 * 40))],
            rest: "{\"v\":9,\"kind\":\"call\"}\n{\"v\":1,\"kind\":\"call\"}\n{\"v\":1,\"ki")
        let report = try fixture.report()
        #expect(report.total.requests == 1)
        #expect(report.ledger.unknown == 1)
        #expect(report.ledger.skipped == 1)
        #expect(report.ledger.torn == 1)
        #expect(report.ledger.future == 1)
        #expect(report.remarks.count == 4)
    }

    @Test func `escalations have a quality and its price`() throws {
        let fixture = Fixture()
        let traces = (1...3).map { number -> Record in
            var trace = TraceRecord(
                id: Identity(high: 2, low: UInt64(number)).text, time: Fixture.start,
                durationMilliseconds: 60_000, session: "s",
                cost: Cost(source: .priced, nanodollars: 500_000_000), outcome: .ok,
                traceID: "t", spanID: "p", end: .answered, turns: 2, clientTurns: 1,
                unpricedTurns: 0, modelCalls: 2)
            trace.quality = number == 3 ? nil : 0.5
            return .trace(trace)
        }
        try fixture.plant(traces + [traces[0], .call(call(1))])
        let report = try fixture.report()
        let escalations = try #require(report.escalations)
        #expect(escalations.count == 3)
        #expect(escalations.turns == 6)
        #expect(escalations.meanQuality == 0.5)
        #expect(escalations.qualityPerDollar == 1)
        #expect(escalations.dollarsPerMinute == 0.5)
        // Its cost is that of its turns, and counted there.
        #expect(report.total.cost == 1_000)
        #expect(try fixture.report { $0.filters = [.model: ["m"]] }.escalations == nil)
    }

    @Test func `the time before is what it is compared with`() throws {
        let fixture = Fixture()
        try fixture.plant([
            .call(call(1, nanodollars: 300)),
            .call(call(2, minute: -60 * 24 * 8, nanodollars: 200)),
        ])
        let report = try fixture.report()
        #expect(report.before.cost == 200)
        #expect(report.comparisonText == "+50 % against $0.000000200 in the time before")
        #expect(report.groups.first?.nanodollarsBefore == 200)
    }
}

enum Forms {
    static func all(_ report: Report) -> [String] {
        [
            TextReport(report, Style(hasColour: false)).text,
            TextReport(report, Style(hasColour: true)).text,
            String(decoding: JSONReport(report).bytes, as: UTF8.self), CSVReport(report).text,
            MarkdownReport(report).text, HTMLReport(report).text,
        ]
    }
}
