/// The address of a receiver, as a variable gives it, taken apart (RFC 3986 §3). Strict: what
/// different readers of URLs would take for different hosts is none.
struct EndpointURL: Equatable, Sendable {
    /// `http` or `https`.
    let scheme: String
    /// `user:password` as typed; nil without one. Never shown.
    let userinfo: String?
    /// In lower case; an IPv6 address in its brackets.
    let host: String
    /// Nil where it is not given.
    let port: UInt16?
    /// As typed: empty, or it begins with a slash.
    var path: String
    /// From the question mark on, or empty. Never shown.
    let query: String

    /// Nil for anything but an absolute `http` or `https` URL in printable ASCII. A fragment is
    /// left out.
    init?(_ typed: String) {
        guard typed.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
        let lower = typed.lowercased()
        guard let scheme = ["https", "http"].first(where: { lower.hasPrefix($0 + "://") }) else {
            return nil
        }
        var rest = typed.utf8.dropFirst(scheme.utf8.count + 3)
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<hash] }
        let mark = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        let slash = rest[..<mark].firstIndex(of: UInt8(ascii: "/")) ?? mark
        var authority = rest[..<slash]
        let path = rest[slash..<mark]
        // An `@` there may be legal, but then it rather ends a password with a slash in it.
        guard path.allSatisfy(Self.mayStandInPath) else { return nil }
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            guard authority[..<at].allSatisfy(Self.mayStandInPath) else { return nil }
            userinfo = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        } else {
            userinfo = nil
        }
        guard let (host, port) = Self.split(authority) else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = String(path) ?? ""
        query = String(rest[mark...]) ?? ""
    }

    var isEncrypted: Bool { scheme == "https" }

    /// This machine by its name alone, without asking anybody (RFC 6761 §6.3, RFC 1122 §3.2.1.3,
    /// RFC 4291 §2.5.3). Only the plain form of a number: others (`127.1`, `0127.0.0.1`) mean
    /// different hosts to different readers.
    var isLoopback: Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// TLS, or no further than this machine: fit for credentials.
    var isPrivate: Bool { isEncrypted || isLoopback }

    /// `https://host:port`, the port only where it is not the scheme's own.
    var origin: String {
        let own: UInt16 = isEncrypted ? 443 : 80
        return scheme + "://" + host + (port.map { $0 == own ? "" : ":\($0)" } ?? "")
    }

    /// Without user, password and query, which may be secrets, and without slashes at the end.
    var shown: String {
        var kept = Substring(path)
        while kept.utf8.last == UInt8(ascii: "/") { kept.removeLast() }
        return origin + kept
    }

    /// What is sent to, with more of a path: without user and password, which go into a header.
    ///
    /// - Parameter more: empty, or it begins with a slash.
    func request(path more: String = "") -> String {
        let address = shown + more
        // Nothing after the authority: HTTP wants a path.
        return address + (address == origin ? "/" : "") + query
    }

    /// A value that is no such URL, fit for a message: whatever stands before an `@` or after a `?`
    /// may be a secret.
    static func masked(_ text: String) -> String {
        var shown = Substring(text)
        if let mark = shown.firstIndex(where: { $0 == "?" || $0 == "#" }) { shown = shown[..<mark] }
        guard let at = shown.lastIndex(of: "@") else { return String(shown) }
        return "…" + shown[at...]
    }

    /// The host of `host`, `host:port`, `[v6]` or `[v6]:port`, in lower case, and the port; nil if
    /// it is none of these.
    private static func split(
        _ authority: Substring.UTF8View
    ) -> (host: String, port: UInt16?)? {
        var host = authority
        var port: UInt16?
        if let colon = authority.lastIndex(of: UInt8(ascii: ":")),
            authority.last != UInt8(ascii: "]")
        {
            host = authority[..<colon]
            let digits = authority[authority.index(after: colon)...]
            guard digits.allSatisfy({ 0x30...0x39 ~= $0 }),
                let number = String(digits).flatMap({ UInt16($0) }), number > 0
            else { return nil }
            port = number
        }
        let isAddress = host.first == UInt8(ascii: "[") && host.last == UInt8(ascii: "]")
        let name = isAddress ? host.dropFirst().dropLast() : host
        let others = isAddress ? ":." : "-._"
        guard !name.isEmpty,
            name.allSatisfy({ isAlphanumeric($0) || others.utf8.contains($0) })
        else { return nil }
        return String(host).map { ($0.lowercased(), port) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte
    }

    private static func mayStandInPath(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "/-._~%!$&'()*+,;=:".utf8.contains(byte)
    }
}
