import Records
import Testing

@testable import Delivery

/// What a receiver's answer means, by the OpenTelemetry Protocol.
struct OTLPAnswerTests {
    @Test(arguments: [
        (429, "retry"), (502, "retry"), (503, "retry"), (504, "retry"), (400, "refused"),
        (413, "refused"), (422, "refused"), (408, "refused"), (500, "refused"), (501, "refused"),
        (401, "blocked"), (403, "blocked"), (404, "blocked"), (405, "blocked"), (307, "blocked"),
        (200, "delivered"), (202, "delivered"), (204, "delivered"),
    ])
    func `only four answers may be followed by the same request`(status: Int, verdict: String) {
        let answer = HTTPResponse(status: status, retryAfterMilliseconds: 7000)
        switch Verdict(otlp: answer) {
        case .retry(let after, _): #expect(verdict == "retry" && after == 7000)
        case .refused: #expect(verdict == "refused")
        case .blocked: #expect(verdict == "blocked")
        case .delivered(nil): #expect(verdict == "delivered")
        case let other: Issue.record("\(other)")
        }
    }

    private static let json = "application/json"
    private static let protobuf = "application/x-protobuf"

    @Test(
        arguments: [
            (json, Array("{}".utf8), .delivered(remark: nil)),
            (json, Array(#"{"partialSuccess":{}}"#.utf8), .delivered(remark: nil)),
            (
                json, Array(#"{"partialSuccess":{"rejectedSpans":"0"}}"#.utf8),
                .delivered(remark: nil)
            ),
            (
                json,
                Array(#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too\nold"}}"#.utf8),
                .partlyRefused(count: 3, reason: "too old")
            ),
            (
                json, Array(#"{"partialSuccess":{"rejectedDataPoints":2}}"#.utf8),
                .partlyRefused(count: 2, reason: "the receiver does not say why")
            ),
            (
                json, Array(#"{"partialSuccess":{"errorMessage":"use gzip"},"more":1}"#.utf8),
                .delivered(remark: "use gzip")
            ),
            (
                json, Array(#"{"partialSuccess":{"rejectedSpans":"-3"}}"#.utf8),
                .delivered(remark: nil)
            ),
            (protobuf, [], .delivered(remark: nil)),
            (protobuf, [0x0A, 0x00], .delivered(remark: nil)),
            (
                protobuf, [0x0A, 0x06, 0x08, 0x03, 0x12, 0x02, 0x6E, 0x6F],
                .partlyRefused(count: 3, reason: "no")
            ),
            (protobuf, [0x0A, 0x04, 0x12, 0x02, 0x6E, 0x6F], .delivered(remark: "no")),
            // A field of a later version.
            (
                protobuf, [0x78, 0x01, 0x0A, 0x02, 0x08, 0x01],
                .partlyRefused(
                    count: 1, reason: "the receiver does not say why")
            ),
        ] as [(String, [UInt8], Verdict)])
    func `a success may be a partial one`(type: String, body: [UInt8], verdict: Verdict) {
        let answer = HTTPResponse(status: 200, contentType: type, body: body)
        #expect(Verdict(otlp: answer) == verdict)
    }

    @Test(arguments: [
        (json, "<html>"), (json, "[]"), (protobuf, "<html>"), ("text/html", "<html>"),
        ("", "welcome"),
    ])
    func `a success is one whatever is said beside it`(type: String, body: String) {
        let answer = HTTPResponse(status: 200, contentType: type, body: Array(body.utf8))
        guard case .delivered(let remark?) = Verdict(otlp: answer) else {
            Issue.record("\(Verdict(otlp: answer))")
            return
        }
        #expect(remark.contains(body))
    }
}
