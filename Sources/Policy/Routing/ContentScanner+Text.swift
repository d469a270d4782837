private import Records

extension ContentScanner {
    /// One text: the bytes between the quotes of a well-formed JSON string.
    mutating func feed(escaped text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            // The most frequent first.
            let traits = traits(of: byte)
            if traits.has(.isWord) != 0 {
                feedWord(text, &index)
            } else if byte == 0x20 {
                feedSpace()
                index &+= 1
            } else if traits.has(.isSeparator) != 0 {
                feed(separator: byte)
                index &+= 1
            } else if byte >= 0x80 {
                feedWide(text, &index)
            } else if byte == UInt8(ascii: "\\") {
                feedEscape(text, &index)
            } else {
                feed(sign: byte)
                index &+= 1
            }
        }
        endText()
    }

    @inline(__always)
    private mutating func feedWord(_ text: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        var run: ContentRun
        repeat {
            run = ContentRun(Self.eightBytes(text, index))
            feed(run)
            index &+= run.count
        } while run.count == 8 && index < text.count && traits(of: text[index]).has(.isWord) != 0
    }

    /// Those from `index` on, the first the lowest, with 0 behind the text.
    @inline(__always)
    private static func eightBytes(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> UInt64 {
        if index &+ 8 <= text.count {
            return UInt64(
                littleEndian: UnsafeRawBufferPointer(text).loadUnaligned(
                    fromByteOffset: index, as: UInt64.self))
        }
        var eight: UInt64 = 0
        for byte in text[min(index, text.count)...].reversed() { eight = eight << 8 | UInt64(byte) }
        return eight
    }

    /// A scalar of several bytes; the text is valid UTF-8, and if it is not, nothing is read that
    /// is not there.
    @inline(__always)
    private mutating func feedWide(_ text: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        let lead = text[index]
        let count = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard index &+ count <= text.count else {
            index = text.count
            return
        }
        func tail(_ offset: Int) -> UInt32 { UInt32(text[index &+ offset] & 0x3F) }
        let scalar =
            switch count {
            case 2: UInt32(lead & 31) << 6 | tail(1)
            case 3: UInt32(lead & 15) << 12 | tail(1) << 6 | tail(2)
            default: UInt32(lead & 7) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3)
            }
        index &+= count
        feed(wide: scalar, bytes: UInt64(truncatingIfNeeded: count))
    }

    private mutating func feedEscape(_ text: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        index &+= 2
        guard index <= text.count else { return }
        let escape = text[index &- 1]
        switch escape {
        case UInt8(ascii: "\""): feed(separator: escape)
        case UInt8(ascii: "n"): feedControl(0x0A)
        case UInt8(ascii: "r"): break
        case UInt8(ascii: "t"): feedControl(0x09)
        case UInt8(ascii: "b"), UInt8(ascii: "f"): feedSpace()
        case UInt8(ascii: "u"): feed(scalar: Self.scalar(text, &index))
        default: feed(sign: escape)
        }
    }

    private mutating func feed(scalar: UInt32) {
        switch scalar {
        case 0..<0x80: feed(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800: feed(wide: scalar, bytes: 2)
        case 0x800..<0x10000: feed(wide: scalar, bytes: 3)
        default: feed(wide: scalar, bytes: 4)
        }
    }

    /// `\uXXXX`, its digits to come, with the second half of a pair where it is the first.
    @inline(__always)
    private static func scalar(
        _ text: UnsafeBufferPointer<UInt8>, _ index: inout Int
    ) -> UInt32 {
        let unit = hexadecimal(text, &index)
        guard unit & 0xFC00 == 0xD800, index &+ 6 <= text.count,
            text[index] == UInt8(ascii: "\\"), text[index &+ 1] == UInt8(ascii: "u")
        else { return unit }
        var next = index &+ 2
        let low = hexadecimal(text, &next)
        guard low & 0xFC00 == 0xDC00 else { return unit }
        index = next
        return 0x10000 &+ ((unit & 0x3FF) << 10) &+ (low & 0x3FF)
    }

    @inline(__always)
    private static func hexadecimal(
        _ text: UnsafeBufferPointer<UInt8>, _ index: inout Int
    ) -> UInt32 {
        defer { index = min(index &+ 4, text.count) }
        guard index &+ 4 <= text.count else { return 0 }
        let four = UnsafeRawBufferPointer(text).loadUnaligned(
            fromByteOffset: index, as: UInt32.self)
        return JSONBytes.hexadecimal(four).map(UInt32.init) ?? 0
    }
}
