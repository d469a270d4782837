internal import Records
internal import Wire

extension Meter {
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
            escalations.update(number) { $0.join(call) }
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
}
