import Records
import Testing

@testable import Exporter

struct UsagePostTests {
    private let post = UsagePost(
        price: { _ in Cost(source: .priced, nanodollars: 7) },
        reason: { String($0.prefix(4)) })

    private func read(_ body: String) throws(Refusal) -> [CallRecord] {
        try post.records(Array(body.utf8), at: Timestamp(microseconds: 5)) {
            PostIdentity(
                id: "new", traceID: String(repeating: "1", count: 32),
                spanID: String(repeating: "2", count: 16))
        }
    }

    @Test func `the older exporter's body is taken as it is`() throws {
        let found = try read(
            #"{"provider":"Gemini","model":"gemini-2.5-pro","operation":"tools/call","status":"rate_limited","inputTokens":150,"outputTokens":500,"durationMs":1234.5}"#
        )
        #expect(found.count == 1)
        #expect(found[0].provider == "google")
        #expect(found[0].usage == TokenUsage(source: .reported, input: 150, output: 500))
        #expect(found[0].outcome == .error)
        #expect(found[0].errorType == .rateLimit)
        #expect(found[0].method == "tools/call")
        #expect(found[0].durationMilliseconds == 1234.5)
        #expect(found[0].cost == Cost(source: .priced, nanodollars: 7))
        #expect(found[0].id == "new")
        #expect(found[0].direction == .client)
    }

    @Test func `a ledger record comes back as it was`() throws {
        let found = try read(
            #"{"v":1,"kind":"usage","id":"x-1","time":"2026-11-21T10:00:00.123456Z","duration_ms":3,"session":"s","method":"chat","request_id":11,"provider":"openai","model":"gpt-5","usage":{"source":"session_log","input_tokens":9,"cached_input_tokens":4,"output_tokens":2,"reasoning_tokens":1},"cost":{"source":"reported","usd_nanos":12},"outcome":"ok","escalation_reason":"because","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"a3ce929d0e0e4732","quality":0.5,"tool":null}"#
        )
        #expect(found[0].id == "x-1")
        #expect(found[0].requestID == .number("11"))
        #expect(found[0].cost == Cost(source: .reported, nanodollars: 12))
        #expect(found[0].usage?.source == .sessionLog)
        #expect(found[0].escalationReason == "beca")
        #expect(found[0].traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(found[0].tool == nil)
    }

    @Test(arguments: [
        #"[{"provider":"a","model":"b"},{"provider":"a","model":"c"}]"#,
        "{\"provider\":\"a\",\"model\":\"b\"}\n{\"provider\":\"a\",\"model\":\"c\"}\n",
        "\n{\"provider\":\"a\",\"model\":\"b\"}\r\n\n {\"provider\":\"a\",\"model\":\"c\"}",
    ])
    func `several come as an array or one a line`(body: String) throws {
        #expect(try read(body).map(\.model) == ["b", "c"])
    }

    @Test(arguments: [
        ("", "the body is no JSON"), ("[]", "the body is empty"), ("7", "expected an object"),
        ("{}", "provider and model required"),
        (#"{"provider":"a"}"#, "provider and model required"),
        (#"{"provider":"a","model":"b","inputTokns":1}"#, "\"inputTokns\" is not known"),
        (#"{"provider":"a","model":"b","inputTokens":-1}"#, "\"input_tokens\" must be a whole"),
        (#"{"provider":"a","model":"b","inputTokens":1.5}"#, "\"input_tokens\" must be a whole"),
        (#"{"provider":"a","model":"b","inputTokens":"1"}"#, "\"input_tokens\" must be a whole"),
        (#"{"provider":"a","model":"b","time":"yesterday"}"#, "\"time\" must be such as"),
        (#"{"provider":"a","model":"b","status":"fine"}"#, "\"status\" must be"),
        (#"{"provider":"a","model":"b","outcome":"fine"}"#, "\"outcome\" has a value"),
        (#"{"provider":"a","model":"b","quality":1.1}"#, "\"quality\" must be a number"),
        (#"{"provider":"a","model":"b","trace_id":"XY"}"#, "\"trace_id\" must be 32"),
        (#"{"provider":"a","model":"b","usage":{"tokens":1}}"#, "\"usage.tokens\" is not known"),
        (#"{"provider":"a","model":"b","cost":{"usd_nanos":-1}}"#, "\"cost.usd_nanos\" must"),
        (
            #"{"provider":"a","model":"b","usage":{"input_tokens":1,"cached_input_tokens":2}}"#,
            "input_tokens must hold"
        ),
        (#"[{"provider":"a","model":"b"},{"provider":"a"}]"#, "record 2: provider and model"),
        ("{\"provider\":\"a\",\"model\":\"b\"}\n{", "line 2 is no JSON"),
        (#"{"provider":"a\u0000","model":"b"}"#, "\"provider\" must be a text"),
    ])
    func `what is wrong is named`(body: String, reason: String) {
        do throws(Refusal) {
            _ = try read(body)
            Issue.record("taken")
        } catch {
            #expect(error.status == 400)
            #expect(error.reason.contains(reason), "\(error.reason)")
        }
    }
}
