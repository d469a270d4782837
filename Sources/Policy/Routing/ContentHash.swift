/// A hash of a word's letters, in lower case; the same however many came at once.
struct ContentHash {
    private var mixed = seed
    /// Bytes that are not in it yet, and how many: less than eight.
    private var pending: UInt64 = 0
    private var count = 0

    private static let seed: UInt64 = 0xcbf2_9ce4_8422_2325
    private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// Adds up to eight bytes: ASCII letters in lower case, digits and `_`.
    ///
    /// - Parameter bytes: the first is the lowest; 0 behind them.
    @inline(__always)
    mutating func add(_ bytes: UInt64, count added: Int) {
        let shift = UInt64(truncatingIfNeeded: 8 &* count)
        pending |= bytes &<< shift
        count &+= added
        guard count >= 8 else { return }
        mixed = Self.mix(mixed, pending)
        pending = shift == 0 ? 0 : bytes &>> (64 &- shift)
        count &-= 8
    }

    /// Adds any other letter, in either case, as three bytes, of which the last is none of ASCII's
    /// words.
    @inline(__always)
    mutating func add(_ scalar: UInt32) { add(UInt64(Self.lowercase(scalar)), count: 3) }

    @inline(__always)
    var value: UInt64 { Self.mix(mixed, pending) }

    /// Of a word behind another, or of an ideograph behind another; not the same the other way.
    @inline(__always)
    static func pair(_ first: UInt64, _ second: UInt64) -> UInt64 {
        mix(first &* factor, second)
    }

    @inline(__always)
    static func ideograph(_ scalar: UInt32) -> UInt64 { mix(seed, UInt64(scalar)) }

    @inline(__always)
    private static func mix(_ hash: UInt64, _ bytes: UInt64) -> UInt64 {
        let product = (hash ^ bytes).multipliedFullWidth(by: factor)
        return product.high ^ product.low
    }

    /// Latin-1, Greek and Russian letters; others have one case or keep theirs.
    @inline(__always)
    private static func lowercase(_ scalar: UInt32) -> UInt32 {
        switch scalar {
        case 0xC0...0xDE, 0x391...0x3A9, 0x410...0x42F: scalar &+ 0x20
        case 0x400...0x40F: scalar &+ 0x50
        default: scalar
        }
    }
}
