// A record as one line of the ledger. The schema, for those who read it with other tools, is
// examples/ledger/schema.json; a test holds the two together.

extension Record {
    /// The version every line carries. It changes only if a key changes its meaning; new keys and
    /// new kinds leave it alone, and readers skip what they do not know.
    package static let version = 1

    /// Appends the record as one line, its end included. What is nil is absent.
    package func encode(into bytes: inout [UInt8]) {
        // Moved out and back, so that the buffer is not copied.
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        var json = JSONWriter(appendingTo: taken)
        taken = []
        encode(into: &json)
        json.newline()
        bytes = json.finish()
    }

    /// The record as an object, wherever a value may stand.
    package func encode(into json: inout JSONWriter) {
        json.beginObject()
        json.member(RecordKey.version.name, Self.version)
        json.key(RecordKey.kind.name)
        switch self {
        case .session(let record):
            json.string("session" as StaticString)
            record.encodeMembers(into: &json)
        case .begin(let record):
            json.string("begin" as StaticString)
            record.encodeMembers(into: &json)
        case .call(let record):
            json.string("call" as StaticString)
            record.encodeMembers(into: &json)
        case .usage(let record):
            json.string("usage" as StaticString)
            record.encodeMembers(into: &json)
        case .trace(let record):
            json.string("trace" as StaticString)
            record.encodeMembers(into: &json)
        case .mark(let record):
            json.string("mark" as StaticString)
            record.encodeMembers(into: &json)
        }
        json.endObject()
    }
}

extension SessionRecord {
    fileprivate func encodeMembers(into json: inout JSONWriter) {
        json.member(RecordKey.event.name, event.rawValue)
        json.member(RecordKey.id.name, id)
        json.member(RecordKey.time.name, time)
        json.member(RecordKey.pid.name, pid)
        json.member(RecordKey.server.name, server)
        json.member(RecordKey.client.name, client)
        json.member(RecordKey.exitStatus.name, exitStatus)
        json.member(RecordKey.sessionDuration.name, thousandths: durationMilliseconds)
        guard !counts.isEmpty else { return }
        json.key(RecordKey.counts.name)
        json.beginObject()
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
            json.key(name)
            json.number(count)
        }
        json.endObject()
    }
}

extension BeginRecord {
    fileprivate func encodeMembers(into json: inout JSONWriter) {
        json.member(RecordKey.id.name, id)
        json.member(RecordKey.time.name, time)
        json.member(RecordKey.session.name, session)
        json.member(RecordKey.direction.name, direction.rawValue)
        json.member(RecordKey.method.name, method)
        json.member(RecordKey.tool.name, tool)
        json.member(RecordKey.requestID.name, requestID)
        json.member(RecordKey.server.name, server)
    }
}

extension CallRecord {
    fileprivate func encodeMembers(into json: inout JSONWriter) {
        json.member(RecordKey.id.name, id)
        json.member(RecordKey.time.name, time)
        // Readers count on it, so what is no number is no time rather than no record.
        let duration = durationMilliseconds.isFinite ? durationMilliseconds : 0
        json.member(RecordKey.duration.name, thousandths: duration)
        json.member(RecordKey.firstByte.name, thousandths: firstByteMilliseconds)
        json.member(RecordKey.session.name, session)
        json.member(RecordKey.direction.name, direction.rawValue)
        json.member(RecordKey.method.name, method)
        json.member(RecordKey.tool.name, tool)
        json.member(RecordKey.requestID.name, requestID)
        json.member(RecordKey.server.name, server)
        json.member(RecordKey.client.name, client)
        json.member(RecordKey.agentID.name, agentID)
        json.member(RecordKey.surface.name, surface)
        json.member(RecordKey.project.name, project)
        json.member(RecordKey.provider.name, provider)
        json.member(RecordKey.model.name, model)
        json.member(RecordKey.modelSource.name, modelSource?.rawValue)
        json.member(RecordKey.serviceTier.name, serviceTier)
        if let usage {
            json.key(RecordKey.usage.name)
            usage.encode(into: &json)
        }
        if let cost {
            json.key(RecordKey.cost.name)
            cost.encode(into: &json)
        }
        json.member(RecordKey.outcome.name, outcome.rawValue)
        json.member(RecordKey.errorType.name, errorType?.rawValue)
        json.member(RecordKey.errorCode.name, errorCode)
        json.member(RecordKey.eventType.name, eventType)
        json.member(RecordKey.escalationReason.name, escalationReason)
        json.member(RecordKey.conversation.name, conversation)
        json.member(RecordKey.toolUseID.name, toolUseID)
        json.member(RecordKey.traceID.name, traceID)
        json.member(RecordKey.spanID.name, spanID)
        json.member(RecordKey.parentSpanID.name, parentSpanID)
        json.member(RecordKey.requestBytes.name, requestBytes)
        json.member(RecordKey.responseBytes.name, responseBytes)
        json.member(RecordKey.quality.name, quality.flatMap { $0.isFinite ? $0 : nil })
        json.member(RecordKey.retryOf.name, retryOf)
        json.member(RecordKey.partOf.name, partOf)
        json.member(RecordKey.modelCalls.name, modelCalls)
        json.member(RecordKey.retryAfter.name, thousandths: retryAfterMilliseconds)
        if let policy {
            json.key(RecordKey.policy.name)
            policy.encode(into: &json)
        }
    }
}

