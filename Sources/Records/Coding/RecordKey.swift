/// The names in a ledger line, in the order they are written whatever the kind of record.
///
/// The order is no promise to readers. It is what makes reading fast: the next name is nearly
/// always the next case, or a few on.
enum RecordKey: UInt8, CaseIterable {
    case version, kind, event, id, time, pid, duration, firstByte
    case session, direction, method, tool, requestID
    case server, client, exitStatus, sessionDuration, counts, agentID, surface, project
    case provider, model, modelSource, serviceTier, usage, cost
    case outcome, errorType, errorCode
    case eventType, escalationReason, conversation, toolUseID
    case traceID, spanID, parentSpanID, requestBytes, responseBytes
    case quality, retryOf, partOf, modelCalls, retryAfter, policy
    case qualitySource, qualityPerDollar, end, turns, clientTurns, unpricedTurns

    var name: StaticString {
        switch self {
        case .version: "v"
        case .kind: "kind"
        case .event: "event"
        case .id: "id"
        case .time: "time"
        case .pid: "pid"
        case .duration: "duration_ms"
        case .firstByte: "first_byte_ms"
        case .session: "session"
        case .direction: "direction"
        case .method: "method"
        case .tool: "tool"
        case .requestID: "request_id"
        case .server: "server"
        case .client: "client"
        case .exitStatus: "exit_status"
        // A session's stands after its end is told; a call's near its time.
        case .sessionDuration: "duration_ms"
        case .counts: "counts"
        case .agentID: "agent_id"
        case .surface: "surface"
        case .project: "project"
        case .provider: "provider"
        case .model: "model"
        case .modelSource: "model_source"
        case .serviceTier: "service_tier"
        case .usage: "usage"
        case .cost: "cost"
        case .outcome: "outcome"
        case .errorType: "error_type"
        case .errorCode: "error_code"
        case .eventType: "event_type"
        case .escalationReason: "escalation_reason"
        case .conversation: "conversation"
        case .toolUseID: "tool_use_id"
        case .traceID: "trace_id"
        case .spanID: "span_id"
        case .parentSpanID: "parent_span_id"
        case .requestBytes: "request_bytes"
        case .responseBytes: "response_bytes"
        case .quality: "quality"
        case .retryOf: "retry_of"
        case .partOf: "part_of"
        case .modelCalls: "model_calls"
        case .retryAfter: "retry_after_ms"
        case .policy: "policy"
        case .qualitySource: "quality_source"
        case .qualityPerDollar: "quality_per_dollar"
        case .end: "end"
        case .turns: "turns"
        case .clientTurns: "client_turns"
        case .unpricedTurns: "unpriced_turns"
        }
    }
}

/// The names inside `usage`, in the order they are written.
enum UsageKey: UInt8, CaseIterable {
    case source, input, cachedInput, cacheWrite, cacheWrite1h, output, reasoning

    var name: StaticString {
        switch self {
        case .source: "source"
        case .input: "input_tokens"
        case .cachedInput: "cached_input_tokens"
        case .cacheWrite: "cache_write_tokens"
        case .cacheWrite1h: "cache_write_1h_tokens"
        case .output: "output_tokens"
        case .reasoning: "reasoning_tokens"
        }
    }
}

/// The names inside `cost`, in the order they are written.
enum CostKey: UInt8, CaseIterable {
    case source, nanodollars

    var name: StaticString {
        switch self {
        case .source: "source"
        case .nanodollars: "usd_nanos"
        }
    }
}
