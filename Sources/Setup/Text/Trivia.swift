/// What stands between the tokens of a configuration: white space, comments, commas.
enum Trivia {
    /// Where the text begins: after a byte order mark, if there is one.
    static func start(of bytes: [UInt8]) -> Int {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The end of the comment that begins at `index`, its line end not included; nil if none
    /// does. Past the text's end if the comment has no end.
    static func comment(in bytes: [UInt8], at index: Int, _ format: Format) -> Int? {
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        switch (format, bytes[index], next) {
        case (.toml, UInt8(ascii: "#"), _), (.json, UInt8(ascii: "/"), UInt8(ascii: "/")):
            return lineEnd(bytes, from: index)
        case (.json, UInt8(ascii: "/"), UInt8(ascii: "*")):
            var end = index + 2
            while end + 1 < bytes.count {
                if bytes[end] == UInt8(ascii: "*"), bytes[end + 1] == UInt8(ascii: "/") {
                    return end + 2
                }
                end += 1
            }
            return bytes.count + 1
        default: return nil
        }
    }

    /// Where the line ends that `index` is in: at its CR LF or LF, or at the text's end.
    static func lineEnd(_ bytes: [UInt8], from index: Int) -> Int {
        guard let newline = bytes[min(index, bytes.count)...].firstIndex(of: UInt8(ascii: "\n"))
        else { return bytes.count }
        return newline > index && bytes[newline - 1] == UInt8(ascii: "\r") ? newline - 1 : newline
    }

    /// Where the line begins that `index` is in.
    static func lineStart(_ bytes: [UInt8], of index: Int) -> Int {
        bytes[..<index].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? start(of: bytes)
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }

    /// The beginning of the white space that ends at `index`.
    static func spaceStart(_ bytes: [UInt8], before index: Int) -> Int {
        var start = index
        while start > 0, isSpace(bytes[start - 1]) { start -= 1 }
        return start
    }

    /// The end of the white space that begins at `index`.
    static func spaceEnd(_ bytes: [UInt8], after index: Int) -> Int {
        var end = index
        while end < bytes.count, isSpace(bytes[end]) { end += 1 }
        return end
    }

    /// The comma after `index`, if only white space and comments stand between.
    static func comma(in bytes: [UInt8], after index: Int, _ format: Format) -> Int? {
        let next = tokenStart(bytes, after: index, format)
        return next < bytes.count && bytes[next] == UInt8(ascii: ",") ? next : nil
    }

    /// Where the next token begins, white space and comments left out.
    static func tokenStart(_ bytes: [UInt8], after index: Int, _ format: Format) -> Int {
        var index = index
        while index < bytes.count {
            if isSpace(bytes[index]) {
                index += 1
            } else if let end = comment(in: bytes, at: index, format) {
                index = min(end, bytes.count)
            } else {
                break
            }
        }
        return index
    }

    /// After a comment that is on the same line as `index` and is the last on it; else `index`.
    static func afterComment(_ bytes: [UInt8], at index: Int, _ format: Format) -> Int {
        var start = index
        while start < bytes.count,
            bytes[start] == UInt8(ascii: " ") || bytes[start] == UInt8(ascii: "\t")
        { start += 1 }
        guard start < bytes.count, let end = comment(in: bytes, at: start, format),
            end == lineEnd(bytes, from: start)
        else { return index }
        return end
    }
}

/// What a configuration is written in.
enum Format: Sendable {
    case json, toml
}
