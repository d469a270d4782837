/// Where a text's decoded bytes are gathered before they are read, so that a text full of escapes is
/// not read in crumbs.
///
/// The one place in the scanner that writes through a pointer: `count` never exceeds `capacity`, and
/// a block of 16 bytes is stored only where 16 bytes of room are left. One owner, never shared.
final class Window {
    static let capacity = 8192
    let bytes: UnsafeMutablePointer<UInt8>
    var count = 0

    init() { bytes = .allocate(capacity: Self.capacity) }

    deinit { bytes.deallocate() }

    /// There may be no room for another block.
    var isFull: Bool { Self.capacity &- count < 16 }

    /// Adds bytes that are known to fit.
    func append(_ p: UnsafePointer<UInt8>, _ length: Int) {
        precondition(length <= Self.capacity - count)
        (bytes + count).update(from: p, count: length)
        count &+= length
    }

    /// Decodes the bytes of a JSON string from `start` on, up to its closing quote, an escape that
    /// takes more than two bytes or is none, or the end of the room.
    ///
    /// - Returns: the index of the first byte not decoded. Whether it stopped for want of room is
    ///   `isFull`.
    func decode(_ p: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var i = start
        var out = count
        defer { count = out }
        while Self.capacity &- out >= 16 {
            if i &+ 16 <= end {
                let raw = UnsafeRawPointer(p + i)
                let block = raw.loadUnaligned(as: SIMD16<UInt8>.self)
                UnsafeMutableRawPointer(bytes + out).storeBytes(of: block, as: SIMD16<UInt8>.self)
                let index = ByteSearch.quoteOrBackslash(in: block)
                i &+= index
                out &+= index
                if index == 16 { continue }
            } else {
                guard i < end else { return i }
                if p[i] != ByteSearch.quote, p[i] != ByteSearch.backslash {
                    bytes[out] = p[i]
                    i &+= 1
                    out &+= 1
                    continue
                }
            }
            guard p[i] == ByteSearch.backslash, i &+ 1 < end,
                let plain = Machine.unescaped(p[i &+ 1])
            else { return i }
            bytes[out] = plain
            i &+= 2
            out &+= 1
        }
        return i
    }
}
