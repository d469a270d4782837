internal import Records
internal import Wire

extension Meter {
    /// Ends an escalation now, or when the last of its requests has ended.
    mutating func retire(
        _ number: UInt64, _ end: TraceRecord.End, _ records: inout [Record]
    ) {
        escalations.end(number, end)
        write(number, &records)
    }

    /// Writes the trace of an escalation that is over with no request under way and no turn that the
    /// client's log has still to tell. One that turned out to be no work of a model is forgotten.
    mutating func write(_ number: UInt64, _ records: inout [Record]) {
        guard let escalation = escalations[number], let end = escalation.end,
            escalation.pending == 0, !awaited.holds(number)
        else { return }
        _ = escalations.remove(number)
        if escalation.isMetered { records.append(.trace(trace(of: escalation, end))) }
    }

    /// Gives up escalations of which there are too many.
    mutating func trim(_ records: inout [Record]) {
        while let number = escalations.surplus {
            giveUp(where: { $0.escalation == number }, &records)
            retire(number, .idle, &records)
        }
    }

    /// The record of an escalation.
    private mutating func trace(
        of escalation: Escalation, _ end: TraceRecord.End
    ) -> TraceRecord {
        let tally = escalation.tally
        let profile = resolver.resolve().profile
        var record = TraceRecord(
            id: TraceRecord.id(traceID: escalation.traceID, spanID: escalation.spanID),
            time: configuration.clock.time(at: escalation.start),
            durationMilliseconds: SessionClock.milliseconds(
                from: escalation.start, to: escalation.stop),
            session: configuration.session, cost: tally.cost, outcome: tally.outcome,
            traceID: escalation.traceID, spanID: escalation.spanID, end: end, turns: tally.turns,
            clientTurns: tally.clientTurns, unpricedTurns: tally.unpricedTurns,
            modelCalls: tally.modelCalls)
        record.tool = escalation.tool
        record.server = resolver.name
        record.client = clientName
        record.agentID = configuration.agentID ?? profile?.agentID ?? resolver.name
        record.surface = configuration.surface ?? profile?.surface ?? resolver.name
        record.errorType = tally.errorType
        record.eventType = profile?.tool(escalation.tool).eventType
        record.escalationReason = escalation.reason
        record.conversation = escalation.conversation
        record.parentSpanID = escalation.parentSpanID
        record.quality = tally.quality
        record.qualitySource = tally.qualitySource
        record.qualityPerDollar = tally.qualityPerDollar
        return record
    }

    /// Whether what ended of a call is a turn of an escalation: a tool call that used a model, or
    /// failed where its profile knows one.
    func isTurn(
        _ call: OpenCall, _ parts: [ModelUsage], _ tool: Profile.Tool?,
        _ outcome: CallRecord.Outcome
    ) -> Bool {
        guard call.key.direction == .clientToServer else { return false }
        if parts.contains(where: \.usesModel) { return true }
        // Not so a poll of a task whose answer was metered before.
        guard call.task == nil || call.escalation != nil else { return false }
        return tool?.callsModel == true && outcome != .ok
    }

    /// Keeps the escalation of a call open whose answer is only that another request will bring it.
    mutating func park(_ call: inout OpenCall, _ answer: Observation?, _ tool: Profile.Tool?) {
        guard call.key.direction == .clientToServer, call.facts.method == "tools/call",
            call.task == nil, tool?.callsModel != false,
            let answer, Interim(answer).isFollowed
        else { return }
        _ = escalation(of: &call)
    }

    /// Takes a call out of the escalation it opened, if it turned out to be no turn of one and
    /// nobody else joined: then there will be no trace, and no root to hang under.
    mutating func leave(_ call: inout OpenCall) {
        guard call.key.direction == .clientToServer, let number = call.escalation,
            let escalation = escalations[number], escalation.conversation != nil,
            escalation.pending == 1, escalation.tally == Tally()
        else { return }
        call.parentSpanID = escalation.parentSpanID
        _ = escalations.remove(number)
        call.escalation = nil
    }

