/// The word that is being read.
struct ContentWord {
    private(set) var hash = ContentHash()
    /// In letters; 0 is none.
    private(set) var length = 0
    private(set) var digits = 0
    private(set) var isGreek = false
    var isCommand = false
    /// Not 0: `_` is in it, or a capital stands behind a small letter, `likeThis`.
    private var identifier: UInt64 = 0
    /// The letter before was a small one: 0x80, else 0.
    private var smallBefore: UInt64 = 0

    /// Written as only names in code are.
    var isIdentifier: Bool { identifier != 0 }

    @inline(__always)
    mutating func add(_ run: ContentRun) {
        hash.add(run.bytes, count: run.count)
        length &+= run.count
        digits &+= run.digitCount
        identifier |= run.underscores | run.capitals & (run.small &<< 8 | smallBefore)
        smallBefore = run.lastSmall
    }

    /// Adds a letter beyond ASCII.
    @inline(__always)
    mutating func add(_ scalar: UInt32) {
        hash.add(scalar)
        length &+= 1
        isGreek = scalar &- 0x370 < 0x90
        smallBefore = 0
    }
}

/// Up to eight bytes of a word, looked at all at once. Its masks have the highest bit of a byte set
/// where the byte is one of them.
struct ContentRun {
    /// ASCII letters, digits and `_`, from the first byte to anything else.
    let count: Int
    /// Those, in lower case; 0 behind them.
    let bytes: UInt64
    let digits: UInt64
    let underscores: UInt64
    let capitals: UInt64
    let small: UInt64

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// - Parameter eight: the first is the lowest.
    @inline(__always)
    init(_ eight: UInt64) {
        let low = eight & ~Self.highs
        let ascii = ~eight & Self.highs
        // 0x20 in a letter says that it is a small one.
        let letters =
            Self.within(UInt8(ascii: "a"), UInt8(ascii: "z"), low | Self.ones &* 0x20) & ascii
        let digits = Self.within(UInt8(ascii: "0"), UInt8(ascii: "9"), low) & ascii
        let underscores =
            (Self.highs &- (low ^ Self.ones &* UInt64(UInt8(ascii: "_")))) & ascii
        let others = ~(letters | digits | underscores) & Self.highs
        count = others.trailingZeroBitCount / 8
        // The bytes before the first other one.
        let within = (others & (0 &- others)) &>> 7 &- 1
        bytes = (eight | letters &>> 2) & within
        self.digits = digits & within
        self.underscores = underscores & within
        small = letters & eight &<< 2 & within
        capitals = letters & ~(eight &<< 2) & within
    }

    /// The highest bits of those of seven bits that lie between two.
    @inline(__always)
    private static func within(_ first: UInt8, _ last: UInt8, _ low: UInt64) -> UInt64 {
        (low &+ ones &* UInt64(0x80 &- first)) & ~(low &+ ones &* UInt64(0x7F &- last))
    }

    /// How many of them are digits: the sum of the masks' bytes, in its highest byte.
    @inline(__always)
    var digitCount: Int {
        Int(truncatingIfNeeded: (digits &>> 7 &* Self.ones) &>> 56)
    }

    /// 0x80 if the last one is a small letter.
    @inline(__always)
    var lastSmall: UInt64 { small &>> UInt64(truncatingIfNeeded: 8 &* (count &- 1)) & 0x80 }
}
