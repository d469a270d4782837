/// The textual form of a UUID.
package enum UUIDText {
    package static func string(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 36) { text in
            var end = 0
            for place in 0..<32 {
                if place == 8 || place == 12 || place == 16 || place == 20 {
                    text[end] = UInt8(ascii: "-")
                    end += 1
                }
                text[end] = Hex.digit(place < 16 ? high : low, place & 15)
                end += 1
            }
            return end
        }
    }

    /// The first 48 bits; nil if they are not hexadecimal digits.
    package static func time(of id: String) -> UInt64? {
        let digits = id.utf8.filter { $0 != UInt8(ascii: "-") }.prefix(12)
        guard digits.count == 12 else { return nil }
        return UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}

/// Lower-case hexadecimal.
package enum Hex {
    /// The digit at a place of a word, 0 being the most significant and 15 the least.
    @inline(__always)
    package static func digit(_ word: UInt64, _ place: Int) -> UInt8 {
        let nibble = UInt8(truncatingIfNeeded: word &>> UInt64(60 &- 4 &* place)) & 0xf
        return nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    package static func string(_ word: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { text in
            for place in 0..<16 { text[place] = digit(word, place) }
            return 16
        }
    }

    package static func string(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 32) { text in
            for place in 0..<32 { text[place] = digit(place < 16 ? high : low, place & 15) }
            return 32
        }
    }

    /// The first `count` digits of a byte string.
    package static func string(_ bytes: [UInt8], digits count: Int) -> String {
        var text: [UInt8] = []
        for byte in bytes { text += [digit(UInt64(byte), 14), digit(UInt64(byte), 15)] }
        return String(decoding: text.prefix(count), as: UTF8.self)
    }
}
