internal import Records

// What policies did. A call that one blocked is a request with the outcome `blocked` and nothing
// else: no server took time over it and no model was asked, so that it moves neither a duration nor
// a rate of errors.

extension Metrics {
    mutating func fold(_ note: PolicyNote, of call: CallRecord) {
        let server = call.server ?? ""
        add(
            .decisions,
            [
                note.action.rawValue, note.reason.rawValue, note.rule ?? "", server,
                call.tool ?? "",
            ])
        if let waited = note.waitedMilliseconds {
            let wait = series(.policyWait, [note.reason.rawValue, server])
            tables[MetricID.policyWait.rawValue].observe(max(0, microseconds(waited)), in: wait)
        }
        if let saved = note.savedNanodollars {
            let route = [note.rule ?? "", note.askedModel ?? "", note.routedModel ?? ""]
            // A counter never falls: what a route lost stands beside what it won.
            add(.routingSaved, route, max(0, saved))
            add(.routingExtra, route, saved == .min ? .max : max(0, -saved))
        }
    }
}

extension CallRecord {
    /// How long the server took: without the time a policy held the call back.
    var workMicroseconds: Int64 { max(0, microseconds(durationMilliseconds) &- held) }

    /// From when the server had the request.
    var firstByteMicroseconds: Int64? {
        guard !wasBlocked else { return nil }
        return firstByteMilliseconds.map { max(0, microseconds($0) &- held) }
    }

    private var held: Int64 { policy?.waitedMilliseconds.map { max(0, microseconds($0)) } ?? 0 }
}
