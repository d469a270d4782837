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
    /// Never sent to its receiver.
    case unsent(CallRecord.Outcome)

    var answer: Observation? {
        if case .answered(let answer) = self { answer } else { nil }
    }

    var isUnsent: Bool {
        if case .unsent = self { true } else { false }
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
        let isTool =
            call.facts.method == "tools/call" && call.key.direction == .clientToServer
        let ruling = isTool ? resolved.profile?.tool(call.facts.tool) : nil
        let tool = isFinal ? ruling : nil
        var record = baseRecord(call, end)
        let verdict = judge(&record, call, end, tool)
        let models = isFinal ? metered(call, end, record.outcome) : []
        let isTurn = !end.isUnsent && isTurn(call, models, tool, record.outcome)
        if let tool, let answer = end.answer {
            converse(&call, tool, answer, isGood: verdict.isGood, &records)
        }
        if !isFinal { park(&call, end.answer, ruling) } else if !isTurn { leave(&call) }
        describe(&record, call, end, resolved)
        remember(call, end, isMetered: !models.isEmpty)
        let parts = models.count > 1 ? parts(of: record, models) : []
        let sampled = call.sampled.isEmpty ? [] : sampled(call, record)
        if let first = models.first {
            apply(first, to: &record)
            record.modelCalls = verdict.modelCalls
        }
        if let decision = call.decision { note(decision, on: &record) }
        if isTool, let findings = configuration.findings, record.tellsOfModel {
            findings.learn(tool: call.tool, provider: record.provider, model: record.model)
        }
        records.append(.call(record))
        for further in parts + sampled { records.append(.call(further)) }
        guard isTurn || call.escalation != nil else {
            placeReader(of: call.toolUseID, &records)
            return
        }
        let ended = EndedCall(
            record: record, kind: kind(call, isTurn: isTurn, isFinal: isFinal, ruling),
            tool: ruling, answer: end.answer, stop: stop(call, end), goesOn: call.goesOn(end),
            qualitySource: verdict.qualitySource, parts: parts, sampled: sampled)
        settle(call, ended, &records)
        placeReader(of: call.toolUseID, &records)
    }

    private func kind(
        _ call: OpenCall, isTurn: Bool, isFinal: Bool, _ tool: Profile.Tool?
    ) -> EndedCall.Kind {
        if isTurn { return .turn }
        let isHalf =
            !isFinal && call.task == nil && call.method == "tools/call"
            && call.key.direction == .clientToServer && tool?.callsModel != false
        return isHalf ? .half : .other
    }

    // MARK: Assembly

    private func stop(_ call: OpenCall, _ end: CallEnd) -> UInt64 {
        switch end {
        case .answered(let answer): call.cancelStamp ?? answer.lastStamp
        case .cancelled: call.cancelStamp ?? call.stamp
        case .unsent: call.stamp &+ (call.decision?.waited ?? 0)
        case .lost(let stamp), .over(let stamp): stamp
        }
    }

    private func baseRecord(_ call: OpenCall, _ end: CallEnd) -> CallRecord {
        CallRecord(
            id: call.id, time: configuration.clock.time(at: call.stamp),
            durationMilliseconds: SessionClock.milliseconds(
                from: call.stamp, to: stop(call, end)),
            session: configuration.session, direction: call.key.direction, method: call.method,
            requestID: RecordID(call.key.id), outcome: .ok, traceID: call.traceID,
            spanID: call.spanID, requestBytes: call.requestBytes)
    }

    /// What else a request and its answer say.
    private func describe(
        _ record: inout CallRecord, _ call: OpenCall, _ end: CallEnd,
        _ resolved: KnownServer
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
        record.traceID = call.traceID
        record.parentSpanID = call.parentSpanID
        record.escalationReason = call.reason
        record.conversation = call.conversation
        record.toolUseID = call.toolUseID
        record.retryOf = call.retryOf
    }

    /// What is found in an answer beside what stands in the record.
    private struct Verdict {
        /// It is a good answer, also if nobody waits for it any more.
        var isGood = false
        var qualitySource: TraceRecord.QualitySource?
        var modelCalls: UInt64?
    }

    /// Outcome, error, quality and kind of a call.
    private func judge(
        _ record: inout CallRecord, _ call: OpenCall, _ end: CallEnd, _ tool: Profile.Tool?
    ) -> Verdict {
        var verdict = Verdict()
        record.eventType =
            call.method == "sampling/createMessage" ? "sampling" : tool?.eventType
        switch end {
        case .lost: record.outcome = .lost
        case .over: record.outcome = .ok
        case .cancelled: record.outcome = .cancelled
        case .unsent(let outcome):
            record.outcome = outcome
            record.errorType = call.decision?.errorType
        case .answered(let answer):
            if let found = ErrorReader.classify(answer, request: call.facts) {
                record.outcome = .error
                record.errorType = found.type
                record.errorCode = found.code
                if found.type == .rateLimit || found.type == .providerError {
                    record.retryAfterMilliseconds = RetryHint.milliseconds(in: answer)
                }
            } else if let type = answer.failure(tool?.failure, configuration.vocabulary) {
                record.outcome = .error
                record.errorType = type
            } else if answer.kind == .error || answer.isToolError {
                record.outcome = .error
                record.errorType = .other
            }
            verdict.isGood = record.outcome == .ok
            if let tool, verdict.isGood {
                let quality = answer.quality(tool.quality, configuration.vocabulary)
                record.quality = quality?.value
                verdict.qualitySource = quality?.source
                verdict.modelCalls = answer.modelCalls(tool.modelCalls, configuration.vocabulary)
            }
            if call.cancelStamp != nil { record.outcome = .cancelled }
        }
        if record.outcome == .cancelled, record.errorType == nil { record.errorType = .cancelled }
        return verdict
    }

    /// The records of a call's models but the first, which is on the call's own. Their ids are
    /// derived from it, they say so (`partOf`), and carry no bytes, so that requests and bytes are
    /// counted once.
    private mutating func parts(
        of record: CallRecord, _ models: [ModelUsage]
    ) -> [CallRecord] {
        var records: [CallRecord] = []
        for (index, model) in models.dropFirst().enumerated() {
            var other = record
            other.id = DerivedID.make(from: record.id, purpose: "part", index: index + 1)
            other.partOf = record.id
            other.spanID = identifiers.spanID()
            other.parentSpanID = record.spanID
            other.requestBytes = 0
            other.responseBytes = nil
            other.quality = nil
            apply(model, to: &other)
            records.append(other)
        }
        return records
    }

    mutating func apply(_ part: ModelUsage, to record: inout CallRecord) {
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
    private mutating func sampled(_ call: OpenCall, _ record: CallRecord) -> [CallRecord] {
        var records: [CallRecord] = []
        for (index, part) in call.sampled.enumerated() {
            var sampled = record
            sampled.id = DerivedID.make(from: record.id, purpose: "sampling", index: index)
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
            records.append(sampled)
        }
        return records
    }
}

extension Observation {
    /// `result.isError`, also of a task's answer.
    var isToolError: Bool {
        sketch.bool(sketch.find(.result, .isError))
            ?? sketch.bool(sketch.find(.result, .result, .isError)) ?? false
    }
}
