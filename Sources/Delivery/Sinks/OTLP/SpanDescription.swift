import Records

/// A span in OpenTelemetry's words: the semantic conventions for MCP and for GenAI, and for what
/// they have no word, our own under `mcp_meter.` and the three of OpenInference that Arize Phoenix
/// cannot make out of the others.
struct SpanDescription: Equatable {
    enum Kind: UInt8 {
        case `internal` = 1
        case client = 3
    }

    static let nameBytesMax = 256
    /// `STATUS_CODE_ERROR`
    static let statusError: UInt8 = 2

    var name: String
    var kind: Kind
    var hasFailed: Bool
    var attributes: [Attribute] = []

    init(_ span: Span, _ conventions: Conventions) {
        switch span.content {
        case .request(let call): self.init(request: call)
        case .model(let call): self.init(model: call, conventions)
        case .conversation(let trace): self.init(conversation: trace)
        }
    }

    // MARK: A request on the wire

    /// The sender's span, whichever side that is: "reported by the MCP client when it initiates the
    /// request or by the MCP server when server initiates" (MCP conventions, client span).
    private init(request call: CallRecord) {
        name = call.tool.map { "\(call.method) \($0)" } ?? call.method
        kind = .client
        attributes.reserveCapacity(24)
        attributes.add("mcp.method.name", call.method)
        switch call.method {
        case "tools/call":
            attributes.add("gen_ai.operation.name", "execute_tool")
            attributes.add("gen_ai.tool.name", call.tool)
            attributes.add("gen_ai.tool.call.id", call.toolUseID)
        case "prompts/get": attributes.add("gen_ai.prompt.name", call.tool)
        default: break
        }
        switch call.requestID {
        case .string(let id), .number(let id): attributes.add("jsonrpc.request.id", id)
        }
        attributes.add("network.transport", "pipe")
        let error = RequestError(call)
        hasFailed = error != nil
        attributes.add("error.type", error?.type)
        attributes.add("rpc.response.status_code", error?.statusCode)
        attributes.add("gen_ai.conversation.id", call.conversation)
        attributes.add("mcp_meter.direction", call.direction.rawValue)
        attributes.add("mcp_meter.outcome", call.outcome.rawValue)
        attributes.add("mcp_meter.error.class", call.errorType?.rawValue)
        attributes.add("mcp_meter.quality", call.quality)
        attributes.add("mcp_meter.retry_of", call.retryOf)
        attributes.add("mcp_meter.request.size", call.requestBytes)
        attributes.add("mcp_meter.response.size", call.responseBytes)
        attributes.add("mcp_meter.time_to_first_byte", call.firstByteMilliseconds.map { $0 / 1000 })
        attributes.add("mcp_meter.retry_after", call.retryAfterMilliseconds.map { $0 / 1000 })
        if let policy = call.policy { add(policy) }
        addOrigin(of: call)
    }

    /// What a policy did to the call, on the span of the request alone.
    private mutating func add(_ policy: PolicyNote) {
        attributes.add("mcp_meter.policy.action", policy.action.rawValue)
        attributes.add("mcp_meter.policy.reason", policy.reason.rawValue)
        attributes.add("mcp_meter.policy.rule", policy.rule)
        attributes.add("mcp_meter.policy.spent_usd_nanos", policy.spentNanodollars)
        attributes.add("mcp_meter.policy.limit_usd_nanos", policy.limitNanodollars)
        attributes.add("mcp_meter.policy.percent", policy.percent)
        attributes.add("mcp_meter.policy.asked_model", policy.askedModel)
        attributes.add("mcp_meter.policy.routed_model", policy.routedModel)
        attributes.add("mcp_meter.policy.saved_usd_nanos", policy.savedNanodollars)
        attributes.add("mcp_meter.policy.waited", policy.waitedMilliseconds.map { $0 / 1000 })
    }

    // MARK: A model call

    private init(model call: CallRecord, _ conventions: Conventions) {
        name = call.model.map { "chat \($0)" } ?? "chat"
        kind = .client
        hasFailed = call.outcome != .ok
        attributes.reserveCapacity(32)
        attributes.add("gen_ai.operation.name", "chat")
        attributes.add("gen_ai.provider.name", Conventions.providerName(call.provider))
        if call.modelSource == .response {
            attributes.add("gen_ai.response.model", call.model)
            // Phoenix looks for the model in the request alone.
            attributes.add("llm.model_name", call.model)
        } else {
            attributes.add("gen_ai.request.model", call.model)
        }
        attributes.add("gen_ai.conversation.id", call.conversation)
        if hasFailed {
            attributes.add("error.type", call.errorType?.rawValue ?? RequestError(call)?.type)
        }
        if let usage = call.usage { add(usage, conventions) }
        if let cost = call.cost { add(cost) }
        attributes.add("mcp_meter.model.source", call.modelSource?.rawValue)
        attributes.add("mcp_meter.model.calls", call.modelCalls)
        attributes.add("mcp_meter.direction", call.direction.rawValue)
        attributes.add("mcp_meter.part_of", call.partOf)
        attributes.add("mcp_meter.service_tier", call.serviceTier)
        // Hashed, unless `MCP_METER_PROJECT` says otherwise.
        attributes.add("mcp_meter.project", call.project)
        attributes.add("gen_ai.tool.call.id", call.direction == .client ? call.toolUseID : nil)
        addOrigin(of: call)
    }

