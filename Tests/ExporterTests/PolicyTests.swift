import Records
import Testing

@testable import Exporter

/// What policies did, in metrics and on the page.
struct PolicyMetricsTests {
    private static let now: Int64 = 1_795_255_200
    private static let day: Int64 = 86_400

    private func samples(_ metrics: Metrics, budgets: [BudgetUse] = []) -> [String: String] {
        var snapshot = metrics.snapshot
        snapshot.set(budgets)
        var found: [String: String] = [:]
        for line in String(decoding: snapshot.text(.text), as: UTF8.self).split(separator: "\n")
        where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " ") else { continue }
            found[String(line[..<blank])] = String(line[line.index(after: blank)...])
        }
        return found
    }

    private func blocked(_ id: String, _ reason: PolicyNote.Reason = .budget) -> CallRecord {
        Make.call(id) {
            $0.outcome = .blocked
            $0.errorType = reason == .rateLimit ? .rateLimit : nil
            $0.usage = nil
            $0.cost = nil
            $0.policy = PolicyNote(action: .blocked, reason: reason, rule: "10/day")
        }
    }

    @Test func `a blocked call is a decision, and no call of a model`() {
        var metrics = Metrics()
        metrics.fold(.call(blocked("1")))
        metrics.fold(.call(blocked("2")))
        metrics.fold(.call(blocked("2")))
        metrics.fold(.call(blocked("3", .rateLimit)))
        let found = samples(metrics)
        let tool = #"server="gemini",tool="ask""#
        let decisions = "mcp_meter_policy_decisions_total"
        #expect(
            found[#"\#(decisions){action="blocked",reason="budget",rule="10/day",\#(tool)}"#] == "2"
        )
        #expect(
            found[#"\#(decisions){action="blocked",reason="rate_limit",rule="10/day",\#(tool)}"#]
                == "1")
        #expect(
            found[
                #"mcp_meter_calls_total{server="gemini",method="tools/call",tool="ask",direction="client_to_server",outcome="blocked"}"#
            ] == "3")
        #expect(!found.contains { $0.key.hasPrefix("mcp_meter_call_duration_seconds") })
        #expect(!found.contains { $0.key.hasPrefix("mcp_meter_first_byte_seconds") })
        let others = found.filter { $0.key.hasPrefix("mcp_ai_") || $0.key.contains("_errors_") }
        #expect(others.allSatisfy { $0.value == "0" }, "\(others.filter { $0.value != "0" })")
        #expect(!others.contains { $0.key.hasPrefix("mcp_ai_requests_total") })
    }

    @Test func `a limit is not used by what it blocked`() {
        var metrics = Metrics()
        metrics.limits = LimitUse([
            RateLimit(unit: .requests, model: nil, amount: 10, window: .minute)
        ])
        metrics.fold(.call(Make.call("1", at: Self.now)))
        metrics.fold(.call(blocked("2", .rateLimit)))
        let gauges = metrics.limits.gauges(at: Timestamp(microseconds: Self.now * 1_000_000))
        #expect(gauges.map(\.left) == [9])
    }

    @Test func `what routes saved and lost are two sums, which never fall`() {
        var metrics = Metrics()
        for (id, saved) in [("1", 2_000_000), ("2", -500), ("3", 1), ("4", Int64.min)] {
            metrics.fold(
                .call(
                    Make.call(id) {
                        var note = PolicyNote(action: .routed, reason: .route, rule: "simple")
                        note.askedModel = "pro"
                        note.routedModel = "flash"
                        note.savedNanodollars = saved
                        $0.policy = note
                    }))
        }
        let found = samples(metrics)
        let route = #"{rule="simple",asked_model="pro",routed_model="flash"}"#
        #expect(found["mcp_meter_routing_saved_usd_total\(route)"] == "0.002000001")
        #expect(found["mcp_meter_routing_extra_usd_total\(route)"] == "9223372036.854775807")
    }

    @Test func `the time a call was held back is its own, not the model's`() {
        var metrics = Metrics()
        metrics.fold(
            .call(
                Make.call("1") {
                    $0.durationMilliseconds = 5_500
                    $0.firstByteMilliseconds = 5_100
                    var note = PolicyNote(action: .delayed, reason: .rateLimit, rule: "60/min")
                    note.waitedMilliseconds = 5_000
                    $0.policy = note
                }))
        let found = samples(metrics)
        let model = #"{provider="google",model="gemini-2.5-pro",operation="tools/call"}"#
        #expect(found["mcp_ai_request_duration_seconds_sum\(model)"] == "0.5")
        let server = #"{server="gemini",method="tools/call"}"#
        #expect(found["mcp_meter_call_duration_seconds_sum\(server)"] == "0.5")
        #expect(found["mcp_meter_first_byte_seconds_sum\(server)"] == "0.1")
        let wait = #"{reason="rate_limit",server="gemini"}"#
        #expect(found["mcp_meter_policy_wait_seconds_sum\(wait)"] == "5")
        #expect(found["mcp_meter_policy_wait_seconds_count\(wait)"] == "1")
    }

    // MARK: Budgets

    private func budget(
        _ rule: String, days: Int64 = 1, model: String? = nil, agent: String? = nil
    ) -> ShownBudget {
        ShownBudget(
            rule: rule, limitNanodollars: 10_000_000,
            pays: { named, by in
                (model.map { $0 == named } ?? true) && (agent.map { $0 == by } ?? true)
            }, began: { ($0 / Self.day - days + 1) * Self.day })
    }

    @Test func `a budget has spent what its calls in its period cost`() {
        var summary = Summary(now: { Self.now * 1_000_000 })
        let midnight = Self.now / Self.day * Self.day
        for (id, at) in [("1", Self.now), ("2", midnight), ("3", midnight - 1)] {
            summary.fold(Make.call(id, at: at))
        }
        summary.fold(Make.call("4", model: "grok-4.3", at: Self.now) { $0.agentID = "she" })
        summary.fold(Make.call("5", at: Self.now) { $0.cost = Cost(source: .unpriced) })
        let each: Int64 = 2_500_001
        let use = summary.use(
            of: [
                budget("all"), budget("model", model: "grok-4.3"), budget("agent", agent: "me"),
                budget("week", days: 7), budget("nobody", agent: "nobody"),
                budget("year", days: 365),
            ], at: Timestamp(microseconds: Self.now * 1_000_000))
        #expect(use.map(\.rule) == ["all", "model", "agent", "week", "nobody"])
        #expect(use.map(\.spentNanodollars) == [3 * each, each, 2 * each, 4 * each, 0])
        let found = samples(Metrics(), budgets: use)
        #expect(found[#"mcp_meter_budget_limit_usd{budget="all"}"#] == "0.01")
        #expect(found[#"mcp_meter_budget_spent_usd{budget="all"}"#] == "0.007500003")
        #expect(found[#"mcp_meter_budget_used_ratio{budget="all"}"#] == "0.75")
        #expect(found[#"mcp_meter_budget_used_ratio{budget="nobody"}"#] == "0")
    }

    // MARK: The page

    private func routed(_ id: String, at: Int64, rule: String = "simple") -> CallRecord {
        Make.call(id, at: at) {
            var note = PolicyNote(action: .routed, reason: .route, rule: rule)
            note.askedModel = "pro"
            note.routedModel = "flash"
            note.savedNanodollars = 7
            note.waitedMilliseconds = 1.5
            $0.policy = note
        }
    }

    @Test func `the page is told what was done in the days it shows, and a checkpoint keeps it`()
        throws
    {
        var summary = Summary(now: { Self.now * 1_000_000 })
        for number in 0..<3 { summary.fold(routed("\(number)", at: Self.now)) }
        summary.fold(routed("old", at: Self.now - 40 * Self.day))
        summary.fold(blocked("b"))
        var json = JSONWriter()
        summary.write(into: &json)
        let back = try #require(Summary(try JSONValue(parsing: json.finish())))
        #expect(back.policies.cells == summary.policies.cells)
        let now = Timestamp(microseconds: Self.now * 1_000_000)
        let span = try #require(PageData.Span(query: "", now: now))
        let use = BudgetUse(rule: "10/day", limitNanodollars: 9, spentNanodollars: 4)
        let data = try JSONValue(
            parsing: PageData.summary(
                back, span, budgets: [use], sessions: 0, inFlight: 0, isReady: true, version: "1"))
        let rows = try #require(data["policies"]?.array)
        #expect(rows.map { $0["action"]?.string } == ["routed", "blocked"])
        #expect(rows[0]["calls"]?.int64 == 3)
        #expect(rows[0]["asked_model"]?.string == "pro")
        #expect(rows[0]["saved_usd_nanos"]?.int64 == 21)
        #expect(rows[0]["waited_us"]?.int64 == 4_500)
        #expect(rows[1]["rule"]?.string == "10/day")
        #expect(rows[1]["routed_model"] == nil)
        let budget = data["budgets"]?.array?.first
        #expect(budget?["budget"]?.string == "10/day")
        #expect(budget?["spent_usd_nanos"]?.int64 == 4)
        // The blocked call is no call of a model, and one of the latest.
        #expect(data["models"]?.array?.first?["days"]?.array?.first?.array?[1].int64 == 3)
        #expect(back.calls.all.count == 5)
        #expect(back.turns.all.count == 4)
    }

    @Test func `rules beyond the limit are counted together`() {
        var tally = PolicyTally()
        let calls = 2 * PolicyTally.cellsMax
        for number in 0..<calls {
            let note = PolicyNote(action: .blocked, reason: .budget, rule: "rule \(number)")
            tally.fold(note, slot: 5)
        }
        #expect(tally.cells.count <= PolicyTally.cellsMax + 1)
        #expect(tally.cells.values.reduce(0) { $0 + $1.calls } == Int64(calls))
        tally.forget(through: 5)
        #expect(tally.cells.isEmpty)
    }
}
