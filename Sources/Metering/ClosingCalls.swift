internal import Records
internal import Wire

/// How a request ended.
enum CallEnd {
    case answered(Observation)
    /// Taken back by its sender, and no answer came.
    case cancelled
    /// Neither answered nor taken back when the session ended.
    case lost(UInt64)
    /// Ended as it should with the session.
    case over(UInt64)

    var answer: Observation? {
        if case .answered(let answer) = self { answer } else { nil }
    }
}

extension Meter {
    // Calls and records have many parts, each of which is counted again for every copy: they are
    // handed on or changed in place.

    /// Adds the records of a call that ended.
    mutating func finish(
        _ call: consuming OpenCall, _ end: CallEnd, _ records: inout [Record]
    ) {
        var call = call
        let resolved = resolver.resolve()
        let isFinal = end.answer.map(call.isFinal) ?? true
        let tool =
            call.facts.method == "tools/call" && isFinal
            ? resolved.profile?.tool(call.facts.tool) : nil
        if let answer = end.answer { converse(&call, tool, answer) }
        var record = baseRecord(call, end)
        describe(&record, call, end, resolved)
        judge(&record, call, end, tool)
        let parts = isFinal ? metered(call, end, record.outcome) : []
        remember(call, end, isMetered: !parts.isEmpty)
        var further: [Record] = []
        if parts.count > 1 { appendParts(record, parts, &further) }
        if !call.sampled.isEmpty { appendSampled(call, record, &further) }
        if let part = parts.first { apply(part, to: &record) }
        records.append(.call(record))
        records += further
    }

    // MARK: Assembly

    private func baseRecord(_ call: OpenCall, _ end: CallEnd) -> CallRecord {
        let stop: UInt64
        switch end {
        case .answered(let answer): stop = call.cancelStamp ?? answer.lastStamp
        case .cancelled: stop = call.cancelStamp ?? call.stamp
        case .lost(let stamp), .over(let stamp): stop = stamp
        }
        return CallRecord(
            id: call.id, time: configuration.clock.time(at: call.stamp),
            durationMilliseconds: SessionClock.milliseconds(from: call.stamp, to: stop),
            session: configuration.session, direction: call.key.direction, method: call.method,
            requestID: RecordID(call.key.id), outcome: .ok, traceID: call.traceID,
            spanID: call.spanID, requestBytes: call.requestBytes)
    }

    /// What else a request and its answer say.
    private func describe(
        _ record: inout CallRecord, _ call: OpenCall, _ end: CallEnd,
        _ resolved: ModelResolver.Resolved
    ) {
        if let answer = end.answer {
            record.responseBytes = answer.byteCount
            if call.cancelStamp == nil {
                record.firstByteMilliseconds = SessionClock.milliseconds(
                    from: call.stamp, to: answer.firstStamp)
            }
        }
        record.tool = call.facts.tool
        record.server = resolver.name
        record.client = clientName
        record.agentID = configuration.agentID ?? resolved.profile?.agentID ?? resolver.name
        record.surface = configuration.surface ?? resolved.profile?.surface ?? resolver.name
        record.parentSpanID = call.parentSpanID
        record.escalationReason = call.reason
        record.conversation = call.conversation
        record.toolUseID = call.toolUseID
        record.retryOf = call.retryOf
    }

    /// Outcome, error, quality and kind of a call.
    private func judge(
        _ record: inout CallRecord, _ call: OpenCall, _ end: CallEnd, _ tool: Profile.Tool?
    ) {
        record.eventType =
            call.method == "sampling/createMessage" ? "sampling" : tool?.eventType
        switch end {
        case .lost: record.outcome = .lost
        case .over: record.outcome = .ok
        case .cancelled: record.outcome = .cancelled
        case .answered(let answer):
            if let found = ErrorReader.classify(answer, request: call.facts) {
                record.outcome = .error
                record.errorType = found.type
                record.errorCode = found.code
            } else if let type = answer.failure(tool?.failure, configuration.vocabulary) {
                record.outcome = .error
                record.errorType = type
            } else if answer.kind == .error || answer.isToolError {
                record.outcome = .error
                record.errorType = .other
            }
            if let tool, record.outcome == .ok {
                record.quality = answer.quality(tool.quality, configuration.vocabulary)
            }
            if call.cancelStamp != nil { record.outcome = .cancelled }
        }
        if record.outcome == .cancelled, record.errorType == nil { record.errorType = .cancelled }
    }

    /// One record a model. The first is the call's own; the others, added here, have ids derived
    /// from it, say so (`partOf`), and carry no bytes, so that requests and bytes are counted once.
    private mutating func appendParts(
        _ record: CallRecord, _ parts: [ModelUsage], _ records: inout [Record]
    ) {
        for (index, part) in parts.dropFirst().enumerated() {
            var other = record
            other.id = DerivedID.make(of: record.id, "part", index + 1)
            other.partOf = record.id
            other.spanID = identifiers.spanID()
            other.parentSpanID = record.spanID
            other.requestBytes = 0
            other.responseBytes = nil
            other.quality = nil
            apply(part, to: &other)
            records.append(.call(other))
        }
    }

    private mutating func apply(_ part: ModelUsage, to record: inout CallRecord) {
        record.provider = part.provider
        record.model = part.model
        record.modelSource = part.model == nil ? nil : part.modelSource
        record.usage = part.usage
        if let cost = part.reportedNanodollars {
            record.cost = Cost(source: .reported, nanodollars: cost)
        } else if let usage = part.usage {
            let entry = priced.entry(
                provider: part.provider, model: part.model, in: configuration.prices)
            record.cost = entry?.cost(of: usage, at: record.time) ?? Cost(source: .unpriced)
        }
    }

    /// The models that worked for the client between `input_required` and the retry: since MCP
    /// 2026-07-28 they have no message of their own, so without this record the client's spend
    /// would vanish with the new revision. Their prompts never pass here, so an estimate has output
    /// only.
    private mutating func appendSampled(
        _ call: OpenCall, _ record: CallRecord, _ records: inout [Record]
    ) {
        for (index, part) in call.sampled.enumerated() {
            var sampled = record
            sampled.id = DerivedID.make(of: record.id, "sampling", index)
            sampled.partOf = record.id
            sampled.direction = .serverToClient
            sampled.method = "sampling/createMessage"
            sampled.eventType = "sampling"
            sampled.tool = nil
            sampled.outcome = .ok
            sampled.errorType = nil
            sampled.errorCode = nil
            sampled.quality = nil
            sampled.durationMilliseconds = 0
            sampled.firstByteMilliseconds = nil
            sampled.requestBytes = 0
            sampled.responseBytes = nil
            sampled.retryOf = nil
            sampled.spanID = identifiers.spanID()
            sampled.parentSpanID = record.spanID
            apply(part, to: &sampled)
            records.append(.call(sampled))
        }
    }
}

extension Observation {
    /// `result.isError`, also of a task's answer.
    var isToolError: Bool {
        sketch.bool(sketch.find(.result, .isError))
            ?? sketch.bool(sketch.find(.result, .result, .isError)) ?? false
    }
}
