import Records
import Testing

@testable import Delivery

/// What records add up to, and that it comes to the same however they are delivered.
struct OTLPMetricsTests {
    private typealias Environment = [String: String]

    private static let json: Environment = ["OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"]
    private static let delta: Environment = [
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta"
    ]

    private func sink(_ environment: Environment = [:]) -> any Sink {
        otlpMetrics(environment.merging(Self.json) { $1 })
    }

    private func points(_ records: [Record], _ environment: Environment = [:]) -> [Point] {
        var sink = sink(environment)
        return sink.deliver(records).flatMap(Point.all)
    }

    // MARK: What each record counts for

    @Test func `a tool call is a duration`() throws {
        var call = CallRecord.sample()
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
        var call = CallRecord.sample()
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
        var call = CallRecord.sample(method: method)
        (call.outcome, call.errorCode) = (outcome, code)
        let labels = try #require(points([.call(call)]).first).labels
        #expect(labels["mcp.method.name"] == .string(name))
        #expect(labels["error.type"] == .string(type))
        #expect(labels["rpc.response.status_code"] == status.map { .string($0) })
    }

    @Test func `a model call is tokens, cost and a duration, in the newest names`() {
        let points = points([.call(.model())])
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
        let points = points([.call(.model())], environment)
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
            points([.call(.model())], ["OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_1_41/dup"])
                .map(\.metric))
        #expect(
            names.isSuperset(of: [
                "gen_ai.client.token.usage", "gen_ai.client.inference.usage.input_tokens",
                "gen_ai.client.operation.duration", "gen_ai.client.inference.duration",
            ]))
    }

    @Test func `unknown tokens are not reported, and unpriced ones are not free`() {
        var call = CallRecord.model()
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
        var several = CallRecord.model(id: "several")
        several.modelCalls = 3
        var part = CallRecord.model(id: "part")
        part.partOf = "several"
        var turn = CallRecord.model(id: "turn")
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
        var unpriced = TraceRecord.sample()
        unpriced.qualityPerDollar = nil
        let points = points([.trace(.sample()), .trace(unpriced)])
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

    // MARK: Batches

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `totals are the sum of all batches, whatever the batches are`(seed: UInt64) {
        var maker = RecordMaker(seed: seed, isOrdinary: true)
        let records = maker.records(200)
        var whole = sink()
        let expected = Point.last(whole.deliver(records))
        var delta = sink(Self.delta)
        #expect(Point.sum(delta.deliver(records)) == expected.mapValues(\.total))

        var random = Seeded(seed)
        for environment in [[:], Self.delta] {
            var (sink, messages, rest) = (sink(environment), [Message](), records[...])
            while !rest.isEmpty {
                let batch = rest.prefix(Int.random(in: 1...60, using: &random))
                rest = rest.dropFirst(batch.count)
                messages += sink.deliver(Array(batch))
                // A new process goes on from what was saved.
                if Bool.random(using: &random), let state = sink.state {
                    sink = self.sink(environment)
                    sink.restore(state)
                }
            }
            if environment.isEmpty {
                // Not nearly: to the last bit.
                #expect(Point.last(messages).mapValues(\.sum) == expected.mapValues(\.sum))
                #expect(Point.last(messages).mapValues(\.total) == expected.mapValues(\.total))
                #expect(Set(messages.flatMap(Point.all).map(\.start)).count == 1)
            } else {
                #expect(Point.sum(messages) == expected.mapValues(\.total))
            }
            let times = messages.compactMap { Point.all($0).first?.time }
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 + 1_000_000 <= $1 })
        }
    }

    @Test func `delta points begin where those before them ended`() throws {
        var sink = sink(Self.delta)
        let first = try #require(sink.deliver([.call(.sample())]).flatMap(Point.all).first)
        let second = try #require(sink.deliver([.call(.sample())]).flatMap(Point.all).first)
        #expect(second.start == first.time && second.count == 1 && second.temporality == 1)
        #expect(first.temporality == 1)
    }

    @Test func `a message that was not taken counts for nothing`() throws {
        var sink = sink()
        _ = sink.deliver([.call(.sample(id: "1"))])
        let state = sink.state
        for status in [503, 400, 401] {
            let message = try #require(sink.messages(for: [.call(.sample(id: "2"))]).first)
            _ = sink.judge(HTTPResponse(status: status), to: message)
            #expect(Point.all(message).first?.count == 2)
            #expect(sink.state.flatMap(decoded) == state.flatMap(decoded))
        }
        // Taken late, it counts once.
        let message = try #require(sink.messages(for: [.call(.sample(id: "2"))]).first)
        _ = sink.judge(HTTPResponse(status: 503), to: message)
        _ = sink.judge(HTTPResponse(status: 200), to: message)
        _ = sink.judge(HTTPResponse(status: 200), to: message)
        #expect(sink.deliver([.call(.sample(id: "3"))]).flatMap(Point.all).first?.count == 3)
    }

    private func decoded(_ state: [UInt8]) -> MetricsStream? {
        MetricsState.decode(state, .cumulative, .newest)
    }

    @Test func `only series that a batch adds to are sent`() {
        var sink = sink()
        _ = sink.deliver([.call(.model())])
        let points = sink.deliver([.call(.sample(tool: "other"))]).flatMap(Point.all)
        #expect(points.map(\.count) == [1])
    }

    @Test func `a stream has an id that nobody else's has, unless it was given one`() throws {
        func instance(_ environment: [String: String]) throws -> JSONValue? {
            var sink = sink(environment)
            _ = sink.deliver([.call(.sample(id: "first"))])
            let message = try #require(sink.deliver([.call(.sample(id: "second"))]).first)
            let resource = message.json["resourceMetrics"]?.array?.first?["resource"]
            return attributes(of: resource)["service.instance.id"]
        }
        #expect(try instance([:]) == "first")
        #expect(try instance(["OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=mine"]) == "mine")
    }

    // MARK: Bounds

    @Test func `a server with ever new tools has a hundred`() {
        let records = (0..<150).map { Record.call(.sample(tool: "tool-\($0)")) }
        var sink = sink()
        let found = Point.last(sink.deliver(records) + sink.deliver(records))
        #expect(found.count == 101)
        let other = found.values.first { $0.labels["gen_ai.tool.name"] == "_OTHER" }
        #expect(other?.count == 100)
        #expect(found.values.map(\.count).reduce(0, +) == 300)
    }

    @Test func `beyond two thousand series everything falls into one`() throws {
        var sink = sink()
        var messages: [Message] = []
        for start in stride(from: 0, to: 2500, by: 250) {
            messages += sink.deliver(
                (start..<start + 250).map { number in
                    var call = CallRecord.model(id: "\(number)", input: 1)
                    call.model = "model-\(number)"
                    return .call(call)
                })
        }
        let input = Point.last(messages).values.filter {
            $0.metric == "gen_ai.client.inference.usage.input_tokens"
        }
        #expect(input.count == 2000)
        #expect(input.map(\.sum).reduce(0, +) == 2500)
        let overflow = try #require(input.first { $0.labels["otel.metric.overflow"] != nil })
        #expect(overflow.labels == ["otel.metric.overflow": .bool(true)] && overflow.sum == 501)
    }

    @Test(arguments: ["http/protobuf", "http/json"])
    func `the largest batch is below 4 MiB`(encoding: String) throws {
        let long = String(repeating: "\u{1}", count: 3000)
        var sink = otlpMetrics([
            "OTEL_EXPORTER_OTLP_PROTOCOL": encoding,
            "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_1_41/dup",
        ])
        let records = (0..<sink.batch.records).map { number in
            var call = CallRecord.model(id: "\(number)")
            call.model = "\(number)" + long
            call.server = "\(number)" + long
            call.tool = "\(number)" + long
            call.provider = long
            call.cost = nil
            return Record.call(call)
        }
        let messages = sink.deliver(records)
        let size = try #require(messages.first).request.body.count
        #expect(messages.count == 1 && size < 4 << 20, "\(size)")
    }

    @Test func `a sum that is too large stays the largest`() {
        var sink = sink()
        let records = (0..<3).map { Record.call(.model(id: "\($0)", input: .max)) }
        let input = Point.last(sink.deliver(records) + sink.deliver(records)).values
            .first { $0.metric == "gen_ai.client.inference.usage.input_tokens" }
        #expect(input?.sum == Double(Int64.max))
    }

    // MARK: State

    @Test func `damaged state is the same as none`() throws {
        var maker = RecordMaker(seed: 3)
        var sink = sink()
        _ = sink.deliver(maker.records(100))
        let state = try #require(sink.state)
        #expect(decoded(state) != nil)
        for length in 0..<state.count { #expect(decoded(Array(state.prefix(length))) == nil) }
        for index in state.indices {
            var damaged = state
            damaged[index] ^= 1 << UInt8(index % 8)
            #expect(decoded(damaged) == nil)
        }
        sink.restore(Array(state.dropLast()))
        #expect(sink.state == nil)
        #expect(sink.deliver([.call(.sample())]).flatMap(Point.all).first?.count == 1)
    }

    @Test(arguments: [Self.delta, ["OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_1_41"]])
    func `other points or names are another stream, which comes later`(
        environment: [String: String]
    ) throws {
        var before = sink()
        let last = try #require(before.deliver([.call(.sample())]).flatMap(Point.all).first)
        var after = sink(environment)
        after.restore(try #require(before.state))
        var call = CallRecord.sample(id: "next")
        call.durationMilliseconds = 1
        let first = try #require(after.deliver([.call(call)]).flatMap(Point.all).first)
        #expect(first.count == 1 && first.time >= last.time + 1_000_000)
    }

    @Test func `what it remembers is small`() throws {
        var sink = sink()
        let records = (0..<100).map { number in
            var call = CallRecord.model(id: "\(number)")
            call.tool = "some_tool_name_\(number)"
            call.model = "gemini-2.5-pro-\(number % 10)"
            return Record.call(call)
        }
        _ = sink.deliver(records)
        #expect(Point.last(sink.deliver(records)).count == 170)
        #expect(try #require(sink.state).count < 170 * 100)
    }
}

/// A data point of a message in JSON.
private struct Point {
    var metric = ""
    var unit = ""
    var isMonotonic = false
    var temporality: Int64 = 0
    var labels: [String: JSONValue] = [:]
    var start: UInt64 = 0
    var time: UInt64 = 0
    var sum = 0.0
    var count: UInt64 = 0
    var buckets: [UInt64] = []
    var bounds: [Double] = []

    /// What it adds up to.
    struct Total: Equatable {
        var sum: Double
        var buckets: [UInt64]
    }

    /// To the millionth, since doubles that are added are not exact.
    var total: Total { Total(sum: (sum * 1e6).rounded() / 1e6, buckets: buckets) }
    var series: String { metric + labels.map { "\($0) \($1)" }.sorted().joined() }

    static func all(_ message: Message) -> [Point] {
        (message.json["resourceMetrics"]?.array ?? [])
            .flatMap { $0["scopeMetrics"]?.array ?? [] }.flatMap { $0["metrics"]?.array ?? [] }
            .flatMap { metric in
                let data = metric["sum"] ?? metric["histogram"]
                return (data?["dataPoints"]?.array ?? []).map { Point(metric, data, $0) }
            }
    }

    private init(_ metric: JSONValue, _ data: JSONValue?, _ point: JSONValue) {
        func number(_ key: String) -> UInt64? { point[key]?.string.flatMap { UInt64($0) } }
        self.metric = metric["name"]?.string ?? ""
        unit = metric["unit"]?.string ?? ""
        isMonotonic = data?["isMonotonic"]?.bool ?? false
        temporality = data?["aggregationTemporality"]?.int64 ?? 0
        labels = attributes(of: point)
        start = number("startTimeUnixNano") ?? 0
        time = number("timeUnixNano") ?? 0
        sum =
            point["sum"]?.double ?? point["asDouble"]?.double ?? number("asInt").map { Double($0) }
            ?? .nan
        count = number("count") ?? 0
        buckets = (point["bucketCounts"]?.array ?? []).compactMap {
            $0.string.flatMap { UInt64($0) }
        }
        bounds = (point["explicitBounds"]?.array ?? []).compactMap(\.double)
    }

    /// The last point of each series.
    static func last(_ messages: [Message]) -> [String: Point] {
        Dictionary(messages.flatMap(all).map { ($0.series, $0) }) { $1 }
    }

    /// The sum of the points of each series.
    static func sum(_ messages: [Message]) -> [String: Total] {
        Dictionary(messages.flatMap(all).map { ($0.series, $0) }) { a, b in
            var sum = b
            sum.sum += a.sum
            sum.buckets = zip(a.buckets, b.buckets).map { $0 + $1 }
            return sum
        }.mapValues(\.total)
    }
}
