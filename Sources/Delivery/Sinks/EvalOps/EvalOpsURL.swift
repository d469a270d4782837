/// The base of a service's URLs, as somebody typed it.
struct EvalOpsURL: Sendable, Equatable {
    /// `https://host:port/path`: scheme and host in lower case; no user, no password, no query, no
    /// slash at the end, no procedure.
    let text: String
    let isEncrypted: Bool
    /// The host is this machine by its name alone, without asking anybody.
    let isLoopback: Bool
    /// A user or a password was in it, and was left out.
    let hadUser: Bool

    /// Nil for what is no http or https URL, or has a query or a fragment, or characters that
    /// different readers of URLs take for different hosts (RFC 3986 §3.2.2 and §3.3 name those
    /// that may stand in a host and in a path).
    init?(_ typed: String) {
        let schemes = [(name: "https://", port: 443), (name: "http://", port: 80)]
        let lower = typed.lowercased()
        guard let scheme = schemes.first(where: { lower.hasPrefix($0.name) }) else { return nil }
        let rest = typed.dropFirst(scheme.name.count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        guard rest[slash...].utf8.allSatisfy(Self.mayStandInPath) else { return nil }
        hadUser = authority.contains("@")
        if let at = authority.firstIndex(of: "@") {
            guard authority[..<at].utf8.allSatisfy(Self.mayStandInPath) else { return nil }
            authority = authority[authority.index(after: at)...]
        }
        guard let (host, port) = Self.split(authority) else { return nil }
        isEncrypted = scheme.name == "https://"
        isLoopback = Self.isLoopback(host)
        let portText = port.map { $0 == scheme.port ? "" : ":\($0)" } ?? ""
        text = scheme.name + host + portText + Self.withoutProcedure(rest[slash...])
    }

    /// Host in lower case, an IPv6 address in its brackets; port if given.
    private static func split(_ authority: Substring) -> (host: String, port: Int?)? {
        var host = authority
        var port: Int?
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            host = authority[..<colon]
            let digits = authority[authority.index(after: colon)...]
            let isNumber = digits.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            guard isNumber, let number = Int(digits), 1...65_535 ~= number else { return nil }
            port = number
        }
        let isAddress = host.first == "[" && host.last == "]"
        let name = isAddress ? host.dropFirst().dropLast() : host
        guard !name.isEmpty,
            name.utf8.allSatisfy({ isAddress ? mayStandInAddress($0) : mayStandInName($0) })
        else { return nil }
        return (host.lowercased(), port)
    }

    /// The path without slashes at its end and without a procedure that was pasted along with it:
    /// `/meter.v1.MeterService/RecordUsage`, or the service alone.
    private static func withoutProcedure(_ path: Substring) -> String {
        var parts = path.split(separator: "/")
        let services = EvalOpsProcedure.services
        if let last = parts.last, services.contains(String(last)) {
            parts.removeLast()
        } else if parts.count >= 2, services.contains(String(parts[parts.count - 2])) {
            parts.removeLast(2)
        }
        return parts.map { "/" + $0 }.joined()
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        // Only the plain form: others (`127.1`, `0127.0.0.1`) mean different hosts to different
        // readers.
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    // MARK: Characters

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    private static func mayStandInName(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte)
            || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_")].contains(byte)
    }

    private static func mayStandInAddress(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    /// An `@` may by the RFC, but then it rather ends a password with a slash in it.
    private static func mayStandInPath(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || Array("/-._~%!$&'()*+,;=:".utf8).contains(byte)
    }
}
