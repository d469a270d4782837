/// An `http` or `https` URL, taken apart as far as is needed here (RFC 3986 §3).
struct OTLPEndpoint {
    private let scheme: String
    private let userInfo: String?
    /// Host and port.
    private let host: String
    /// Begins with a slash.
    private var path: String
    /// With its question mark; empty without one.
    private let query: String

    init?(_ text: String) {
        let bytes = text.utf8
        // No white space, no control characters: they would end the URL in a log or a header.
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            case let scheme = text[..<colon].lowercased(), scheme == "http" || scheme == "https",
            text[colon...].utf8.starts(with: "://".utf8)
        else { return nil }
        var rest = bytes[bytes.index(colon, offsetBy: 3)...]
        if let fragment = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<fragment] }
        let authorityEnd = rest.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex
        let authority = rest[..<authorityEnd]
        let queryStart = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        let at = authority.lastIndex(of: UInt8(ascii: "@"))
        let host = at.map { authority[authority.index(after: $0)...] } ?? authority
        guard let first = host.first, first != UInt8(ascii: ":") else { return nil }

        self.scheme = scheme
        userInfo = at.map { String(text[authority.startIndex...$0]) }
        self.host = String(Substring(host))
        let path = text[authorityEnd..<queryStart]
        self.path = path.isEmpty ? "/" : String(path)
        query = String(Substring(rest[queryStart...]))
    }

    /// Adds to the path, whether it ends in a slash or not.
    mutating func append(_ segments: String) {
        path += (path.utf8.last == UInt8(ascii: "/") ? "" : "/") + segments
    }

    var text: String { scheme + "://" + (userInfo ?? "") + host + path + query }

    /// Without user, password and query, which may be secrets.
    var publicText: String { scheme + "://" + host + path }

    /// As it was written; nil when it was not.
    var port: String? {
        guard let colon = host.utf8.lastIndex(of: UInt8(ascii: ":")),
            case let port = host[host.utf8.index(after: colon)...],
            // Not the end of an IPv6 address.
            port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return String(port)
    }
}
