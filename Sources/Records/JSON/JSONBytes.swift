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

    /// Whether a backslash and this are a whole escape, as they are for all but `u`.
    @inline(__always)
    static func isShortEscape(_ byte: UInt8) -> Bool {
        // A bit for each of "/ and of \bfnrt.
        let bits: UInt64 =
            byte < 0x40
            ? 1 << 0x22 | 1 << 0x2F
            : 1 << 0x1C | 1 << 0x22 | 1 << 0x26 | 1 << 0x2E | 1 << 0x32 | 1 << 0x34
        return byte < 0x80 && bits &>> UInt64(byte & 63) & 1 != 0
    }

    /// The number that four hexadecimal digits write, as they were loaded; nil for anything else.
    @inline(__always)
    package static func hexadecimal(_ four: UInt32) -> UInt16? {
        let four = UInt32(littleEndian: four)
        let low = four & 0x7F7F_7F7F
        let letters = low | 0x2020_2020
        // The highest bit of a byte says that it is one of '0'...'9', or of 'a'...'f'.
        let isDigit = (low &+ 0x5050_5050) & ~(low &+ 0x4646_4646)
        let isLetter = (letters &+ 0x1F1F_1F1F) & ~(letters &+ 0x1919_1919)
        guard (isDigit | isLetter) & ~four & 0x8080_8080 == 0x8080_8080 else { return nil }
        let nibbles = (low & 0x0F0F_0F0F) &+ (low &>> 6 & 0x0101_0101) &* 9
        let ordered = nibbles.byteSwapped
        let bytes = (ordered | ordered &>> 4) & 0x00FF_00FF
        return UInt16(truncatingIfNeeded: bytes | bytes &>> 8)
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
