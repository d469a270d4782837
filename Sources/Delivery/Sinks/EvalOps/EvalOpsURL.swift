/// The base of a service's URLs: an address to which a procedure's path is added.
struct EvalOpsURL: Sendable, Equatable {
    /// `https://host:port/path`: no user, no password, no slash at the end, no procedure.
    let text: String
    let isEncrypted: Bool
    let isLoopback: Bool
    /// A user or a password was in it, and was left out.
    let hadUser: Bool

    /// Nil for what is no http or https URL, or has a query or a fragment: a base has none.
    init?(_ typed: String) {
        guard let url = EndpointURL(typed), url.query.isEmpty,
            !typed.utf8.contains(UInt8(ascii: "#"))
        else { return nil }
        isEncrypted = url.isEncrypted
        isLoopback = url.isLoopback
        hadUser = url.userinfo != nil
        text = url.origin + Self.withoutProcedure(url.path)
    }

    /// The path without slashes at its end and without a procedure that was pasted along with it:
    /// `/meter.v1.MeterService/RecordUsage`, or the service alone.
    private static func withoutProcedure(_ path: String) -> String {
        var parts = path.split(separator: "/")
        let services = EvalOpsProcedure.services
        if let last = parts.last, services.contains(String(last)) {
            parts.removeLast()
        } else if parts.count >= 2, services.contains(String(parts[parts.count - 2])) {
            parts.removeLast(2)
        }
        return parts.map { "/" + $0 }.joined()
    }
}
