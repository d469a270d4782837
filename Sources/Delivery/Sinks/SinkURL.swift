/// The address of a receiver, as a variable gives it: taken apart far enough to be used, checked
/// and shown without what is nobody's business (RFC 3986 §3).
struct SinkURL: Equatable, Sendable {
    /// `https://host:port/path`: without user, password, query and fragment; no slash at the end.
    let shown: String
    /// From the question mark on, or empty.
    let query: String
    /// `user:password`, percent-decoded; nil without one.
    let userinfo: [UInt8]?
    /// TLS, or no further than this machine: fit for credentials.
    let isPrivate: Bool

    /// Nil for anything but an absolute `http` or `https` URL in printable ASCII.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
        let bytes = Array(text.utf8)
        let scheme: String
        if Self.begins(bytes, "https://") {
            scheme = "https"
        } else if Self.begins(bytes, "http://") {
            scheme = "http"
        } else {
            return nil
        }
        var rest = bytes[(scheme.utf8.count + 3)...]
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<hash] }
        let mark = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        query = String(decoding: rest[mark...], as: UTF8.self)
        rest = rest[..<mark]
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        var authority = rest[..<slash]
        var path = rest[slash...]
        while path.last == UInt8(ascii: "/") { path.removeLast() }
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            userinfo = Self.percentDecoded(authority[..<at])
            authority = authority[(at + 1)...]
        } else {
            userinfo = nil
        }
        guard let host = Self.host(of: authority) else { return nil }
        isPrivate = scheme == "https" || Self.isLoopback(host)
        shown =
            scheme + "://" + String(decoding: authority, as: UTF8.self)
            + String(decoding: path, as: UTF8.self)
    }

    /// The address with more of a path, ready to be sent to: without user and password, which go
    /// into a header.
    ///
    /// - Parameter path: empty, or beginning with a slash.
    func request(path: String = "") -> String {
        let address = shown + path
        // Nothing after the authority: HTTP wants a path.
        let hasPath = address.utf8.count { $0 == UInt8(ascii: "/") } > 2
        return address + (hasPath ? "" : "/") + query
    }

    /// A value that is no such URL, fit for a message: whatever stands before an `@` or after a `?`
    /// may be a secret.
    static func masked(_ text: String) -> String {
        var shown = Substring(text)
        if let mark = shown.firstIndex(where: { $0 == "?" || $0 == "#" }) { shown = shown[..<mark] }
        guard let at = shown.lastIndex(of: "@") else { return String(shown) }
        return "…" + shown[at...]
    }

    private static func begins(_ bytes: [UInt8], _ prefix: StaticString) -> Bool {
        guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
        return prefix.withUTF8Buffer { prefix in
            zip(bytes, prefix).allSatisfy { byte, wanted in
                let isLetter = 0x41...0x5A ~= byte
                return (isLetter ? byte | 0x20 : byte) == wanted
            }
        }
    }

    /// The host of `host`, `host:port`, `[v6]` or `[v6]:port`, in lower case; nil if it is none.
    private static func host(of authority: ArraySlice<UInt8>) -> String? {
        let host: ArraySlice<UInt8>
        var rest: ArraySlice<UInt8>
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = authority[(authority.startIndex + 1)..<end]
            rest = authority[(end + 1)...]
            let isAddress = host.allSatisfy { byte in
                isHex(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
            }
            guard isAddress, !host.isEmpty else { return nil }
        } else {
            let end = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
            host = authority[..<end]
            rest = authority[end...]
            let isName = host.allSatisfy { byte in
                0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: "_")
            }
            guard isName, !host.isEmpty else { return nil }
        }
        if rest.popFirst() != nil {
            let port = String(decoding: rest, as: UTF8.self)
            guard authority[rest.startIndex - 1] == UInt8(ascii: ":"), !port.hasPrefix("+"),
                let number = UInt16(port), number > 0
            else { return nil }
        }
        return String(decoding: host, as: UTF8.self).lowercased()
    }

    /// This machine, by name or number (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isHex(_ byte: UInt8) -> Bool { hexValue(byte) != nil }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// `%41` becomes `A`; a percent sign that begins no such thing stays.
    static func percentDecoded(_ text: some Collection<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let high = hexValue(rest[rest.startIndex]),
                let low = hexValue(rest[rest.startIndex + 1])
            {
                decoded.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }
}
