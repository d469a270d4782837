extension HTTPRequest {
    /// Characters of an answer that are kept.
    static let answerMax = 300

    /// An answer or an error in one line of at most `answerMax` characters, without anything that
    /// was in the request's headers, or in its URL's user, password and query.
    ///
    /// A receiver may say back what it was sent.
    func masking(_ text: String) -> String {
        Masking.masked(text, secrets: secrets).oneLine(limit: Self.answerMax)
    }

    /// An answer without what was in the request's headers or its URL's secret parts: asterisks
    /// stand in their place, as many, so that lengths in the answer stay true. Done before anybody
    /// cuts the answer short, which could leave half a secret.
    func masking(_ answer: HTTPResponse) -> HTTPResponse {
        var answer = answer
        for secret in secrets.sorted(by: { $0.utf8.count > $1.utf8.count }) {
            Self.overwrite(Array(secret.utf8), in: &answer.body)
        }
        return answer
    }

    private static func overwrite(_ secret: [UInt8], in bytes: inout [UInt8]) {
        guard let first = secret.first else { return }
        var place = 0
        while let start = bytes[place...].firstIndex(of: first) {
            place = start + 1
            guard bytes[start...].starts(with: secret) else { continue }
            place = start + secret.count
            for index in start..<place { bytes[index] = UInt8(ascii: "*") }
        }
    }

    private var secrets: [String] {
        var found: [String] = []
        for (name, value) in headers where !Self.isPublic(name) {
            found.append(value)
            // `Bearer …`, `key=…`: what comes back may be the credential alone.
            found += Self.words(value, [" ", "=", ",", ";", "\t"])
        }
        for part in URLParts(url).secrets {
            found.append(part)
            found += Self.words(part, ["&", "=", ":"])
        }
        return found.filter { $0.utf8.count >= Self.shortest }
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
}
