#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The searches that carry the import's speed, and the only pointer arithmetic in it.
///
/// Every function looks at bytes `start ..< count` only, and returns an index there, or `count` for
/// "not found".
enum ByteSearch {
    typealias Bytes = UnsafePointer<UInt8>

    static let newline = UInt8(ascii: "\n")
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")

    /// The first `byte`. glibc's and Darwin's `memchr` pick the widest vectors of the CPU.
    @inline(__always)
    static func first(_ byte: UInt8, _ p: Bytes, _ start: Int, _ count: Int) -> Int {
        guard start < count, let hit = memchr(p + start, CInt(byte), count - start) else {
            return count
        }
        return p.distance(to: hit.assumingMemoryBound(to: UInt8.self))
    }

    /// The closing quote of the string whose first byte is at `start`.
    @inline(__always)
    static func endOfString(_ p: Bytes, _ start: Int, _ count: Int) -> Int {
        // Most strings are short: a call is not worth it for those.
        var near = start
        let nearEnd = min(count, start &+ 24)
        while near < nearEnd, p[near] != backslash {
            if p[near] == quote { return near }
            near &+= 1
        }
        var from = near
        while true {
            let hit = first(quote, p, from, count)
            if hit == count { return count }
            // An odd run of backslashes before the quote escapes it.
            var i = hit
            while i > from, p[i &- 1] == backslash { i &-= 1 }
            if (hit &- i) & 1 == 0 { return hit }
            from = hit &+ 1
        }
    }

    /// The first quote or bracket of any kind.
    @inline(__always)
    static func quoteOrBracket(_ p: Bytes, _ start: Int, _ count: Int) -> Int {
        var i = start
        let quotes = SIMD16<UInt8>(repeating: quote)
        // `[` and `{`, `]` and `}` differ in one bit, 0x20, which no other of them lacks.
        let bit = SIMD16<UInt8>(repeating: 0x20)
        let opening = SIMD16<UInt8>(repeating: UInt8(ascii: "{"))
        let closing = SIMD16<UInt8>(repeating: UInt8(ascii: "}"))
        while i &+ 16 <= count {
            let block = UnsafeRawPointer(p + i).loadUnaligned(as: SIMD16<UInt8>.self)
            let folded = block | bit
            let hits = (block .== quotes) .| (folded .== opening) .| (folded .== closing)
            let words = unsafeBitCast(hits, to: SIMD2<UInt64>.self)
            if words[0] != 0 { return i &+ words[0].littleEndian.trailingZeroBitCount >> 3 }
            if words[1] != 0 { return i &+ 8 &+ words[1].littleEndian.trailingZeroBitCount >> 3 }
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
}

/// A short text that is looked for in gigabytes.
///
/// Sixteen places at a time are asked for two of its bytes that are seldom that far apart; where
/// both are there, the rest is compared.
struct Needle: Sendable {
    let text: StaticString
    private let probes: (Int, Int)

    /// - Parameters:
    ///   - text: at least two bytes of ASCII.
    ///   - probes: two places in it, whose bytes are rare together.
    init(_ text: StaticString, probes: (Int, Int)) {
        let last = text.utf8CodeUnitCount - 1
        self.text = text
        self.probes = (min(max(probes.0, 0), last), min(max(probes.1, 0), last))
    }

    var count: Int { text.utf8CodeUnitCount }

    /// Whether it is in the first `count` bytes.
    @inline(__always)
    func isIn(_ p: ByteSearch.Bytes, _ count: Int) -> Bool { find(p, 0, count) < count }

    /// Where it begins.
    func find(_ p: ByteSearch.Bytes, _ start: Int, _ count: Int) -> Int {
        let length = self.count
        let needle = text.utf8Start
        // The last place it can begin at.
        let last = count - length
        var i = start
        let (a, b) = probes
        let firsts = SIMD16<UInt8>(repeating: needle[a])
        let seconds = SIMD16<UInt8>(repeating: needle[b])
        // A block read at either probe ends inside the text, since both lie inside the needle.
        while i &+ 15 <= last {
            let raw = UnsafeRawPointer(p + i)
            let hits =
                (raw.loadUnaligned(fromByteOffset: a, as: SIMD16<UInt8>.self) .== firsts)
                .& (raw.loadUnaligned(fromByteOffset: b, as: SIMD16<UInt8>.self) .== seconds)
            let words = unsafeBitCast(hits, to: SIMD2<UInt64>.self)
            if words[0] | words[1] != 0 {
                for lane in 0..<16
                where hits[lane] && memcmp(p + i + lane, needle, length) == 0 {
                    return i &+ lane
                }
            }
            i &+= 16
        }
        while i <= last {
            if p[i] == needle[0], memcmp(p + i, needle, length) == 0 { return i }
            i &+= 1
        }
        return count
    }
}
