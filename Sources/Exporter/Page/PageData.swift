internal import Records

/// What the page asks for, as JSON. Money is in nano-dollars, whole numbers below 2^53 that
/// JavaScript keeps exactly.
enum PageData {
    /// The days and hours an answer is about.
    struct Span: Sendable {
        var days: Overview.Periods
        var hours: Overview.Periods

        static let rule =
            "days and hours must each be 2 to \(Overview.Periods.countMax + 1) moments in whole "
            + "seconds since 1970, ascending, with commas between"

        /// From `days=…&hours=…`, the reader's own days and hours; without them the last 30 days
        /// and 24 hours of UTC. Nil when they break the rule.
        init?(query: String, now: Timestamp) {
            days = Overview.Periods(30, of: 86_400, until: now)
            hours = Overview.Periods(24, of: 3_600, until: now)
            for pair in query.split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard let name = parts.first, name == "days" || name == "hours" else { continue }
                let moments = (parts.count > 1 ? parts[1] : "").split(
                    separator: ",", omittingEmptySubsequences: false)
                let seconds = moments.compactMap { Int64($0) }
                guard seconds.count == moments.count,
                    let periods = Overview.Periods(seconds: seconds)
                else { return nil }
                if name == "days" { days = periods } else { hours = periods }
            }
        }
    }

    /// `GET /api/summary`.
    static func summary(
        _ summary: Summary, _ span: Span, budgets: [BudgetUse] = [], sessions: Int, inFlight: Int,
        isReady: Bool, version: String
    ) -> [UInt8] {
        let overview = Overview(summary, days: span.days, hours: span.hours)
        var json = JSONWriter()
        json.beginObject()
        json.member("version", version)
        // Before, the figures are those of a part of the ledger.
        json.member("ready", isReady)
        json.member("sessions_active", UInt64(sessions))
        json.member("calls_in_flight", UInt64(inFlight))
        json.key("columns")
        json.beginArray()
        for name in Summary.Sum.names { json.string(name) }
        json.endArray()
        json.key("days")
        json.array(span.days.bounds)
        json.key("hours")
        json.array(span.hours.bounds)
        json.key("models")
        json.beginArray()
        for model in overview.models {
            json.beginObject()
            json.member("provider", model.provider)
            json.member("model", model.model)
            json.key("days")
            json.periods(model.days)
            json.key("hours")
            json.periods(model.hours)
            json.endObject()
        }
        json.endArray()
        json.key("tools")
        json.beginArray()
        for row in overview.tools {
            json.beginObject()
            json.member("tool", row.names[0])
            json.member("server", row.names[1])
            json.member("direction", row.names[2])
            json.key("sum")
            json.array(row.sum.values)
            json.endObject()
        }
        json.endArray()
        json.key("agents")
        json.beginArray()
        for row in overview.agents {
            json.beginObject()
            json.member("agent_id", row.names[0])
            json.key("sum")
            json.array(row.sum.values)
            json.endObject()
        }
        json.endArray()
        json.key("budgets")
        json.beginArray()
        for budget in budgets {
            json.beginObject()
            json.member("budget", budget.rule)
            json.member("limit_usd_nanos", budget.limitNanodollars)
            json.member("spent_usd_nanos", budget.spentNanodollars)
            json.endObject()
        }
        json.endArray()
        json.key("policies")
        json.policies(summary.policies.rows(in: span.days))
        json.key("escalations")
        json.beginArray()
        for trace in summary.traces.all.suffix(50).reversed() {
            Record.trace(trace).encode(into: &json)
        }
        json.endArray()
        // Those whose cost rests on an estimate, as far as their turns are among the latest.
        json.key("estimated_traces")
        json.beginArray()
        let estimated = Set(summary.turns.all.compactMap(\.call).compactMap(\.estimatedTrace))
        for trace in summary.traces.all.suffix(50) where estimated.contains(trace.traceID) {
            json.string(trace.traceID)
        }
        json.endArray()
        json.endObject()
        return json.finish()
    }

    /// `GET /api/calls`: the latest, newest first, as ledger records; of a trace, its turns.
    static func calls(_ summary: Summary, limit: Int, trace: String?) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("calls")
        json.beginArray()
        let wanted =
            trace.map { trace in summary.turns.all.filter { $0.call?.traceID == trace } }
            ?? summary.calls.all
        for record in wanted.suffix(limit).reversed() { record.encode(into: &json) }
        json.endArray()
        json.endObject()
        return json.finish()
    }
}

extension Record {
    /// What a `call` and a `usage` record hold.
    fileprivate var call: CallRecord? {
        switch self {
        case .call(let call), .usage(let call): call
        case .session, .begin, .trace, .mark: nil
        }
    }
}

extension CallRecord {
    /// The id of its trace, if its cost is that of estimated tokens.
    fileprivate var estimatedTrace: String? {
        usage?.source == .estimated && cost?.source == .priced ? traceID : nil
    }
}

extension JSONWriter {
    fileprivate mutating func array(_ numbers: [Int64]) {
        beginArray()
        for number in numbers { self.number(number) }
        endArray()
    }

    /// What was done, with names that are not empty.
    fileprivate mutating func policies(
        _ rows: [(key: PolicyTally.Key, figures: PolicyTally.Figures)]
    ) {
        beginArray()
        for (key, figures) in rows {
            beginObject()
            member("action", key.action)
            member("reason", key.reason)
            if !key.rule.isEmpty { member("rule", key.rule) }
            if !key.askedModel.isEmpty { member("asked_model", key.askedModel) }
            if !key.routedModel.isEmpty { member("routed_model", key.routedModel) }
            member("calls", figures.calls)
            member("saved_usd_nanos", figures.savedNanodollars)
            member("waited_us", figures.waitedMicroseconds)
            endObject()
        }
        endArray()
    }

    /// The periods that have calls: the place of each, then its sum.
    fileprivate mutating func periods(_ sums: [Summary.Sum]) {
        beginArray()
        for (place, sum) in sums.enumerated() where sum.calls > 0 {
            array([Int64(place)] + sum.values)
        }
        endArray()
    }
}
