import Records
import Testing

@testable import Delivery

/// What receivers are told of calls that a policy did something to.
struct PolicySinkTests {
    private static var blocked: CallRecord {
        var call = CallRecord.modelCall()
        call.outcome = .blocked
        call.usage = nil
        call.cost = nil
        call.modelSource = .argument
        call.durationMilliseconds = 0.25
        var note = PolicyNote(action: .blocked, reason: .budget, rule: "gemini-2.5-pro=5/day")
        note.spentNanodollars = 5_100_000_000
        note.limitNanodollars = 5_000_000_000
        note.until = Timestamp(microseconds: 1_763_769_600_000_000)
        call.policy = note
        return call
    }

    private static var held: CallRecord {
        var call = CallRecord.modelCall()
        call.durationMilliseconds = 5_500
        var note = PolicyNote(action: .routed, reason: .route, rule: "simple")
        note.askedModel = "gemini-2.5-pro"
        note.routedModel = "gemini-2.5-flash"
        note.savedNanodollars = -7
        note.waitedMilliseconds = 5_000
        call.policy = note
        call.retryAfterMilliseconds = 1_500
        return call
    }

    /// Meter, then traces.
    private static func evalOps() -> [any Sink] {
        EvalOps.read(["EVALOPS_BASE_URL": "https://evalops.test"]) { Issue.record("\($0)") }
    }

    private func spans(_ record: Record) -> [JSONValue] {
        var sink = otlpTraces(["OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"])
        return sink.deliver([record]).flatMap { message in
            (message.json["resourceSpans"]?.array ?? [])
                .flatMap { $0["scopeSpans"]?.array ?? [] }.flatMap { $0["spans"]?.array ?? [] }
        }
    }

    @Test func `a blocked call is its request's span, failed, and no model's`() throws {
        #expect(Span.spans(of: .call(Self.blocked)).map(\.content) == [.request(Self.blocked)])
        let spans = spans(.call(Self.blocked))
        #expect(spans.count == 1)
        let span = try #require(spans.first)
        #expect(span["status"]?["code"]?.int64 == 2)
        let found = attributes(of: span)
        #expect(found["error.type"] == "blocked")
        #expect(found["mcp_meter.outcome"] == "blocked")
        #expect(found["mcp_meter.policy.action"] == "blocked")
        #expect(found["mcp_meter.policy.reason"] == "budget")
        #expect(found["mcp_meter.policy.rule"] == "gemini-2.5-pro=5/day")
        #expect(found["mcp_meter.policy.spent_usd_nanos"] == "5100000000")
        #expect(found["mcp_meter.policy.limit_usd_nanos"] == "5000000000")
        #expect(found["gen_ai.request.model"] == nil)
    }

    @Test func `the model's span of a held call begins when it was sent`() throws {
        let parts = Span.spans(of: .call(Self.held))
        let (request, model) = (try #require(parts.first), try #require(parts.last))
        #expect(request.end == model.end)
        #expect(model.start.microseconds - request.start.microseconds == 5_000_000)
        let span = try #require(spans(.call(Self.held)).first)
        let found = attributes(of: span)
        #expect(found["mcp_meter.policy.asked_model"] == "gemini-2.5-pro")
        #expect(found["mcp_meter.policy.routed_model"] == "gemini-2.5-flash")
        #expect(found["mcp_meter.policy.saved_usd_nanos"] == "-7")
        #expect(found["mcp_meter.policy.waited"] == .number("5.0"))
        #expect(found["mcp_meter.retry_after"] == .number("1.5"))
    }

    @Test(arguments: [Double.nan, .infinity, -1, 1e300])
    func `a time of waiting that cannot be moves nothing beyond the call`(waited: Double) throws {
        var call = Self.held
        call.policy?.waitedMilliseconds = waited
        for span in Span.spans(of: .call(call)) { #expect(span.start <= span.end) }
    }

    @Test func `a mark and a blocked call are no usage to anybody`() {
        let mark = Record.mark(
            MarkRecord(
                id: "m", time: Timestamp(microseconds: 1), session: "s",
                policy: PolicyNote(action: .warned, reason: .budget)))
        #expect(Span.spans(of: mark).isEmpty)
        for record in [mark, .call(Self.blocked)] {
            #expect(ModelCalls.call(of: record) == nil)
            #expect(Self.evalOps().map { $0.wants(record) }.first == false)
        }
    }

    @Test func `EvalOps is told of a blocked call by a span that was denied`() throws {
        var traces = try #require(Self.evalOps().last)
        #expect(traces.wants(.call(Self.blocked)))
        let message = try #require(traces.messages(for: [.call(Self.blocked)]).first)
        let spans = try JSONValue(parsing: message.request.body)["spans"]?.array ?? []
        #expect(spans.count == 1)
        let span = try #require(spans.first)
        #expect(span["status"]?.string == "SPAN_STATUS_ERROR")
        #expect(span["governanceDecision"]?.string == "GOVERNANCE_DECISION_DENY")
        #expect(span["tokenInput"] == nil && span["costUsd"] == nil && span["model"] == nil)
        #expect(span["attributes"]?["policy_rule"]?.string == "gemini-2.5-pro=5/day")
        #expect(span["attributes"]?["policy_action"]?.string == "blocked")
        #expect(span["attributes"]?["outcome"]?.string == "blocked")
    }
}
