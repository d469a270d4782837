import Records
import Testing

@testable import Delivery

struct EvalOpsBudgetTests {
    private func check(_ more: [String: String] = [:]) throws -> EvalOpsBudgetCheck {
        let environment = ["EVALOPS_BASE_URL": "https://evalops.test/"]
        return try #require(EvalOps.budgetCheck(environment.merging(more) { $1 }))
    }

    @Test func `the question is a unary Connect call`() throws {
        let request = try check([
            "EVALOPS_TOKEN": "pk_1", "EVALOPS_TEAM_ID": "team", "EVALOPS_WORKSPACE_ID": "w",
            "EVALOPS_ORGANIZATION_ID": "o",
        ]).request(
            id: "0199", agentID: "deep", provider: "google", model: "gemini-2.5-pro",
            nanodollars: 11_250_000)
        #expect(request.url == "https://evalops.test/meter.v1.MeterService/CheckBudget")
        #expect(request.timeoutMilliseconds == 300)
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"teamId":"team","estimatedCostUsd":0.01125,"workspaceId":"w","#
                + #""requestId":"0199","model":"gemini-2.5-pro","provider":"google"}"#)
        let headers = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value) })
        #expect(headers["Authorization"] == "Bearer pk_1")
        #expect(headers["Connect-Protocol-Version"] == "1")
        #expect(headers["X-Organization-ID"] == "o")
        #expect(headers["X-EvalOps-Agent-ID"] == "deep")
        #expect(headers["Idempotency-Key"] == nil)
    }

    @Test func `what is not known is not in it`() throws {
        let request = try check().request(
            id: "1", agentID: nil, provider: nil, model: nil, nanodollars: 0)
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"estimatedCostUsd":0,"workspaceId":"default","requestId":"1"}"#)
    }

    @Test(
        arguments: [
            (200, #"{"allowed":true,"remainingBudgetUsd":3.5}"#, true, nil),
            (200, #"{"allowed":false,"denialReason":"spent"}"#, false, "spent"),
            (200, #"{"allowed":false,"denial_reason":"spent"}"#, false, "spent"),
            (200, #"{"allowed":false}"#, false, nil),
            // proto3 leaves a false out.
            (200, #"{"denialReason":"a\u0000b\nc\u001b[31m pk_secret"}"#, false, "a b c [31m ***"),
            (200, #"{"allowed":true,"denialReason":"old"}"#, true, nil),
            (200, "{}", nil, nil), (200, "[]", nil, nil), (200, "", nil, nil),
            (200, "<html>", nil, nil), (200, #"{"allowed":"no"}"#, nil, nil),
            (404, #"{"allowed":false}"#, nil, nil), (500, "", nil, nil),
            (403, #"{"code":"permission_denied"}"#, nil, nil),
        ] as [(Int, String, Bool?, String?)])
    func `answers`(status: Int, body: String, isAllowed: Bool?, reason: String?) throws {
        let answer = HTTPResponse(status: status, body: Array(body.utf8))
        let verdict = try check(["EVALOPS_TOKEN": "pk_secret"]).verdict(answer)
        #expect(verdict?.isAllowed == isAllowed)
        #expect(verdict?.reason == reason)
    }

    @Test func `a reason is no longer than a line`() throws {
        let body = #"{"denialReason":"\#(String(repeating: "x", count: 9_000))"}"#
        let verdict = try check().verdict(HTTPResponse(status: 200, body: Array(body.utf8)))
        #expect(verdict?.reason?.count ?? 0 <= 201)
    }

    @Test(arguments: [
        [:], ["EVALOPS_TRACES_BASE_URL": "https://traces.test"],
        ["EVALOPS_METER_BASE_URL": "no address"],
        ["EVALOPS_METER_BASE_URL": "http://evalops.test", "EVALOPS_TOKEN": "pk_1"],
    ])
    func `without a meter there is nobody to ask`(environment: [String: String]) {
        #expect(EvalOps.budgetCheck(environment) == nil)
    }
}
