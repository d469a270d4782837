internal import Records

/// What is wrong with a posted record.
struct PostedFieldError: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// Reads one posted record field by field. A name it does not know is an error: a misspelt
/// `output_token` would be usage lost without a word.
struct PostedFields {
    private var fields: [String: JSONValue] = [:]

    init(_ document: JSONValue) throws(PostedFieldError) {
        guard let members = document.members else {
            throw PostedFieldError("expected an object, found \(document.kindName)")
        }
        for member in members {
            let key = Self.olderNames[member.key] ?? member.key
            guard Self.names.contains(key) else {
                throw PostedFieldError("the field \"\(printable(member.key))\" is not known")
            }
            if !member.value.isNull { fields[key] = member.value }
        }
    }

    /// The older exporter's names of the same things.
    private static let olderNames = [
        "inputTokens": "input_tokens", "promptTokens": "input_tokens",
        "outputTokens": "output_tokens", "completionTokens": "output_tokens",
        "durationMs": "duration_ms", "operation": "method",
    ]

    private static let names: Set = [
        "v", "kind", "id", "time", "duration_ms", "first_byte_ms", "session", "direction", "method",
        "tool", "request_id", "server", "client", "agent_id", "surface", "provider", "model",
        "model_source", "usage", "cost", "outcome", "status", "error_type", "error_code",
        "event_type", "escalation_reason", "conversation", "tool_use_id", "trace_id", "span_id",
        "parent_span_id", "request_bytes", "response_bytes", "quality", "retry_of", "part_of",
        "model_calls", "input_tokens", "output_tokens", "cached_input_tokens",
        "cache_write_tokens", "cache_write_1h_tokens", "reasoning_tokens",
    ]

    mutating func record(
        _ identity: PostIdentity, _ now: Timestamp, price: (CallRecord) -> Cost?,
        reason: (String) -> String?
    ) throws(PostedFieldError) -> CallRecord {
        guard let provider = try text("provider").map(ProviderName.canonical),
            let model = try text("model")
        else { throw PostedFieldError("provider and model required") }
        if let version = fields["v"], version.int64 != Int64(Record.version) {
            throw PostedFieldError("\"v\" must be \(Record.version)")
        }
        var record = CallRecord(
            id: try text("id") ?? identity.id, time: try time() ?? now,
            durationMilliseconds: try milliseconds("duration_ms") ?? 0,
            session: try text("session") ?? "posted", direction: .client,
            method: try text("method") ?? "chat", requestID: try requestID(),
            outcome: .ok, traceID: try hexadecimal("trace_id", 32) ?? identity.traceID,
            spanID: try hexadecimal("span_id", 16) ?? identity.spanID,
            requestBytes: try count("request_bytes") ?? 0)
        record.provider = provider
        record.model = model
        record.modelSource = try choice("model_source") ?? .response
        record.firstByteMilliseconds = try milliseconds("first_byte_ms")
        record.tool = try text("tool")
        record.server = try text("server")
        record.client = try text("client")
        record.agentID = try text("agent_id")
        record.surface = try text("surface")
        (record.outcome, record.errorType) = try outcome()
        record.errorCode = try integer("error_code")
        record.eventType = try text("event_type")
        record.escalationReason = try text("escalation_reason").flatMap(reason)
        record.conversation = try text("conversation")
        record.toolUseID = try text("tool_use_id")
        record.parentSpanID = try hexadecimal("parent_span_id", 16)
        record.responseBytes = try count("response_bytes")
        record.quality = try quality()
        record.retryOf = try text("retry_of")
        record.partOf = try text("part_of")
        record.modelCalls = try count("model_calls")
        record.usage = try usage()
        record.cost = try cost() ?? record.usage.flatMap { _ in price(record) }
        return record
    }

    // MARK: Groups

    private func usage() throws(PostedFieldError) -> TokenUsage? {
        var found = self
        var source = TokenUsage.Source.reported
        if let value = fields["usage"] {
            guard let members = value.members else {
                throw PostedFieldError("\"usage\" must be an object")
            }
            for member in members where member.key != "source" {
                guard Self.usageNames.contains(member.key) else {
                    throw PostedFieldError("\"usage.\(printable(member.key))\" is not known")
                }
                found.fields[member.key] = member.value.isNull ? nil : member.value
            }
            source = try PostedFields.choice(value["source"], "usage.source") ?? .reported
        }
        let usage = TokenUsage(
            source: source, input: try found.count("input_tokens"),
            cachedInput: try found.count("cached_input_tokens"),
            cacheWrite: try found.count("cache_write_tokens"),
            cacheWrite1h: try found.count("cache_write_1h_tokens"),
            output: try found.count("output_tokens"),
            reasoning: try found.count("reasoning_tokens"))
        guard usage != TokenUsage(source: source) else { return nil }
        let parts = (usage.cachedInput ?? 0).addingReportingOverflow(usage.cacheWrite ?? 0)
        if let input = usage.input, parts.overflow || parts.partialValue > input {
            throw PostedFieldError(
                "input_tokens must hold cached_input_tokens and cache_write_tokens")
        }
        if let output = usage.output, let reasoning = usage.reasoning, reasoning > output {
            throw PostedFieldError("output_tokens must hold reasoning_tokens")
        }
        if let long = usage.cacheWrite1h, long > usage.cacheWrite ?? 0 {
            throw PostedFieldError("cache_write_tokens must hold cache_write_1h_tokens")
        }
        return usage
    }