extension MarkRecord {
    fileprivate func encodeMembers(into json: inout JSONWriter) {
        json.member(RecordKey.id.name, id)
        json.member(RecordKey.time.name, time)
        json.member(RecordKey.session.name, session)
        json.key(RecordKey.policy.name)
        policy.encode(into: &json)
    }
}

extension TraceRecord {
    fileprivate func encodeMembers(into json: inout JSONWriter) {
        json.member(RecordKey.id.name, id)
        json.member(RecordKey.time.name, time)
        let duration = durationMilliseconds.isFinite ? durationMilliseconds : 0
        json.member(RecordKey.duration.name, thousandths: duration)
        json.member(RecordKey.session.name, session)
        json.member(RecordKey.tool.name, tool)
        json.member(RecordKey.server.name, server)
        json.member(RecordKey.client.name, client)
        json.member(RecordKey.agentID.name, agentID)
        json.member(RecordKey.surface.name, surface)
        json.key(RecordKey.cost.name)
        cost.encode(into: &json)
        json.member(RecordKey.outcome.name, outcome.rawValue)
        json.member(RecordKey.errorType.name, errorType?.rawValue)
        json.member(RecordKey.eventType.name, eventType)
        json.member(RecordKey.escalationReason.name, escalationReason)
        json.member(RecordKey.conversation.name, conversation)
        json.member(RecordKey.traceID.name, traceID)
        json.member(RecordKey.spanID.name, spanID)
        json.member(RecordKey.parentSpanID.name, parentSpanID)
        json.member(RecordKey.quality.name, quality.flatMap { $0.isFinite ? $0 : nil })
        json.member(RecordKey.modelCalls.name, modelCalls)
        json.member(RecordKey.qualitySource.name, qualitySource?.rawValue)
        json.member(
            RecordKey.qualityPerDollar.name, qualityPerDollar.flatMap { $0.isFinite ? $0 : nil })
        json.member(RecordKey.end.name, end.rawValue)
        json.member(RecordKey.turns.name, turns)
        json.member(RecordKey.clientTurns.name, clientTurns)
        if unpricedTurns > 0 { json.member(RecordKey.unpricedTurns.name, unpricedTurns) }
    }
}

extension TokenUsage {
    /// The object that stands under `usage`.
    package func encode(into json: inout JSONWriter) {
        json.beginObject()
        json.member(UsageKey.source.name, source.rawValue)
        json.member(UsageKey.input.name, input)
        json.member(UsageKey.cachedInput.name, cachedInput)
        json.member(UsageKey.cacheWrite.name, cacheWrite)
        json.member(UsageKey.cacheWrite1h.name, cacheWrite1h)
        json.member(UsageKey.output.name, output)
        json.member(UsageKey.reasoning.name, reasoning)
        json.endObject()
    }
}

extension Cost {
    /// The object that stands under `cost`.
    package func encode(into json: inout JSONWriter) {
        json.beginObject()
        json.member(CostKey.source.name, source.rawValue)
        json.member(CostKey.nanodollars.name, nanodollars)
        json.endObject()
    }
}

extension JSONWriter {
    /// RFC 3339, UTC, microseconds.
    package mutating func member(_ name: StaticString, _ value: Timestamp) {
        key(name)
        timestamp(value)
    }

    /// As it stood on the wire.
    package mutating func member(_ name: StaticString, _ value: RecordID) {
        key(name)
        switch value {
        case .string(let text): string(text)
        case .number(let literal): number(literal: literal)
        }
    }

    mutating func member(_ name: StaticString, thousandths value: Double?) {
        guard let value, value.isFinite else { return }
        key(name)
        number(thousandths: value)
    }
}
