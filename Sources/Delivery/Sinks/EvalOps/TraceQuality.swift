internal import Records

extension JSONWriter {
    /// `traces.v1.AnnotateTraceQualityRequest` (dx-corp/api 7a08d47 proto/traces/v1/traces.proto)
    /// in proto3 JSON, for a whole trace: no `spanId`.
    ///
    /// `cost` and `qualityPerDollar` are absent when they are not known. To the service that is the
    /// same as 0, so `metadata.costSource` says which it is, as haasonsaas/kestrel does
    /// (src/main/evalops/services.ts).
    ///
    /// - Parameter score: 0 … 1.
    mutating func traceQuality(_ trace: TraceRecord, _ score: Double, _ identity: EvalOpsIdentity) {
        beginObject()
        key("annotation")
        beginObject()
        text("traceId", trace.traceID)
        member("compositeScore", score)
        key("assertions")
        beginArray()
        analysisCompleted(trace)
        endArray()
        if EvalOpsWords.nanodollars(trace.cost) != nil {
            key("cost")
            beginObject()
            word("currencyCode", "USD")
            dollars("amount", trace.cost)
            endObject()
        }
        if let value = trace.qualityPerDollar, value.isFinite, value >= 0 {
            member("qualityPerDollar", value)
        }
        text("evalSuiteId", trace.server)
        key("scoredAt")
        timestamp(trace.finish)
        key("scorer")
        scorer(trace.qualitySource)
        key("metadata")
        qualityMetadata(trace, identity)
        endObject()
        endObject()
    }

    private mutating func analysisCompleted(_ trace: TraceRecord) {
        let passed = trace.outcome == .ok
        beginObject()
        word("assertionId", "analysis_completed")
        word("name", "Analysis completed")
        member("passed", passed)
        member("score", passed ? 1 : 0)
        key("reason")
        string("outcome_" + trace.outcome.rawValue)
        endObject()
    }

    private mutating func scorer(_ source: TraceRecord.QualitySource?) {
        switch source {
        case .confidence: string("mcp-meter.confidence" as StaticString)
        case .status: string("mcp-meter.status" as StaticString)
        case nil: string("mcp-meter" as StaticString)
        }
    }

    private mutating func qualityMetadata(_ trace: TraceRecord, _ identity: EvalOpsIdentity) {
        beginObject()
        text("scoreSource", trace.qualitySource?.rawValue)
        word("costSource", EvalOpsWords.costSource(trace.cost))
        text("escalation_reason", trace.escalationReason)
        text("event_type", trace.eventType)
        text("tool", trace.tool)
        text("session_id", trace.session)
        text("conversation_id", trace.conversation)
        text("workspace_id", identity.workspaceID)
        text("agent_id", trace.agentID)
        text("surface", trace.surface)
        text("client", trace.client)
        text("outcome", trace.outcome.rawValue)
        text("error_type", trace.errorType?.rawValue)
        text("end", trace.end.rawValue)
        member("turns", trace.turns)
        member("client_turns", trace.clientTurns)
        member("model_calls", trace.modelCalls)
        // Turns whose cost is missing from `cost`.
        if trace.unpricedTurns > 0 { member("unpriced_turns", trace.unpricedTurns) }
        milliseconds("duration_ms", trace.durationMilliseconds)
        endObject()
    }
}

extension TraceRecord {
    /// When its last answer was there.
    fileprivate var finish: Timestamp {
        let length =
            durationMilliseconds.isFinite ? max(0, min(durationMilliseconds * 1000, 1e17)) : 0
        let (end, overflow) = time.microseconds.addingReportingOverflow(Int64(length.rounded()))
        return Timestamp(microseconds: overflow ? .max : end)
    }
}
