internal import Records

/// What the page asks for, as JSON. Money is in nano-dollars, whole numbers below 2^53 that
/// JavaScript keeps exactly.
enum PageData {
    /// `GET /api/summary`: a month of model calls by the hour (UTC), which the page puts together
    /// into days of the reader's own time zone.
    static func summary(
        _ summary: Summary, sessions: Int, inFlight: Int, now: Timestamp, version: String
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("version", version)
        json.member("now", now)
        json.member("sessions_active", UInt64(sessions))
        json.member("calls_in_flight", UInt64(inFlight))
        json.key("columns")
        json.beginArray()
        for name in columns { json.string(name) }
        json.endArray()
        json.key("hours")
        json.beginArray()
        for (cell, sum) in summary.hours.sorted(by: { $0.key.hour < $1.key.hour }) {
            json.beginArray()
            json.number(cell.hour)
            for name in cell.group.names { json.string(name) }
            for value in sum.values { json.number(value) }
            json.endArray()
        }
        json.endArray()
        json.key("escalations")
        json.beginArray()
        for trace in summary.traces.all.reversed() { Record.trace(trace).encode(into: &json) }
        json.endArray()
        json.endObject()
        return json.finish()
    }

    /// `GET /api/calls`: the latest, newest first, as ledger records.
    static func calls(_ summary: Summary, limit: Int, trace: String?) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("calls")
        json.beginArray()
        let wanted = summary.calls.all.reversed().filter { trace == nil || $0.traceID == trace }
        for call in wanted.prefix(limit) {
            let record = call.direction == .client ? Record.usage(call) : .call(call)
            record.encode(into: &json)
        }
        json.endArray()
        json.endObject()
        return json.finish()
    }

    private static let columns = [
        "hour", "provider", "model", "server", "tool", "agent_id", "direction", "calls", "errors",
        "tokens", "estimated_tokens", "usd_nanos", "estimated_usd_nanos", "unpriced",
    ]
}
