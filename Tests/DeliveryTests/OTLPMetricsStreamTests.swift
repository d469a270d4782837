import Records
import Testing

@testable import Delivery

/// What records add up to comes to the same however they are delivered, and stays small.
struct OTLPMetricsStreamTests: OTLPMetricsSuite {
    // MARK: Batches

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `totals are the sum of all batches, whatever the batches are`(seed: UInt64) {
        var maker = RecordMaker(seed: seed, isOrdinary: true)
        let records = maker.records(200)
        var whole = sink()
        let expected = OTLPPoint.last(whole.deliver(records))
        var delta = sink(Self.delta)
        #expect(OTLPPoint.sum(delta.deliver(records)) == expected.mapValues(\.total))

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
                #expect(OTLPPoint.last(messages).mapValues(\.sum) == expected.mapValues(\.sum))
                #expect(OTLPPoint.last(messages).mapValues(\.total) == expected.mapValues(\.total))
                #expect(Set(messages.flatMap(OTLPPoint.all).map(\.start)).count == 1)
            } else {
                #expect(OTLPPoint.sum(messages) == expected.mapValues(\.total))
            }
            let times = messages.compactMap { OTLPPoint.all($0).first?.time }
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 + 1_000_000 <= $1 })
        }
    }

    @Test func `delta points begin where those before them ended`() throws {
        var sink = sink(Self.delta)
        let first = try #require(sink.deliver([.call(.toolCall())]).flatMap(OTLPPoint.all).first)
        let second = try #require(sink.deliver([.call(.toolCall())]).flatMap(OTLPPoint.all).first)
        #expect(second.start == first.time && second.count == 1 && second.temporality == 1)
        #expect(first.temporality == 1)
    }

    @Test func `a message that was not taken counts for nothing`() throws {
        var sink = sink()
        _ = sink.deliver([.call(.toolCall(id: "1"))])
        let state = sink.state
        for status in [503, 400, 401] {
            let message = try #require(sink.messages(for: [.call(.toolCall(id: "2"))]).first)
            _ = sink.judge(HTTPResponse(status: status), to: message)
            #expect(OTLPPoint.all(message).first?.count == 2)
            #expect(sink.state.flatMap(decoded) == state.flatMap(decoded))
        }
        // Taken late, it counts once.
        let message = try #require(sink.messages(for: [.call(.toolCall(id: "2"))]).first)
        _ = sink.judge(HTTPResponse(status: 503), to: message)
        _ = sink.judge(HTTPResponse(status: 200), to: message)
        _ = sink.judge(HTTPResponse(status: 200), to: message)
        #expect(sink.deliver([.call(.toolCall(id: "3"))]).flatMap(OTLPPoint.all).first?.count == 3)
    }

    private func decoded(_ state: [UInt8]) -> MetricsStream? {
        MetricsState.decode(state, .cumulative, .newest)
    }

    @Test func `only series that a batch adds to are sent`() {
        var sink = sink()
        _ = sink.deliver([.call(.modelCall())])
        let points = sink.deliver([.call(.toolCall(tool: "other"))]).flatMap(OTLPPoint.all)
        #expect(points.map(\.count) == [1])
    }

    @Test func `a stream has an id that nobody else's has, unless it was given one`() throws {
        func instance(_ environment: [String: String]) throws -> JSONValue? {
            var sink = sink(environment)
            _ = sink.deliver([.call(.toolCall(id: "first"))])
            let message = try #require(sink.deliver([.call(.toolCall(id: "second"))]).first)
            let resource = message.json["resourceMetrics"]?.array?.first?["resource"]
            return attributes(of: resource)["service.instance.id"]
        }
        #expect(try instance([:]) == "first")
        #expect(try instance(["OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=mine"]) == "mine")
    }

    // MARK: Bounds

    @Test func `a server with ever new tools has a hundred`() {
        let records = (0..<150).map { Record.call(.toolCall(tool: "tool-\($0)")) }
        var sink = sink()
        let found = OTLPPoint.last(sink.deliver(records) + sink.deliver(records))
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
                    var call = CallRecord.modelCall(id: "\(number)", input: 1)
                    call.model = "model-\(number)"
                    return .call(call)
                })
        }
        let input = OTLPPoint.last(messages).values.filter {
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
            var call = CallRecord.modelCall(id: "\(number)")
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
        let records = (0..<3).map { Record.call(.modelCall(id: "\($0)", input: .max)) }
        let input = OTLPPoint.last(sink.deliver(records) + sink.deliver(records)).values
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
        #expect(sink.deliver([.call(.toolCall())]).flatMap(OTLPPoint.all).first?.count == 1)
    }

    @Test(arguments: [Self.delta, ["OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_1_41"]])
    func `other points or names are another stream, which comes later`(
        environment: [String: String]
    ) throws {
        var before = sink()
        let last = try #require(before.deliver([.call(.toolCall())]).flatMap(OTLPPoint.all).first)
        var after = sink(environment)
        after.restore(try #require(before.state))
        var call = CallRecord.toolCall(id: "next")
        call.durationMilliseconds = 1
        let first = try #require(after.deliver([.call(call)]).flatMap(OTLPPoint.all).first)
        #expect(first.count == 1 && first.time >= last.time + 1_000_000)
    }

    @Test func `what it remembers is small`() throws {
        var sink = sink()
        let records = (0..<100).map { number in
            var call = CallRecord.modelCall(id: "\(number)")
            call.tool = "some_tool_name_\(number)"
            call.model = "gemini-2.5-pro-\(number % 10)"
            return Record.call(call)
        }
        _ = sink.deliver(records)
        #expect(OTLPPoint.last(sink.deliver(records)).count == 170)
        #expect(try #require(sink.state).count < 170 * 100)
    }
}
