/// Ids that are made from what a record is about: the same every time, so that whoever drops
/// repeated ids counts once.
package enum DerivedID {
    /// The id of the `index`th record of a kind that is made from something with an id.
    ///
    /// A UUIDv8 (RFC 9562 §5.8): the first 48 bits are those of the id where it is a UUID, so that
    /// both sort together; the rest is the SHA-256 of `id/purpose/index`.
    package static func make(
        from id: String, purpose: String, index: Int
    ) -> String {
        let digest = hash("\(id)/\(purpose)/\(index)")
        let high = UInt64(digest[0]) << 32 | UInt64(digest[1])
        let low = UInt64(digest[2]) << 32 | UInt64(digest[3])
        let time = time(of: id) ?? high >> 16
        return text(
            time << 16 | 0x8000 | high & 0xfff, low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }

    /// The id of the record of a model call that a client's session log tells.
    ///
    /// - Parameters:
    ///   - message: the provider's id of the message, or what stands in for it.
    ///   - client: the client's name as records have it.
    package static func make(ofMessage message: String, of client: String) -> String {
        make(from: "\(client)/\(message)", purpose: "usage", index: 0)
    }

    /// The first 16 hexadecimal digits of a text's SHA-256: equal texts can be counted, none be
    /// read.
    package static func fingerprint(_ text: String) -> String {
        let digest = hash(text)
        return hexadecimal(UInt64(digest[0]) << 32 | UInt64(digest[1]))
    }

    private static func hash(_ text: String) -> SHA256.Digest {
        var text = text
        return text.withUTF8 { SHA256.hash($0.span) }
    }

    /// The first 48 bits of a UUID; nil if they are not hexadecimal digits.
    private static func time(of id: String) -> UInt64? {
        let digits = id.utf8.filter { $0 != UInt8(ascii: "-") }.prefix(12)
        guard digits.count == 12 else { return nil }
        return UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 36) { text in
            var end = 0
            for place in 0..<32 {
                if place == 8 || place == 12 || place == 16 || place == 20 {
                    text[end] = UInt8(ascii: "-")
                    end += 1
                }
                text[end] = digit(place < 16 ? high : low, place & 15)
                end += 1
            }
            return end
        }
    }

    private static func hexadecimal(_ word: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { text in
            for place in 0..<16 { text[place] = digit(word, place) }
            return 16
        }
    }

    /// The digit at a place of a word, 0 being the most significant and 15 the least.
    private static func digit(_ word: UInt64, _ place: Int) -> UInt8 {
        let nibble = UInt8(truncatingIfNeeded: word &>> UInt64(60 &- 4 &* place)) & 0xf
        return nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
