/// Undoing `%41` for `A` (RFC 3986 §2.1).
package enum PercentEncoding {
    /// A percent sign that begins no such thing stays.
    package static func decoded(_ text: some Collection<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = octet(rest) {
                decoded.append(value)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }

    /// Nil where a percent sign begins no such thing.
    package static func decodedStrictly(_ text: some Collection<UInt8>) -> [UInt8]? {
        var rest = Array(text)[...]
        while let place = rest.firstIndex(of: UInt8(ascii: "%")) {
            rest = rest[(place + 1)...]
            guard octet(rest) != nil else { return nil }
        }
        return decoded(text)
    }

    private static func octet(_ text: ArraySlice<UInt8>) -> UInt8? {
        guard let first = text.first, let high = Hex.value(of: first),
            let second = text.dropFirst().first, let low = Hex.value(of: second)
        else { return nil }
        return high << 4 | low
    }
}
