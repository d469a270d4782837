internal import Records

extension JSONWriter {
    /// `traces.v1.Span` (evalops/proto 5cbda4d proto/traces/v1/traces.proto) in proto3 JSON.
    ///
    /// A trace's totals are the sums over its spans, so tokens and cost stand on model spans alone.
    /// `tokenInput` is all of the input, cached or not: there is no other column.
    mutating func span(_ span: Span, _ identity: EvalOpsIdentity) {
        beginObject()
        text("traceId", span.traceID)
        text("spanId", span.spanID)
        text("parentSpanId", span.parentSpanID)
        text("workspaceId", identity.workspaceID)
        text("organizationId", identity.organizationID)
        switch span.content {
        case .conversation(let trace): conversation(trace)
        case .request(let call): request(call)
        case .model(let call): model(call)
        }
        member("startedAt", span.start)
        member("endedAt", span.end)
        let (length, overflow) = span.end.microseconds.subtractingReportingOverflow(
            span.start.microseconds)
        int64("latencyMs", overflow ? 0 : UInt64(max(0, length) / 1000))
        endObject()
    }

    // MARK: Kinds

    private mutating func conversation(_ trace: TraceRecord) {
        who(trace.agentID, trace.surface)
        name(trace.tool, "conversation")
        kind(trace.eventType, "conversation")
        word("status", EvalOpsWords.status(trace.outcome))
        key("attributes")
        beginObject()
        text("escalation_reason", trace.escalationReason)
        text("session_id", trace.session)
        text("conversation_id", trace.conversation)
        text("outcome", trace.outcome.rawValue)
        text("error_type", trace.errorType?.rawValue)
        text("client", trace.client)
        text("server", trace.server)
        text("end", trace.end.rawValue)
        member("turns", trace.turns)
        member("client_turns", trace.clientTurns)
        member("model_calls", trace.modelCalls)
        endObject()
    }

    private mutating func request(_ call: CallRecord) {
        who(call.agentID, call.surface)
        name(call.tool, call.method)
        // Every such request is an escalation, except what the server asks of the client.
        kind(call.eventType, call.direction == .clientToServer ? "escalation" : "sampling")
        word("status", EvalOpsWords.status(call.outcome))
        // What was let through nobody decided on who governs anything.
        if call.outcome == .blocked { word("governanceDecision", "GOVERNANCE_DECISION_DENY") }
        key("attributes")
        beginObject()
        text("escalation_reason", call.escalationReason)
        text("session_id", call.session)
        text("conversation_id", call.conversation)
        text("request_method", call.method)
        text("outcome", call.outcome.rawValue)
        text("error_type", call.errorType?.rawValue)
        member("error_code", call.errorCode)
        text("client", call.client)
        text("server", call.server)
        text("tool_use_id", call.toolUseID)
        text("retry_of", call.retryOf)
        milliseconds("first_byte_ms", call.firstByteMilliseconds)
        member("request_bytes", call.requestBytes)
        member("response_bytes", call.responseBytes)
        milliseconds("retry_after_ms", call.retryAfterMilliseconds)
        if let note = call.policy { policy(note) }
        endObject()
    }

    /// What a policy did to the call: the ledger's words.
    private mutating func policy(_ note: PolicyNote) {
        text("policy_action", note.action.rawValue)
        text("policy_reason", note.reason.rawValue)
        text("policy_rule", note.rule)
        member("policy_spent_usd_nanos", note.spentNanodollars)
        member("policy_limit_usd_nanos", note.limitNanodollars)
        member("policy_percent", note.percent)
        text("policy_asked_model", note.askedModel)
        text("policy_routed_model", note.routedModel)
        member("policy_saved_usd_nanos", note.savedNanodollars)
        milliseconds("policy_waited_ms", note.waitedMilliseconds)
    }

    private mutating func model(_ call: CallRecord) {
        who(call.agentID, call.surface)
        key("name")
        generation(call.provider)
        word("kind", "llm")
        text("model", call.model)
        text("provider", call.provider)
        int64("tokenInput", call.usage?.input)
        int64("tokenOutput", call.usage?.output)
        word("status", EvalOpsWords.status(call.outcome))
        dollars("costUsd", call.cost)
        key("attributes")
        beginObject()
        // The same as in the meter's record of it.
        text("request_id", call.id)
        text("session_id", call.session)
        text("conversation_id", call.conversation)
        text("tool", call.tool)
        text("usage_source", call.usage?.source.rawValue)
        word("pricing_status", EvalOpsWords.pricingStatus(call.cost, call.usage))
        text("model_source", call.modelSource?.rawValue)
        text("error_type", call.errorType?.rawValue)
        text("client", call.client)
        text("server", call.server)
        text("tool_use_id", call.toolUseID)
        member("model_calls", call.modelCalls)
        if let usage = call.usage {
            member("cache_read_tokens", usage.cachedInput)
            member("cache_write_tokens", usage.cacheWrite)
            member("reasoning_tokens", usage.reasoning)
        }
        endObject()
    }

    // MARK: Fields

    private mutating func who(_ agent: String?, _ surface: String?) {
        text("agentId", agent)
        text("surface", surface)
    }

    /// A span must have a name.
    private mutating func name(_ tool: String?, _ other: String) {
        let candidates = [tool ?? "", other]
        key("name")
        string(candidates.first { !$0.isEmpty } ?? "request")
    }

    private mutating func kind(_ eventType: String?, _ other: StaticString) {
        key("kind")
        if let eventType, !eventType.isEmpty { string(eventType) } else { string(other) }
    }

    /// By what people call the models of a company, where that is another name.
    private mutating func generation(_ provider: String?) {
        switch provider {
        case "google": string("gemini.generate" as StaticString)
        case "anthropic": string("claude.generate" as StaticString)
        case "xai": string("grok.generate" as StaticString)
        case nil, "": string("model.generate" as StaticString)
        case let provider?: string(provider + ".generate")
        }
    }
}
