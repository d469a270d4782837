/// Looking for short texts of plain ASCII in bytes that were never made a `String`.
extension ArraySlice<UInt8> {
    func isEqual(to text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && begins(with: text)
    }

    func begins(with text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && has(text, at: startIndex)
    }

    func ends(with text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && has(text, at: endIndex - text.utf8CodeUnitCount)
    }

    /// Where a text stands first.
    func firstRange(of text: StaticString) -> Range<Int>? {
        let length = text.utf8CodeUnitCount
        guard count >= length else { return nil }
        for start in startIndex...(endIndex - length) where has(text, at: start) {
            return start..<(start + length)
        }
        return nil
    }

    /// Where the first U+00B7 stands.
    var middleDot: Int? { firstRange(of: "\u{b7}")?.lowerBound }

    /// The text must fit between an index and the end.
    private func has(_ text: StaticString, at start: Int) -> Bool {
        for offset in 0..<text.utf8CodeUnitCount
        where self[start &+ offset] != text.utf8Start[offset] {
            return false
        }
        return true
    }
}
