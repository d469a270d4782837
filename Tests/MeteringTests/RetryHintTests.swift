import Records
import Testing
import Wire

@testable import Metering

/// When errors of providers, in the words they are known for, say to come back.
struct RetryHintTests {
    @Test(
        arguments: [
            // Gemini, through gemini-cli: googleapis' RetryInfo, and the message of its quota errors.
            (#"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}"#, 34_000),
            (#"{\"retryDelay\": \"34.074824224s\"}"#, 34_074.824224),
            ("limit: 2\nPlease retry in 54.887755558s.", 54_887.755558),
            ("Please retry in 40.02s.", 40_020), ("Please retry in 207.1ms", 207.1),
            ("Quota exceeded. Please retry in 1h2m3.5s.", 3_723_500),
            // OpenAI.
            ("Rate limit reached for gpt-5: Please try again in 1.5s. Visit https://…", 1_500),
            ("Limit 200, Requested 1. Please try again in 6m0s.", 360_000),
            ("Please try again in 20ms.", 20), ("try again in 7m12s", 432_000),
            ("HTTP 429 Retry-After: 12", 12_000), (#"{"retry-after":"12"}"#, 12_000),
            ("retry-after-ms: 1500", 1_500),
            // Anthropic, LiteLLM and others.
            (#"headers: {"retry-after": "37", "x": "y"}"#, 37_000),
            ("Retry after 12 seconds", 12_000),
            ("rate limited, retry_after=3.5", 3_500), ("Please try again in 1 minute.", 60_000),
            ("Your limit resets in 2 hours", 7_200_000), ("retryAfter: 5,", 5_000),
            // The first that is a time.
            ("retry in a while, Retry-After: 4", 4_000), ("retry in 3s, or retry in 9s", 3_000),
            // None at all.
            ("please try again later", nil), ("Please try again in 5", nil),
            ("retry in 5 steps", nil),
            ("Retry-After: Wed, 21 Oct 2026 07:28:00 GMT", nil), ("Retry-After: 2026-10-21", nil),
            ("retry after 12 oranges", nil), ("Retry-After: 0", nil), ("retry in 0s", nil),
            ("Retry-After: -5", nil), ("", nil), ("retrydelay", nil),
            ("the retryDelay is null", nil),
            ("retry in 99999999999999999999999999s", nil),
            ("Retry-After: 9999999999", nil), ("retry in .s", nil), ("retry in s", nil),
        ] as [(String, Double?)])
    func wordings(_ text: String, _ milliseconds: Double?) {
        let found = RetryHint.milliseconds(in: FoldedText(text))
        #expect(found.map { ($0 * 1e6).rounded() } == milliseconds.map { ($0 * 1e6).rounded() })
    }

    @Test(
        arguments: [
            (#""error":{"code":429,"message":"Please retry in 40.02s."}"#, 40_020),
            (
                #""error":{"code":-32603,"message":"429","data":{"details":[{"retryDelay":"7s"}]}}"#,
                7_000
            ),
            (#""error":{"code":429,"message":"slow down","data":{"retry_after_ms":250}}"#, 250),
            (#""error":{"code":429,"message":"slow down","data":"Retry-After: 3"}"#, 3_000),
            (
                #""result":{"isError":true,"content":[{"type":"text","text":"Error: 429 Too Many "#
                    + #"Requests. {\"error\":{\"message\":\"Please retry in 54.5s.\"}}"}]}"#, 54_500
            ),
            (
                #""result":{"isError":true,"content":[{"type":"text","text":"rate_limit"}],"#
                    + #""structuredContent":{"retryAfter":9}}"#, 9_000
            ),
            // No limit: what it says of time is something else.
            (#""error":{"code":-32602,"message":"Invalid params; retry in 5s"}"#, nil),
            (#""result":{"content":[{"type":"text","text":"Retry-After: 12 is a header."}]}"#, nil),
        ] as [(String, Double?)])
    func `the record of the call says so`(_ answer: String, _ milliseconds: Double?) throws {
        var script = Script()
        script.client(Frame.tool(1, "ask"))
        script.server(#"{"jsonrpc":"2.0","id":1,\#(answer)}"#)
        let call = try #require(script.call(1))
        #expect(call.retryAfterMilliseconds == milliseconds)
    }
}
