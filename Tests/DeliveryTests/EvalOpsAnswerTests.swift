import Testing

@testable import Delivery

struct EvalOpsAnswerTests {
    @Test(arguments: [
        (200, ""), (200, "{}"), (200, #"{"record":{"id":"1"}}"#), (200, "<html>\u{0}"),
        (200, #"{"code":"internal"}"#), (202, "queued"), (204, ""),
    ])
    func `a body of success is not looked at`(status: Int, body: String) {
        #expect(verdict(status, body) == .delivered(remark: nil))
    }

    @Test(arguments: [
        "unavailable", "resource_exhausted", "deadline_exceeded", "aborted", "internal", "unknown",
        "canceled", "data_loss", "rate_limited", "internal_error", "version_conflict",
        "idempotency_in_progress",
    ])
    func `what may pass is tried again`(code: String) {
        for body in bodies(code) {
            // Whatever status a proxy made of it.
            for status in [400, 409, 429, 500, 503] {
                let answer = HTTPResponse(
                    status: status, retryAfterMilliseconds: 1500, body: Array(body.utf8))
                #expect(
                    EvalOpsAnswer.verdict(answer, carrying: 1)
                        == .retry(after: 1500, reason: answer.summary))
            }
        }
    }

    @Test(arguments: [
        "unauthenticated", "permission_denied", "missing_authorization", "authorization_failed",
        "unauthorized", "forbidden", "unimplemented",
    ])
    func `what needs a hand waits for it`(code: String) {
        for body in bodies(code) {
            for status in [400, 401, 403, 500, 501] { #expect(isBlocked(verdict(status, body))) }
        }
    }

    @Test(arguments: [
        "invalid_argument", "failed_precondition", "out_of_range", "invalid_input", "invalid_json",
    ])
    func `what is wrong stays wrong`(code: String) {
        for body in bodies(code) {
            for status in [400, 422, 500] { #expect(isRefused(verdict(status, body))) }
        }
    }

    @Test(arguments: ["already_exists", "conflict", "idempotency_conflict", "who_knows", nil])
    func `what is there already is delivered, and several are asked about one by one`(
        code: String?
    ) {
        for body in code.map(bodies) ?? ["", "gone wrong"] {
            let answer = HTTPResponse(status: 409, body: Array(body.utf8))
            #expect(
                EvalOpsAnswer.verdict(answer, carrying: 1) == .delivered(remark: answer.summary))
            #expect(
                EvalOpsAnswer.verdict(answer, carrying: 2) == .refused(reason: answer.summary))
        }
    }

    @Test(arguments: [
        "", "{", "[]", #"{"code":7}"#, #"{"code":"who_knows"}"#, #"{"error":"text"}"#,
        #"{"error":{"code":null}}"#, #"{"message":"no code"}"#, "\u{FEFF}{}",
        String(repeating: "[", count: 5000),
    ])
    func `without a code the status says it`(body: String) {
        #expect(isRetry(verdict(500, body)))
        #expect(isRetry(verdict(503, body)))
        #expect(isRetry(verdict(429, body)))
        #expect(isRetry(verdict(408, body)))
        #expect(isBlocked(verdict(401, body)))
        #expect(isBlocked(verdict(404, body)))
        #expect(isBlocked(verdict(501, body)))
        #expect(isBlocked(verdict(302, body)))
        #expect(isRefused(verdict(400, body)))
        #expect(isRefused(verdict(413, body)))
    }

    // MARK: Helpers

    private func bodies(_ code: String) -> [String] {
        [
            #"{"code":"\#(code)","message":"m","details":[]}"#,
            #"{"error":{"code":"\#(code)","message":"m"}}"#,
        ]
    }

    private func verdict(_ status: Int, _ body: String) -> Verdict {
        EvalOpsAnswer.verdict(HTTPResponse(status: status, body: Array(body.utf8)), carrying: 1)
    }

    private func isRetry(_ verdict: Verdict) -> Bool {
        if case .retry = verdict { true } else { false }
    }

    private func isBlocked(_ verdict: Verdict) -> Bool {
        if case .blocked = verdict { true } else { false }
    }

    private func isRefused(_ verdict: Verdict) -> Bool {
        if case .refused = verdict { true } else { false }
    }
}
