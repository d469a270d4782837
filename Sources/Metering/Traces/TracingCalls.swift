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

    /// Writes the trace of an escalation that is over with no request under way. One that turned out
    /// to be no work of a model is forgotten.
    private mutating func write(_ number: UInt64, _ records: inout [Record]) {
        guard let escalation = escalations[number], let end = escalation.end,
            escalation.pending == 0
        else { return }
        _ = escalations.remove(number)
        if escalation.isMetered { records.append(.trace(trace(of: escalation, end))) }
    }

    /// Gives up escalations of which there are too many.
    mutating func trim(_ records: inout [Record]) {
        while let number = escalations.surplus { retire(number, .idle, &records) }
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

    // MARK: Conversations

    /// Follows conversations by the last word on a tool call: the answer that starts one, the one
    /// that ends it, the one that says it is gone.
    mutating func converse(
        _ call: inout OpenCall, _ tool: Profile.Tool, _ answer: Observation, isGood: Bool,
        _ records: inout [Record]
    ) {
        if call.conversation == nil, answer.kind == .result, !answer.isToolError,
            let id = answer.answerText(tool.conversationResult, configuration.vocabulary)
        {
            call.conversation = id
            if tool.callsModel != false { begin(id, &call, &records) }
        }
        guard let escalation = escalations[call.escalation], let number = call.escalation,
            escalation.conversation != nil
        else { return }
        if isGood, tool.endsConversation {
            escalations.end(number, .finalized)
        } else if let rule = tool.gone {
            // A call that was given up may still hold the conversation's lock at the server.
            let isAlone = escalation.pending == 1 && escalation.tally.outcome != .cancelled
            if answer.isGone(rule, isAlone: isAlone, configuration.vocabulary) {
                escalations.end(number, .gone)
            }
        }
    }

    /// The answer to a call says which conversation it began.
    private mutating func begin(
        _ id: String, _ call: inout OpenCall, _ records: inout [Record]
    ) {
        if let number = conversation(id, at: call.stamp, &records) {
            // Known before: what the call is to be part of. Not if something hangs on it already
            // that says otherwise.
            guard call.escalation == nil, let known = escalations[number] else { return }
            call.traceID = known.traceID
            call.parentSpanID = known.spanID
            call.reason = call.reason ?? known.reason
            call.escalation = number
            escalations.enter(number, at: call.stamp)
            return
        }
        let root = identifiers.spanID()
        let number = escalation(of: &call)
        escalations.become(number, conversation: id, root: root, parent: call.parentSpanID)
        call.parentSpanID = root
    }

    /// The escalation of a conversation that is not over.
    private mutating func conversation(
        _ id: String, at stamp: UInt64, _ records: inout [Record]
    ) -> UInt64? {
        guard let number = escalations.number(of: id) else { return nil }
        guard escalations[number]?.isIdle(at: stamp) == true else { return number }
        retire(number, .idle, &records)
        return nil
    }

    /// The escalation a call is part of; one of its own, if it was part of none.
    mutating func escalation(of call: inout OpenCall) -> UInt64 {
        if let number = call.escalation { return number }
        let number = escalations.add(Escalation(call))
        escalations.enter(number, at: call.stamp)
        call.escalation = number
        return number
    }

    // MARK: Requests

    /// The trace a request belongs to: that of its conversation, of the request it goes on with, of
    /// the caller's `traceparent`, of the environment's, else one of its own.
    mutating func trace(
        _ call: inout OpenCall, _ header: String?, _ origin: Origin?, _ records: inout [Record]
    ) {
        let given = header.flatMap(TraceContext.init(traceparent:))
        let isOfClient = call.key.direction == .clientToServer
        let known = call.conversation.flatMap { conversation($0, at: call.stamp, &records) }
        if let number = known ?? origin?.escalation, let escalation = escalations[number],
            escalation.end == nil || !isOfClient
        {
            call.traceID = escalation.traceID
            let isTurn = escalation.conversation != nil && isOfClient
            call.parentSpanID = isTurn ? escalation.spanID : origin?.spanID ?? escalation.spanID
            if isOfClient { call.reason = call.reason ?? escalation.reason }
            call.lastAnswer = isTurn ? escalation.lastAnswer : nil
            call.escalation = number
            escalations.enter(number, at: call.stamp)
            if isTurn { return }
        } else if let origin, origin.isMetered || origin.escalation == nil {
            call.traceID = origin.traceID
            call.parentSpanID = origin.spanID
        } else if let context = given ?? environmentTrace {
            call.traceID = context.traceID
            call.parentSpanID = context.parentSpanID
        } else {
            call.traceID = identifiers.traceID()
        }
        // The caller knows better, as long as it speaks of the same trace.
        if let given, given.traceID == call.traceID { call.parentSpanID = given.parentSpanID }
        if call.escalation == nil { continueUnknown(&call) }
    }

    /// A conversation that was begun before this session, or has ended, and is gone on with.
    private mutating func continueUnknown(_ call: inout OpenCall) {
        guard let id = call.conversation, call.key.direction == .clientToServer,
            call.method == "tools/call",
            resolver.resolve().profile?.tool(call.tool).callsModel != false
        else { return }
        let number = escalation(of: &call)
        let root = identifiers.spanID()
        escalations.become(number, conversation: id, root: root, parent: call.parentSpanID)
        call.parentSpanID = root
    }

    /// The request a server's own one hangs under: the only tool call under way, for a server asks
    /// because of what it works on (MCP, "Sampling"); of a task, it says which.
    mutating func host(of message: Observation, _ method: String) -> Origin? {
        if let id = message.relatedTask,
            let origin = tasks[TaskKey(direction: .clientToServer, id: id)]
        {
            return origin
        }
        guard method == "sampling/createMessage" else {
            return open.onlyRunningTool.map(Origin.init)
        }
        // What the client's model does for a call is counted with it.
        guard var host = open.onlyRunningTool else { return nil }
        if host.escalation == nil {
            let number = escalation(of: &host)
            open.updateOnlyRunningTool { $0.escalation = number }
        }
        return Origin(host)
    }

    // MARK: Ends

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
        count(call, ended, in: &escalation, &records)
        guard let number = call.escalation else {
            records.append(.trace(trace(of: escalation, .answered)))
            return
        }
        escalation.pending &-= min(escalation.pending, 1)
        if call.key.direction == .clientToServer, escalation.conversation == nil, !ended.goesOn {
            escalation.end = escalation.end ?? .answered
        }
        escalations.update(number) { $0 = escalation }
        write(number, &records)
        trim(&records)
    }

    private mutating func count(
        _ call: OpenCall, _ ended: EndedCall, in escalation: inout Escalation,
        _ records: inout [Record]
    ) {
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
        guard ended.kind == .turn, let answer = ended.answer else { return }
        if let turn = clientTurn(call, ended.record, answer, in: escalation) {
            escalation.tally.add(clientTurn: turn)
            records.append(.usage(turn))
        }
        if call.cancelStamp == nil {
            escalation.lastAnswer = max(escalation.lastAnswer ?? 0, ended.stop)
        }
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
        DerivedID.make(of: traceID + spanID, "trace", 0)
    }
}
