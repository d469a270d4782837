/// Takes out of a text what must not be stored: keys, tokens, passwords, mail addresses.
///
/// Works by shape, so it errs on the side of taking too much: a commit's hash goes too.
enum Secrets {
    static let mask = "[masked]"

    /// The text with every secret replaced by `mask`.
    static func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var words = Words(bytes)
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var before = Preceding()
        while let word = words.next() {
            let gap = bytes[words.gap]
            output += gap
            let key = lowercased(bytes[word])
            let isValue = before.isValue(bytes[word], after: gap)
            let isInURL = before.opensURL && gap.elementsEqual(":".utf8)
            before = Preceding(
                word: key,
                opensURL: gap.elementsEqual(":".utf8) && bytes[word].starts(with: "//".utf8))
            if key == "begin", bytes[words.rest].starts(with: " ".utf8),
                privateKeyFollows(bytes[words.rest])
            {
                output += mask.utf8
                return String(decoding: output, as: UTF8.self)
            }
            if isValue {
                output += mask.utf8
                words.skipValue()
                // `Authorization: Basic x`: the scheme was taken for the value.
                before.isScheme = key == "bearer" || key == "basic"
            } else if isInURL, let at = bytes[word].lastIndex(of: UInt8(ascii: "@")) {
                output += mask.utf8
                output += bytes[at..<word.upperBound]
            } else if isSecret(bytes[word]) {
                output += mask.utf8
            } else {
                output += bytes[word]
            }
        }
        output += bytes[words.gap]
        return String(decoding: output, as: UTF8.self)
    }

    /// What the word before says of the next one.
    private struct Preceding {
        private var word = ""
        /// It named the scheme of a credential, so the credential follows.
        var isScheme = false
        /// It may be the user in `scheme://user:password@host`.
        var opensURL = false

        init() {}

        init(word: String, opensURL: Bool) {
            self.word = word
            self.opensURL = opensURL
        }

        func isValue(_ value: ArraySlice<UInt8>, after gap: ArraySlice<UInt8>) -> Bool {
            if isScheme { return true }
            guard gap.count <= 6, gap.allSatisfy({ "\"' :=\\".utf8.contains($0) }) else {
                return false
            }
            let isAssigned = gap.contains(UInt8(ascii: "="))
            switch word {
            // Prose has keys and bearers too.
            case "key": return isAssigned
            case "bearer":
                return isAssigned || value.count >= 16
                    || value.contains { (0x30...0x39).contains($0) }
            default:
                return (isAssigned || gap.contains(UInt8(ascii: ":")))
                    && names.contains { word.hasSuffix($0) || word.hasSuffix($0 + "s") }
            }
        }
    }

    /// How names of secrets end.
    private static let names = [
        "password", "passwd", "passphrase", "pass", "pwd", "secret", "token", "api_key", "apikey",
        "api-key", "access_key", "access-key", "private_key", "authorization", "credential",
        "cookie",
    ]

    private static func privateKeyFollows(_ rest: ArraySlice<UInt8>) -> Bool {
        FoldedText(String(decoding: rest.prefix(40), as: UTF8.self)).has("private key")
    }

    private static func isSecret(_ word: ArraySlice<UInt8>) -> Bool {
        if isMailAddress(word) { return true }
        for part in word.split(separator: UInt8(ascii: "/")) {
            if prefixes.contains(where: { part.starts(with: $0.utf8) && part.count >= 16 }) {
                return true
            }
            // A JWT: three base64url parts, the first of them `{"` in base64.
            if part.starts(with: "eyJ".utf8), part.count >= 24, part.contains(UInt8(ascii: ".")) {
                return true
            }
            if part.split(whereSeparator: { !isAlphanumeric($0) }).contains(where: isHash) {
                return true
            }
            if part.split(whereSeparator: { $0 == UInt8(ascii: ".") }).contains(where: isRandom) {
                return true
            }
        }
        return false
    }

    private static func isMailAddress(_ word: ArraySlice<UInt8>) -> Bool {
        guard let at = word.lastIndex(of: UInt8(ascii: "@")), at > word.startIndex else {
            return false
        }
        let domain = word[(at + 1)...].split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard domain.count >= 2, let top = domain.last, top.count >= 2 else { return false }
        return top.allSatisfy(isLetter) && domain.allSatisfy { !$0.isEmpty }
    }

    /// 32 hexadecimal digits or more in a row.
    private static func isHash(_ run: ArraySlice<UInt8>) -> Bool {
        run.count >= 32
            && run.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20)
            } && run.contains { (0x30...0x39).contains($0) }
    }

    /// 32 base64 characters or more whose letters and digits are as mixed as chance mixes them.
    private static func isRandom(_ run: ArraySlice<UInt8>) -> Bool {
        guard run.count >= 32 else { return false }
        var (upper, lower, digit) = (0, 0, 0)
        for byte in run {
            switch byte {
            case 0x41...0x5a: upper += 1
            case 0x61...0x7a: lower += 1
            case 0x30...0x39: digit += 1
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "_"): break
            default: return false
            }
        }
        return upper >= 3 && lower >= 3 && digit >= 3
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLetter(byte) || (0x30...0x39).contains(byte)
    }

    private static func lowercased(_ word: ArraySlice<UInt8>) -> String {
        let core = word.drop { !isAlphanumeric($0) }
        return String(
            decoding: core.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// How issued keys begin: OpenAI, Anthropic, DeepSeek, Stripe (`sk`), Google, xAI, GitHub,
    /// GitLab, Slack, AWS, Hugging Face, Perplexity, Groq, npm, Google OAuth.
    private static let prefixes = [
        "sk-", "sk_", "rk_", "pk_live", "AIza", "xai-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_",
        "github_pat_", "glpat-", "xoxb-", "xoxp-", "xoxa-", "xapp-", "AKIA", "ASIA", "hf_", "pplx-",
        "gsk_", "npm_", "ya29.",
    ]
}

/// Cuts a text into words and the gaps between them.
private struct Words {
    private let bytes: [UInt8]
    private var position = 0
    /// What stands before the word that was given last; after the last word, what is left.
    private(set) var gap: Range<Int> = 0..<0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// What has not been given yet.
    var rest: Range<Int> { position..<bytes.count }

    mutating func next() -> Range<Int>? {
        let start = position
        while position < bytes.count, !Self.isWord(bytes[position]) { position += 1 }
        gap = start..<position
        let first = position
        while position < bytes.count, Self.isWord(bytes[position]) { position += 1 }
        return first < position ? first..<position : nil
    }

    /// Passes over the rest of a value: to the next blank or quote.
    mutating func skipValue() {
        while position < bytes.count, bytes[position] > 0x20, bytes[position] != 0x22,
            bytes[position] != 0x27
        {
            position += 1
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...0xff: true
        default: "_-./+@%~$!^&*#?".utf8.contains(byte)
        }
    }
}
