import Records

/// The ids of events must be UUIDs; the ledger's mostly are.
enum EventID {
    /// The id itself where it is a UUID, else one made of it: always the same (RFC 9562 version 8).
    static func uuid(_ id: String) -> String {
        isUUID(id) ? id.lowercased() : derived(id)
    }

    /// Eight, four, four, four and twelve hexadecimal digits.
    static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            switch index {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default: 0x30...0x39 ~= byte || 0x41...0x46 ~= byte || 0x61...0x66 ~= byte
            }
        }
    }

    /// Two hashes, which need not be more than different.
    private static func derived(_ id: String) -> String {
        let high = FNV1a.hash("mosaic/\(id)")
        let low = FNV1a.hash(id, after: high)
        return UUIDText.string(high & ~0xF000 | 0x8000, low & ~(0b11 << 62) | 0b10 << 62)
    }
}
