import Records
import Testing

@testable import Delivery

/// What `traces.v1.SpanIngestService` is told.
struct EvalOpsTracesTests {
    @Test func `an escalation is two spans and a client's turn one`() throws {
        let spans = try spans(of: [
            .call(EvalOpsRecords.escalation), .usage(EvalOpsRecords.clientTurn),
        ])
        #expect(
            spans
                == (try JSONValue(
                    parsing: Array(
                        """
                        [{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7",
                        "workspaceId":"default","agentId":"deep-code-reasoner",
                        "surface":"deep-code-reasoning-mcp","name":"escalate_analysis",
                        "kind":"escalation","status":"SPAN_STATUS_OK","attributes":{
                        "escalation_reason":"invoice totals drift by one cent only under load",
                        "session_id":"0199aa00-0000-7000-8000-000000000001",
                        "request_method":"tools/call","outcome":"ok","client":"claude-code",
                        "server":"deep-code-reasoning-mcp","tool_use_id":"toolu_01EXAMPLE",
                        "first_byte_ms":18341.5,"request_bytes":812,"response_bytes":9120},
                        "startedAt":"2026-05-01T10:00:00.000000Z",
                        "endedAt":"2026-05-01T10:00:18.342000Z","latencyMs":18342},
                        {"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"\(modelSpanID)",
                        "parentSpanId":"00f067aa0ba902b7","workspaceId":"default",
                        "agentId":"deep-code-reasoner","surface":"deep-code-reasoning-mcp",
                        "name":"gemini.generate","kind":"llm",
                        "model":"gemini-2.5-pro-preview-06-05","provider":"google",
                        "tokenInput":2890,"tokenOutput":640,"status":"SPAN_STATUS_OK",
                        "costUsd":0.010013,"attributes":{
                        "request_id":"0199aa00-0000-7000-8000-000000000011",
                        "session_id":"0199aa00-0000-7000-8000-000000000001",
                        "tool":"escalate_analysis","usage_source":"estimated",
                        "pricing_status":"proxy_estimated","model_source":"profile",
                        "client":"claude-code","server":"deep-code-reasoning-mcp",
                        "tool_use_id":"toolu_01EXAMPLE"},
                        "startedAt":"2026-05-01T10:00:00.000000Z",
                        "endedAt":"2026-05-01T10:00:18.342000Z","latencyMs":18342},
                        {"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b8",
                        "parentSpanId":"00f067aa0ba902b7","workspaceId":"default",
                        "agentId":"deep-code-reasoner","surface":"deep-code-reasoning-mcp",
                        "name":"claude.generate","kind":"llm","model":"claude-opus-4-7",
                        "provider":"anthropic","tokenInput":2280,"tokenOutput":203,
                        "status":"SPAN_STATUS_OK","costUsd":0.016475,"attributes":{
                        "request_id":"0199aa00-0000-8000-8000-000000000012",
                        "session_id":"0199aa00-0000-7000-8000-000000000001",
                        "tool":"escalate_analysis","usage_source":"estimated",
                        "pricing_status":"proxy_estimated","model_source":"config",
                        "client":"claude-code","server":"deep-code-reasoning-mcp",
                        "tool_use_id":"toolu_01EXAMPLE","model_calls":1},
                        "startedAt":"2026-05-01T10:00:00.000000Z",
                        "endedAt":"2026-05-01T10:00:00.000000Z","latencyMs":0}]
                        """.utf8))))
    }

    @Test func `a conversation has a root of its own`() throws {
        let root = try #require(try elements(of: [.trace(EvalOpsRecords.conversation)]).first)
        #expect(root["spanId"]?.string == "00f067aa0ba902ff")
        #expect(root["name"]?.string == "start_conversation")
        #expect(root["kind"]?.string == "conversation")
        #expect(root["latencyMs"] == .number("18400"))
        let attributes = root["attributes"]
        #expect(attributes?["conversation_id"]?.string == "5b0f7c1e-7a52-4d0e-9a35-3f1f6f2f8c11")
        #expect(attributes?["turns"] == .number("3"))
        #expect(attributes?["end"]?.string == "finalized")
        for key in ["tokenInput", "tokenOutput", "costUsd", "model"] {
            #expect(root[key] == nil, "a sum would be counted twice: \(key)")
        }
    }

    @Test(
        arguments: [
            (.ok, "SPAN_STATUS_OK"), (.error, "SPAN_STATUS_ERROR"), (.lost, "SPAN_STATUS_ERROR"),
            (.cancelled, "SPAN_STATUS_CANCELLED"),
        ] as [(CallRecord.Outcome, String)])
    func `a failed call is a span too`(outcome: CallRecord.Outcome, status: String) throws {
        var call = EvalOpsRecords.escalation
        call.outcome = outcome
        call.usage = nil
        call.cost = nil
        #expect(try traces().wants(.call(call)))
        let spans = try elements(of: [.call(call)])
        #expect(spans.map { $0["status"]?.string } == [status, status])
        #expect(spans.last?["costUsd"] == nil)
        #expect(spans.last?["attributes"]?["pricing_status"]?.string == "unpriced")
    }

    @Test(
        arguments: [
            ("google", "gemini.generate"), ("anthropic", "claude.generate"),
            ("xai", "grok.generate"),
            ("openai", "openai.generate"), ("ollama", "ollama.generate"), (nil, "model.generate"),
        ] as [(String?, String)])
    func `a model call is named after its company`(provider: String?, name: String) throws {
        var call = EvalOpsRecords.clientTurn
        call.provider = provider
        #expect(try elements(of: [.usage(call)]).first?["name"]?.string == name)
    }

    @Test func `a span has a name and a kind whatever the record lacks`() throws {
        var call = EvalOpsRecords.escalation
        call.tool = nil
        call.eventType = nil
        var span = try #require(try elements(of: [.call(call)]).first)
        #expect(span["name"]?.string == "tools/call")
        #expect(span["kind"]?.string == "escalation")
        call.direction = .serverToClient
        call.method = ""
        span = try #require(try elements(of: [.call(call)]).first)
        #expect(span["name"]?.string == "request")
        #expect(span["kind"]?.string == "sampling")
    }

    @Test func `only what used a model is part of an analysis`() throws {
        let sink = try traces()
        var call = EvalOpsRecords.escalation
        call.model = nil
        call.provider = nil
        call.usage = nil
        #expect(!sink.wants(.call(call)))
        #expect(sink.wants(.usage(EvalOpsRecords.clientTurn)))
        var trace = EvalOpsRecords.trace
        #expect(sink.wants(.trace(trace)))
        trace.quality = nil
        #expect(!sink.wants(.trace(trace)), "its span is its call's, and nobody graded it")
        trace.conversation = "c"
        #expect(sink.wants(.trace(trace)))
        #expect(
            !sink.wants(
                .session(
                    SessionRecord(event: .started, id: "s", time: trace.time, pid: 1))))
    }

    @Test func `an organization is named where it is known`() throws {
        var sink = try traces(["EVALOPS_ORGANIZATION_ID": "org_1"])
        let message = try #require(sink.messages(for: [.call(EvalOpsRecords.escalation)]).first)
        let body = try JSONValue(parsing: message.request.body)
        guard case .array(let spans) = body["spans"] else { return #expect(Bool(false)) }
        #expect(spans.allSatisfy { $0["organizationId"]?.string == "org_1" })
    }

    // MARK: Quality

    @Test func `the quality of a trace follows its spans`() throws {
        var sink = try traces()
        let messages = sink.messages(for: [
            .trace(EvalOpsRecords.trace), .call(EvalOpsRecords.escalation),
            .trace(EvalOpsRecords.conversation),
        ])
        #expect(
            messages.map(\.request.url) == [
                "https://traces.test/traces.v1.SpanIngestService/IngestSpans",
                "https://traces.test/traces.v1.SpanIngestService/AnnotateTraceQuality",
                "https://traces.test/traces.v1.SpanIngestService/AnnotateTraceQuality",
            ])
        #expect(messages.map(\.records) == [[1, 2], [0], [2]])
        #expect(
            messages.map { $0.header("Idempotency-Key") } == [
                "IngestSpans:00f067aa0ba902b7..00f067aa0ba902ff:3",
                "AnnotateTraceQuality:0199aa00-0000-8000-8000-000000000013",
                "AnnotateTraceQuality:0199aa00-0000-8000-8000-000000000014",
            ])
    }

    @Test func `an annotation is said field by field`() throws {
        #expect(
            try annotation(EvalOpsRecords.trace)
                == JSONValue(
                    parsing: Array(
                        """
                        {"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","compositeScore":0.85,
                        "assertions":[{"assertionId":"analysis_completed",
                        "name":"Analysis completed","passed":true,"score":1,
                        "reason":"outcome_ok"}],
                        "cost":{"currencyCode":"USD","amount":0.010013},"qualityPerDollar":84.89,
                        "evalSuiteId":"deep-code-reasoning-mcp",
                        "scoredAt":"2026-05-01T10:00:18.400000Z","scorer":"mcp-meter.confidence",
                        "metadata":{"scoreSource":"confidence","costSource":"model_price_estimate",
                        "escalation_reason":"invoice totals drift by one cent only under load",
                        "event_type":"escalation","tool":"escalate_analysis",
                        "session_id":"0199aa00-0000-7000-8000-000000000001",
                        "workspace_id":"default","agent_id":"deep-code-reasoner",
                        "surface":"deep-code-reasoning-mcp","client":"claude-code","outcome":"ok",
                        "end":"answered","turns":1,"client_turns":1,"model_calls":2,
                        "unpriced_turns":1,"duration_ms":18400}}
                        """.utf8)))
    }

    @Test func `no price is no cost and no quality per dollar`() throws {
        var trace = EvalOpsRecords.trace
        trace.cost = Cost(source: .unpriced)
        trace.qualityPerDollar = nil
        let unpriced = try annotation(trace)
        #expect(unpriced["cost"] == nil)
        #expect(unpriced["qualityPerDollar"] == nil)
        #expect(unpriced["metadata"]?["costSource"]?.string == "unpriced")
        trace.cost = Cost(source: .reported, nanodollars: 0)
        let free = try annotation(trace)
        #expect(free["cost"]?["amount"] == .number("0"))
        #expect(free["metadata"]?["costSource"]?.string == "provider_reported")
    }

    @Test(
        arguments: [(0.85, "0.85"), (1.5, "1.0"), (-1, "0.0"), (.nan, nil), (nil, nil)]
            as [(Double?, String?)])
    func `a score lies between 0 and 1 or is none`(quality: Double?, score: String?) throws {
        var trace = EvalOpsRecords.trace
        trace.quality = quality
        #expect(try traces().wants(.trace(trace)) == (score != nil))
        var sink = try traces()
        let messages = sink.messages(for: [.trace(trace)])
        #expect(messages.count == (score == nil ? 0 : 1))
        if let score { #expect(try annotation(trace)["compositeScore"] == .number(score)) }
    }

    @Test func `a failed analysis that was graded did not pass`() throws {
        var trace = EvalOpsRecords.trace
        trace.outcome = .error
        trace.errorType = .rateLimit
        trace.qualitySource = .status
        let annotation = try annotation(trace)
        guard case .array(let assertions) = annotation["assertions"] else {
            return #expect(Bool(false))
        }
        #expect(assertions.first?["passed"]?.bool == false)
        #expect(assertions.first?["score"] == .number("0"))
        #expect(assertions.first?["reason"]?.string == "outcome_error")
        #expect(annotation["scorer"]?.string == "mcp-meter.status")
        #expect(annotation["metadata"]?["error_type"]?.string == "rate_limit")
    }

    @Test func `a service without annotations still gets its spans`() throws {
        var sink = try traces()
        let messages = sink.messages(for: [
            .call(EvalOpsRecords.escalation), .trace(EvalOpsRecords.trace),
        ])
        let (spans, annotation) = (try #require(messages.first), try #require(messages.last))
        for status in [404, 405, 501] {
            let answer = HTTPResponse(status: status)
            #expect(sink.judge(answer, to: spans) == .blocked(reason: answer.summary))
            #expect(sink.judge(answer, to: annotation) == .refused(reason: answer.summary))
        }
        let answer = HTTPResponse(status: 503)
        #expect(sink.judge(answer, to: annotation) == .retry(after: nil, reason: answer.summary))
    }

    // MARK: Helpers

    private var modelSpanID: String { Span.modelSpanID(of: EvalOpsRecords.escalation.spanID) }

    private func traces(_ more: [String: String] = [:]) throws -> EvalOpsTraces {
        let environment = ["EVALOPS_TRACES_BASE_URL": "https://traces.test"].merging(more) { $1 }
        let sinks = EvalOps.read(environment) { Issue.record("\($0)") }
        return try #require(sinks.first as? EvalOpsTraces)
    }

    private func spans(of records: [Record]) throws -> JSONValue {
        var sink = try traces()
        let message = try #require(sink.messages(for: records).first)
        return try #require(try JSONValue(parsing: message.request.body)["spans"])
    }

    private func elements(of records: [Record]) throws -> [JSONValue] {
        guard case .array(let elements) = try spans(of: records) else { return [] }
        return elements
    }

    private func annotation(_ trace: TraceRecord) throws -> JSONValue {
        var sink = try traces()
        let message = try #require(sink.messages(for: [.trace(trace)]).last)
        return try #require(try JSONValue(parsing: message.request.body)["annotation"])
    }
}
