import Foundation
import Records
import Testing

@testable import Delivery

struct HarperTests {
    private struct Recorder: HarperEmitter {
        var emitted: [Figure] = []

        mutating func emit(_ value: UInt64, _ metric: String, _ path: String) {
            emitted.append(Figure(value, metric, path))
        }
    }

    struct Figure: Equatable, Sendable {
        var value: UInt64
        var metric: String
        var path: String

        init(_ value: UInt64, _ metric: String, _ path: String) {
            (self.value, self.metric, self.path) = (value, metric, path)
        }
    }

    private static let url = ["HARPER_ANALYTICS_URL": "http://127.0.0.1:9925"]

    private func read(_ variables: [String: String]) -> (sinks: [any Sink], complaints: [String]) {
        var complaints: [String] = []
        let sinks = HarperSink.read(variables) { complaints.append($0) }
        return (sinks, complaints)
    }

    // MARK: Rows and figures

    @Test func `a call's row is Harper's, under the ledger's id`() throws {
        var json = JSONWriter()
        var call = try #require(HarperModelCall(.call(.sample())))
        call.tenant = "acme"
        call.encode(into: &json)
        let text = String(decoding: json.finish(), as: UTF8.self)
        #expect(
            text == #"{"id":"0199f00d-7000-7000-8000-0123456789ab","#
                + #""time":"2026-11-21T10:00:00.123456Z","tenant":"acme","#
                + #""app":"deep-code-reasoning-mcp","model":"gemini-2.5-pro","backend":"google","#
                + #""method":"generate","conversation_id":"c1","prompt_tokens":2890,"#
                + #""completion_tokens":640,"latency_ms":18342.1,"success":true}"#)
    }

    @Test(
        arguments: [
            (
                "ask", CallRecord.Outcome.ok,
                [
                    Figure(1, "model-generate", "google"),
                    Figure(3530, "model-generate-tokens", "google"),
                ]
            ),
            (
                "gemini_generateContentStream", .ok,
                [
                    Figure(1, "model-generateStream", "google"),
                    Figure(3530, "model-generateStream-tokens", "google"),
                ]
            ),
            (
                "embed_text", .ok,
                [Figure(1, "model-embed", "google"), Figure(3530, "model-embed-tokens", "google")]
            ),
            ("ask", .error, []), ("ask", .cancelled, []), ("ask", .lost, []),
        ] as [(String, CallRecord.Outcome, [Figure])])
    func `a success is counted with its tokens under its backend, a failure is not`(
        tool: String, outcome: CallRecord.Outcome, expected: [Figure]
    ) throws {
        var recorder = Recorder()
        let record = Record.call(
            .sample {
                $0.tool = tool
                $0.outcome = outcome
            })
        try #require(HarperModelCall(record)).emit(to: &recorder)
        #expect(recorder.emitted == expected)
    }

    @Test(
        arguments: [
            (TokenUsage?.none, [Figure(1, "model-generate", "unknown")]),
            (
                TokenUsage(source: .reported, input: 0, output: 0),
                [Figure(1, "model-generate", "unknown")]
            ),
            (
                TokenUsage(source: .estimated, output: 7),
                [
                    Figure(1, "model-generate", "unknown"),
                    Figure(7, "model-generate-tokens", "unknown"),
                ]
            ),
            (
                TokenUsage(source: .reported, input: .max, output: 1),
                [
                    Figure(1, "model-generate", "unknown"),
                    Figure(.max, "model-generate-tokens", "unknown"),
                ]
            ),
        ] as [(TokenUsage?, [Figure])])
    func `tokens are counted where there are any`(usage: TokenUsage?, expected: [Figure]) throws {
        var recorder = Recorder()
        let record = Record.call(
            .sample {
                $0.tool = "ask"
                $0.provider = nil
                $0.usage = usage
            })
        try #require(HarperModelCall(record)).emit(to: &recorder)
        #expect(recorder.emitted == expected)
    }

