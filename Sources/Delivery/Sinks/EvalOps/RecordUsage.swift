internal import Records

extension JSONWriter {
    /// `meter.v1.RecordUsageRequest` (evalops/proto 5cbda4d proto/meter/v1/meter.proto) in proto3
    /// JSON.
    ///
    /// The request has no place for time, trace and workspace: they stand in `metadata`, as text,
    /// which is what the service can filter and group by, and numbers in `data`.
    mutating func recordUsage(_ call: CallRecord, _ identity: EvalOpsIdentity) {
        let tokens = TokenColumns(call.usage)
        beginObject()
        text("teamId", identity.teamID)
        text("agentId", call.agentID)
        text("surface", call.surface)
        key("eventType")
        if let type = call.eventType, !type.isEmpty {
            string(type)
        } else {
            // What the platform calls a model call of no special kind (its testdata).
            string("llm.completion" as StaticString)
        }
        text("model", call.model)
        text("provider", call.provider)
        int64("inputTokens", tokens.input)
        int64("outputTokens", call.usage?.output)
        int64("cacheReadTokens", tokens.cacheRead)
        int64("cacheWriteTokens", tokens.cacheWrite)
        dollars("totalCostUsd", call.cost)
        text("requestId", call.id)
        key("metadata")
        usageMetadata(call, identity)
        key("data")
        usageData(call)
        endObject()
    }

    private mutating func usageMetadata(_ call: CallRecord, _ identity: EvalOpsIdentity) {
        beginObject()
        text("escalation_reason", call.escalationReason)
        text("tool", call.tool)
        text("trace_id", call.traceID)
        text("span_id", call.spanID)
        text("session_id", call.session)
        text("conversation_id", call.conversation)
        text("workspace_id", identity.workspaceID)
        text("usage_source", call.usage?.source.rawValue)
        word("pricing_status", EvalOpsWords.pricingStatus(call.cost, call.usage))
        text("model_source", call.modelSource?.rawValue)
        text("outcome", call.outcome.rawValue)
        text("error_type", call.errorType?.rawValue)
        text("request_method", call.method)
        text("client", call.client)
        text("server", call.server)
        text("tool_use_id", call.toolUseID)
        text("part_of", call.partOf)
        endObject()
    }

    private mutating func usageData(_ call: CallRecord) {
        beginObject()
        member("started_at", call.time)
        milliseconds("duration_ms", call.durationMilliseconds)
        milliseconds("first_byte_ms", call.firstByteMilliseconds)
        member("model_calls", call.modelCalls)
        if let usage = call.usage {
            member("total_input_tokens", usage.input)
            member("cache_write_1h_tokens", usage.cacheWrite1h)
            member("reasoning_tokens", usage.reasoning)
        }
        member("error_code", call.errorCode)
        member("request_bytes", call.requestBytes)
        member("response_bytes", call.responseBytes)
        endObject()
    }
}

/// Input tokens in the meter's three columns, which add up to all of them.
///
/// The proto does not say whether `input_tokens` holds the cached ones. EvalOps' own client fills
/// the columns with Anthropic's three counts, which exclude each other (evalops/maestro
/// src/telemetry/meter-service-client.ts, src/agent/providers/anthropic.ts), and only so can their
/// sum count nothing twice. The whole is `data.total_input_tokens`.
struct TokenColumns: Equatable {
    var input: UInt64?
    var cacheRead: UInt64?
    var cacheWrite: UInt64?

    init(_ usage: TokenUsage?) {
        guard let usage else { return }
        guard let whole = usage.input else {
            cacheRead = usage.cachedInput
            cacheWrite = usage.cacheWrite
            return
        }
        let (parts, overflow) = (usage.cachedInput ?? 0)
            .addingReportingOverflow(usage.cacheWrite ?? 0)
        // Parts that are more than the whole say nothing: the whole goes alone.
        guard !overflow, parts <= whole else {
            input = whole
            return
        }
        input = whole - parts
        cacheRead = usage.cachedInput
        cacheWrite = usage.cacheWrite
    }
}
