/// The procedures that are called, by the path of their URL (Connect protocol: a POST to
/// `/package.Service/Method`).
///
/// From evalops/proto 5cbda4d (2026-04-26) proto/meter/v1/meter.proto and
/// proto/traces/v1/traces.proto; `CheckBudget` and `AnnotateTraceQuality` from dx-corp/api 7a08d47, the later
/// projection of the same protos, and from its one public caller, haasonsaas/kestrel 2520b95
/// sdk/js/src/index.ts.
enum EvalOpsProcedure: String {
    case recordUsage = "/meter.v1.MeterService/RecordUsage"
    case recordUsageBatch = "/meter.v1.MeterService/RecordUsageBatch"
    case checkBudget = "/meter.v1.MeterService/CheckBudget"
    case ingestSpans = "/traces.v1.SpanIngestService/IngestSpans"
    case annotateTraceQuality = "/traces.v1.SpanIngestService/AnnotateTraceQuality"

    static let services = ["meter.v1.MeterService", "traces.v1.SpanIngestService"]

    var method: Substring { rawValue.split(separator: "/").last ?? "" }
}

/// Makes a service's requests: unary Connect calls in JSON.
struct EvalOpsRequests: Sendable {
    private let base: String
    private let headers: [(name: String, value: String)]

    /// EvalOps' own clients wait 2 to 10 s.
    private static let timeoutMilliseconds: UInt64 = 10_000

    init(base: EvalOpsURL, identity: EvalOpsIdentity) {
        self.base = base.text
        var headers = [
            (name: "Content-Type", value: "application/json"),
            (name: "Accept", value: "application/json"),
            (name: "Connect-Protocol-Version", value: "1"),
        ]
        if let token = identity.token {
            headers.append((name: "Authorization", value: "Bearer " + token))
        }
        // Under both names: maestro and dx-corp/api read the plain ones, kestrel sends both.
        if let organization = identity.organizationID {
            headers.append((name: "X-Organization-ID", value: organization))
            headers.append((name: "X-EvalOps-Organization-ID", value: organization))
        }
        headers.append((name: "X-Workspace-ID", value: identity.workspaceID))
        headers.append((name: "X-EvalOps-Workspace-ID", value: identity.workspaceID))
        self.headers = headers
    }

    /// - Parameters:
    ///   - ids: of what it carries, in order. The same ids give the same `Idempotency-Key`
    ///     (evalops/service-runtime idempotency/), so that a request whose answer was lost is not
    ///     counted twice by a service that knows the header.
    ///   - agents: of what it carries; named in a header if it is one for all.
    ///   - records: what it carries, by its place in the batch.
    func message(
        _ procedure: EvalOpsProcedure, _ body: [UInt8], ids: [String], agents: Set<String?>,
        records: [Int]
    ) -> Message {
        var headers = headers
        if agents.count == 1, let agent = agents.first.flatMap(\.self),
            EvalOpsHeader.canCarry(agent)
        {
            headers.append((name: "X-EvalOps-Agent-ID", value: agent))
        }
        if let first = ids.first, let last = ids.last {
            let key =
                ids.count == 1
                ? "\(procedure.method):\(first)"
                : "\(procedure.method):\(first)..\(last):\(ids.count)"
            if EvalOpsHeader.canCarry(key) {
                headers.append((name: "Idempotency-Key", value: key))
            }
        }
        return Message(
            HTTPRequest(
                url: base + procedure.rawValue, headers: headers, body: body,
                timeoutMilliseconds: Self.timeoutMilliseconds),
            records: records)
    }

    /// What a message calls.
    func procedure(of message: Message) -> EvalOpsProcedure? {
        let url = message.request.url
        guard url.hasPrefix(base) else { return nil }
        return EvalOpsProcedure(rawValue: String(url.dropFirst(base.count)))
    }
}

/// What may be the value of a header.
enum EvalOpsHeader {
    /// Identity tokens run to a few kilobytes; servers refuse more than 8 KiB of headers.
    private static let bytesMax = 6 << 10

    /// Visible ASCII and spaces between: all that every server reads alike, and nothing that would
    /// end the header (RFC 9110 §5.5).
    static func canCarry(_ value: String) -> Bool {
        let bytes = value.utf8
        return 1...bytesMax ~= bytes.count && bytes.allSatisfy { 0x20...0x7E ~= $0 }
            && bytes.first != 0x20 && bytes.last != 0x20
    }
}
