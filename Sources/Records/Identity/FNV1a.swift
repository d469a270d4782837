/// The 64-bit FNV-1a hash: the same in every process and version, and quick. Good for
/// telling damage and names apart; whoever wants two texts with one hash finds them.
package enum FNV1a {
    /// What the hash of nothing is.
    package static let basis: UInt64 = 0xcbf2_9ce4_8422_2325

    /// - Parameter start: the hash of what stands before `bytes`.
    package static func hash(_ bytes: Span<UInt8>, after start: UInt64 = basis) -> UInt64 {
        var hash = start
        for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
        return hash
    }

    /// Of a text's UTF-8.
    package static func hash(_ text: String, after start: UInt64 = basis) -> UInt64 {
        var text = text
        return text.withUTF8 { hash($0.span, after: start) }
    }
}
