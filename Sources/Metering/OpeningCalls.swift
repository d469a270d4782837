internal import Records
internal import Wire

extension Meter {
    /// What is kept of a request until its end is known.
    mutating func openCall(
        _ message: Observation, _ key: CallKey, _ id: String, _ method: String,
        _ decision: CallDecision?, _ records: inout [Record]
    ) -> OpenCall {
        let tool = message.tool(of: method)
        var call = OpenCall(
            key: key, id: id, stamp: message.lastStamp, method: method, tool: tool,
            requestBytes: message.byteCount, spanID: identifiers.spanID(), traceID: "",
            facts: RequestFacts(method: method, tool: tool), decision: decision)
        call.facts.argumentSize = message.argumentSize
        call.facts.promptSize = message.promptSize
        call.facts.hasPromptArgument = message.hasPromptArgument
        call.toolUseID = message.requestMeta(.toolUseId)
        if method == "tools/call", key.direction == .clientToServer {
            readArguments(of: message, into: &call)
        }
        var origin = follow(message, &call)
        if origin == nil, key.direction == .serverToClient, method != "ping" {
            origin = host(of: message, method)
        }
        trace(&call, message.requestMeta(.traceparent), origin, &records)
        return call
    }

    private mutating func readArguments(of message: Observation, into call: inout OpenCall) {
        let tool = resolver.resolve().profile?.tool(call.tool)
        call.facts.model = message.modelAsked(
            tool?.modelArgument ?? [], configuration.vocabulary
        ).map { resolver.modelAsked($0) }
        guard let tool else { return }
        call.conversation = message.argument(tool.conversationArgument, configuration.vocabulary)
        if configuration.reasonMode != .off {
            call.reason = message.argument(tool.reason, configuration.vocabulary)
                .flatMap { EscalationReason.kept($0, mode: configuration.reasonMode) }
        }
    }

    /// Finds what a request goes on with: a task, or a call the server wanted more for. By what
    /// the server handed out for it and nothing else.
    private mutating func follow(_ message: Observation, _ call: inout OpenCall) -> Origin? {
        if call.method.hasPrefix("tasks/"), let id = message.taskID {
            let key = TaskKey(direction: call.key.direction, id: id)
            call.task = key
            guard let origin = tasks[key] else { return nil }
            call.retryOf = origin.id
            call.facts = origin.facts
            call.reason = origin.reason
            call.conversation = origin.conversation
            call.toolUseID = call.toolUseID ?? origin.toolUseID
            return origin
        }
        guard let state = message.requestState, let origin = retries[state] else { return nil }
        // A state is used once; the server gives a new one with every `input_required`.
        retries[state] = nil
        call.retryOf = origin.id
        call.reason = call.reason ?? origin.reason
        call.conversation = call.conversation ?? origin.conversation
        call.toolUseID = call.toolUseID ?? origin.toolUseID
        call.sampled = Array(UsageReader.read(inputResponses: message).prefix(16))
        return origin
    }
}

extension OpenCall {
    /// Adds one model call that an event told of.
    mutating func add(_ event: CodexEvent) {
        if let model = event.model {
            events.model = model
            events.modelSource = .response
        }
        events.usage = TokenUsage.sum(events.usage, event.usage)
    }
}

extension TokenUsage {
    /// Both together; what only one of them knows is that one's.
    static func sum(_ a: TokenUsage?, _ b: TokenUsage?) -> TokenUsage? {
        guard let a, let b else { return a ?? b }
        return TokenUsage(
            source: a.source == .estimated ? a.source : b.source,
            input: addClamped(a.input, b.input),
            cachedInput: addClamped(a.cachedInput, b.cachedInput),
            cacheWrite: addClamped(a.cacheWrite, b.cacheWrite),
            cacheWrite1h: addClamped(a.cacheWrite1h, b.cacheWrite1h),
            output: addClamped(a.output, b.output),
            reasoning: addClamped(a.reasoning, b.reasoning))
    }
}

/// The sum of what is known; the greatest number there is instead of an overflow.
func addClamped<Number: FixedWidthInteger>(_ a: Number?, _ b: Number?) -> Number? {
    guard let a, let b else { return a ?? b }
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? (a > 0 ? .max : .min) : sum
}
