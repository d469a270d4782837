/// EvalOps' meter and traces services, as two sinks: when one is down the other goes on.
///
/// The variables are those of EvalOps' own clients (evalops/maestro src/platform/client.ts,
/// haasonsaas/kestrel src/main/evalops): `EVALOPS_BASE_URL` serves both services,
/// `EVALOPS_METER_BASE_URL` and `EVALOPS_TRACES_BASE_URL` one each and win; `EVALOPS_TOKEN` (else
/// `EVALOPS_AGENT_TOKEN`), `EVALOPS_ORGANIZATION_ID`, `EVALOPS_WORKSPACE_ID` (`default`) and
/// `EVALOPS_TEAM_ID` say who sends. There is no address by default.
package enum EvalOps {
    /// The sinks the environment asks for: none, one or both.
    ///
    /// - Parameter complain: gets a line for each bad value. A service whose address is bad, or to
    ///   which the token would travel unencrypted, is off; so are both with a token or id that no
    ///   header can carry.
    package static func read(
        _ environment: [String: String], complain: (String) -> Void
    ) -> [any Sink] {
        let values = values(environment)
        let meterName = firstSet(meterNames, values)
        let tracesName = firstSet(["EVALOPS_TRACES_BASE_URL", "EVALOPS_BASE_URL"], values)
        guard meterName != nil || tracesName != nil,
            let identity = identity(values, complain: complain)
        else { return [] }

        var sinks: [any Sink] = []
        let meter = meterName.flatMap { address($0, values, identity, complain: complain) }
        if let meter { sinks.append(EvalOpsMeter(base: meter, identity: identity)) }
        // What is wrong with an address that serves both is said once.
        let traces =
            tracesName == meterName
            ? meter : tracesName.flatMap { address($0, values, identity, complain: complain) }
        if let traces { sinks.append(EvalOpsTraces(base: traces, identity: identity)) }
        return sinks
    }

    /// The meter's budgets, for the address and the identity the environment has; nil without an
    /// address, or with one that `read` complains of.
    package static func budgetCheck(_ environment: [String: String]) -> EvalOpsBudgetCheck? {
        let values = values(environment)
        guard let name = firstSet(meterNames, values),
            let identity = identity(values, complain: { _ in }),
            let base = address(name, values, identity, complain: { _ in })
        else { return nil }
        return EvalOpsBudgetCheck(base: base, identity: identity)
    }

    private static func values(_ environment: [String: String]) -> [String: String] {
        var values: [String: String] = [:]
        for name in names {
            guard let value = environment[name]?.trimmed, !value.isEmpty else { continue }
            values[name] = value
        }
        return values
    }

    private static let meterNames = ["EVALOPS_METER_BASE_URL", "EVALOPS_BASE_URL"]
    private static let names = [
        "EVALOPS_METER_BASE_URL", "EVALOPS_TRACES_BASE_URL", "EVALOPS_BASE_URL", "EVALOPS_TOKEN",
        "EVALOPS_AGENT_TOKEN", "EVALOPS_ORGANIZATION_ID", "EVALOPS_WORKSPACE_ID",
        "EVALOPS_TEAM_ID",
    ]

    private static func firstSet(_ names: [String], _ values: [String: String]) -> String? {
        names.first { values[$0] != nil }
    }

    private static func identity(
        _ values: [String: String], complain: (String) -> Void
    ) -> EvalOpsIdentity? {
        let tokenName = firstSet(["EVALOPS_TOKEN", "EVALOPS_AGENT_TOKEN"], values)
        let inHeaders = [tokenName, "EVALOPS_ORGANIZATION_ID", "EVALOPS_WORKSPACE_ID"]
        for name in inHeaders.compactMap(\.self) {
            guard let value = values[name], !EvalOpsHeader.canCarry(value) else { continue }
            complain(
                "\(name) holds a character that no HTTP header can carry, or is too long; nothing "
                    + "is sent to EvalOps.")
            return nil
        }
        var token = tokenName.flatMap { values[$0] }
        // Pasted as it stands in an `Authorization` header.
        if let pasted = token, pasted.lowercased().hasPrefix("bearer ") {
            token = String(pasted.dropFirst("bearer ".count)).trimmed
        }
        return EvalOpsIdentity(
            token: token, tokenVariable: tokenName ?? "",
            organizationID: values["EVALOPS_ORGANIZATION_ID"],
            workspaceID: values["EVALOPS_WORKSPACE_ID"] ?? "default",
            teamID: values["EVALOPS_TEAM_ID"])
    }

    private static func address(
        _ name: String, _ values: [String: String], _ identity: EvalOpsIdentity,
        complain: (String) -> Void
    ) -> EvalOpsURL? {
        guard let typed = values[name] else { return nil }
        guard let url = EvalOpsURL(typed) else {
            // Whatever it is, a user or a query in it may be secret.
            let isSecret = typed.utf8.contains {
                $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "?")
            }
            complain(
                "\(name) is \(isSecret ? "no such thing" : "`\(typed)`"); expected https://HOST or "
                    + "http://HOST, with a port and a path if need be. Nothing is sent there.")
            return nil
        }
        if identity.token != nil, !url.isEncrypted, !url.isLoopback {
            complain(
                "\(name) is `\(url.text)`; expected https://, since \(identity.tokenVariable) would "
                    + "be readable on the way. Nothing is sent there.")
            return nil
        }
        if url.hadUser {
            complain(
                "\(name) holds a user or a password, which is not sent: put a token into "
                    + "EVALOPS_TOKEN.")
        }
        return url
    }
}

/// Who sends.
struct EvalOpsIdentity: Sendable {
    /// An API key (`pk_…`) or an identity token; nil for a service that asks for none. Never shown.
    var token: String?
    /// The variable the token came from, for complaints.
    var tokenVariable = ""
    var organizationID: String?
    var workspaceID: String
    var teamID: String?
}
