import Records
import Testing

@testable import Delivery

/// What a receiver reads of calls, model turns and conversations.
struct OTLPTracesTests {
    private func spans(_ records: [Record], _ environment: [String: String] = [:]) -> [JSONValue] {
        var sink = otlpTraces(
            environment.merging(["OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"]) { $1 })
        return sink.deliver(records).flatMap { message in
            (message.json["resourceSpans"]?.array ?? [])
                .flatMap { $0["scopeSpans"]?.array ?? [] }.flatMap { $0["spans"]?.array ?? [] }
        }
    }

    @Test func `a tool call is a client's span`() throws {
        var call = CallRecord.toolCall()
        call.toolUseID = "toolu_1"
        call.server = "deep-code-reasoning-mcp"
        call.client = "claude-code"
        call.agentID = "deep-code-reasoner"
        call.surface = "surface"
        call.eventType = "escalation"
        call.escalationReason = "race between threads"
        call.conversation = "b7b0"
        call.quality = 0.85
        call.parentSpanID = "00f067aa0ba902b7"
        call.responseBytes = 9120
        call.firstByteMilliseconds = 18_341.5
        let span = try #require(spans([.call(call)]).first)
        #expect(span["name"]?.string == "tools/call escalate_analysis")
        #expect(span["kind"]?.int64 == 3)
        #expect(span["traceId"]?.string == call.traceID)
        #expect(span["spanId"]?.string == call.spanID)
        #expect(span["parentSpanId"]?.string == call.parentSpanID)
        #expect(span["startTimeUnixNano"]?.string == "1763719210123456000")
        #expect(span["endTimeUnixNano"]?.string == "1763719228465556000")
        #expect(span["status"] == nil)
        #expect(
            attributes(of: span) == [
                "mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "escalate_analysis", "gen_ai.tool.call.id": "toolu_1",
                "jsonrpc.request.id": "11", "network.transport": "pipe",
                "gen_ai.conversation.id": "b7b0", "gen_ai.agent.id": "deep-code-reasoner",
                "mcp_meter.direction": "client_to_server", "mcp_meter.outcome": "ok",
                "mcp_meter.quality": .number("0.85"), "mcp_meter.request.size": "812",
                "mcp_meter.response.size": "9120",
                "mcp_meter.time_to_first_byte": .number("18.3415"),
                "mcp_meter.surface": "surface", "mcp_meter.event.type": "escalation",
                "mcp_meter.escalation.reason": "race between threads",
                "mcp_meter.server.name": "deep-code-reasoning-mcp",
                "mcp_meter.client.name": "claude-code", "mcp_meter.session.id": "session-1",
                "mcp_meter.record.id": .string(call.id),
            ])
    }

    @Test(arguments: [
        (
            "", ["gen_ai.usage.cache_write.input_tokens"],
            ["gen_ai.usage.cache_creation.input_tokens"]
        ),
        (
            "gen_ai_1_41", ["gen_ai.usage.cache_creation.input_tokens"],
            ["gen_ai.usage.cache_write.input_tokens"]
        ),
        (
            "gen_ai_1_41/dup",
            ["gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens"],
            []
        ),
    ])
    func `the model call below it has the tokens and the cost, in the names asked for`(
        generation: String, present: [String], absent: [String]
    ) throws {
        var call = CallRecord.modelCall()
        call.modelCalls = 2
        let spans = spans([.call(call)], ["OTEL_SEMCONV_STABILITY_OPT_IN": generation])
        try #require(spans.count == 2)
        #expect(
            !attributes(of: spans[0]).keys.contains { $0.contains("usage") || $0.contains("cost") })
        #expect(spans[1]["name"]?.string == "chat gemini-2.5-pro")
        #expect(spans[1]["kind"]?.int64 == 3)
        #expect(spans[1]["parentSpanId"] == spans[0]["spanId"])
        var expected: [String: JSONValue] = [
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "gcp.gemini",
            "gen_ai.response.model": "gemini-2.5-pro", "llm.model_name": "gemini-2.5-pro",
            "gen_ai.usage.input_tokens": "2890", "gen_ai.usage.output_tokens": "640",
            "gen_ai.usage.cache_read.input_tokens": "100",
            "gen_ai.usage.reasoning.output_tokens": "40",
            "llm.token_count.prompt_details.cache_write": "50",
            "llm.token_count.completion_details.reasoning": "40",
            "gen_ai.usage.cost": .number("0.0100125"), "llm.cost.total": .number("0.0100125"),
            "mcp_meter.cost.usd_nanos": "10012500", "mcp_meter.cost.source": "priced",
            "mcp_meter.usage.source": "reported", "mcp_meter.model.source": "response",
            "mcp_meter.model.calls": "2", "mcp_meter.direction": "client_to_server",
            "mcp_meter.session.id": "session-1", "mcp_meter.record.id": .string(call.id),
        ]
        for name in present { expected[name] = "50" }
        #expect(attributes(of: spans[1]) == expected)
        for name in absent { #expect(attributes(of: spans[1])[name] == nil) }
    }

    @Test func `a client's turn is a model's span of its own`() throws {
        var turn = CallRecord.modelCall()
        turn.direction = .client
        turn.method = "chat"
        turn.toolUseID = "toolu_1"
        turn.serviceTier = "priority"
        turn.project = "5d41402abc4b2a76"
        let spans = spans([.usage(turn)])
        let span = try #require(spans.first)
        #expect(spans.count == 1 && span["spanId"]?.string == turn.spanID)
        let found = attributes(of: span)
        #expect(found["mcp_meter.direction"] == "client")
        #expect(found["gen_ai.tool.call.id"] == "toolu_1")
        #expect(found["mcp_meter.service_tier"] == "priority")
        #expect(found["mcp_meter.project"] == "5d41402abc4b2a76")
        #expect(found["mcp.method.name"] == nil && found["network.transport"] == nil)
    }

    @Test func `what is not known is not said`() throws {
        var call = CallRecord.toolCall()
        call.provider = "xai"
        call.usage = TokenUsage(source: .estimated, output: 0)
        call.cost = Cost(source: .unpriced)
        let span = try #require(spans([.call(call)]).last)
        let found = attributes(of: span)
        #expect(span["name"]?.string == "chat")
        #expect(found["gen_ai.usage.output_tokens"] == "0")
        #expect(found["mcp_meter.cost.source"] == "unpriced")
        for name in [
            "gen_ai.usage.input_tokens", "gen_ai.usage.cost", "mcp_meter.cost.usd_nanos",
            "gen_ai.request.model", "gen_ai.response.model", "error.type",
        ] {
            #expect(found[name] == nil, "\(name)")
        }
    }

    @Test(arguments: [
        (CallRecord.ModelSource.argument, "gen_ai.request.model"), (.env, "gen_ai.request.model"),
        (.profile, "gen_ai.request.model"), (.config, "gen_ai.request.model"),
        (.response, "gen_ai.response.model"),
    ])
    func `a model is what was asked for or what answered`(
        source: CallRecord.ModelSource, name: String
    ) {
        var call = CallRecord.modelCall()
        call.modelSource = source
        let found = attributes(of: spans([.call(call)]).last)
        #expect(found.keys.filter { $0.hasPrefix("gen_ai.re") } == [name])
    }

    @Test(arguments: [
        ("google", "gcp.gemini"), ("xai", "x_ai"), ("mistral", "mistral_ai"),
        ("bedrock", "aws.bedrock"), ("azure", "azure.ai.openai"), ("moonshotai", "moonshot_ai"),
        ("anthropic", "anthropic"), ("ollama", "ollama"), (nil, "unknown"),
    ])
    func `providers have the conventions' names`(provider: String?, name: String) {
        var call = CallRecord.modelCall()
        call.provider = provider
        let found = attributes(of: spans([.call(call)]).last)
        #expect(found["gen_ai.provider.name"] == .string(name))
    }

    @Test(
        arguments: [
            ("tools/call", .error, -32603, .rateLimit, "-32603", "-32603", "rate_limit"),
            ("tools/call", .error, nil, .timeout, "tool_error", nil, "timeout"),
            ("tools/call", .error, nil, nil, "tool_error", nil, "tool_error"),
            ("sampling/createMessage", .error, nil, nil, "_OTHER", nil, "_OTHER"),
            ("tools/call", .cancelled, nil, .cancelled, "cancelled", nil, "cancelled"),
            ("tools/call", .lost, nil, .other, "lost", nil, "other"),
        ]
            as [(
                String, CallRecord.Outcome, Int?, CallRecord.ErrorType?, String, String?, String
            )])
    func `a failure is named on both spans`(
        method: String, outcome: CallRecord.Outcome, code: Int?, kind: CallRecord.ErrorType?,
        request: String, status: String?, model: String
    ) throws {
        var call = CallRecord.modelCall()
        (call.method, call.outcome, call.errorCode, call.errorType) = (method, outcome, code, kind)
        let spans = spans([.call(call)])
        try #require(spans.count == 2)
        #expect(spans.map { $0["status"]?["code"]?.int64 } == [2, 2])
        #expect(spans.allSatisfy { $0["status"]?.members?.count == 1 })
        #expect(attributes(of: spans[0])["error.type"] == .string(request))
        #expect(
            attributes(of: spans[0])["rpc.response.status_code"] == status.map { .string($0) })
        #expect(attributes(of: spans[1])["error.type"] == .string(model))
    }

    @Test(arguments: [
        ("prompts/get", "greet", "prompts/get greet", "gen_ai.prompt.name", "greet"),
        ("resources/read", nil, "resources/read", "mcp.method.name", "resources/read"),
        ("sampling/createMessage", nil, "sampling/createMessage", "network.transport", "pipe"),
    ])
    func `other requests are spans without an operation`(
        method: String, target: String?, name: String, key: String, value: String
    ) throws {
        let span = try #require(spans([.call(.toolCall(method: method, tool: target))]).first)
        #expect(span["name"]?.string == name && span["kind"]?.int64 == 3)
        #expect(attributes(of: span)[key] == .string(value))
        #expect(attributes(of: span)["gen_ai.operation.name"] == nil)
        #expect(attributes(of: span)["gen_ai.tool.name"] == nil)
    }

    @Test func `a conversation is the root of its turns, and costs nothing itself`() throws {
        let span = try #require(spans([.trace(.escalation(conversation: "b7b0"))]).first)
        #expect(span["name"]?.string == "conversation start_conversation")
        #expect(span["kind"]?.int64 == 1)
        let found = attributes(of: span)
        #expect(found["mcp_meter.quality"] == .number("0.85"))
        #expect(found["mcp_meter.quality_per_dollar"] == .number("32.09"))
        #expect(found["mcp_meter.conversation.turns"] == "2")
        #expect(found["gen_ai.conversation.id"] == "b7b0")
        #expect(found["openinference.span.kind"] == "CHAIN")
        #expect(!found.keys.contains { $0.contains("usage") || $0.contains("cost") })
        #expect(spans([.trace(.escalation())]).isEmpty)
    }

    @Test(arguments: ["", "0", "xyz", String(repeating: "0", count: 32)])
    func `an id that is none does not spoil its batch`(traceID: String) {
        var bad = CallRecord.toolCall(id: "bad")
        bad.traceID = traceID
        var odd = CallRecord.toolCall(id: "odd")
        odd.parentSpanID = traceID
        var sink = otlpTraces(["OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"])
        #expect(!sink.wants(.call(bad)))
        #expect(sink.wants(.call(odd)))
        let messages = sink.messages(for: [.call(bad), .call(odd)])
        #expect(messages.map(\.records) == [[1]])
        #expect(spans([.call(odd)]).first?["parentSpanId"] == nil)
    }

    @Test(arguments: ["http/protobuf", "http/json"])
    func `a batch that is too large is several requests`(encoding: String) throws {
        var call = CallRecord.modelCall()
        let long = String(repeating: "é", count: 3000)
        call.server = long
        call.escalationReason = long
        call.conversation = long
        call.model = long
        call.tool = long
        var sink = otlpTraces(["OTEL_EXPORTER_OTLP_PROTOCOL": encoding])
        let records = (0..<2000).map { _ in Record.call(call) }
        let messages = sink.messages(for: records)
        #expect(messages.count > 1)
        #expect(messages.flatMap(\.records) == Array(records.indices))
        #expect(messages.allSatisfy { $0.request.body.count < 4 << 20 })
        #expect(
            messages.dropLast().allSatisfy { $0.request.body.count >= OTLPTraces.requestBytesMax })
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `it wants the records that stand for spans`(seed: UInt64) {
        var maker = RecordMaker(seed: seed)
        let sink = otlpTraces()
        for record in maker.records(50) {
            #expect(sink.wants(record) == !Span.spans(of: record).isEmpty)
        }
    }

    @Test func `nothing is sent when there is nothing to say`() {
        var sink = otlpTraces()
        #expect(sink.messages(for: []).isEmpty)
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }
}
