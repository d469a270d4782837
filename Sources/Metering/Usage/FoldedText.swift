/// A text to look for phrases in: ASCII letters in lower case.
struct FoldedText {
    let bytes: [UInt8]

    init(_ text: some StringProtocol) { self.init(utf8: text.utf8) }

    init(utf8 text: some Sequence<UInt8>) {
        var bytes = Array(text)
        bytes.withUnsafeMutableBufferPointer { bytes in
            for index in bytes.indices where bytes[index] &- 65 < 26 { bytes[index] |= 0x20 }
        }
        self.bytes = bytes
    }

    /// Whether a phrase, given in lower case, occurs.
    func has(_ phrase: StaticString) -> Bool { find(phrase, from: 0) != nil }

    func hasAny(_ phrases: [StaticString]) -> Bool { phrases.contains { has($0) } }

    /// Whether words of a profile's occur.
    func has(_ words: String) -> Bool {
        let wanted = FoldedText(words).bytes
        guard let first = wanted.first, bytes.count >= wanted.count else { return false }
        for start in 0...(bytes.count - wanted.count) where bytes[start] == first {
            if bytes[start..<(start + wanted.count)].elementsEqual(wanted) { return true }
        }
        return false
    }

    /// Where a phrase, given in lower case, occurs first from an index on.
    ///
    /// - Parameter end: it is to begin before this one.
    func find(_ phrase: StaticString, from start: Int, to end: Int = .max) -> Int? {
        let length = phrase.utf8CodeUnitCount
        guard length > 0, start >= 0, bytes.count >= length else { return nil }
        var i = start
        while i <= bytes.count &- length, i < end {
            if matches(phrase, at: i) { return i }
            i &+= 1
        }
        return nil
    }

    func hasPrefix(_ phrase: StaticString) -> Bool { matches(phrase, at: 0) }

    private func matches(_ phrase: StaticString, at index: Int) -> Bool {
        let length = phrase.utf8CodeUnitCount
        guard index &+ length <= bytes.count else { return false }
        for offset in 0..<length where bytes[index &+ offset] != phrase.utf8Start[offset] {
            return false
        }
        return true
    }
}
