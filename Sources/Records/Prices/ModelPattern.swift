/// How the spellings of one model are told from others.
///
/// A pattern is the model's id in lower case; `#` stands for one digit, a `*` at either end for
/// anything, and `!WORD` after it refuses ids in which WORD ends a name part: `gemini-2.5-pro*!-tts`
/// is `gemini-2.5-pro-latest` but not `gemini-2.5-pro-preview-tts`.
///
/// Where a `*` follows a digit, one or two more digits are another version and no match:
/// `claude-opus-4-1*` is `claude-opus-4-1-20250805` but not `claude-opus-4-10`.
package struct ModelPattern: Hashable, Sendable {
    private var body: [UInt8]
    private var isPrefix = false
    private var isSuffix = false
    private var refused: [UInt8] = []

    /// Any text is a pattern. ASCII letters may be in either case.
    package init(_ text: some StringProtocol) { self.init(utf8: text.utf8) }

    init(utf8 text: some Sequence<UInt8>) {
        var text = text.map(\.asciiLowercased)[...]
        if let mark = text.lastIndex(of: UInt8(ascii: "!")) {
            refused = Array(text[(mark + 1)...])
            text = text[..<mark]
        }
        if text.last == UInt8(ascii: "*") {
            isPrefix = true
            text.removeLast()
        }
        if text.first == UInt8(ascii: "*") {
            isSuffix = true
            text.removeFirst()
        }
        body = Array(text)
    }

    /// Matches `text` alone, whatever it holds.
    package init(literal text: some StringProtocol) { self.init(literal: text.utf8) }

    init(literal text: some Sequence<UInt8>) { body = text.map(\.asciiLowercased) }

    /// It names one model rather than a family of spellings.
    var isExact: Bool { !isPrefix && !isSuffix }

    /// - Parameter isExact: only the pattern of one model counts.
    func matches(_ id: [UInt8], isExact: Bool) -> Bool {
        (!isExact || self.isExact) && matches(id)
    }

    /// `id` in lower case.
    func matches(_ id: [UInt8]) -> Bool {
        guard id.count >= body.count else { return false }
        let last = id.count - body.count
        let isMatch: Bool
        switch (isSuffix, isPrefix) {
        case (false, false): isMatch = last == 0 && holds(id, at: 0)
        case (false, true): isMatch = holds(id, at: 0) && isBoundary(id, after: body.count)
        case (true, false): isMatch = holds(id, at: last)
        case (true, true):
            isMatch = (0...last).contains {
                holds(id, at: $0) && isBoundary(id, after: $0 + body.count)
            }
        }
        return isMatch && !isRefused(id)
    }

    private func holds(_ id: [UInt8], at start: Int) -> Bool {
        for index in body.indices where body[index] != id[start + index] {
            guard body[index] == UInt8(ascii: "#"), id[start + index].isASCIIDigit else {
                return false
            }
        }
        return true
    }

    private func isBoundary(_ id: [UInt8], after end: Int) -> Bool {
        guard end > 0, end < id.count, id[end - 1].isASCIIDigit, id[end].isASCIIDigit else {
            return true
        }
        let before = id[..<end].reversed().prefix { $0.isASCIIDigit }.count
        let after = id[end...].prefix { $0.isASCIIDigit }.count
        return before + after > 2
    }

    private func isRefused(_ id: [UInt8]) -> Bool {
        guard !refused.isEmpty, id.count >= refused.count else { return false }
        return (0...(id.count - refused.count)).contains { start in
            let end = start + refused.count
            return id[start..<end].elementsEqual(refused)
                && (end == id.count || id[end] == UInt8(ascii: "-"))
        }
    }
}

extension UInt8 {
    var isASCIIDigit: Bool { self &- UInt8(ascii: "0") <= 9 }

    var asciiLowercased: UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self ? self | 0x20 : self
    }
}