    private static let usageNames: Set = [
        "input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens",
        "cache_write_1h_tokens", "reasoning_tokens",
    ]

    private func cost() throws(PostedFieldError) -> Cost? {
        guard let value = fields["cost"] else { return nil }
        guard value.members != nil else {
            throw PostedFieldError("\"cost\" must be an object such as {\"usd_nanos\": 1200000}")
        }
        let source: Cost.Source = try Self.choice(value["source"], "cost.source") ?? .reported
        guard source != .unpriced else { return Cost(source: .unpriced) }
        guard let nanodollars = value["usd_nanos"]?.int64, nanodollars >= 0 else {
            throw PostedFieldError("\"cost.usd_nanos\" must be a whole number, 0 or more")
        }
        return Cost(source: source, nanodollars: nanodollars)
    }

    /// The ledger's word for how it ended, or the older one.
    private func outcome() throws(PostedFieldError) -> (CallRecord.Outcome, CallRecord.ErrorType?) {
        let type: CallRecord.ErrorType? = try choice("error_type")
        if let outcome: CallRecord.Outcome = try choice("outcome") { return (outcome, type) }
        switch try text("status") {
        case nil, "success", "ok": return (type == nil ? .ok : .error, type)
        case "error": return (.error, type ?? .other)
        case "timeout": return (.error, .timeout)
        case "rate_limited": return (.error, .rateLimit)
        case "cancelled": return (.cancelled, .cancelled)
        default:
            throw PostedFieldError(
                "\"status\" must be success, error, timeout, rate_limited or cancelled")
        }
    }

    private func quality() throws(PostedFieldError) -> Double? {
        guard let value = fields["quality"] else { return nil }
        guard let figure = value.double, (0...1).contains(figure) else {
            throw PostedFieldError("\"quality\" must be a number from 0 to 1")
        }
        return figure
    }

    // MARK: Fields

    private func text(_ name: String) throws(PostedFieldError) -> String? {
        guard let value = fields[name] else { return nil }
        // A reason is free text, and cut to size later.
        if name == "escalation_reason", let text = value.string { return text }
        guard let text = value.string, !text.isEmpty, text.utf8.count <= 256,
            text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 })
        else { throw PostedFieldError("\"\(name)\" must be a text of 1 to 256 bytes") }
        return text
    }

    private func time() throws(PostedFieldError) -> Timestamp? {
        guard let value = fields["time"] else { return nil }
        guard let time = value.string.flatMap(Timestamp.init(rfc3339:)) else {
            throw PostedFieldError("\"time\" must be such as 2026-11-21T10:00:00.123456Z")
        }
        return time
    }

    private func milliseconds(_ name: String) throws(PostedFieldError) -> Double? {
        guard let value = fields[name] else { return nil }
        guard let figure = value.double, figure >= 0, figure <= 1e12 else {
            throw PostedFieldError("\"\(name)\" must be a number of milliseconds, 0 or more")
        }
        return figure
    }

    private func count(_ name: String) throws(PostedFieldError) -> UInt64? {
        guard let value = fields[name] else { return nil }
        guard let count = value.uint64, count <= 1 << 53 else {
            throw PostedFieldError("\"\(name)\" must be a whole number, 0 or more")
        }
        return count
    }

    private func integer(_ name: String) throws(PostedFieldError) -> Int? {
        guard let value = fields[name] else { return nil }
        guard let number = value.int64 else {
            throw PostedFieldError("\"\(name)\" must be a whole number")
        }
        return Int(number)
    }

    private func requestID() throws(PostedFieldError) -> RecordID {
        switch fields["request_id"] {
        case nil: return .string("")
        case .string(let text): return .string(text)
        case .number(let literal): return .number(literal)
        default: throw PostedFieldError("\"request_id\" must be a text or a number")
        }
    }

    private func hexadecimal(
        _ name: String, _ digits: Int
    ) throws(PostedFieldError) -> String? {
        guard let text = try text(name) else { return nil }
        let isHex = text.utf8.allSatisfy {
            (48...57).contains($0) || (97...102).contains($0)
        }
        guard text.utf8.count == digits, isHex else {
            throw PostedFieldError("\"\(name)\" must be \(digits) lower-case hexadecimal digits")
        }
        return text
    }

    private func choice<Choice: RawRepresentable<String>>(
        _ name: String
    ) throws(PostedFieldError) -> Choice? {
        try Self.choice(fields[name], name)
    }

    private static func choice<Choice: RawRepresentable<String>>(
        _ value: JSONValue?, _ name: String
    ) throws(PostedFieldError) -> Choice? {
        guard let value, !value.isNull else { return nil }
        guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
            throw PostedFieldError("\"\(name)\" has a value that the ledger does not know")
        }
        return choice
    }
}