    /// Counts the records of a call in its escalation, and ends that if the call was its last.
    mutating func settle(_ call: OpenCall, _ ended: EndedCall, _ records: inout [Record]) {
        var escalation: Escalation
        if let known = escalations[call.escalation] {
            escalation = known
        } else if ended.kind == .turn {
            escalation = Escalation(call)
        } else {
            return
        }
        var number = call.escalation
        let isAwaited = ended.kind == .turn && isAwaited(call)
        if isAwaited, number == nil {
            // Its trace cannot be written yet.
            escalation.pending = 1
            number = escalations.add(escalation)
        }
        let estimate = count(call, ended, in: &escalation)
        if let estimate, !isAwaited {
            escalation.tally.add(clientTurn: estimate)
            records.append(.usage(estimate))
        }
        guard let number else {
            records.append(.trace(trace(of: escalation, .answered)))
            return
        }
        escalation.pending &-= min(escalation.pending, 1)
        if call.key.direction == .clientToServer, escalation.conversation == nil, !ended.goesOn {
            escalation.end = escalation.end ?? .answered
        }
        escalations.update(number) { $0 = escalation }
        if isAwaited, let id = call.toolUseID {
            // Nobody had heard of its end before it was given up.
            let isGivenUp = call.cancelStamp != nil && ended.answer == nil
            let heard = isGivenUp ? ended.stop &+ Self.lateNanosecondsMax : ended.stop
            hold(
                AwaitedTurn(
                    toolUse: id, escalation: number, began: call.stamp, ended: heard,
                    call: ended.record, parentSpanID: escalation.spanToHangUnder(of: ended.record),
                    estimate: estimate), &records)
        }
        write(number, &records)
        trim(&records)
    }

    /// - Returns: what is estimated of the client's turn that made the call.
    private mutating func count(
        _ call: OpenCall, _ ended: EndedCall, in escalation: inout Escalation
    ) -> CallRecord? {
        escalation.heard = max(escalation.heard, ended.stop)
        switch ended.kind {
        case .turn, .half:
            escalation.tally.add(
                turn: ended.record, parts: ended.parts, qualitySource: ended.qualitySource)
            escalation.stop = max(escalation.stop, ended.stop)
            if ended.kind == .turn || ended.tool?.callsModel == true {
                escalation.isMetered = true
            }
        case .other where call.key.direction == .serverToClient && ended.record.usesModel:
            escalation.tally.add(clientTurn: ended.record)
        case .other: break
        }
        for sampled in ended.sampled { escalation.tally.add(clientTurn: sampled) }
        guard ended.kind == .turn, let answer = ended.answer else { return nil }
        if call.cancelStamp == nil {
            escalation.lastAnswer = max(escalation.lastAnswer ?? 0, ended.stop)
        }
        return clientTurn(call, ended.record, answer, in: escalation)
    }
}

/// What became of a call, for the escalation it belongs to.
struct EndedCall {
    enum Kind {
        /// A turn, with the last word on it.
        case turn
        /// A turn whose last word another request will bring.
        case half
        /// No turn, or one of the client's.
        case other
    }

    let record: CallRecord
    let kind: Kind
    let tool: Profile.Tool?
    let answer: Observation?
    /// When it ended, in monotonic nanoseconds.
    let stop: UInt64
    /// Another request will bring its answer.
    let goesOn: Bool
    var qualitySource: TraceRecord.QualitySource?
    /// The records of its further models, and of the client's that worked for it.
    var parts: [CallRecord] = []
    var sampled: [CallRecord] = []
}

extension ModelUsage {
    var usesModel: Bool {
        provider != nil || model != nil || usage != nil || reportedNanodollars != nil
    }
}

extension TraceRecord {
    /// The id of the trace with a root span, whoever writes it: a UUIDv8 of the two alone.
    package static func id(traceID: String, spanID: String) -> String {
        DerivedID.make(from: traceID + spanID, purpose: "trace", index: 0)
    }
}
