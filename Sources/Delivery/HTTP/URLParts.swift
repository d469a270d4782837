/// What of a URL may be shown, and what must not be.
struct URLParts {
    /// Without user, password, query and fragment.
    let shown: String
    /// The user and the password, the password alone, the query; those there are.
    let secrets: [String]

    /// Understands every text, however malformed: what cannot be told apart is secret.
    init(_ url: String) {
        let bytes = url.utf8
        guard let schemeEnd = Self.schemeEnd(of: bytes) else {
            // `user:password@host`, as a proxy may be given.
            let at = bytes.lastIndex(of: UInt8(ascii: "@"))
            secrets = at.map { Self.user(url[..<$0]) } ?? []
            shown = "***"
            return
        }
        let rest = bytes[schemeEnd...]
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        let at = authority.lastIndex(of: UInt8(ascii: "@"))
        let host = at.map { bytes[bytes.index(after: $0)..<end] } ?? authority
        guard Self.isHost(host) else {
            // A password with a `/` in it, perhaps.
            shown = String(url[..<schemeEnd]) + "***"
            let last = rest.lastIndex(of: UInt8(ascii: "@")) ?? rest.endIndex
            secrets = Self.user(url[schemeEnd..<last])
            return
        }
        let query = rest.firstIndex { "?#".utf8.contains($0) } ?? rest.endIndex
        shown = String(url[..<schemeEnd] + url[host.startIndex..<query])
        var secrets = at.map { Self.user(url[schemeEnd..<$0]) } ?? []
        secrets.append(String(url[query...].dropFirst()))
        self.secrets = secrets.filter { !$0.isEmpty }
    }

    /// Where the authority begins.
    private static func schemeEnd(of bytes: String.UTF8View) -> String.Index? {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes[colon...].starts(with: "://".utf8)
        else { return nil }
        return bytes.index(colon, offsetBy: 3)
    }

    /// `host`, `host:port`, `[v6]:port`.
    private static func isHost(_ host: Substring.UTF8View) -> Bool {
        let name = host.first == UInt8(ascii: "[") ? host.drop { $0 != UInt8(ascii: "]") } : host
        guard let colon = name.firstIndex(of: UInt8(ascii: ":")) else { return true }
        return name[colon...].dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func user(_ user: Substring) -> [String] {
        let password = user.utf8.drop { $0 != UInt8(ascii: ":") }.dropFirst()
        return [String(user), String(Substring(password))].filter { !$0.isEmpty }
    }
}