    private mutating func add(_ usage: TokenUsage, _ conventions: Conventions) {
        attributes.add("gen_ai.usage.input_tokens", usage.input)
        attributes.add("gen_ai.usage.output_tokens", usage.output)
        attributes.add("gen_ai.usage.cache_read.input_tokens", usage.cachedInput)
        if conventions.contains(.newest) {
            attributes.add("gen_ai.usage.cache_write.input_tokens", usage.cacheWrite)
        }
        if conventions.contains(.release141) {
            attributes.add("gen_ai.usage.cache_creation.input_tokens", usage.cacheWrite)
        }
        attributes.add("gen_ai.usage.reasoning.output_tokens", usage.reasoning)
        attributes.add("mcp_meter.usage.source", usage.source.rawValue)
        attributes.add("llm.token_count.prompt_details.cache_write", usage.cacheWrite)
        attributes.add("llm.token_count.completion_details.reasoning", usage.reasoning)
    }

    private mutating func add(_ cost: Cost) {
        attributes.add("mcp_meter.cost.source", cost.source.rawValue)
        guard let nanodollars = cost.nanodollars else { return }
        attributes.add("mcp_meter.cost.usd_nanos", nanodollars)
        // No convention has a word for money yet; this one is what others send.
        attributes.add("gen_ai.usage.cost", Double(nanodollars) / 1e9)
        attributes.add("llm.cost.total", Double(nanodollars) / 1e9)
    }

    /// Where a call comes from, and what for.
    private mutating func addOrigin(of call: CallRecord) {
        attributes.add("gen_ai.agent.id", call.agentID)
        attributes.add("mcp_meter.surface", call.surface)
        attributes.add("mcp_meter.event.type", call.eventType)
        attributes.add("mcp_meter.escalation.reason", call.escalationReason)
        attributes.add("mcp_meter.server.name", call.server)
        attributes.add("mcp_meter.client.name", call.client)
        attributes.add("mcp_meter.session.id", call.session)
        attributes.add("mcp_meter.record.id", call.id)
    }

    // MARK: A conversation

    /// The root of its turns. What they used and cost stands on them, and not here again.
    private init(conversation trace: TraceRecord) {
        name = trace.tool.map { "conversation \($0)" } ?? "conversation"
        kind = .internal
        hasFailed = trace.outcome != .ok
        attributes.add("openinference.span.kind", "CHAIN")
        attributes.add("gen_ai.conversation.id", trace.conversation)
        attributes.add(
            "error.type", hasFailed ? trace.errorType?.rawValue ?? trace.outcome.rawValue : nil)
        attributes.add("mcp_meter.quality", trace.quality)
        attributes.add("mcp_meter.quality.source", trace.qualitySource?.rawValue)
        attributes.add("mcp_meter.quality_per_dollar", trace.qualityPerDollar)
        attributes.add("mcp_meter.conversation.turns", trace.turns)
        attributes.add("mcp_meter.conversation.client_turns", trace.clientTurns)
        attributes.add("mcp_meter.conversation.unpriced_turns", trace.unpricedTurns)
        attributes.add("mcp_meter.conversation.end", trace.end.rawValue)
        attributes.add("mcp_meter.model.calls", trace.modelCalls)
        attributes.add("mcp_meter.outcome", trace.outcome.rawValue)
        attributes.add("gen_ai.agent.id", trace.agentID)
        attributes.add("mcp_meter.surface", trace.surface)
        attributes.add("mcp_meter.event.type", trace.eventType)
        attributes.add("mcp_meter.escalation.reason", trace.escalationReason)
        attributes.add("mcp_meter.server.name", trace.server)
        attributes.add("mcp_meter.client.name", trace.client)
        attributes.add("mcp_meter.session.id", trace.session)
        attributes.add("mcp_meter.record.id", trace.id)
    }
}

/// Why a request failed, as the MCP conventions say it; the same on spans and metrics.
struct RequestError: Equatable {
    /// `error.type`: the JSON-RPC code; `tool_error` for an answer that says `isError`; `cancelled`,
    /// `lost` (no answer came) or `blocked` (by a policy) where there was no such answer.
    var type: String
    /// `rpc.response.status_code`
    var statusCode: String?

    /// Nil for a request that succeeded.
    init?(_ call: CallRecord) {
        statusCode = call.outcome == .error ? call.errorCode.map { String($0) } : nil
        switch call.outcome {
        case .ok: return nil
        case .error:
            type = statusCode ?? (call.method == "tools/call" ? "tool_error" : "_OTHER")
        case .cancelled, .lost, .blocked: type = call.outcome.rawValue
        }
    }
}
