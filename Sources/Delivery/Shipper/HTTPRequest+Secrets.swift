extension HTTPRequest {
    /// Characters of an answer that are kept.
    static let answerMax = 300

    /// An answer or an error in one line of at most `answerMax` characters, without anything that
    /// was in the request's headers, or in its URL's user, password and query.
    ///
    /// A receiver may say back what it was sent.
    func masking(_ text: String) -> String {
        var masked = text
        for secret in secrets { masked = Self.replacing(secret, in: masked) }
        let line = String(
            String.UnicodeScalarView(
                masked.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
        return line.count <= Self.answerMax
            ? line : String(line.prefix(Self.answerMax - 1)) + "…"
    }

    /// Longest first, so that a part does not keep the whole from being found.
    private var secrets: [String] {
        var found: [String] = []
        for (name, value) in headers where !Self.isPublic(name) {
            found.append(value)
            // `Bearer …`, `key=…`: what comes back may be the credential alone.
            found += Self.words(value, [" ", "=", ",", ";", "\t"])
        }
        if let query = url.utf8.firstIndex(of: UInt8(ascii: "?")) {
            let text = String(url[url.utf8.index(after: query)...])
            found.append(text)
            found += Self.words(text, ["&", "="])
        }
        if let at = url.utf8.lastIndex(of: UInt8(ascii: "@")),
            let slashes = url.utf8.firstIndex(of: UInt8(ascii: "/")), slashes < at
        {
            let user = String(url[slashes..<at].drop { $0 == "/" })
            found.append(user)
            found += Self.words(user, [":"])
        }
        return Set(found.filter { $0.utf8.count > Self.shortest - 1 }).sorted {
            $0.count > $1.count
        }
    }

    /// A shorter one would be found in every other word.
    private static let shortest = 4

    private static func words(_ text: String, _ separators: Set<Character>) -> [String] {
        text.split(whereSeparator: separators.contains).map(String.init)
            .filter { !["bearer", "basic", "digest", "token"].contains($0.lowercased()) }
    }

    private static func isPublic(_ name: String) -> Bool {
        ["content-type", "accept", "user-agent", "content-encoding"].contains(name.lowercased())
    }

    private static func replacing(_ part: String, in text: String) -> String {
        let part = Array(part.utf8)
        let bytes = Array(text.utf8)
        guard bytes.count >= part.count else { return text }
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if bytes[place...].starts(with: part) {
                result += Array("***".utf8)
                place += part.count
            } else {
                result.append(bytes[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
