import Records
import Testing

@testable import Exporter

struct MetricsTests {
    /// The samples of what is shown, by name and labels.
    private func samples(_ metrics: Metrics) -> [String: String] {
        var snapshot = metrics.snapshot
        let text = String(decoding: snapshot.text(.text), as: UTF8.self)
        var found: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " ") else { continue }
            let name = String(line[..<blank])
            #expect(found[name] == nil, "\(name) twice")
            found[name] = String(line[line.index(after: blank)...])
        }
        return found
    }

    @Test func `a model call is in every sum it belongs to, and once`() {
        var metrics = Metrics()
        metrics.fold(.call(Make.call("1")))
        metrics.fold(.call(Make.call("1")))
        let found = samples(metrics)
        let who = #"agent_id="me",server="gemini",tool="ask""#
        let model = #"provider="google",model="gemini-2.5-pro""#
        #expect(
            found[
                #"mcp_ai_requests_total{\#(model),operation="tools/call",status="success",\#(who)}"#
            ]
                == "1")
        let tokens = { (type: String) in
            found[#"mcp_ai_tokens_total{\#(model),type="\#(type)",source="reported",\#(who)}"#]
        }
        #expect(TokenSplit.names.map(tokens) == ["500", "400", "100", "250", "50"])
        #expect(
            found[
                #"mcp_ai_cost_usd_total{\#(model),operation="tools/call",source="priced",\#(who)}"#]
                == "0.002500001")
        #expect(found["mcp_ai_tokens_per_request_sum{\(model)}"] == "1300")
        #expect(found[#"mcp_ai_tokens_per_request_bucket{\#(model),le="1000"}"#] == "0")
        #expect(found[#"mcp_ai_tokens_per_request_bucket{\#(model),le="5000"}"#] == "1")
        #expect(found["mcp_ai_cost_per_1k_tokens_usd{\(model)}"] == "0.001923078")
        #expect(found["mcp_ai_rate_limit_hits_total{\(model)}"] == "0")
        #expect(
            found[
                #"mcp_ai_request_duration_seconds_bucket{\#(model),operation="tools/call",le="1"}"#]
                == "0")
        #expect(
            found[
                #"mcp_ai_request_duration_seconds_sum{\#(model),operation="tools/call"}"#] == "1.5")
        #expect(
            found[
                #"mcp_meter_calls_total{server="gemini",method="tools/call",tool="ask",direction="client_to_server",outcome="ok"}"#
            ] == "1")
        #expect(found[#"mcp_meter_errors_total{server="gemini",error_type="timeout"}"#] == "0")
        #expect(
            found[#"mcp_meter_model_success_tokens_total{backend="google",method="generate"}"#]
                == "1300")
    }

    @Test func `an unpriced call has tokens and no cost`() {
        var metrics = Metrics()
        metrics.fold(.call(Make.call("1") { $0.cost = Cost(source: .unpriced) }))
        let found = samples(metrics)
        let model = #"provider="google",model="gemini-2.5-pro""#
        #expect(found[#"mcp_meter_unpriced_tokens_total{\#(model),type="input"}"#] == "500")
        #expect(found["mcp_ai_cost_per_1k_tokens_usd{\(model)}"] == "0")
    }

    @Test(
        arguments: [
            (CallRecord.Outcome.ok, nil, "success"), (.error, .rateLimit, "rate_limited"),
            (.error, .timeout, "timeout"), (.error, .auth, "error"),
            (.cancelled, .cancelled, "cancelled"),
            (.lost, .other, "lost"), (.blocked, nil, "blocked"),
        ] as [(CallRecord.Outcome, CallRecord.ErrorType?, String)])
    func `outcomes have the older exporter's words`(
        outcome: CallRecord.Outcome, type: CallRecord.ErrorType?, status: String
    ) {
        let call = Make.call("1") {
            $0.outcome = outcome
            $0.errorType = type
        }
        #expect(ModelCallKey(call).status == status)
    }

    @Test func `a part is no request of its own, a client's turn neither`() {
        var metrics = Metrics()
        metrics.fold(.call(Make.call("1") { $0.partOf = "0" }))
        metrics.fold(.usage(Make.call("2") { $0.direction = .client }))
        let found = samples(metrics)
        #expect(!found.keys.contains { $0.hasPrefix("mcp_meter_calls_total") })
        let requests = found.filter { $0.key.hasPrefix("mcp_ai_requests_total") }
        #expect(requests.values.filter { $0 != "0" } == ["2"])
    }

    @Test func `a client's turn took nobody knows how long, unless it is told`() {
        var metrics = Metrics()
        for (id, milliseconds) in [("1", 0.0), ("2", 250)] {
            metrics.fold(
                .usage(
                    Make.call(id) {
                        $0.direction = .client
                        $0.method = "chat"
                        $0.durationMilliseconds = milliseconds
                    }))
        }
        let labels = #"{provider="google",model="gemini-2.5-pro",operation="chat"}"#
        #expect(samples(metrics)["mcp_ai_request_duration_seconds_count\(labels)"] == "1")
    }

    @Test func `failures are there with 0 before the first one`() {
        var metrics = Metrics()
        metrics.fold(.call(Make.call("1")))
        let found = samples(metrics)
        let statuses = ["success", "error", "timeout", "rate_limited"].map { status in
            found.first {
                $0.key.hasPrefix("mcp_ai_requests_total{")
                    && $0.key.contains("status=\"\(status)\"")
            }?.value
        }
        #expect(statuses == ["1", "0", "0", "0"])
        let outcomes = found.filter { $0.key.hasPrefix("mcp_meter_calls_total{") }
        #expect(outcomes.values.sorted() == ["0", "1"])
    }

    @Test func `what is under way is counted until it ends or its relay dies`() {
        var metrics = Metrics()
        let time = Timestamp(microseconds: 1)
        for (id, pid) in [("a", 1), ("b", 2)] {
            metrics.fold(
                .session(
                    SessionRecord(event: .started, id: id, time: time, pid: pid, server: "gemini")))
        }
        for (id, session) in [("1", "a"), ("2", "b"), ("3", "b")] {
            metrics.fold(
                .begin(
                    BeginRecord(
                        id: id, time: time, session: session, direction: .clientToServer,
                        method: "tools/call", requestID: .number(id))))
        }
        metrics.fold(.call(Make.call("1", model: nil)))
        var found = samples(metrics)
        #expect(found[#"mcp_meter_calls_in_flight{server="gemini"}"#] == "2")
        #expect(found[#"mcp_meter_sessions_active{server="gemini"}"#] == "2")
        metrics.bury(except: [1])
        found = samples(metrics)
        #expect(found[#"mcp_meter_calls_in_flight{server="gemini"}"#] == "0")
        #expect(found[#"mcp_meter_sessions_active{server="gemini"}"#] == "1")
        #expect(found[#"mcp_meter_lost_calls_total{server="gemini"}"#] == "2")
    }

    @Test func `beyond a limit all is counted as other, and no sum changes`() {
        var metrics = Metrics()
        for number in 0..<2_500 {
            metrics.fold(.call(Make.call("\(number)", model: "model-\(number)")))
        }
        let requests = samples(metrics).filter { $0.key.hasPrefix("mcp_ai_requests_total{") }
        #expect(requests.count <= 8_001)
        #expect(requests.values.compactMap { Int($0) }.reduce(0, +) == 2_500)
        #expect(requests.keys.contains { $0.contains(#"model="other""#) })
    }

    @Test func `a checkpoint gives back every figure, a damaged one nothing`() throws {
        var metrics = Metrics()
        metrics.fold(
            .session(
                SessionRecord(
                    event: .started, id: "a", time: Timestamp(microseconds: 1), pid: 7,
                    server: "gem\"ini\n")))
        for number in 0..<100 {
            metrics.fold(
                .call(Make.call("\(number)", model: number % 3 == 0 ? nil : "m\(number % 5)")))
        }
        let bytes = Checkpoint.bytes(metrics, [])
        let back = try #require(Checkpoint(bytes))
        #expect(samples(back.metrics) == samples(metrics))
        #expect(back.metrics.summary.cells == metrics.summary.cells)
        var again = back.metrics
        again.fold(.call(Make.call("5")))
        #expect(samples(again) == samples(metrics))
        for place in stride(from: 0, to: bytes.count, by: bytes.count / 150) {
            var damaged = bytes
            damaged[place] ^= 4
            #expect(Checkpoint(damaged) == nil)
            #expect(Checkpoint(Array(bytes[..<place])) == nil)
        }
    }

    @Test(
        arguments: [
            ("read_file", "read"), ("readFile", "read"), ("memory.save", "save"),
            ("forget_everything", "forget"), ("deleteMemory", "delete"), ("searchNotes", "search"),
            ("ask_gemini", nil), ("treadmill", nil), ("listen", nil),
        ] as [(String, String?)])
    func `operations are told by the verb in a tool's name`(tool: String, operation: String?) {
        #expect(ResourceOperation(method: "tools/call", tool: tool)?.rawValue == operation)
    }

    @Test func `a limit's window runs`() throws {
        var use = LimitUse(try RateLimit.list("5/min; gemini-2.5-pro=2/min;tokens:x=9/day"))
        for second in 0..<3 {
            use.fold(Make.call("\(second)", at: 6_000_000 + Int64(second) * 20))
        }
        let now = Timestamp(microseconds: 6_000_050 * 1_000_000)
        let gauges = use.gauges(at: now)
        #expect(
            gauges.map(\.labels) == [
                ["*", "*", "requests_per_minute"],
                ["google", "gemini-2.5-pro", "requests_per_minute"],
            ])
        #expect(gauges.map(\.left) == [2, 0])
        let later = Timestamp(microseconds: 6_000_085 * 1_000_000)
        #expect(use.gauges(at: later).map(\.left) == [4, 1])
    }

    @Test func `a checkpoint keeps what a limit has used, as long as it is that limit`() throws {
        let limits = try RateLimit.list("50/day;gemini-2.5-pro=20/day")
        var metrics = Metrics()
        metrics.limits = LimitUse(limits)
        for number in 0..<7 { metrics.fold(.call(Make.call("\(number)"))) }
        let back = try #require(Checkpoint(Checkpoint.bytes(metrics, []))).metrics
        let now = Timestamp(microseconds: 1_795_255_200_000_000)
        var same = LimitUse(limits, saved: back.savedLimits)
        #expect(same.gauges(at: now).map(\.left) == [43, 13])
        var other = LimitUse(try RateLimit.list("60/hour;x=1/day"), saved: back.savedLimits)
        #expect(other.gauges(at: now).map(\.left) == [60])
    }
}
