internal import Records

/// Asks EvalOps' meter whether a call may be made: `meter.v1.MeterService/CheckBudget` (dx-corp/api
/// 7a08d47 proto/meter/v1/meter.proto), a unary Connect call in JSON. Pure: somebody else sends.
package struct EvalOpsBudgetCheck: Sendable {
    /// Whoever asks is held up that long, and no longer.
    package static let timeoutMilliseconds: UInt64 = 300
    private static let reasonCharactersMax = 200

    private let identity: EvalOpsIdentity
    private let requests: EvalOpsRequests

    init(base: EvalOpsURL, identity: EvalOpsIdentity) {
        self.identity = identity
        requests = EvalOpsRequests(base: base, identity: identity)
    }

    /// The question.
    ///
    /// - Parameters:
    ///   - id: of the record the call will have.
    ///   - nanodollars: what it is expected to cost.
    package func request(
        id: String, agentID: String?, provider: String?, model: String?, nanodollars: Int64
    ) -> HTTPRequest {
        var json = JSONWriter()
        json.beginObject()
        json.text("teamId", identity.teamID)
        json.dollars("estimatedCostUsd", Cost(source: .priced, nanodollars: nanodollars))
        json.text("workspaceId", identity.workspaceID)
        json.text("requestId", id)
        json.text("model", model)
        json.text("provider", provider)
        json.endObject()
        // A question changes nothing: it needs no key by which a second one is known.
        var request = requests.message(
            .checkBudget, json.finish(), ids: [], agents: [agentID], records: []
        ).request
        request.timeoutMilliseconds = Self.timeoutMilliseconds
        return request
    }

    /// What an answer says.
    ///
    /// proto3 JSON leaves out what is false, so an answer that gives a reason and says nothing else
    /// is a denial. An empty one, which many things answer that are no meter, is none.
    ///
    /// - Returns: nil when it is no answer to the question; else whether the call is allowed, and
    ///   why not, in one line without control characters.
    package func verdict(_ answer: HTTPResponse) -> (isAllowed: Bool, reason: String?)? {
        guard answer.status == 200,
            let document = try? JSONValue(parsing: answer.body), document.members != nil
        else { return nil }
        let words = document["denialReason"]?.string ?? document["denial_reason"]?.string ?? ""
        let reason = Masking.masked(words, secrets: [identity.token ?? ""])
            .oneLine(limit: Self.reasonCharactersMax)
        let isAllowed: Bool
        switch document["allowed"] {
        case .some(.bool(let allowed)): isAllowed = allowed
        case .none, .some(.null):
            if reason.isEmpty { return nil }
            isAllowed = false
        default: return nil
        }
        return (isAllowed, isAllowed || reason.isEmpty ? nil : reason)
    }
}
