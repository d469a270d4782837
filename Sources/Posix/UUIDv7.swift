import Synchronization

/// An identifier that sorts by the time it was made (RFC 9562 §5.7).
///
/// Within a process each is greater than the one before, also across threads and when the clock is
/// set back: the 12 bits after the milliseconds are a fraction of the millisecond (§6.2, method 3),
/// and a time not later than the last one used becomes the next step after it.
package struct UUIDv7: Equatable, Hashable, Sendable, CustomStringConvertible {
    /// The 16 bytes, most significant first, as two numbers.
    package let high: UInt64
    package let low: UInt64

    // The last time used, in 1/4096 milliseconds.
    private static let last = Atomic<UInt64>(0)

    /// Makes a new identifier.
    package init() {
        self.init(microseconds: WallClock.now(), random: randomBits())
    }

    package init(microseconds: Int64, random: UInt64) {
        let now = UInt64(clamping: microseconds)
        let wanted = (now / 1000) << 12 | (now % 1000) * 4096 / 1000
        var previous = Self.last.load(ordering: .relaxed)
        while true {
            let next = max(wanted, previous &+ 1)
            let (exchanged, original) = Self.last.weakCompareExchange(
                expected: previous, desired: next, ordering: .relaxed)
            if exchanged {
                self.init(ticks: next, random: random)
                return
            }
            previous = original
        }
    }

    package init(ticks: UInt64, random: UInt64) {
        high = (ticks >> 12) << 16 | 0x7000 | ticks & 0xfff
        low = 0x8000_0000_0000_0000 | random >> 2
    }

    /// The usual form: 36 characters, lower case, hyphens after 8, 12, 16 and 20 digits.
    package var description: String {
        String(unsafeUninitializedCapacity: 36) { characters in
            var used = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    characters[used] = UInt8(ascii: "-")
                    used += 1
                }
                let word = digit < 16 ? high : low
                let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - digit % 16 * 4)) & 0xf
                characters[used] = value < 10 ? 48 + value : 87 + value
                used += 1
            }
            return used
        }
    }
}

/// 64 bits from the kernel's generator, fit for identifiers nobody should guess.
package func randomBits() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
}
