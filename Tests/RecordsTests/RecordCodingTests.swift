import Foundation
import Testing

@testable import Records

@Suite struct RecordCoding {
    private func line(_ record: Record) -> String {
        var bytes: [UInt8] = []
        record.encode(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func decode(_ line: String) throws(JSONError) -> Record.Decoded {
        try Record.decode(line: Array(line.utf8).span)
    }

    @Test func writesACallAsTheContractSays() {
        #expect(
            line(.call(SampleLedger.escalation)) == """
                {"v":1,"kind":"call","id":"019aa5c0-9c40-7000-8000-000000000102",\
                "time":"2026-11-21T10:00:10.123456Z","duration_ms":18342.1,\
                "first_byte_ms":18341.9,"session":"019aa5c0-9c40-7000-8000-000000000001",\
                "direction":"client_to_server","method":"tools/call",\
                "tool":"escalate_analysis","request_id":11,\
                "server":"deep-code-reasoning-mcp","client":"claude-code",\
                "agent_id":"deep-code-reasoner","surface":"deep-code-reasoning-mcp",\
                "provider":"google","model":"gemini-2.5-pro","model_source":"response",\
                "usage":{"source":"reported","input_tokens":2890,"cached_input_tokens":0,\
                "cache_write_tokens":0,"output_tokens":640,"reasoning_tokens":0},\
                "cost":{"source":"priced","usd_nanos":10012500},"outcome":"ok",\
                "event_type":"escalation","escalation_reason":\
                "race between worker threads, \\"impossible\\" state seen",\
                "conversation":"b7b0f2f2-2b0c-4d1c-9d0e-6d2f0a6a2c11",\
                "tool_use_id":"toolu_01A09q90qw90lq917835lq9",\
                "trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"a3ce929d0e0e4732",\
                "parent_span_id":"00f067aa0ba902b7","request_bytes":812,\
                "response_bytes":9120,"quality":0.85}

                """)
    }

    /// examples/ledger/sample.jsonl is what the encoder writes. To renew it after a change of the
    /// schema: UPDATE_EXAMPLES=1 swift test --filter RecordCoding
    @Test func keepsTheSample() throws {
        var bytes: [UInt8] = []
        for record in SampleLedger.records { record.encode(into: &bytes) }
        let file = URL(filePath: #filePath).appending(path: "../../../examples/ledger/sample.jsonl")
            .standardized
        if ProcessInfo.processInfo.environment["UPDATE_EXAMPLES"] != nil {
            try Data(bytes).write(to: file)
        }
        #expect(try Array(Data(contentsOf: file)) == bytes)
    }

    @Test func readsWhatItWrote() throws {
        var generator = RecordGenerator(seed: 0x1ED6E5)
        var buffer: [UInt8] = []
        for _ in 0..<5000 {
            let record = generator.record()
            buffer.removeAll(keepingCapacity: true)
            record.encode(into: &buffer)
            #expect(buffer.last == UInt8(ascii: "\n"))
            #expect(buffer.dropLast().firstIndex(of: UInt8(ascii: "\n")) == nil)
            #expect(try Record.decode(line: buffer.span) == .record(record))
        }
    }

    @Test func appendsAfterWhatIsThere() {
        var bytes = Array("first\n".utf8)
        Record.call(SampleLedger.escalation).encode(into: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "first\n" + line(.call(SampleLedger.escalation)))
    }

    /// Not even metering gone wrong makes a line that cannot be read.
    @Test func writesNumbersThatAreNone() throws {
        var call = SampleLedger.escalation
        call.durationMilliseconds = .nan
        call.firstByteMilliseconds = .infinity
        call.quality = .nan
        call.requestID = .number("not a number")
        let text = line(.call(call))
        call.durationMilliseconds = 0
        call.firstByteMilliseconds = nil
        call.quality = nil
        call.requestID = .string("not a number")
        #expect(try decode(text) == .record(.call(call)))
    }

    // MARK: What others wrote

    @Test func readsAnyOrderAndSkipsWhatItDoesNotKnow() throws {
        let text = #"""
            {"x":{"deep":[1,{"a":"\u00e9"}]},"server":"s","request_id":"1","span_id":"b",
            "tool":null,"method":"old","method":"m","trace_id":"a","outcome":"ok",
            "direction":"server_to_client","session":"S","usage":{"new":1,"output_tokens":3,
            "source":"estimated","input_tokens":null},"cost":{"usd_nanos":5,"source":"reported",
            "currency":"usd"},"\u0072equest_bytes":7,"duration_ms":1,
            "time":"2026-11-21T11:00:00+01:00","id":"I","kind":"call","v":1,
            "error_type":"new_class","model_source":"oracle"}
            """#
        var call = CallRecord(
            id: "I", time: Timestamp(microseconds: 1_795_255_200_000_000),
            durationMilliseconds: 1, session: "S", direction: .serverToClient, method: "m",
            requestID: .string("1"), outcome: .ok, traceID: "a", spanID: "b", requestBytes: 7)
        call.server = "s"
        call.usage = TokenUsage(source: .estimated, output: 3)
        call.cost = Cost(source: .reported, nanodollars: 5)
        call.errorType = .other
        #expect(try decode(text) == .record(.call(call)))
    }

    private static let required =
        #""id":"I","time":"2026-11-21T10:00:00Z","duration_ms":1,"session":"S","method":"m","#
        + #""request_id":1,"trace_id":"a","span_id":"b","request_bytes":7"#

    @Test(arguments: [
        (#"{"v":2,"kind":"call","time":5}"#, Record.Skipped.newerVersion(2)),
        (#"{"v":2,"kind":"new"}"#, .newerVersion(2)),
        (#"{"v":1,"kind":"verdict","id":[],"usage":7}"#, .unknownKind("verdict")),
        (#"{"usage":7,"kind":"forecast","v":1}"#, .unknownKind("forecast")),
        (
            #"{"v":1,"kind":"call","direction":"sideways","outcome":"ok",\#(required)}"#,
            .unknownValue(key: "direction", "sideways")
        ),
        (
            #"{"v":1,"kind":"call","direction":"client_to_server","outcome":"paused",\#(required)}"#,
            .unknownValue(key: "outcome", "paused")
        ),
        (
            #"{"v":1,"kind":"call","direction":"client_to_server","outcome":"ok",\#(required),"#
                + #""usage":{"source":"oracle"}}"#,
            .unknownValue(key: "usage.source", "oracle")
        ),
        (
            #"{"v":1,"kind":"call","direction":"client_to_server","outcome":"ok",\#(required),"#
                + #""cost":{"source":"oracle"}}"#,
            .unknownValue(key: "cost.source", "oracle")
        ),
        (
            #"{"v":1,"kind":"session","event":"paused","id":"I"}"#,
            .unknownValue(key: "event", "paused")
        ),
    ])
    func skips(text: String, why: Record.Skipped) throws {
        #expect(try decode(text) == .skipped(why))
    }

    @Test(arguments: [
        ("", "9:1: expected an object, found the end of the text"),
        ("[]", "9:1: expected an object, found '['"),
        (#"{"v":1,"kind":"ca"#, "9:15: a string that begins here has no closing quote"),
        (#"{"kind":"call"}"#, #"9:16: the key "v" is missing"#),
        (#"{"v":1}"#, #"9:8: the key "kind" is missing"#),
        (#"{"v":0,"kind":"call"}"#, "9:15: there is no version 0"),
        (#"{"v":1,"kind":"call","id":7}"#, "9:27: expected a string, found '7'"),
        (
            #"{"v":1,"kind":"call","request_id":[]}"#,
            "9:35: expected a string or a number, found an array"
        ),
        (
            #"{"v":1,"kind":"call","time":"yesterday"}"#,
            "9:29: expected a time such as 2026-11-21T10:00:00.123456Z"
        ),
        (
            #"{"v":1,"kind":"call","usage":{"source":"reported","input_tokens":-1}}"#,
            "9:66: expected a whole number of 0…18446744073709551615"
        ),
        (
            #"{"v":1,"kind":"call","usage":{"input_tokens":1}}"#,
            #"9:48: the key "usage.source" is missing"#
        ),
        (
            #"{"v":1,"kind":"call","direction":"client_to_server","outcome":"ok","id":"I"}"#,
            #"9:77: the key "time" is missing"#
        ),
        (
            #"{"v":1,"kind":"session","event":"ended","id":"I","time":"2026-11-21T10:00:00Z"}"#,
            #"9:80: the key "pid" is missing"#
        ),
        (
            #"{"v":1,"kind":"session","counts":{"a":-1}}"#,
            "9:39: expected a whole number of 0…18446744073709551615"
        ),
    ])
    func saysWhatIsWrong(text: String, message: String) {
        let error = #expect(throws: JSONError.self) {
            try Record.decode(line: Array(text.utf8).span, lineNumber: 9)
        }
        #expect(error?.description == message)
    }

    @Test func everyTornLineIsAnError() {
        let whole = Array(line(.call(SampleLedger.escalation)).dropLast().utf8)
        for count in whole.indices {
            #expect(throws: JSONError.self) {
                try Record.decode(line: whole.span.extracting(0..<count))
            }
        }
    }

    @Test func survivesDamage() {
        var random = SeededGenerator(seed: 3)
        let whole = Array(line(.call(SampleLedger.escalation)).utf8)
        for _ in 0..<20_000 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] =
                    UInt8.random(in: 0...255, using: &random)
            }
            _ = try? Record.decode(line: damaged.span)
        }
    }
}
