internal import Records
internal import Wire

extension Meter {
    /// What models a call used, one entry each; empty for a call that used none.
    mutating func metered(
        _ call: OpenCall, _ end: CallEnd, _ outcome: CallRecord.Outcome
    ) -> [ModelUsage] {
        guard usesModels(call) else { return [] }
        if case .unsent(let outcome) = end {
            return outcome == .blocked ? [asked(call, resolver.facts(for: call.facts))] : []
        }
        let server = resolver.facts(for: call.facts)
        if call.events.usage != nil { return [completed(call.events, call, server)] }
        guard let answer = end.answer else { return unanswered(call, server) }
        if let task = call.task, tasks[task]?.isMetered == true { return [] }
        var parts = UsageReader.read(answer, request: call.facts, server: server)
            .map { completed($0, call, server) }
        if call.events.model != nil {
            for index in parts.indices where parts[index].modelSource != .response {
                parts[index].model = call.events.model
                parts[index].modelSource = .response
            }
        }
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

    /// A call that was never answered may have been billed: which model, but not how much, is
    /// known where a model call is known to have been made.
    private func unanswered(_ call: OpenCall, _ server: ServerFacts) -> [ModelUsage] {
        guard call.task == nil, server.mayEstimate, call.facts.method == "tools/call",
            server.toolCallsModel == true || call.facts.hasPromptArgument
        else { return [] }
        return [asked(call, server)]
    }

    /// The model a call would use.
    private func asked(_ call: OpenCall, _ server: ServerFacts) -> ModelUsage {
        var part = ModelUsage()
        let asked = call.facts.model.flatMap { ModelFamily.isAlias($0) ? nil : $0 }
        part.model = asked ?? server.model
        part.modelSource = asked == nil ? server.modelSource : .argument
        part.provider = server.provider ?? part.model.flatMap(ModelFamily.provider(of:))
        return part
    }

    /// Usage whose model or provider the answer did not tell.
    private mutating func completed(
        _ part: ModelUsage, _ call: OpenCall, _ server: ServerFacts
    ) -> ModelUsage {
        var part = part
        let isSampling = call.facts.method == "sampling/createMessage"
        if part.model == nil {
            part.model = isSampling ? configuration.clientModel : server.model
            part.modelSource = isSampling ? .config : server.modelSource
        }
        if part.provider == nil {
            part.provider = part.model.flatMap(ModelFamily.provider(of:))
        }
        // A key in the environment names who was paid, not that somebody was.
        if part.provider == nil, !isSampling, part.usage?.source == .reported {
            part.provider = server.provider ?? resolver.hintedProvider()
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
}
