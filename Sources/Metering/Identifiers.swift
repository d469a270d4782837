package import Records

/// The random numbers a session needs for its ids: seeded once, so that this module never asks the
/// system for anything and its tests repeat. xoroshiro128++ (Blackman and Vigna), which is no
/// secret: ids must be distinct, not unguessable.
package struct IdentifierSource: Sendable {
    private var a: UInt64
    private var b: UInt64

    /// - Parameter seed: 128 random bits, drawn anew for every session.
    package init(seed: (UInt64, UInt64)) {
        a = seed.0
        // The one state the generator cannot leave.
        b = seed.0 == 0 && seed.1 == 0 ? 0x9e37_79b9_7f4a_7c15 : seed.1
    }

    mutating func next() -> UInt64 {
        let sum = a &+ b
        let result = (sum << 17 | sum >> 47) &+ a
        let mixed = a ^ b
        a = (a << 49 | a >> 15) ^ mixed ^ (mixed << 21)
        b = mixed << 28 | mixed >> 36
        return result
    }

    /// A W3C trace id: 32 lower-case hexadecimal digits, not all zero.
    mutating func traceID() -> String {
        let (high, low) = (next(), next())
        return Hex.string(high, low == 0 ? 1 : low)
    }

    /// A W3C span id: 16 lower-case hexadecimal digits, not all zero.
    mutating func spanID() -> String {
        let id = next()
        return Hex.string(id == 0 ? 1 : id)
    }

    /// A UUIDv7 (RFC 9562 §5.7) of a moment.
    package mutating func callID(at time: Timestamp) -> String {
        let milliseconds = UInt64(clamping: time.microseconds / 1000)
        let high = milliseconds << 16 | 0x7000 | next() & 0xfff
        return UUIDText.string(high, next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }
}
