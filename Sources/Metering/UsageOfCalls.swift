internal import Records
internal import Wire

extension Meter {
    /// What models a call used, one entry each; empty for a call that used none.
    mutating func metered(
        _ call: OpenCall, _ end: CallEnd, _ outcome: CallRecord.Outcome
    ) -> [ModelUsage] {
        guard usesModels(call) else { return [] }
        if !call.events.isEmpty { return call.events.map(completed) }
        let server = serverFacts(of: call)
        guard let answer = end.answer else { return unanswered(call, server) }
        if let task = call.task, tasks[task]?.isMetered == true { return [] }
        var parts = UsageReader.read(answer, request: call.facts, server: server).map(completed)
        // An answer that failed by its profile was billed only if it says so itself.
        if outcome == .error {
            for index in parts.indices where parts[index].usage?.source == .estimated {
                parts[index].usage = nil
            }
        }
        return parts
    }

    /// Whether a request is of a kind whose answer may come from a model.
    private func usesModels(_ call: OpenCall) -> Bool {
        switch call.method {
        case "tools/call", "sampling/createMessage": true
        case "tasks/result", "tasks/get": call.task != nil
        default: false
        }
    }

    private mutating func serverFacts(of call: OpenCall) -> ServerFacts {
        guard call.facts.method == "sampling/createMessage" else {
            return resolver.facts(for: call.facts)
        }
        // The client's model, whoever the server is; its answer names it.
        var facts = ServerFacts()
        facts.toolCallsModel = true
        facts.mayEstimate = true
        facts.model = configuration.clientModel
        facts.modelSource = configuration.clientModel == nil ? nil : .config
        facts.provider = configuration.clientModel.flatMap(ModelFamily.provider(of:))
        return facts
    }

    /// A call that was never answered may have been billed: which model, but not how much, is
    /// known where a model call is known to have been made.
    private func unanswered(_ call: OpenCall, _ server: ServerFacts) -> [ModelUsage] {
        guard call.task == nil, server.mayEstimate, call.facts.method == "tools/call",
            server.toolCallsModel == true || call.facts.hasPromptArgument
        else { return [] }
        var part = ModelUsage()
        let asked = call.facts.model.flatMap { ModelFamily.isAlias($0) ? nil : $0 }
        part.model = asked ?? server.model
        part.modelSource = asked == nil ? server.modelSource : .argument
        part.provider = server.provider ?? part.model.flatMap(ModelFamily.provider(of:))
        return [part]
    }

    /// Reported usage without a provider has one by its model's family, else by the only key in
    /// the environment.
    private func completed(_ part: ModelUsage) -> ModelUsage {
        var part = part
        if part.provider == nil, part.usage != nil || part.reportedNanodollars != nil {
            part.provider =
                part.model.flatMap(ModelFamily.provider(of:)) ?? resolver.hintedProvider()
        }
        return part
    }

    /// Notes what later requests will go on with.
    mutating func remember(_ call: OpenCall, _ end: CallEnd, isMetered: Bool) {
        if let task = call.task {
            guard isMetered else { return }
            // Also a task made before this session: its answer may be asked for again.
            var origin = tasks[task] ?? Origin(call)
            origin.isMetered = true
            tasks[task] = origin
            return
        }
        switch end.answer.map(Interim.init) ?? .none {
        case .task(let id):
            let key = TaskKey(direction: call.key.direction, id: id)
            if tasks[key] == nil { tasks[key] = Origin(call) }
        case .inputRequired(let state):
            guard let state else { return }
            retries[state] = Origin(call)
        case .none: break
        }
    }

    /// Follows conversations: the call that starts one, those that go on with it, the one that
    /// ends it.
    mutating func converse(
        _ call: inout OpenCall, _ tool: Profile.Tool?, _ answer: Observation
    ) {
        guard let tool else { return }
        if call.conversation == nil {
            call.conversation = answer.answerText(
                tool.conversationResult, configuration.vocabulary)
        }
        guard let id = call.conversation, answer.kind == .result else { return }
        if tool.endsConversation, !answer.isToolError {
            conversations[id] = nil
        } else if conversations[id] != nil {
            conversations[id]?.stamp = answer.lastStamp
        } else if answer.kind == .result {
            conversations[id] = Conversation(
                traceID: call.traceID, spanID: call.spanID, reason: call.reason,
                stamp: answer.lastStamp)
        }
    }
}
