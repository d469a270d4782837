/// Looks at eight bytes of a JSON string at once.
package enum JSONBytes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    package static func isASCII(_ eight: UInt64) -> Bool { eight & highs == 0 }

    /// How many of the eight, from the first in memory, are surely no quote, no backslash and no
    /// control character; the one after them is. `eight` as it was loaded, little-endian or not.
    @inline(__always)
    package static func plainCount(_ eight: UInt64) -> Int {
        let eight = UInt64(littleEndian: eight)
        let quotes = eight ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = eight ^ (ones &* UInt64(UInt8(ascii: "\\")))
        // (x - 1) & ~x has a byte's high bit set where x's byte was 0, and (x - 0x20) & ~x where it
        // was below 0x20. A borrow may set more, but only above the first byte that is right.
        let hits =
            ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
            | ((eight &- (ones &* 0x20)) & ~eight)
        return (hits & highs).trailingZeroBitCount / 8
    }

    /// Whether `text` is a JSON number and nothing else.
    package static func isNumber(_ text: Span<UInt8>) -> Bool {
        do throws(JSONError) {
            // The reader allows white space around the value; a literal has none.
            guard text.count > 0, text[0] > 0x20, text[text.count - 1] > 0x20 else { return false }
            return try JSONReader.read(text) { (reader) throws(JSONError) in
                guard try reader.peek() == .number else { return false }
                _ = try reader.number()
                return true
            }
        } catch {
            return false
        }
    }
}
