package import Records

/// What every model call used and cost, to `meter.v1.MeterService`: one `RecordUsageRequest` a
/// record.
///
/// Sent is every completed call of a model, whosever it is: one that ended well, and one that
/// failed after tokens or a cost were known. A call that failed with neither was not billed: it is
/// no usage, and only its span is sent (`EvalOpsTraces`), nor was one that a policy blocked.
///
/// A batch goes into one `RecordUsageBatch`. A service that has none gets a `RecordUsage` a record,
/// from then on.
package struct EvalOpsMeter: Sink {
    package let destination: Destination
    /// No limit is documented for this procedure; 100 is that of its sibling `IngestWideEventBatch`
    /// (dx-corp/api proto/meter/v1/meter.proto).
    package let batch = BatchLimits(records: 100, ageMilliseconds: 1000)

    private let identity: EvalOpsIdentity
    private let requests: EvalOpsRequests
    private var hasBatches = true

    init(base: EvalOpsURL, identity: EvalOpsIdentity) {
        destination = Destination(sink: "evalops-meter", address: base.text)
        self.identity = identity
        requests = EvalOpsRequests(base: base, identity: identity)
    }

    package func wants(_ record: Record) -> Bool {
        switch record {
        case .call(let call), .usage(let call): Self.isUsage(call)
        case .session, .begin, .trace, .mark: false
        }
    }

    /// Whether a model did something that counts.
    private static func isUsage(_ call: CallRecord) -> Bool {
        guard EvalOpsWords.usesModel(call), call.outcome != .blocked else { return false }
        if call.outcome == .ok || EvalOpsWords.nanodollars(call.cost) != nil { return true }
        guard let usage = call.usage else { return false }
        return usage.input != nil || usage.output != nil || usage.cachedInput != nil
            || usage.cacheWrite != nil || usage.reasoning != nil
    }

    package mutating func messages(for records: [Record]) -> [Message] {
        hasBatches ? together(records) : apart(records)
    }

    private func together(_ records: [Record]) -> [Message] {
        var json = JSONWriter()
        var ids: [String] = []
        var agents: Set<String?> = []
        var indices: [Int] = []
        json.beginObject()
        json.key("records")
        json.beginArray()
        for (index, record) in records.enumerated() {
            guard let call = Self.call(record) else { continue }
            json.recordUsage(call, identity)
            ids.append(call.id)
            agents.insert(call.agentID)
            indices.append(index)
        }
        json.endArray()
        json.endObject()
        guard !indices.isEmpty else { return [] }
        return [
            requests.message(
                .recordUsageBatch, json.finish(), ids: ids, agents: agents, records: indices)
        ]
    }

    private func apart(_ records: [Record]) -> [Message] {
        var messages: [Message] = []
        for (index, record) in records.enumerated() {
            guard let call = Self.call(record) else { continue }
            var json = JSONWriter()
            json.recordUsage(call, identity)
            messages.append(
                requests.message(
                    .recordUsage, json.finish(), ids: [call.id], agents: [call.agentID],
                    records: [index]))
        }
        return messages
    }

    private static func call(_ record: Record) -> CallRecord? {
        switch record {
        case .call(let call), .usage(let call): call
        case .session, .begin, .trace, .mark: nil
        }
    }

    package mutating func judge(_ answer: HTTPResponse, to message: Message) -> Verdict {
        if EvalOpsAnswer.isMissing(answer) {
            guard requests.procedure(of: message) == .recordUsageBatch else {
                return .blocked(reason: answer.summary)
            }
            hasBatches = false
            return .sayAgain
        }
        return EvalOpsAnswer.verdict(answer, carrying: message.records.count)
    }
}
