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
        var (time, count) = (UInt64(0), 0)
        for byte in id.utf8 where byte != UInt8(ascii: "-") {
            guard let value = Hex.value(of: byte) else { return nil }
            time = time << 4 | UInt64(value)
            count += 1
            if count == 12 { return time }
        }
        return nil
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

    /// The value of a digit, of either case; nil of another character.
    @inline(__always)
    package static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
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
