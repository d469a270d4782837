/// Leaves out what is nobody's business to see on a screen: of a configuration only names, commands
/// and what structure they are in are shown.
package enum Redaction {
    static let mask = "***"

    /// Words in an option's name that say its value is a secret.
    private static let secretWords = [
        "key", "token", "secret", "password", "passwd", "credential", "auth", "header", "bearer",
        "cookie", "session",
    ]
    /// How well-known secrets begin.
    private static let secretBeginnings = [
        "sk-", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "AIza",
        "ya29.", "eyJ", "Bearer ", "Basic ",
    ]

    /// Arguments with what looks like a secret masked.
    package static func arguments(_ arguments: [String]) -> [String] {
        var isValue = false
        return arguments.map { argument in
            defer { isValue = announcesSecret(argument) }
            return isValue ? mask : masked(argument)
        }
    }

    /// Whether the next argument is a secret, or a variable with its value.
    private static func announcesSecret(_ argument: String) -> Bool {
        guard argument.hasPrefix("-"), !argument.utf8.contains(UInt8(ascii: "=")) else {
            return false
        }
        return argument == "-H" || isSecretName(argument)
    }

    private static func isSecretName(_ name: some StringProtocol) -> Bool {
        let lower = Array(name.lowercased().utf8)
        return secretWords.contains { holds(lower, Array($0.utf8)) }
    }

    private static func holds(_ text: [UInt8], _ word: [UInt8]) -> Bool {
        guard text.count >= word.count else { return false }
        return (0...text.count - word.count).contains { text[$0...].starts(with: word) }
    }

    private static func masked(_ argument: String) -> String {
        if secretBeginnings.contains(where: argument.hasPrefix) { return mask }
        let bytes = Array(argument.utf8)
        if let equals = bytes.firstIndex(of: UInt8(ascii: "=")) {
            let name = String(decoding: bytes[..<equals], as: UTF8.self)
            let value = String(decoding: bytes[(equals + 1)...], as: UTF8.self)
            // `NAME=value`, as `docker run -e` has it, is a variable.
            let isVariable = !name.hasPrefix("-")
            if isVariable || isSecretName(name) || masked(value) != value {
                return name + "=" + mask
            }
        }
        // `scheme://user:password@host`
        if holds(bytes, Array("://".utf8)), let at = bytes.lastIndex(of: UInt8(ascii: "@")),
            let slash = bytes.firstIndex(of: UInt8(ascii: "/")), slash < at
        {
            return String(decoding: bytes[...(slash + 1)], as: UTF8.self) + mask
                + String(decoding: bytes[at...], as: UTF8.self)
        }
        return argument
    }

    /// A document's text with every value masked but the commands and arguments of servers, and with
    /// the words of its comments: a commented-out key is a key.
    static func text(_ document: Document, _ servers: [LocatedServer]) -> [UInt8] {
        var shown: [Int: String] = [:]
        for server in servers {
            for key in ["command", "type"] {
                if let node = server.node[key], let text = node.string {
                    shown[node.range.lowerBound] = text
                }
            }
            guard let elements = server.node["args"]?.elements else { continue }
            let words = arguments(elements.map { $0.string ?? "" })
            for (element, word) in zip(elements, words) where element.string != nil {
                shown[element.range.lowerBound] = word
            }
        }
        var tokens: [Range<Int>] = []
        var edits: [Edit] = []
        visit(document.root, &tokens) { node in
            if let text = shown[node.range.lowerBound], text == node.string { return }
            if case .bool = node.value { return }
            let text = shown[node.range.lowerBound] ?? mask
            edits.append(Edit(node.range, Style.quoted(text)))
        }
        return (edits + comments(document, tokens)).applied(to: document.bytes)
    }

    /// Shows `leaf` each value that holds no other, and collects them and the keys.
    private static func visit(
        _ node: Node, _ tokens: inout [Range<Int>], _ leaf: (Node) -> Void
    ) {
        switch node.value {
        case .table(let table):
            for member in table.members {
                tokens.append(member.keyRange)
                visit(member.node, &tokens, leaf)
            }
        case .array(let elements):
            for element in elements { visit(element, &tokens, leaf) }
        default:
            tokens.append(node.range)
            leaf(node)
        }
    }

    /// Edits that leave nothing of the comments between a document's tokens but their lines.
    private static func comments(_ document: Document, _ tokens: [Range<Int>]) -> [Edit] {
        let bytes = document.bytes
        let tokens = tokens.sorted { $0.lowerBound < $1.lowerBound }
        var edits: [Edit] = []
        var next = tokens.startIndex
        var index = 0
        while index < bytes.count {
            while next < tokens.endIndex, tokens[next].upperBound <= index { next += 1 }
            if next < tokens.endIndex, tokens[next].contains(index) {
                index = tokens[next].upperBound
            } else if let end = Trivia.comment(in: bytes, at: index, document.format) {
                let comment = index..<min(end, bytes.count)
                edits.append(Edit(comment, masked(comment: bytes[comment])))
                index = comment.upperBound
            } else {
                index += 1
            }
        }
        return edits
    }

    private static func masked(comment: ArraySlice<UInt8>) -> [UInt8] {
        let lines = comment.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let sign = comment.first == UInt8(ascii: "#") ? "# \(mask)" : "// \(mask)"
        return Array(lines.map { _ in Array(sign.utf8) }.joined(separator: [UInt8(ascii: "\n")]))
    }
}
