import Records
import Testing

@testable import Delivery

/// What `meter.v1.MeterService` is told.
struct EvalOpsMeterTests {
    @Test func `an escalation is said field by field`() throws {
        var sink = try meter(["EVALOPS_TEAM_ID": "team_eng"])
        let message = try #require(sink.messages(for: [.call(EvalOpsRecords.escalation)]).first)
        #expect(
            try JSONValue(parsing: message.request.body)
                == JSONValue(
                    parsing: Array(
                        """
                        {"records":[{"teamId":"team_eng","agentId":"deep-code-reasoner",
                        "surface":"deep-code-reasoning-mcp","eventType":"escalation",
                        "model":"gemini-2.5-pro-preview-06-05","provider":"google",
                        "inputTokens":2890,"outputTokens":640,"totalCostUsd":0.010013,
                        "requestId":"0199aa00-0000-7000-8000-000000000011",
                        "metadata":{
                        "escalation_reason":"invoice totals drift by one cent only under load",
                        "tool":"escalate_analysis","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",
                        "span_id":"00f067aa0ba902b7",
                        "session_id":"0199aa00-0000-7000-8000-000000000001",
                        "workspace_id":"default","usage_source":"estimated",
                        "pricing_status":"proxy_estimated","model_source":"profile","outcome":"ok",
                        "request_method":"tools/call","client":"claude-code",
                        "server":"deep-code-reasoning-mcp","tool_use_id":"toolu_01EXAMPLE"},
                        "data":{"started_at":"2026-05-01T10:00:00.000000Z","duration_ms":18342,
                        "first_byte_ms":18341.5,"total_input_tokens":2890,"request_bytes":812,
                        "response_bytes":9120}}]}
                        """.utf8)))
        #expect(message.records == [0])
        #expect(message.request.url == "https://meter.test/meter.v1.MeterService/RecordUsageBatch")
        #expect(message.request.timeoutMilliseconds == 10_000)
    }

    @Test func `the client's turn is a record of its own`() throws {
        let usage = try said(EvalOpsRecords.clientTurn, as: Record.usage)
        #expect(usage["provider"]?.string == "anthropic")
        #expect(usage["model"]?.string == "claude-opus-4-7")
        #expect(usage["eventType"]?.string == "escalation")
        #expect(usage["inputTokens"] == .number("2280"))
        #expect(usage["totalCostUsd"] == .number("0.016475"))
        #expect(usage["metadata"]?["request_method"]?.string == "chat")
        #expect(usage["data"]?["model_calls"] == .number("1"))
    }

    @Test func `a model call of no special kind has the platform's usual type`() throws {
        var call = EvalOpsRecords.escalation
        call.eventType = nil
        #expect(try said(call)["eventType"]?.string == "llm.completion")
    }

    @Test func `what is not known is not said`() throws {
        var call = EvalOpsRecords.escalation
        call.agentID = nil
        call.model = nil
        call.usage = TokenUsage(source: .reported, output: 0)
        call.cost = Cost(source: .unpriced)
        let usage = try said(call)
        for key in [
            "teamId", "agentId", "model", "inputTokens", "cacheReadTokens", "cacheWriteTokens",
            "totalCostUsd",
        ] {
            #expect(usage[key] == nil, "\(key)")
        }
        #expect(usage["outputTokens"] == .number("0"), "reported as none is none")
        #expect(usage["metadata"]?["pricing_status"]?.string == "unpriced")
    }

    @Test(
        arguments: [
            // all, cached, written → columns
            (100, nil, nil, 100, nil, nil),
            (100, 0, 0, 100, 0, 0),
            (10_000, 6000, 3000, 1000, 6000, 3000),
            (10_000, 10_000, nil, 0, 10_000, nil),
            // Parts that do not fit say nothing.
            (100, 60, 60, 100, nil, nil),
            (UInt64.max, UInt64.max, 1, UInt64.max, nil, nil),
            (nil, 7, 8, nil, 7, 8),
        ] as [(UInt64?, UInt64?, UInt64?, UInt64?, UInt64?, UInt64?)])
    func `input columns add up to the input`(
        all: UInt64?, cached: UInt64?, written: UInt64?, input: UInt64?, read: UInt64?,
        write: UInt64?
    ) {
        let columns = TokenColumns(
            TokenUsage(source: .reported, input: all, cachedInput: cached, cacheWrite: written))
        #expect(columns.input == input)
        #expect(columns.cacheRead == read)
        #expect(columns.cacheWrite == write)
    }

    @Test(
        arguments: [
            (.reported, 5, .reported, "provider_reported"),
            (.reported, 5, .estimated, "provider_reported"),
            (.priced, 5, .reported, "priced"), (.priced, 0, .sessionLog, "priced"),
            (.priced, 5, .estimated, "proxy_estimated"), (.priced, nil, .reported, "unpriced"),
            (.unpriced, nil, .reported, "unpriced"), (.unpriced, 5, .reported, "unpriced"),
            (.priced, -1, .reported, "unpriced"),
        ] as [(Cost.Source, Int64?, TokenUsage.Source, String)])
    func `how sure a cost is`(
        source: Cost.Source, amount: Int64?, counted: TokenUsage.Source, status: String
    ) throws {
        var call = EvalOpsRecords.escalation
        call.cost = Cost(source: source, nanodollars: amount)
        call.usage?.source = counted
        let usage = try said(call)
        #expect(usage["metadata"]?["pricing_status"]?.string == status)
        #expect((usage["totalCostUsd"] == nil) == (status == "unpriced"))
    }

    @Test(
        arguments: [
            (0, "0"), (1, "0.000000001"), (10_012_500, "0.0100125"), (1_000_000_000, "1"),
            (1_500_000_000, "1.5"), (123_456_789_012, "123.456789012"),
            (Int64.max, "9223372036.854775807"),
        ] as [(Int64, String)])
    func `dollars are said to the last digit`(nanodollars: Int64, text: String) throws {
        var call = EvalOpsRecords.escalation
        call.cost = Cost(source: .priced, nanodollars: nanodollars)
        #expect(try said(call)["totalCostUsd"] == .number(text))
    }

    @Test func `tokens beyond an int64 are its largest`() throws {
        var call = EvalOpsRecords.escalation
        call.usage = TokenUsage(source: .reported, input: .max, output: .max)
        #expect(try said(call)["outputTokens"] == .number("9223372036854775807"))
    }

    // MARK: Which records

    @Test(
        arguments: [
            (.ok, true, true, true), (.ok, false, false, true), (.error, true, false, true),
            (.error, false, true, true), (.error, false, false, false),
            (.cancelled, false, false, false), (.cancelled, true, true, true),
            (.lost, false, false, false), (.blocked, false, false, false),
        ] as [(CallRecord.Outcome, Bool, Bool, Bool)])
    func `a call that was not billed is no usage`(
        outcome: CallRecord.Outcome, hasTokens: Bool, hasCost: Bool, isSent: Bool
    ) throws {
        var call = EvalOpsRecords.escalation
        call.outcome = outcome
        if !hasTokens { call.usage = outcome == .ok ? nil : TokenUsage(source: .estimated) }
        if !hasCost { call.cost = Cost(source: .unpriced) }
        #expect(try meter().wants(.call(call)) == isSent)
        call.direction = .client
        #expect(try meter().wants(.usage(call)) == isSent)
    }

    @Test func `what used no model is none of the meter's business`() throws {
        let sink = try meter()
        var call = EvalOpsRecords.escalation
        call.model = nil
        call.provider = nil
        call.usage = nil
        call.cost = nil
        #expect(!sink.wants(.call(call)))
        #expect(!sink.wants(.trace(EvalOpsRecords.trace)))
        call.usage = TokenUsage(source: .reported, input: 1)
        #expect(sink.wants(.call(call)), "tokens of an unknown model are tokens")
        call.partOf = EvalOpsRecords.escalation.id
        #expect(sink.wants(.call(call)), "one model of several")
    }

    // MARK: Batches

    @Test func `a service without batches gets one record at a time from then on`() throws {
        for answer in [
            HTTPResponse(status: 404), HTTPResponse(status: 405), HTTPResponse(status: 501),
            HTTPResponse(status: 400, body: Array(#"{"code":"unimplemented"}"#.utf8)),
        ] {
            var sink = try meter()
            let records = [EvalOpsRecords.escalation, EvalOpsRecords.clientTurn].map(Record.call)
            let batch = try #require(sink.messages(for: records).first)
            #expect(sink.judge(answer, to: batch) == .sayAgain)
            let single = sink.messages(for: records)
            #expect(single.map(\.records) == [[0], [1]])
            for (message, record) in zip(
                single, [EvalOpsRecords.escalation, EvalOpsRecords.clientTurn])
            {
                #expect(message.request.url.hasSuffix("/meter.v1.MeterService/RecordUsage"))
                let body = try JSONValue(parsing: message.request.body)
                #expect(body["requestId"]?.string == record.id)
            }
            let first = try #require(single.first)
            #expect(sink.judge(HTTPResponse(status: 200), to: first) == .delivered(remark: nil))
            // The address is wrong, then.
            #expect(sink.judge(answer, to: first) == .blocked(reason: answer.summary))
            #expect(sink.messages(for: records).count == 2)
        }
    }

    @Test func `the same records give the same key, other records another`() throws {
        var sink = try meter()
        let records = [EvalOpsRecords.escalation, EvalOpsRecords.clientTurn].map(Record.call)
        let key = try #require(sink.messages(for: records).first?.header("Idempotency-Key"))
        #expect(
            key
                == "RecordUsageBatch:0199aa00-0000-7000-8000-000000000011.."
                + "0199aa00-0000-8000-8000-000000000012:2")
        #expect(sink.messages(for: records).first?.header("Idempotency-Key") == key)
        let one = sink.messages(for: Array(records.prefix(1))).first?.header("Idempotency-Key")
        #expect(one == "RecordUsageBatch:0199aa00-0000-7000-8000-000000000011")
    }

    @Test func `headers name who sends`() throws {
        var sink = try meter([
            "EVALOPS_TOKEN": "pk_test_1", "EVALOPS_ORGANIZATION_ID": "org_1",
            "EVALOPS_WORKSPACE_ID": "ws_1",
        ])
        let message = try #require(sink.messages(for: [.call(EvalOpsRecords.escalation)]).first)
        #expect(
            message.request.headers.map { "\($0.name): \($0.value)" } == [
                "Content-Type: application/json", "Accept: application/json",
                "Connect-Protocol-Version: 1", "Authorization: Bearer pk_test_1",
                "X-Organization-ID: org_1", "X-EvalOps-Organization-ID: org_1",
                "X-Workspace-ID: ws_1", "X-EvalOps-Workspace-ID: ws_1",
                "X-EvalOps-Agent-ID: deep-code-reasoner",
                "Idempotency-Key: RecordUsageBatch:0199aa00-0000-7000-8000-000000000011",
            ])
    }

    @Test(arguments: [
        "a\r\nX-Injected: 1", "日本", "", " padded", String(repeating: "a", count: 9000),
    ])
    func `an agent that no header can carry is named in the body alone`(agent: String) throws {
        var call = EvalOpsRecords.escalation
        call.agentID = agent
        var sink = try meter()
        let message = try #require(sink.messages(for: [.call(call)]).first)
        #expect(message.header("X-EvalOps-Agent-ID") == nil)
        let body = try JSONValue(parsing: message.request.body)
        guard case .array(let records) = body["records"] else { return #expect(Bool(false)) }
        #expect(records.first?["agentId"]?.string == (agent.isEmpty ? nil : agent))
    }

    @Test func `agents of several kinds are named in the body alone`() throws {
        var other = EvalOpsRecords.clientTurn
        other.agentID = "another"
        var sink = try meter()
        let records = [Record.call(EvalOpsRecords.escalation), .usage(other)]
        #expect(sink.messages(for: records).first?.header("X-EvalOps-Agent-ID") == nil)
    }

    // MARK: Helpers

    private func meter(_ more: [String: String] = [:]) throws -> EvalOpsMeter {
        let environment = ["EVALOPS_METER_BASE_URL": "https://meter.test"].merging(more) { $1 }
        let sinks = EvalOps.read(environment) { Issue.record("\($0)") }
        return try #require(sinks.first as? EvalOpsMeter)
    }

    private func said(
        _ call: CallRecord, as record: (CallRecord) -> Record = Record.call
    ) throws -> JSONValue {
        var sink = try meter()
        let message = try #require(sink.messages(for: [record(call)]).first)
        let body = try JSONValue(parsing: message.request.body)
        guard case .array(let records) = body["records"] else { return .null }
        return try #require(records.first)
    }
}

extension Message {
    func header(_ name: String) -> String? { request.headers.first { $0.name == name }?.value }
}
