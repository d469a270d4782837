import Records
import Testing

@testable import Exporter

struct SummaryTests {
    private static let now: Int64 = 1_795_255_200
    private static let day: Int64 = 86_400

    private func summary() -> Summary { Summary(now: { Self.now * 1_000_000 }) }

    private func overview(_ summary: Summary, days: Int64 = 40) -> Overview? {
        let now = Timestamp(microseconds: Self.now * 1_000_000)
        return Overview(
            summary, days: Overview.Periods(days, of: Self.day, until: now),
            hours: Overview.Periods(24, of: 3_600, until: now))
    }

    private func total(_ overview: Overview?) -> Summary.Sum {
        var sum = Summary.Sum()
        for model in overview?.models ?? [] { sum.add(model.total) }
        return sum
    }

    @Test func `a call is in the sums of its model, tool and agent, and in its own period`() {
        var summary = summary()
        summary.fold(Make.call("1", at: Self.now))
        summary.fold(Make.call("2", at: Self.now - 3 * Self.day) { $0.outcome = .error })
        summary.fold(
            Make.call("3", model: "qwen", at: Self.now) {
                $0.usage?.source = .estimated
                $0.cost = Cost(source: .unpriced)
            })
        // Without a model: among the latest, in no sum.
        summary.fold(Make.call("4", model: nil, at: Self.now))
        let overview = overview(summary)
        #expect(total(overview).values == [3, 1, 3 * 1_300, 1_300, 5_000_002, 0, 1])
        #expect(overview?.models.map(\.model) == ["gemini-2.5-pro", "qwen"])
        let days = overview?.models.first?.days ?? []
        #expect(days.indices.filter { days[$0].calls > 0 } == [36, 39])
        #expect(overview?.models.first?.hours.last?.calls == 1)
        #expect(overview?.tools.map(\.names) == [["ask", "gemini", "client_to_server"]])
        #expect(overview?.tools.first?.sum == total(overview))
        #expect(overview?.agents.map(\.names) == [["me"]])
        #expect(summary.calls.all.count == 4)
        #expect(summary.turns.all.count == 3)
    }

    @Test func `a call at a period's beginning is in it, one a moment before is not`() {
        for offset in stride(from: Int64(0), to: Self.day, by: 900) {
            let midnight = Self.now / Self.day * Self.day - offset
            var summary = summary()
            summary.fold(Make.call("1", at: midnight))
            summary.fold(Make.call("2", at: midnight - 1))
            let moments = [-Self.day, 0, Self.day].map { midnight + $0 }
            guard let periods = Overview.Periods(seconds: moments) else {
                Issue.record("\(moments) are no periods")
                return
            }
            let overview = Overview(summary, days: periods, hours: periods)
            #expect(overview.models.first?.days.map(\.calls) == [1, 1])
        }
    }

    @Test func `what is a month old is forgotten, with the names only it had`() {
        var summary = summary()
        for day in 0..<100 {
            let time = Self.now - (100 - Int64(day)) * Self.day
            summary.fold(Make.call("\(day)", model: "model-\(day)", at: time))
        }
        let kept = Set(summary.groups.all.map(\.model))
        #expect(kept.count <= 33)
        #expect(kept.contains("model-99") && !kept.contains("model-60"))
        #expect(summary.cells.count <= 33)
        #expect((31...33).contains(total(overview(summary)).calls))
        // An old record that comes late.
        summary.fold(Make.call("late", at: Self.now - 60 * Self.day))
        #expect(!summary.groups.all.contains { $0.model == "gemini-2.5-pro" })
    }

    @Test func `a clock that is years ahead wipes nothing out`() {
        var summary = summary()
        summary.fold(Make.call("1", at: Self.now))
        summary.fold(Make.call("2", at: Self.now + 4_000 * Self.day))
        summary.fold(Make.call("3", at: Self.now))
        #expect(total(overview(summary)).calls == 2)
    }

    @Test func `times far out of range do not trap`() {
        var summary = summary()
        for time in [Int64.min, -1, 0, Int64.max] {
            summary.fold(Make.call("1", at: 0) { $0.time = Timestamp(microseconds: time) })
        }
        #expect(total(overview(summary)).calls == 0)
    }

    @Test func `made-up names end in other, and no sum changes`() {
        var summary = summary()
        let names = 5_000
        for number in 0..<names {
            summary.fold(
                Make.call("\(number)", model: "model-\(number)", at: Self.now) {
                    $0.tool = "tool-\(number)"
                    $0.agentID = "agent-\(number % 7)"
                })
        }
        #expect(summary.groups.all.count <= Summary.GroupTable.groupsMax)
        let overview = overview(summary)
        #expect(overview?.models.count == Overview.modelsMax)
        #expect(overview?.models.last?.model == "other")
        #expect(overview?.tools.count == Overview.rowsMax)
        #expect(overview?.tools.last?.names == ["other", "other", "other"])
        #expect(total(overview).calls == Int64(names))
        #expect(overview?.tools.reduce(0) { $0 + $1.sum.calls } == Int64(names))
        #expect(overview?.agents.reduce(0) { $0 + $1.sum.calls } == Int64(names))
    }

    @Test func `cells, calls and traces are bounded`() {
        var summary = summary()
        let calls = Summary.cellsMax + 10_000
        for number in 0..<calls {
            summary.fold(
                Make.call(
                    "\(number)", model: "model-\(number % 100)",
                    at: Self.now - Int64(number / 40) * 900))
        }
        #expect(summary.cells.count <= Summary.cellsMax + Int(Summary.slotsKept))
        #expect(total(overview(summary)).calls == Int64(calls))
        #expect(summary.calls.all.count == 200)
        #expect(summary.turns.all.count == 2_000)
        let span = PageData.Span(
            query: "", now: Timestamp(microseconds: Self.now * 1_000_000))
        let json = span.map {
            PageData.summary(
                summary, $0, sessions: 0, inFlight: 0, isReady: true, version: "1")
        }
        #expect((1..<200_000).contains(json?.count ?? 0))
    }

    @Test func `a checkpoint gives back every sum, call and trace`() throws {
        var summary = summary()
        for number in 0..<3_000 {
            let call = Make.call("\(number)", model: "m\(number % 9)\"\n", at: Self.now - 977)
            summary.fold(call, isUsage: number % 3 == 0)
        }
        summary.fold(Make.trace("t"))
        var json = JSONWriter()
        summary.write(into: &json)
        let value = try JSONValue(parsing: json.finish())
        let back = try #require(Summary(value))
        #expect(back.groups.all == summary.groups.all)
        #expect(back.cells == summary.cells)
        #expect(back.calls.all == summary.calls.all)
        #expect(back.turns.all == summary.turns.all)
        #expect(back.traces.all == summary.traces.all)
        for wrong in [nil, .object([]), .array([])] as [JSONValue?] {
            #expect(Summary(wrong).map { _ in true } == nil)
        }
    }

    @Test func `periods must ascend and be so many`() {
        for wrong: [Int64] in [[], [5], [5, 5], [9, 5], [-1, 5], [0, 1 << 41], Array(0..<99)] {
            #expect(Overview.Periods(seconds: wrong) == nil, "\(wrong)")
        }
        #expect(Overview.Periods(seconds: [0, 900])?.place(of: 0) == 0)
        #expect(Overview.Periods(seconds: [0, 900])?.place(of: 1) == nil)
    }
}
