import Records
import Testing

@testable import Delivery

/// What both encodings must be.
struct OTLPEncodingTests {
    static let generations = ["", "gen_ai_1_41", "gen_ai_1_41/dup"]

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `protobuf and JSON are the same message`(seed: UInt64) throws {
        var maker = RecordMaker(seed: seed)
        let records = maker.records(40)
        let generation = Self.generations[Int(seed % 3)]
        for (signal, schema) in [
            ("otlp-traces", OTLPSchema.traces), ("otlp-metrics", OTLPSchema.metrics),
        ] {
            func messages(_ encoding: String) throws -> [Message] {
                var sink = try #require(
                    otlp([
                        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4318",
                        "OTEL_EXPORTER_OTLP_PROTOCOL": encoding,
                        "OTEL_SEMCONV_STABILITY_OPT_IN": generation,
                    ]).sinks.first { $0.destination.sink == signal })
                return sink.deliver(records)
            }
            let binary = try messages("http/protobuf")
            let text = try messages("http/json")
            #expect(!binary.isEmpty && binary.count == text.count)
            for (binary, text) in zip(binary, text) {
                #expect(binary.records == text.records)
                let decoded = try #require(OTLPSchema.json(binary.request.body[...], schema))
                #expect(decoded == text.json)
                #expect(StrictOTLP.faults(in: text.json) == [])
            }
        }
    }

    @Test func `the same records give the same message`() {
        var maker = RecordMaker(seed: 7)
        let records = maker.records(300)
        for make in [{ otlpTraces() }, { otlpMetrics() }] {
            var (a, b) = (make(), make())
            #expect(
                a.deliver(records).map(\.request.body) == b.deliver(records).map(\.request.body))
        }
    }

    @Test(
        arguments: [
            (0, [0x08, 0x00]), (1, [0x08, 0x01]), (127, [0x08, 0x7F]), (128, [0x08, 0x80, 0x01]),
            (300, [0x08, 0xAC, 0x02]),
            (
                UInt64.max,
                [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]
            ),
        ] as [(UInt64, [UInt8])])
    func `varints are those of the encoding guide`(value: UInt64, bytes: [UInt8]) {
        var encoder = ProtobufEncoder()
        encoder.varint(Field(1, "f"), value)
        #expect(encoder.finish() == bytes)
    }

    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])
    func `a message has the shortest length before it`(length: Int) {
        var encoder = ProtobufEncoder()
        encoder.message(Field(2, "outer")) { outer in
            outer.message(Field(3, "inner")) {
                if length > 0 {
                    // A text and its own head, so that the message has exactly this length.
                    let head = length < 130 ? 2 : length < 16_388 ? 3 : length < 2_097_157 ? 4 : 5
                    $0.string(
                        Field(1, "t"), String(repeating: "x", count: max(0, length - head)))
                }
            }
        }
        let bytes = encoder.finish()
        var reader = ProtobufReader(bytes[...])
        guard case (2, .bytes(let outer))? = reader.next() else {
            Issue.record("no message")
            return
        }
        var inner = ProtobufReader(outer)
        #expect(inner.next()?.number == 3)
        #expect(inner.next() == nil && !inner.isMalformed)
        #expect(reader.next() == nil && !reader.isMalformed)
        // Every continued length is longer than what fits into one byte less.
        let width =
            outer.count < 0x80 ? 1 : outer.count < 0x4000 ? 2 : outer.count < 0x20_0000 ? 3 : 4
        #expect(bytes.count == 1 + width + outer.count)
    }

    @Test func `a text is cut between characters`() {
        #expect("abc".clipped(to: 3) == "abc")
        #expect("aé".clipped(to: 2) == "a")
        #expect("aé".clipped(to: 3) == "aé")
        #expect("☃☃".clipped(to: 5) == "☃")
        #expect("☃".clipped(to: 0) == "")
    }

    @Test func `the reader stops at the first byte that is no field`() {
        for bytes in [[0x00], [0x08], [0x0A, 0x02, 0x01], [0x09, 1, 2], [0x0B], [0x0C], [0x80]]
            as [[UInt8]]
        {
            var reader = ProtobufReader(bytes[...])
            #expect(reader.next() == nil)
            #expect(reader.isMalformed, "\(bytes)")
        }
    }
}
