package import Records

/// The random numbers a session needs for its ids: seeded once, so that this module never asks the
/// system for anything and its tests repeat. xoroshiro128++ (Blackman and Vigna), which is no
/// secret: ids must be distinct, not unguessable.
package struct IdentifierSource: Sendable {
    private var a: UInt64
    private var b: UInt64

    /// - Parameter seed: 128 random bits, drawn anew for every session.
    package init(seed: (UInt64, UInt64)) {
        a = seed.0
        // The one state the generator cannot leave.
        b = seed.0 == 0 && seed.1 == 0 ? 0x9e37_79b9_7f4a_7c15 : seed.1
    }

    mutating func next() -> UInt64 {
        let sum = a &+ b
        let result = (sum << 17 | sum >> 47) &+ a
        let mixed = a ^ b
        a = (a << 49 | a >> 15) ^ mixed ^ (mixed << 21)
        b = mixed << 28 | mixed >> 36
        return result
    }

    /// A W3C trace id: 32 lower-case hexadecimal digits, not all zero.
    mutating func traceID() -> String {
        let (high, low) = (next(), next())
        return Hex.string(high, low == 0 ? 1 : low)
    }

    /// A W3C span id: 16 lower-case hexadecimal digits, not all zero.
    mutating func spanID() -> String {
        let id = next()
        return Hex.string(id == 0 ? 1 : id)
    }

    /// A UUIDv7 (RFC 9562 §5.7) of a moment.
    package mutating func callID(at time: Timestamp) -> String {
        let milliseconds = UInt64(clamping: time.microseconds / 1000)
        let high = milliseconds << 16 | 0x7000 | next() & 0xfff
        return UUIDText.string(high, next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }
}

/// The ids of records that have no request of their own.
enum DerivedID {
    /// The id of the `index`th further record made of the call with an id: the same every time, so
    /// that a receiver which drops repeated ids counts once.
    ///
    /// A UUIDv8 (RFC 9562 §5.8): the first 48 bits are the call's, so that both sort together; the
    /// rest is the SHA-256 of the call's id and what is derived.
    static func make(of id: String, _ purpose: String, _ index: Int) -> String {
        let digest = SHA256.hash(Array("\(id)/\(purpose)/\(index)".utf8))
        var words: [UInt64] = [0, 0]
        for (position, byte) in digest.prefix(16).enumerated() {
            words[position / 8] = words[position / 8] << 8 | UInt64(byte)
        }
        let time = UUIDText.time(of: id) ?? words[0] >> 16
        let high = time << 16 | 0x8000 | words[0] & 0xfff
        return UUIDText.string(high, words[1] & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }
}

/// The textual form of a UUID.
enum UUIDText {
    static func string(_ high: UInt64, _ low: UInt64) -> String {
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
    static func time(of id: String) -> UInt64? {
        let digits = id.utf8.filter { $0 != UInt8(ascii: "-") }.prefix(12)
        guard digits.count == 12 else { return nil }
        return UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}

/// Lower-case hexadecimal.
enum Hex {
    /// The digit at a place of a word, 0 being the most significant and 15 the least.
    @inline(__always)
    static func digit(_ word: UInt64, _ place: Int) -> UInt8 {
        let nibble = UInt8(truncatingIfNeeded: word &>> UInt64(60 &- 4 &* place)) & 0xf
        return nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    static func string(_ word: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { text in
            for place in 0..<16 { text[place] = digit(word, place) }
            return 16
        }
    }

    static func string(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 32) { text in
            for place in 0..<32 { text[place] = digit(place < 16 ? high : low, place & 15) }
            return 32
        }
    }

    /// The first `count` digits of a byte string.
    static func string(_ bytes: [UInt8], digits count: Int) -> String {
        var text: [UInt8] = []
        for byte in bytes { text += [digit(UInt64(byte), 14), digit(UInt64(byte), 15)] }
        return String(decoding: text.prefix(count), as: UTF8.self)
    }
}
