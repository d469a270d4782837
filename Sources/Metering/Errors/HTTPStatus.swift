/// Finds the HTTP status that an error message tells.
///
/// A bare `429` may be part of an echoed prompt; a number counts only behind a word that makes it a
/// status, or before its reason phrase.
enum HTTPStatus {
    private static let range = 400...599

    static func find(in text: FoldedText) -> Int? {
        let bytes = text.bytes
        var i = 0
        while i < bytes.count {
            guard isDigit(bytes[i]) else {
                i += 1
                continue
            }
            var end = i
            while end < bytes.count, isDigit(bytes[end]) { end += 1 }
            let isWord =
                (i > 0 && isLetter(bytes[i - 1])) || (end < bytes.count && isLetter(bytes[end]))
            let isDecimal =
                i > 1 && bytes[i - 1] == UInt8(ascii: ".") && isDigit(bytes[i - 2])
            if end - i == 3, !isWord, !isDecimal {
                let value = bytes[i..<end].reduce(0) { $0 * 10 + Int($1 & 0x0f) }
                if range.contains(value),
                    isIntroduced(bytes, i) || isExplained(text, value, end)
                {
                    return value
                }
            }
            i = end
        }
        return nil
    }

    private static let words: [StaticString] = [
        "http", "status", "code", "error", "statuscode", "http/1.1", "http/2", "http/1.0",
    ]

    /// Whether `status code: `, `"code":`, `HTTP `, `error (` or the like stands before an index.
    private static func isIntroduced(_ bytes: [UInt8], _ index: Int) -> Bool {
        var end = index
        while end > 0, index - end < 4, " \":=([".utf8.contains(bytes[end - 1]) { end -= 1 }
        guard end < index || (end > 0 && bytes[end - 1] == UInt8(ascii: "_")) else { return false }
        return words.contains { word in
            let length = word.utf8CodeUnitCount
            guard end >= length else { return false }
            for offset in 0..<length
            where bytes[end - length + offset] != word.utf8Start[offset] { return false }
            return true
        }
    }

    private static let reasons: [(Int, StaticString)] = [
        (400, "bad request"), (401, "unauthorized"), (402, "payment required"), (403, "forbidden"),
        (404, "not found"), (408, "request timeout"), (413, "payload too large"),
        (413, "request entity too large"), (429, "too many requests"),
        (500, "internal server error"), (502, "bad gateway"), (503, "service unavailable"),
        (504, "gateway timeout"), (529, "overloaded"),
    ]

    private static func isExplained(_ text: FoldedText, _ status: Int, _ index: Int) -> Bool {
        var begin = index
        while begin < text.bytes.count, text.bytes[begin] == 0x20 { begin += 1 }
        return reasons.contains { $0.0 == status && text.find($0.1, from: begin) == begin }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
}
