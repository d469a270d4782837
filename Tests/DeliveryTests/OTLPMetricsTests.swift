import Records
import Testing

@testable import Delivery

/// What each record counts for.
struct OTLPMetricsTests: OTLPMetricsSuite {
    @Test func `a tool call is a duration`() throws {
        var call = CallRecord.toolCall()
        call.server = "deep-code-reasoning-mcp"
        let points = points([.call(call)])
        #expect(points.map(\.metric) == ["mcp.client.operation.duration"])
        let point = try #require(points.first)
        #expect(point.unit == "s")
        #expect(point.count == 1 && point.sum == 18.3421)
        #expect(
            point.bounds == [
                0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300,
            ])
        #expect(point.buckets == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
        #expect(
            point.labels == [
                "mcp.method.name": "tools/call", "gen_ai.tool.name": "escalate_analysis",
                "gen_ai.operation.name": "execute_tool", "network.transport": "pipe",
                "mcp_meter.server.name": "deep-code-reasoning-mcp",
            ])
        #expect(point.start == 1_763_719_210_123_456_000)
        #expect(point.time == 1_763_719_228_465_556_000)
    }

    @Test(arguments: [
        (10.0, 0), (10.001, 1), (9.999, 0), (300_000, 13), (300_000.001, 14), (1e300, 14), (-5, 0),
        (.nan, 0),
    ])
    func `a value that is a bound is below it`(milliseconds: Double, bucket: Int) throws {
        var call = CallRecord.toolCall()
        call.durationMilliseconds = milliseconds
        let point = try #require(points([.call(call)]).first)
        #expect(point.buckets.firstIndex(of: 1) == bucket)
    }

    @Test(
        arguments: [
            ("tools/call", .error, -32603, "tools/call", "-32603", "-32603"),
            ("tools/call", .error, nil, "tools/call", "tool_error", nil),
            ("x/y", .lost, nil, "_OTHER", "lost", nil),
            ("", .cancelled, 5, "_OTHER", "_OTHER", nil),
            ("ping", .error, 404, "ping", "_OTHER", "_OTHER"),
        ] as [(String, CallRecord.Outcome, Int?, String, String, String?)])
    func `methods and errors are few`(
        method: String, outcome: CallRecord.Outcome, code: Int?, name: String, type: String,
        status: String?
    ) throws {
        var call = CallRecord.toolCall(method: method)
        (call.outcome, call.errorCode) = (outcome, code)
        let labels = try #require(points([.call(call)]).first).labels
        #expect(labels["mcp.method.name"] == .string(name))
        #expect(labels["error.type"] == .string(type))
        #expect(labels["rpc.response.status_code"] == status.map { .string($0) })
    }

    @Test func `a model call is tokens, cost and a duration, in the newest names`() {
        let points = points([.call(.modelCall())])
        let found = Dictionary(uniqueKeysWithValues: points.map { ($0.metric, $0.sum) })
        #expect(
            found == [
                "mcp.client.operation.duration": 18.3421,
                "gen_ai.client.inference.duration": 18.3421,
                "gen_ai.client.inference.usage.input_tokens": 2890,
                "gen_ai.client.inference.usage.output_tokens": 640,
                "gen_ai.client.inference.usage.cache_read.input_tokens": 100,
                "gen_ai.client.inference.usage.cache_write.input_tokens": 50,
                "gen_ai.client.inference.usage.reasoning.output_tokens": 40,
                "mcp_meter.cost": 0.0100125,
            ])
        let model: [String: JSONValue] = [
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "gcp.gemini",
            "gen_ai.response.model": "gemini-2.5-pro",
        ]
        for point in points {
            switch point.metric {
            case "gen_ai.client.inference.duration": #expect(point.labels == model)
            case "mcp_meter.cost":
                #expect(point.unit == "USD" && point.isMonotonic)
                #expect(
                    point.labels
                        == model.merging([
                            "mcp_meter.cost.source": "priced", "mcp_meter.usage.source": "reported",
                        ]) { $1 })
            case "mcp.client.operation.duration": break
            default:
                #expect(point.unit == "{token}" && point.isMonotonic)
                #expect(
                    point.labels
                        == model.merging([
                            "gen_ai.token.modality": "unknown",
                            "mcp_meter.usage.source": "reported",
                        ]) { $1 })
            }
        }
    }

    @Test func `the names of 1.41 are a histogram by type`() {
        let environment = ["OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_1_41"]
        let points = points([.call(.modelCall())], environment)
        #expect(
            points.map(\.metric) == [
                "mcp.client.operation.duration", "gen_ai.client.token.usage",
                "gen_ai.client.token.usage", "gen_ai.client.operation.duration", "mcp_meter.cost",
            ])
        let usage = points.filter { $0.metric == "gen_ai.client.token.usage" }
        #expect(usage.map { $0.labels["gen_ai.token.type"] } == ["input", "output"])
        #expect(usage.map(\.sum) == [2890, 640] && usage.map(\.count) == [1, 1])
        #expect(usage.first?.bounds.last == 67_108_864)
        #expect(usage.first?.buckets.firstIndex(of: 1) == 6)
        #expect(usage.allSatisfy { $0.labels["gen_ai.token.modality"] == nil })
    }

    @Test func `both generations are both`() {
        let names = Set(
            points([.call(.modelCall())], ["OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_1_41/dup"])
                .map(\.metric))
        #expect(
            names.isSuperset(of: [
                "gen_ai.client.token.usage", "gen_ai.client.inference.usage.input_tokens",
                "gen_ai.client.operation.duration", "gen_ai.client.inference.duration",
            ]))
    }

    @Test func `unknown tokens are not reported, and unpriced ones are not free`() {
        var call = CallRecord.modelCall()
        call.usage = TokenUsage(source: .estimated, output: 300)
        call.cost = Cost(source: .unpriced)
        let points = points([.call(call)])
        #expect(
            points.map(\.metric) == [
                "mcp.client.operation.duration", "gen_ai.client.inference.duration",
                "gen_ai.client.inference.usage.output_tokens", "mcp_meter.unpriced.tokens",
            ])
        #expect(points.last?.labels["gen_ai.token.type"] == "output")
        #expect(points.last?.labels["mcp_meter.usage.source"] == "estimated")
    }

    @Test func `what is no single model call has no duration of one`() {
        var several = CallRecord.modelCall(id: "several")
        several.modelCalls = 3
        var part = CallRecord.modelCall(id: "part")
        part.partOf = "several"
        var turn = CallRecord.modelCall(id: "turn")
        turn.direction = .client
        turn.durationMilliseconds = 0
        let points = points([.call(several), .call(part), .usage(turn)])
        #expect(!points.contains { $0.metric == "gen_ai.client.inference.duration" })
        let requests = points.filter { $0.metric == "mcp.client.operation.duration" }
        #expect(requests.map(\.count) == [1])
        let input = points.filter { $0.metric.hasSuffix("usage.input_tokens") }
        #expect(input.map(\.sum) == [3 * 2890])
    }

    @Test func `escalations and what their quality cost are counted when they are over`() throws {
        var unpriced = TraceRecord.escalation()
        unpriced.qualityPerDollar = nil
        let points = points([.trace(.escalation()), .trace(unpriced)])
        #expect(points.map(\.metric) == ["mcp_meter.escalations", "mcp_meter.quality_per_dollar"])
        #expect(points[0].sum == 2)
        #expect(
            points[0].labels == ["mcp_meter.event.type": "escalation", "mcp_meter.outcome": "ok"])
        #expect(points[1].count == 1 && points[1].sum == 32.09)
    }

    @Test(arguments: [(0, nil), (143, nil), (nil, nil), (1, "server_exited")])
    func `a session that is over is a duration`(status: Int?, error: String?) throws {
        let session = SessionRecord(
            event: .ended, id: "s", time: Timestamp(microseconds: 1_763_719_210_000_000), pid: 1,
            server: "x", exitStatus: status, durationMilliseconds: 95_000.25)
        let point = try #require(points([.session(session)]).first)
        #expect(point.metric == "mcp.client.session.duration" && point.sum == 95.00025)
        #expect(point.labels["error.type"] == error.map { .string($0) })
    }
}
