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
        let time = UUIDText.time(of: id) ?? high >> 16
        return UUIDText.string(
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
        return Hex.string(UInt64(digest[0]) << 32 | UInt64(digest[1]))
    }

    private static func hash(_ text: String) -> SHA256.Digest {
        var text = text
        return text.withUTF8 { SHA256.hash($0.span) }
    }
}

extension CallRecord {
    /// The id of the `usage` record of the client's turn that wrote a tool use, whoever writes it:
    /// what is estimated here is replaced by what the client's own log says under the same id.
    package static func clientTurnID(toolUseID: String) -> String {
        DerivedID.make(from: toolUseID, purpose: "client", index: 0)
    }
}
