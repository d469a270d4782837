/// Takes secrets out of text that somebody else wrote and that is going to be shown.
enum Masking {
    private static let mask = Array("***".utf8)

    /// The text without any of `secrets`, and without what follows `Bearer`.
    static func masked(_ text: String, secrets: [String]) -> String {
        var bytes = Array(text.utf8)
        // The longest first: one may be part of another.
        for secret in secrets.sorted(by: { $0.utf8.count > $1.utf8.count }) where !secret.isEmpty {
            bytes = replacing(Array(secret.utf8), in: bytes)
        }
        return String(decoding: maskingBearer(bytes), as: UTF8.self)
    }

    /// The text without what stands before an `@`, which may be `user:password`.
    static func withoutUsers(_ text: String) -> String {
        var output: [UInt8] = []
        var wordStart = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "@") { output.replaceSubrange(wordStart..., with: mask) }
            output.append(byte)
            if " '\"/@".utf8.contains(byte) { wordStart = output.count }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func replacing(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard let first = secret.first else { return bytes }
        var output: [UInt8] = []
        var rest = bytes[...]
        while let start = rest.firstIndex(of: first) {
            output += rest[..<start]
            rest = rest[start...]
            if rest.starts(with: secret) {
                output += mask
                rest = rest.dropFirst(secret.count)
            } else {
                output.append(first)
                rest = rest.dropFirst()
            }
        }
        return output + rest
    }

    private static func maskingBearer(_ bytes: [UInt8]) -> [UInt8] {
        let word = "bearer ".utf8
        var output: [UInt8] = []
        var rest = bytes[...]
        while let start = rest.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "b") }) {
            let isWord = rest[start...].prefix(word.count).lazy.map { $0 | 0x20 }
                .elementsEqual(word)
            let next = start + (isWord ? word.count : 1)
            output += rest[..<next]
            rest = rest[next...]
            guard isWord else { continue }
            let token = rest.drop(while: { $0 == 0x20 })
            let after = token.drop(while: isTokenByte)
            guard after.startIndex > token.startIndex else { continue }
            output += mask
            rest = after
        }
        return output + rest
    }

    /// RFC 6750's b64token, and what some tokens have besides.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~+/=:|*".utf8.contains(byte)
        }
    }
}

extension String {
    /// One line of at most `limit` characters that any terminal or log can show: control characters
    /// and runs of spaces become one space, and what is cut off ends in `…`.
    func oneLine(limit: Int) -> String {
        var line = ""
        var count = 0
        var isSpacePending = false
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator:
                isSpacePending = count > 0
                continue
            default: break
            }
            let needed = isSpacePending ? 2 : 1
            guard count + needed <= limit else {
                // The last one makes room.
                if count == limit { line.unicodeScalars.removeLast() }
                return line + "…"
            }
            if isSpacePending { line += " " }
            line.unicodeScalars.append(scalar)
            count += needed
            isSpacePending = false
        }
        return line
    }
}
