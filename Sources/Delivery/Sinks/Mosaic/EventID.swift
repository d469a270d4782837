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

    /// Two 64-bit FNV-1a hashes, which need not be more than different.
    private static func derived(_ id: String) -> String {
        var high: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "mosaic/\(id)".utf8 { high = (high ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var low = high
        for byte in id.utf8 { low = (low ^ UInt64(byte)) &* 0x100_0000_01b3 }
        high = high & ~0xF000 | 0x8000
        low = low & ~(0b11 << 62) | 0b10 << 62
        let digits = hex(high) + hex(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            text.append(digit)
        }
        return text
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
