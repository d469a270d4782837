#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The searches that carry the scanner's speed, and the only pointer arithmetic in it.
///
/// Every function takes a pointer, a start and a count with `0 ≤ start ≤ count`, looks at bytes
/// `start ..< count` only, and returns an index in `start ... count` where `count` is "not found".
enum ByteSearch {
    typealias Bytes = UnsafePointer<UInt8>

    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let newline = UInt8(ascii: "\n")

    /// The first `byte`. glibc's and Darwin's `memchr` pick the widest vectors of the CPU.
    @inline(__always)
    static func first(_ byte: UInt8, _ p: Bytes, _ start: Int, _ count: Int) -> Int {
        guard start < count, let hit = memchr(p + start, CInt(byte), count - start) else {
            return count
        }
        return p.distance(to: hit.assumingMemoryBound(to: UInt8.self))
    }

    /// The first quote or backslash.
    @inline(__always)
    static func quoteOrBackslash(_ p: Bytes, _ start: Int, _ count: Int) -> Int {
        var i = start
        while i &+ 16 <= count {
            let index = quoteOrBackslash(
                in: UnsafeRawPointer(p + i).loadUnaligned(as: SIMD16<UInt8>.self))
            if index < 16 { return i &+ index }
            i &+= 16
        }
        while i < count, p[i] != quote, p[i] != backslash { i &+= 1 }
        return i
    }

    /// The lane of the first quote or backslash, 16 if there is none.
    @inline(__always)
    static func quoteOrBackslash(in block: SIMD16<UInt8>) -> Int {
        firstHit(
            (block .== SIMD16(repeating: quote)) .| (block .== SIMD16(repeating: backslash)))
    }

    /// The first quote or bracket of any kind.
    ///
    /// `[` and `{`, `]` and `}` differ in one bit, 0x20, which no other of them lacks.
    @inline(__always)
    static func quoteOrBracket(_ p: Bytes, _ start: Int, _ count: Int) -> Int {
        var i = start
        let quotes = SIMD16<UInt8>(repeating: quote)
        let bit = SIMD16<UInt8>(repeating: 0x20)
        let opening = SIMD16<UInt8>(repeating: UInt8(ascii: "{"))
        let closing = SIMD16<UInt8>(repeating: UInt8(ascii: "}"))
        while i &+ 16 <= count {
            let block = UnsafeRawPointer(p + i).loadUnaligned(as: SIMD16<UInt8>.self)
            let folded = block | bit
            let hits = (block .== quotes) .| (folded .== opening) .| (folded .== closing)
            let index = firstHit(hits)
            if index < 16 { return i &+ index }
            i &+= 16
        }
        while i < count {
            let folded = p[i] | 0x20
            if p[i] == quote || folded == UInt8(ascii: "{") || folded == UInt8(ascii: "}") {
                return i
            }
            i &+= 1
        }
        return i
    }

    /// How many of the bytes from `start` on are ASCII, rounded down to whole blocks of 16.
    @inline(__always)
    static func asciiBlocks(_ p: Bytes, _ start: Int, _ count: Int) -> Int {
        var i = start
        while i &+ 64 <= count {
            let raw = UnsafeRawPointer(p + i)
            let bits =
                raw.loadUnaligned(as: SIMD16<UInt8>.self)
                | raw.loadUnaligned(fromByteOffset: 16, as: SIMD16<UInt8>.self)
                | raw.loadUnaligned(fromByteOffset: 32, as: SIMD16<UInt8>.self)
                | raw.loadUnaligned(fromByteOffset: 48, as: SIMD16<UInt8>.self)
            if hasHighBit(bits) { break }
            i &+= 64
        }
        while i &+ 16 <= count {
            if hasHighBit(UnsafeRawPointer(p + i).loadUnaligned(as: SIMD16<UInt8>.self)) { break }
            i &+= 16
        }
        return i &- start
    }

    /// Where the string that `start` lies in ends, `start` not being escaped.
    ///
    /// - Returns: the index of the closing quote, or `count` with `isEscaped` saying whether the
    ///   byte at `count` will be escaped.
    ///
    /// Looks for quotes alone, then counts the backslashes behind each: an odd run escapes it.
    @inline(__always)
    static func endOfString(
        _ p: Bytes, _ start: Int, _ count: Int
    ) -> (index: Int, isEscaped: Bool) {
        // Most strings are short: a call is not worth it for those.
        var from = start
        var near = start
        let nearEnd = min(count, start &+ 24)
        while near < nearEnd, p[near] != backslash {
            if p[near] == quote { return (near, false) }
            near &+= 1
        }
        while true {
            let hit = first(quote, p, from, count)
            var i = hit
            while i > from, p[i &- 1] == backslash { i &-= 1 }
            let isOdd = (hit &- i) & 1 == 1
            if hit == count { return (count, isOdd) }
            if !isOdd { return (hit, false) }
            from = hit &+ 1
        }
    }

    /// The index of the first true lane, 16 if there is none.
    @inline(__always)
    private static func firstHit(_ mask: SIMDMask<SIMD16<Int8>>) -> Int {
        let words = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
        if words[0] != 0 { return words[0].littleEndian.trailingZeroBitCount >> 3 }
        if words[1] != 0 { return 8 &+ (words[1].littleEndian.trailingZeroBitCount >> 3) }
        return 16
    }

    @inline(__always)
    private static func hasHighBit(_ block: SIMD16<UInt8>) -> Bool {
        let words = unsafeBitCast(block, to: SIMD2<UInt64>.self)
        return (words[0] | words[1]) & 0x8080_8080_8080_8080 != 0
    }
}
