import Records

/// A report for programs. Amounts are whole billionths of a dollar, durations microseconds; what
/// is unknown is absent, and never 0.
package struct JSONReport {
    private let report: Report

    package init(_ report: Report) { self.report = report }

    package var bytes: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("v", 1)
        period(&json)
        json.key("total")
        json.beginObject()
        report.total.write(&json, report.durations)
        json.endObject()
        json.key("before")
        json.beginObject()
        report.before.write(&json, nil)
        json.endObject()
        groups(&json)
        operations(&json)
        unpriced(&json)
        budgets(&json)
        policies(&json)
        escalations(&json)
        series(&json)
        ledger(&json)
        json.endObject()
        json.newline()
        return json.finish()
    }

    private func moment(_ seconds: Int64) -> Timestamp {
        Timestamp(microseconds: seconds &* 1_000_000)
    }

    private func period(_ json: inout JSONWriter) {
        let period = report.query.period
        json.key("period")
        json.beginObject()
        json.member("name", period.name)
        json.member("since", moment(period.range.lowerBound))
        json.member("until", moment(period.range.upperBound))
        json.member("before_since", moment(period.before.lowerBound))
        json.member("before_until", moment(period.before.upperBound))
        json.member("time_zone", report.query.calendar.zone.name)
        json.endObject()
    }

    private func groups(_ json: inout JSONWriter) {
        json.key("by")
        json.beginArray()
        for dimension in report.query.dimensions { json.string(dimension.key) }
        json.endArray()
        json.key("groups")
        json.beginArray()
        for group in report.groups {
            json.beginObject()
            for (dimension, key) in zip(report.query.dimensions, group.keys) {
                json.key(dimension.key)
                if let key { json.string(key) } else { json.null() }
            }
            group.sum.write(&json, group.durations)
            json.member("before_usd_nanos", group.nanodollarsBefore)
            json.endObject()
        }
        json.endArray()
    }

    private func operations(_ json: inout JSONWriter) {
        json.key("top")
        json.beginArray()
        for operation in report.operations {
            json.beginObject()
            json.member("id", operation.id)
            json.member("time", Timestamp(microseconds: operation.time))
            json.member("tool", operation.tool)
            json.member("model", operation.model)
            json.member("server", operation.server)
            json.member("client_turn", operation.isClient)
            json.member("estimated", operation.isEstimated)
            json.member("outcome", "\(operation.outcome.name)")
            json.member("duration_us", operation.duration)
            json.member("input_tokens", operation.inputTokens)
            json.member("output_tokens", operation.outputTokens)
            json.member("usd_nanos", operation.nanodollars)
            json.endObject()
        }
        json.endArray()
    }

    private func unpriced(_ json: inout JSONWriter) {
        json.key("unpriced")
        json.beginArray()
        for (model, records) in report.unpriced {
            json.beginObject()
            json.member("model", model)
            json.member("records", records)
            json.endObject()
        }
        json.endArray()
    }

    private func budgets(_ json: inout JSONWriter) {
        json.key("budgets")
        json.beginArray()
        for state in report.budgets {
            json.beginObject()
            json.member("usd_nanos", state.budget.nanodollars)
            json.member("per", state.budget.unit.rawValue)
            json.member("model", state.budget.model)
            json.member("agent", state.budget.agent)
            json.member("since", moment(state.stretch.lowerBound))
            json.member("until", moment(state.stretch.upperBound))
            json.member("spent_usd_nanos", state.spent)
            json.member("projected_usd_nanos", state.projected)
            json.endObject()
        }
        json.endArray()
    }

    private func policies(_ json: inout JSONWriter) {
        json.key("policies")
        json.beginArray()
        for sum in report.policies {
            json.beginObject()
            json.member("action", sum.action.rawValue)
            json.member("reason", sum.reason.rawValue)
            json.member("rule", sum.rule)
            json.member("asked_model", sum.askedModel)
            json.member("routed_model", sum.routedModel)
            json.member("calls", sum.calls)
            json.member("saved_usd_nanos", sum.compared > 0 ? sum.savedNanodollars : nil)
            json.member("waited_us", sum.waited > 0 ? sum.waited : nil)
            json.endObject()
        }
        json.endArray()
    }

    private func escalations(_ json: inout JSONWriter) {
        guard let escalations = report.escalations else { return }
        json.key("escalations")
        json.beginObject()
        json.member("count", escalations.count)
        json.member("turns", escalations.turns)
        json.member("client_turns", escalations.clientTurns)
        json.member("usd_nanos", escalations.costed > 0 ? escalations.nanodollars : nil)
        json.member("rated", escalations.rated)
        json.member("quality", escalations.meanQuality)
        json.member("quality_per_dollar", escalations.qualityPerDollar)
        json.member("usd_per_minute", escalations.dollarsPerMinute)
        json.endObject()
    }

    private func series(_ json: inout JSONWriter) {
        json.key("series")
        json.beginObject()
        json.member("per", report.barUnit.rawValue)
        json.key("values")
        json.beginArray()
        for bar in report.bars {
            json.beginObject()
            json.member("at", bar.name)
            json.member("usd_nanos", bar.nanodollars)
            json.member("requests", bar.requests)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private func ledger(_ json: inout JSONWriter) {
        let ledger = report.ledger
        json.key("ledger")
        json.beginObject()
        json.member("segments", ledger.segments)
        json.member("lines", ledger.lines)
        json.member("skipped", ledger.skipped)
        json.member("unknown", ledger.unknown)
        json.member("torn", ledger.torn)
        json.member("unreadable", ledger.unreadable)
        json.member("future", ledger.future)
        json.endObject()
    }
}

extension Dimension {
    /// The name in JSON and CSV.
    var key: String { self == .eventType ? "event_type" : rawValue }
}

extension Sum {
    /// The columns of a sum, in JSON and CSV.
    func write(_ json: inout JSONWriter, _ durations: Durations?) {
        json.member("usd_nanos", cost)
        json.member("estimated_usd_nanos", estimatedNanodollars)
        json.member("unpriced", unpriced)
        json.member("requests", requests)
        json.member("model_requests", modelRequests)
        json.member("errors", errors)
        json.member("cancelled", cancelled)
        json.member("lost", lost)
        json.member("blocked", blocked)
        json.member("input_tokens", inputTokens)
        json.member("cached_input_tokens", cachedTokens)
        json.member("output_tokens", outputTokens)
        json.member("reasoning_tokens", reasoningTokens)
        json.member("estimated_tokens", estimatedTokens)
        json.member("client_turns", clientTurns)
        json.member("client_usd_nanos", clientNanodollars)
        json.member("p50_us", durations?.median)
        json.member("p95_us", durations?.p95)
        json.member("usd_per_1k_tokens", dollarsPerThousandTokens)
        json.member("usd_per_request", dollarsPerRequest)
        json.member("usd_per_minute", dollarsPerMinute)
    }
}
