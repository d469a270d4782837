import Foundation
import Records
import Testing

@testable import Delivery

struct MosaicTests {
    private static let instance = "a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d"
    private static let key = String(repeating: "0aF9", count: 16)
    private static let server = [
        "MOSAIC_TELEMETRY_ENABLED": "true", "MOSAIC_TELEMETRY_INSTANCE_ID": instance,
        "MOSAIC_TELEMETRY_SERVER_URL": "https://tel.example/base/",
        "MOSAIC_TELEMETRY_API_KEY": key,
    ]

    private func event(_ change: (inout CallRecord) -> Void = { _ in }) throws
        -> TaskCompletionEvent
    {
        try #require(
            TaskCompletionEvent(.call(.sample(change)), instanceID: Self.instance))
    }

    private func read(_ variables: [String: String]) -> (sinks: [any Sink], complaints: [String]) {
        var complaints: [String] = []
        let sinks = MosaicSink.read(variables) { complaints.append($0) }
        return (sinks, complaints)
    }

    // MARK: Events

    @Test func `an event has every field, and the figures where they belong`() throws {
        var json = JSONWriter()
        try event().encode(into: &json)
        let text = String(decoding: json.finish(), as: UTF8.self)
        #expect(
            text == #"{"instance_id":"a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d","#
                + #""event_id":"0199f00d-7000-7000-8000-0123456789ab","schema_version":"1.0","#
                + #""timestamp":"2026-11-21T10:00:18.465556Z","task_duration_ms":18342,"#
                + #""task_type":"debugging","complexity":"medium","harness":"claude_code","#
                + #""model":"gemini-2.5-pro","provider":"google","estimated_input_tokens":null,"#
                + #""estimated_output_tokens":null,"actual_input_tokens":2890,"#
                + #""actual_output_tokens":640,"estimated_cost_usd_micros":null,"#
                + #""actual_cost_usd_micros":10012,"quality_gate_passed":null,"#
                + #""quality_gates_run":[],"quality_gates_failed":[],"context_compactions":null,"#
                + #""context_rotations":null,"context_utilization_final":null,"#
                + #""outcome":"success","retry_count":null,"language":null,"#
                + #""repo_size_category":null}"#)
    }

    @Test func `an estimate is never actual, and what the provider charged is never an estimate`()
        throws
    {
        let estimated = try event { $0.usage?.source = .estimated }
        #expect(
            estimated.estimated == .init(inputTokens: 2890, outputTokens: 640, microdollars: 10012))
        #expect(estimated.actual == .init())
        let logged = try event { $0.usage?.source = .sessionLog }
        #expect(logged.actual == .init(inputTokens: 2890, outputTokens: 640, microdollars: 10012))
        #expect(logged.estimated == .init())
        let charged = try event {
            $0.usage?.source = .estimated
            $0.cost = Cost(source: .reported, nanodollars: 4_950_000)
        }
        #expect(charged.estimated == .init(inputTokens: 2890, outputTokens: 640))
        #expect(charged.actual == .init(microdollars: 4950))
        let unpriced = try event { $0.cost = Cost(source: .unpriced) }
        #expect(unpriced.actual.microdollars == nil)
    }

    @Test(
        arguments: [
            (.ok, nil, .success),
            (.error, .timeout, .timeout), (.error, .rateLimit, .failure), (.error, nil, .failure),
            (.cancelled, .cancelled, .failure), (.lost, nil, .failure),
        ] as [(CallRecord.Outcome, CallRecord.ErrorType?, TaskCompletionEvent.Outcome)])
    func `outcomes`(
        outcome: CallRecord.Outcome, error: CallRecord.ErrorType?,
        expected: TaskCompletionEvent.Outcome
    ) throws {
        let event = try event {
            $0.outcome = outcome
            $0.errorType = error
        }
        #expect(event.outcome == expected)
    }

    @Test(
        arguments: [
            ("escalate_analysis", nil, .debugging), ("codereview", nil, .codeReview),
            ("code_review", nil, .codeReview), ("gemini-code-audit", nil, .codeReview),
            ("debug", nil, .debugging), ("hypothesis_test", nil, .debugging),
            ("performance_bottleneck", "analysis", .debugging),
            ("cross_system_impact", "analysis", .debugging), ("thinkdeep", nil, .planning),
            ("planner", nil, .planning), ("consensus", nil, .planning),
            ("designArchitecture", nil, .planning), ("refactor", nil, .implementation),
            ("codex", nil, .implementation), ("generateCode", nil, .implementation),
            ("finalize_conversation", "conversation", .debugging), ("chat", nil, nil),
            ("generate_image", "sampling", nil), (nil, nil, nil), ("", "", nil),
        ] as [(String?, String?, TaskType?)])
    func `a task's type is told from the tool's name and the event type`(
        tool: String?, event: String?, expected: TaskType?
    ) {
        let call = CallRecord.sample {
            $0.tool = tool
            $0.eventType = event
        }
        #expect(TaskType(of: call) == expected)
    }

    @Test(
        arguments: [
            (1000, 999, .low), (1000, 1000, .medium), (19_999, 0, .medium),
            (20_000, nil, .high), (.max, 1, .high), (nil, nil, .medium),
        ] as [(UInt64?, UInt64?, TaskComplexity)])
    func `complexity is a class of size`(input: UInt64?, output: UInt64?, expected: TaskComplexity)
    {
        let call = CallRecord.sample {
            $0.usage = TokenUsage(source: .reported, input: input, output: output)
        }
        #expect(TaskComplexity(of: call) == expected)
    }

    @Test(
        arguments: [
            (0, 0), (499, 0), (500, 0), (501, 1), (1500, 2), (2500, 2), (4_950_000, 4950),
            (.max, 9_223_372_036_854_776), (-1, nil), (.min, nil),
        ] as [(Int64, Int64?)])
    func `nano-dollars are rounded half to even`(nanodollars: Int64, expected: Int64?) {
        #expect(TaskCompletionEvent.microdollars(nanodollars) == expected)
    }

    @Test func `the sum of rounded costs is no further off than its rounding`() {
        var generator = ModelCallGenerator(seed: 7)
        var nanodollars: Int64 = 0
        var microdollars: Int64 = 0
        for count in 1...20_000 as ClosedRange<Int64> {
            let cost = Int64.random(in: 0...50_000_000, using: &generator)
            nanodollars += cost
            microdollars += TaskCompletionEvent.microdollars(cost) ?? 0
            #expect(abs(microdollars * 1000 - nanodollars) <= 500 * count)
        }
        // Half to even leans to neither side: exact halves, half of them each way.
        let halves = (0..<1000 as Range<Int64>).map {
            TaskCompletionEvent.microdollars($0 * 1000 + 500) ?? 0
        }
        #expect(
            halves.reduce(0, +) * 1000
                == (0..<1000 as Range<Int64>).reduce(0) { $0 + $1 * 1000 + 500 })
    }

    @Test func `ids that are no UUIDs become some, always the same and all different`() throws {
        var seen: Set<String> = []
        for number in 0..<2000 {
            let id = EventID.uuid("msg_\(number)")
            #expect(id == EventID.uuid("msg_\(number)"))
            #expect(UUID(uuidString: id) != nil)
            #expect(seen.insert(id).inserted)
        }
        #expect(
            try event { $0.id = "0199F00D-7000-7000-8000-0123456789AB" }.eventID
                == "0199f00d-7000-7000-8000-0123456789ab")
    }

    // MARK: Records

    @Test(arguments: 0..<20)
    func `any record gives no event or a valid one`(seed: UInt64) throws {
        let schema = try MosaicSchema()
        var generator = ModelCallGenerator(seed: seed)
        let file = Self.server.merging(["MOSAIC_TELEMETRY_FILE": "/tmp/events.jsonl"]) { $1 }
        var sinks = read(file).sinks
        try #require(sinks.count == 2)
        let records = (0..<100).map { _ in generator.record() }
        let wanted = records.filter(sinks[0].wants)
        let message = try #require(sinks[1].messages(for: wanted).first)
        let lines = message.request.body.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == wanted.count)
        for line in lines { #expect(try schema.complaints(about: Array(line)) == []) }
        // The server is told the same events.
        let posted = try #require(sinks[0].messages(for: wanted).first)
        let envelope = try JSONValue(parsing: posted.request.body)
        #expect(
            try envelope["events"]?.array == lines.map { try JSONValue(parsing: Array($0)) })
        #expect(posted.records == Array(wanted.indices))
        // What it does not want gives nothing, even if it is asked.
        let others = records.filter { !sinks[0].wants($0) }
        #expect(sinks[0].messages(for: others).isEmpty)
        // The same again, byte for byte.
        #expect(sinks[1].messages(for: wanted).first?.request.body == message.request.body)
    }

    @Test func `a broken event is found out`() throws {
        let schema = try MosaicSchema()
        var json = JSONWriter()
        try event().encode(into: &json)
        let good = String(decoding: json.finish(), as: UTF8.self)
        #expect(try schema.complaints(about: Array(good.utf8)) == [])
        for (part, bad) in [
            (#""outcome":"success""#, #""outcome":"fine""#), ("18342", "-1"), ("2890", "28.5"),
            (#""retry_count":null,"#, ""), (#""language":null"#, #""language":null,"more":1"#),
            ("0199f00d-", "0199f00d"), ("\"1.0\"", "\"1.1\""), ("Z\"", "+00:00\""),
            ("18342", "true"),
        ] {
            let text = good.replacingOccurrences(of: part, with: bad)
            #expect(text != good)
            #expect(try !schema.complaints(about: Array(text.utf8)).isEmpty, "\(bad)")
        }
    }

    @Test func `requests that asked no model, blocked ones and traces are none of its business`() {
        let sink = read(Self.server).sinks[0]
        #expect(sink.wants(.call(.sample())))
        #expect(sink.wants(.usage(.sample { $0.direction = .client })))
        #expect(!sink.wants(.call(.sample { $0.outcome = .blocked })))
        let plain = CallRecord.sample {
            $0.model = nil
            $0.provider = nil
            $0.usage = nil
        }
        #expect(!sink.wants(.call(plain)))
    }

    // MARK: Configuration

    @Test func `a server and a file, with what each needs`() throws {
        let file = ["MOSAIC_TELEMETRY_FILE": "/var/log/mosaic events.jsonl"]
        let (sinks, complaints) = read(Self.server.merging(file) { $1 })
        #expect(complaints.isEmpty)
        #expect(
            sinks.map(\.destination) == [
                Destination(sink: "mosaic", address: "https://tel.example/base/v1/events/batch"),
                Destination(sink: "mosaic", address: "/var/log/mosaic events.jsonl"),
            ])
        #expect(sinks[0].batch.records == 100)
        var both = sinks
        let requests = both.indices.map { both[$0].messages(for: [.call(.sample())])[0].request }
        #expect(requests[0].url == "https://tel.example/base/v1/events/batch")
        #expect(requests[0].headers.contains { $0 == ("Authorization", "Bearer " + Self.key) })
        #expect(requests[1].url == "file:///var/log/mosaic%20events.jsonl")
        #expect(!requests[1].headers.contains { $0.name == "Authorization" })
        #expect(requests[1].body.last == UInt8(ascii: "\n"))
    }

    @Test(
        arguments: [
            ([:], 1, nil), (["MOSAIC_TELEMETRY_ENABLED": "false"], 0, nil),
            (["MOSAIC_TELEMETRY_ENABLED": ""], 0, nil),
            (["MOSAIC_TELEMETRY_ENABLED": "TRUE"], 1, nil),
            (["MOSAIC_TELEMETRY_ENABLED": "yes"], 0, "MOSAIC_TELEMETRY_ENABLED is `yes`"),
            (["MOSAIC_TELEMETRY_INSTANCE_ID": "me"], 0, "MOSAIC_TELEMETRY_INSTANCE_ID is `me`"),
            (["MOSAIC_TELEMETRY_INSTANCE_ID": ""], 0, "MOSAIC_TELEMETRY_INSTANCE_ID is not set"),
            (["MOSAIC_TELEMETRY_API_KEY": "secret"], 0, "MOSAIC_TELEMETRY_API_KEY is no such key"),
            (["MOSAIC_TELEMETRY_API_KEY": ""], 0, "MOSAIC_TELEMETRY_API_KEY is not set"),
            (["MOSAIC_TELEMETRY_SERVER_URL": "tel.example"], 0, "is `tel.example`"),
            (["MOSAIC_TELEMETRY_SERVER_URL": "ftp://u:secret@tel.example"], 0, "`…@tel.example`"),
            (["MOSAIC_TELEMETRY_SERVER_URL": "http://u:secret@tel.example"], 0, "expected https"),
            (["MOSAIC_TELEMETRY_SERVER_URL": "http://127.0.0.1:8000"], 1, nil),
            (["MOSAIC_TELEMETRY_SERVER_URL": "http://[::1]:8000/x"], 1, nil),
            (["MOSAIC_TELEMETRY_SERVER_URL": ""], 0, "nothing says where to"),
            (["MOSAIC_TELEMETRY_ENDPOINT": "v1"], 0, "MOSAIC_TELEMETRY_ENDPOINT is `v1`"),
            (["MOSAIC_TELEMETRY_ENDPOINT": "/v2/tasks"], 1, nil),
            (["MOSAIC_TELEMETRY_BATCH_SIZE": "0"], 1, "MOSAIC_TELEMETRY_BATCH_SIZE is `0`"),
            (["MOSAIC_TELEMETRY_BATCH_SIZE": "250"], 1, nil),
            (
                ["MOSAIC_TELEMETRY_FILE": "events.jsonl"], 1,
                "MOSAIC_TELEMETRY_FILE is `events.jsonl`"
            ),
        ] as [([String: String], Int, String?)])
    func `a bad value is said in one line`(
        change: [String: String], count: Int, complaint: String?
    ) {
        let (sinks, complaints) = read(Self.server.merging(change) { $1 })
        #expect(sinks.count == count)
        #expect(complaints.count == (complaint == nil ? 0 : 1))
        if let complaint { #expect(complaints.first?.contains(complaint) == true, "\(complaints)") }
        #expect(!complaints.contains { $0.contains("secret") || $0.contains(Self.key) })
    }

    @Test func `no credentials are part of a destination`() {
        let url = ["MOSAIC_TELEMETRY_SERVER_URL": "https://u:secret@tel.example/?token=secret#x"]
        let sinks = read(Self.server.merging(url) { $1 }).sinks
        #expect(sinks.map(\.destination.address) == ["https://tel.example/v1/events/batch"])
    }
}
