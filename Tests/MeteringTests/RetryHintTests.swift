import Records
import Testing
import Wire

@testable import Metering

struct RetryHintTests {
    @Test(
        arguments: [
            ("429 RESOURCE_EXHAUSTED: Please retry in 40.02s.", 40_020),
            (
                #"got status: 429. {"error":{"message":"limit: 2\nPlease retry in 54.887755558s."}}"#,
                54_887.755558
            ),
            (
                #""details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]"#,
                34_000
            ),
            (#"{\"retryDelay\": \"3.5s\"}"#, 3_500),
            ("Rate limit reached for gpt-5. Please try again in 20ms.", 20),
            ("Please try again in 6m0s. Visit https://…", 360_000),
            ("please try again in 1h2m3s", 3_723_000),
            ("Try again in 2 minutes 30 seconds", 150_000),
            ("Please retry after 7 seconds.", 7_000), ("HTTP 429, Retry-After: 30", 30_000),
            (#"headers: {"retry-after-ms":"1500","retry-after":"2"}"#, 1_500),
            (#"{"retry_after": 12}"#, 12_000), ("overloaded, retry_after=0.5", 500),
            ("Retry after the outage. Retry after 5 min", 300_000),
        ] as [(String, Double)])
    func `a time is read as it is said`(text: String, milliseconds: Double) throws {
        let found = try #require(RetryHint.find(in: FoldedText(text)))
        #expect(abs(found - milliseconds) < 0.001)
    }

    @Test(arguments: [
        "", "quota exceeded", "please retry in a while", "try again in 5 minuets", "retry in 7",
        "retry-after: Wed, 21 Oct 2026 07:28:00 GMT", "retry after 0 seconds", "retry in 0s",
        "try again in 26h", "try again in 999999999999999999999999s", "retry in 5sausages",
        "Retry-After:", "retry in s", "retrydelay", "retry in 3", "in 3s retry",
    ])
    func `what is no time is none`(text: String) {
        #expect(RetryHint.find(in: FoldedText(text)) == nil)
    }

    @Test func `any cut of a text is read without harm`() {
        let text =
            #"please retry in 1h2m3.5s. {"retryDelay":"34s","retry_after_ms":7} retry after 9"#
        for count in 0...text.utf8.count {
            _ = RetryHint.find(in: FoldedText(utf8: text.utf8.prefix(count)))
            _ = RetryHint.find(in: FoldedText(utf8: text.utf8.suffix(count)))
        }
    }
}
