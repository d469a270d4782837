import Records

/// What each record counts for.
extension MetricsBatch {
    mutating func add(_ record: Record, _ conventions: Conventions) {
        switch record {
        case .session(let session): add(session)
        case .call(let call):
            begin(call.id, call.time, milliseconds: call.durationMilliseconds)
            if call.partOf == nil { add(request: call) }
            add(modelCall: call, conventions)
        case .usage(let call):
            begin(call.id, call.time, milliseconds: call.durationMilliseconds)
            add(modelCall: call, conventions)
        case .trace(let trace): add(trace)
        case .begin, .mark: break
        }
    }

    private mutating func add(_ session: SessionRecord) {
        guard session.event == .ended, let duration = session.durationMilliseconds else { return }
        begin(session.id, session.time, milliseconds: 0)
        var labels: [Label] = []
        labels.add(.networkTransport, "pipe")
        // Servers are ended by closing their input, then by a signal: 128 + SIGHUP, SIGINT, SIGTERM.
        if let status = session.exitStatus, ![0, 129, 130, 143].contains(status) {
            labels.add(.errorType, "server_exited")
        }
        labels.add(.serverName, session.server)
        add(Self.microseconds(duration), to: .sessionDuration, labels)
    }

    private mutating func add(request call: CallRecord) {
        var labels: [Label] = []
        labels.reserveCapacity(8)
        labels.add(
            .methodName, Self.methods.contains(call.method) ? call.method : "_OTHER")
        if call.method == "tools/call" {
            labels.add(.operationName, "execute_tool")
            if let tool = call.tool { labels.add(.toolName, bounded(tool: tool)) }
        }
        labels.add(.networkTransport, "pipe")
        if let error = RequestError(call) {
            // What JSON-RPC and MCP give a meaning to; any other number could be a new one each time.
            let isKnown = call.errorCode.map { (-32768 ... -32000).contains($0) } ?? true
            labels.add(.errorType, isKnown ? error.type : "_OTHER")
            labels.add(.statusCode, error.statusCode.map { isKnown ? $0 : "_OTHER" })
        }
        labels.add(.serverName, call.server)
        add(Self.microseconds(call.durationMilliseconds), to: .requestDuration, labels)
    }

    /// What a record says of a model: nothing where it used none, or was blocked before it could.
    private mutating func add(modelCall call: CallRecord, _ conventions: Conventions) {
        guard call.outcome != .blocked,
            call.model != nil || call.usage != nil || call.provider != nil
        else { return }
        var model: [Label] = []
        model.reserveCapacity(8)
        model.add(.operationName, "chat")
        model.add(.providerName, Conventions.providerName(call.provider))
        model.add(call.modelSource == .response ? .responseModel : .requestModel, call.model)

        // A duration that is of several model calls, or not known, is not one of a model call.
        if call.durationMilliseconds > 0, call.partOf == nil, call.modelCalls ?? 1 == 1 {
            var labels = model
            if call.outcome != .ok {
                labels.add(.errorType, call.errorType?.rawValue ?? call.outcome.rawValue)
            }
            let duration = Self.microseconds(call.durationMilliseconds - call.heldMilliseconds)
            if conventions.contains(.newest) { add(duration, to: .inferenceDuration, labels) }
            if conventions.contains(.release141) { add(duration, to: .operationDuration, labels) }
        }
        if let usage = call.usage {
            model.add(.usageSource, usage.source.rawValue)
            add(usage, model, conventions)
        }
        add(costOf: call, model)
    }

    /// Unknown counts are left out: "it MUST NOT report usage metric" (GenAI conventions).
    private mutating func add(_ usage: TokenUsage, _ model: [Label], _ conventions: Conventions) {
        if conventions.contains(.newest) {
            var labels = model
            labels.add(.tokenModality, "unknown")
            let counts: [(Metric, UInt64?)] = [
                (.inputTokens, usage.input), (.outputTokens, usage.output),
                (.cacheReadTokens, usage.cachedInput), (.cacheWriteTokens, usage.cacheWrite),
                (.reasoningTokens, usage.reasoning),
            ]
            for (metric, count) in counts {
                if let count { add(count, to: metric, labels) }
            }
        }
        if conventions.contains(.release141) { add(usage, to: .tokenUsage, model) }
    }

    private mutating func add(costOf call: CallRecord, _ model: [Label]) {
        var labels = model
        if let cost = call.cost, let nanodollars = cost.nanodollars {
            labels.add(.costSource, cost.source.rawValue)
            labels.add(.serverName, call.server)
            add(UInt64(max(0, nanodollars)), to: .cost, labels)
        } else if let usage = call.usage {
            labels.add(.serverName, call.server)
            add(usage, to: .unpricedTokens, labels)
        }
    }

    /// Input and output apart, by `gen_ai.token.type`.
    private mutating func add(_ usage: TokenUsage, to metric: Metric, _ labels: [Label]) {
        for (type, count) in [("input", usage.input), ("output", usage.output)] {
            guard let count else { continue }
            add(count, to: metric, labels + [Label(key: .tokenType, value: type)])
        }
    }

    private mutating func add(_ trace: TraceRecord) {
        begin(trace.id, trace.time, milliseconds: trace.durationMilliseconds)
        var labels: [Label] = []
        labels.add(.eventType, trace.eventType)
        labels.add(.serverName, trace.server)
        if let quality = trace.qualityPerDollar, quality.isFinite, quality >= 0 {
            let scaled = quality * Double(Buckets.qualityPerDollar.scale)
            add(UInt64(min(scaled, 1e18).rounded()), to: .qualityPerDollar, labels)
        }
        labels.add(.outcome, trace.outcome.rawValue)
        add(1, to: .escalations, labels)
    }

    /// The well-known values of `mcp.method.name` (MCP conventions), and what MCP 2026-07-28 added.
    private static let methods: Set<String> = [
        "completion/complete", "elicitation/create", "initialize", "logging/setLevel",
        "notifications/cancelled", "notifications/initialized", "notifications/message",
        "notifications/progress", "notifications/prompts/list_changed",
        "notifications/resources/list_changed", "notifications/resources/updated",
        "notifications/roots/list_changed", "notifications/tools/list_changed", "ping",
        "prompts/get", "prompts/list", "resources/list", "resources/read", "resources/subscribe",
        "resources/templates/list", "resources/unsubscribe", "roots/list",
        "sampling/createMessage", "tools/call", "tools/list", "server/discover",
        "subscriptions/listen",
    ]
}
