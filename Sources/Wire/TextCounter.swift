/// Counts the scalars of UTF-8 text by class, however the text is cut.
///
/// A byte that belongs to no valid sequence counts as one `other`, so that text in some other
/// encoding still has a size.
struct TextCounter {
    private(set) var size = TextSize()
    /// The sequence that is open: its scalar so far, its bytes so far, the bytes still missing.
    private var scalar: UInt32 = 0
    private var seen: UInt8 = 0
    private var missing: UInt8 = 0
    /// What the next byte must be: rules out overlong forms, surrogates and scalars too large.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xbf

    mutating func feed(_ p: UnsafePointer<UInt8>, _ count: Int) {
        var i = 0
        while i < count {
            if missing == 0 {
                let ascii = ByteSearch.asciiBlocks(p, i, count)
                size.latin &+= UInt64(truncatingIfNeeded: ascii)
                i &+= ascii
                while i < count, p[i] < 0x80 {
                    size.latin &+= 1
                    i &+= 1
                }
                // Past the first byte that is not ASCII, go on byte by byte until it is again.
                while i < count, missing != 0 || p[i] >= 0x80 {
                    step(p[i])
                    i &+= 1
                }
            } else {
                step(p[i])
                i &+= 1
            }
        }
    }

    /// Ends the text: an open sequence stays incomplete.
    mutating func finish() -> TextSize {
        size.other &+= UInt64(seen)
        (seen, missing) = (0, 0)
        return size
    }

    mutating func reset() { self = TextCounter() }

    private mutating func step(_ byte: UInt8) {
        if missing > 0 {
            if byte >= lowest, byte <= highest {
                scalar = scalar << 6 | UInt32(byte & 0x3f)
                (lowest, highest) = (0x80, 0xbf)
                missing &-= 1
                seen &+= 1
                if missing == 0 {
                    size.add(scalar)
                    seen = 0
                }
                return
            }
            size.other &+= UInt64(seen)
            (seen, missing) = (0, 0)
        }
        // Unicode 16, table 3-7: well-formed UTF-8 byte sequences.
        (lowest, highest) = (0x80, 0xbf)
        switch byte {
        case 0x00...0x7f:
            size.latin &+= 1
            return
        case 0xc2...0xdf: (scalar, missing) = (UInt32(byte & 0x1f), 1)
        case 0xe0...0xef:
            (scalar, missing) = (UInt32(byte & 0x0f), 2)
            if byte == 0xe0 { lowest = 0xa0 }
            if byte == 0xed { highest = 0x9f }
        case 0xf0...0xf4:
            (scalar, missing) = (UInt32(byte & 0x07), 3)
            if byte == 0xf0 { lowest = 0x90 }
            if byte == 0xf4 { highest = 0x8f }
        default:
            size.other &+= 1
            return
        }
        seen = 1
    }
}

extension TextSize {
    /// Counts one scalar.
    package mutating func add(_ scalar: UInt32) {
        switch scalar {
        case 0..<0x250: latin &+= 1
        case 0x1100...0x11ff, 0x2e80...0x9fff, 0xa960...0xa97f, 0xac00...0xd7ff, 0xf900...0xfaff,
            0xfe30...0xfe4f, 0xff00...0xffef, 0x20000...0x3ffff:
            cjk &+= 1
        default: other &+= 1
        }
    }
}