    @Test(
        arguments: [
            (
                CallRecord.Outcome.ok, CallRecord.ErrorType?.none, Int?.none,
                HarperModelCall.ErrorCode?.none
            ),
            (.cancelled, nil, nil, .aborted), (.error, .cancelled, nil, .aborted),
            (.error, .rateLimit, 429, .backendError), (.error, .timeout, nil, .backendError),
            (.error, nil, -32601, .capabilityUnsupported), (.lost, nil, nil, .backendError),
        ] as [(CallRecord.Outcome, CallRecord.ErrorType?, Int?, HarperModelCall.ErrorCode?)])
    func `errors are told in Harper's words`(
        outcome: CallRecord.Outcome, type: CallRecord.ErrorType?, code: Int?,
        expected: HarperModelCall.ErrorCode?
    ) throws {
        let call = try #require(
            HarperModelCall(
                .call(
                    .sample {
                        $0.outcome = outcome
                        $0.errorType = type
                        $0.errorCode = code
                    })))
        #expect(call.errorCode == expected)
        #expect(call.success == (expected == nil))
    }

    @Test func `a client's own turn is the client's`() throws {
        let turn = CallRecord.sample { $0.direction = .client }
        #expect(HarperModelCall(.usage(turn))?.app == "claude-code")
    }

    // MARK: Messages

    @Test(arguments: 0..<20)
    func `any records give rows of known fields, and figures that add up to them`(seed: UInt64)
        throws
    {
        var generator = ModelCallGenerator(seed: seed)
        var sink = try #require(read(Self.url).sinks.first)
        let records = (0..<100).map { _ in generator.record() }.filter(sink.wants)
        let messages = sink.messages(for: records)
        #expect(messages.count == 2)
        let bodies = try messages.map { try JSONValue(parsing: $0.request.body) }
        #expect(bodies.map { $0["operation"]?.string } == ["upsert", "upsert"])
        #expect(bodies.map { $0["database"]?.string } == ["mcp_meter", "mcp_meter"])
        #expect(bodies.map { $0["table"]?.string } == ["model_calls", "model_metrics"])
        let rows = try #require(bodies[0]["records"]?.array)
        let figures = try #require(bodies[1]["records"]?.array)
        #expect(messages[0].records == Array(records.indices))
        #expect(rows.count == records.count)
        let known: Set = [
            "id", "time", "tenant", "app", "model", "backend", "method", "adapter",
            "conversation_id", "prompt_tokens", "completion_tokens", "embedding_tokens", "gpu_ms",
            "latency_ms", "success", "error_code",
        ]
        for row in rows {
            let names = row.members?.map(\.key) ?? []
            #expect(known.isSuperset(of: names))
            #expect(row["method"]?.string.flatMap(HarperModelCall.Method.init(rawValue:)) != nil)
            #expect((row["latency_ms"]?.double ?? -1) >= 0)
            let code = row["error_code"]?.string
            #expect((row["success"]?.bool == true) == (code == nil))
            if let code { #expect(HarperModelCall.ErrorCode(rawValue: code) != nil) }
        }
        let successes = rows.filter { $0["success"]?.bool == true }
        let counts = figures.filter {
            $0["value"]?.uint64 == 1 && $0["metric"]?.string?.hasSuffix("-tokens") == false
        }
        #expect(counts.count == successes.count)
        #expect(messages[1].records.count == successes.count)
        #expect(messages[1].records.allSatisfy { rows[$0]["success"]?.bool == true })
        // The same again, byte for byte: what is sent twice is stored once.
        #expect(sink.messages(for: records).map(\.request.body) == messages.map(\.request.body))
    }

    @Test func `no success, no figures; no call, no message`() throws {
        var sink = try #require(read(Self.url).sinks.first)
        #expect(sink.messages(for: [.call(.sample { $0.outcome = .lost })]).count == 1)
        #expect(sink.messages(for: []).isEmpty)
        #expect(!sink.wants(.call(.sample { $0.outcome = .blocked })))
    }

    @Test(arguments: [
        (200, #"{"message":"upserted 2 of 2 records","upserted_hashes":[1,2]}"#, "delivered"),
        (200, "<html>Harper</html>", "retry"), (200, "", "retry"), (204, "", "delivered"),
        (400, #"{"error":"Table 'mcp_meter.model_calls' does not exist"}"#, "blocked"),
        (400, #"{"error":"Invalid attribute name: 'x'"}"#, "refused"),
        (401, #"{"error":"Login failed"}"#, "blocked"), (403, "", "blocked"), (500, "", "retry"),
    ])
    func `answers`(status: Int, body: String, expected: String) throws {
        var sink = try #require(read(Self.url).sinks.first)
        let message = sink.messages(for: [.call(.sample())])[0]
        let answer = HTTPResponse(status: status, body: Array(body.utf8))
        let verdict = String(describing: sink.judge(answer, to: message))
        #expect(verdict.hasPrefix(expected), "\(verdict)")
    }

    // MARK: Configuration

    @Test(
        arguments: [
            ([:], nil as String?), (["HARPER_ANALYTICS_TOKEN": "eyJ.x.y"], "Bearer eyJ.x.y"),
            (
                [
                    "HARPER_ANALYTICS_USERNAME": "Aladdin",
                    "HARPER_ANALYTICS_PASSWORD": "open sesame",
                ],
                "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
            ),
            (["HARPER_ANALYTICS_URL": "https://a%40b:c@h.example:9925/x"], "Basic YUBiOmM="),
            (["HARPER_ANALYTICS_URL": "https://a:bb@h.example"], "Basic YTpiYg=="),
        ] as [([String: String], String?)])
    func `credentials go into the header`(change: [String: String], expected: String?) throws {
        let (sinks, complaints) = read(Self.url.merging(change) { $1 })
        #expect(complaints.isEmpty)
        var sink = try #require(sinks.first)
        let request = sink.messages(for: [.call(.sample())])[0].request
        #expect(request.headers.first { $0.name == "Authorization" }?.value == expected)
        #expect(!request.url.contains("@"))
        #expect(!sink.destination.address.contains("@"))
    }

    @Test(
        arguments: [
            ([:], 1, nil), (["HARPER_ANALYTICS_URL": ""], 0, nil),
            (["HARPER_ANALYTICS_URL": "harper:9925"], 0, "is `harper:9925`"),
            (["HARPER_ANALYTICS_URL": "http://u:secret@h.example"], 0, "is `http://h.example`"),
            (["HARPER_ANALYTICS_URL": "http://h.example"], 1, nil),
            (["HARPER_ANALYTICS_URL": "http://h.example:0"], 0, "expected the URL"),
            (["HARPER_ANALYTICS_USERNAME": "u"], 0, "HARPER_ANALYTICS_PASSWORD is not set"),
            (["HARPER_ANALYTICS_PASSWORD": "secret"], 0, "HARPER_ANALYTICS_USERNAME is not set"),
            (["HARPER_ANALYTICS_TOKEN": "secret\r\nX: y"], 0, "HARPER_ANALYTICS_TOKEN has a blank"),
            (["HARPER_ANALYTICS_DATABASE": "meter;drop"], 1, "is `meter;drop`"),
            (["HARPER_ANALYTICS_DATABASE": "data"], 1, nil),
        ] as [([String: String], Int, String?)])
    func `a bad value is said in one line`(
        change: [String: String], count: Int, complaint: String?
    ) {
        let (sinks, complaints) = read(Self.url.merging(change) { $1 })
        #expect(sinks.count == count)
        #expect(complaints.count == (complaint == nil ? 0 : 1), "\(complaints)")
        if let complaint { #expect(complaints.first?.contains(complaint) == true, "\(complaints)") }
        #expect(!complaints.contains { $0.contains("secret") || $0.contains("\n") })
    }

    @Test func `another database is another destination`() {
        let one = read(Self.url).sinks.map(\.destination.name)
        let other = read(Self.url.merging(["HARPER_ANALYTICS_DATABASE": "x"]) { $1 }).sinks
        #expect(one != other.map(\.destination.name))
    }
}
