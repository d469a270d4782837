import Posix

/// Reads a descriptor line by line. For commands, not for the relay: lines are held in memory.
struct LineReader {
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(descriptor: CInt) { self.descriptor = descriptor }

    /// The next line without its newline; the last may have had none. Nil at the end, and when
    /// reading fails.
    mutating func next() -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            searched = buffer.count
            if isAtEnd {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return Array(buffer[start...])
            }
            let offset = start
            buffer.removeFirst(offset)
            searched -= offset
            start = 0
            readMore()
        }
    }

    private mutating func readMore() {
        let old = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: 64 << 10))
        let count = buffer.withUnsafeMutableBytes { bytes in
            (try? readBytes(
                descriptor, into: UnsafeMutableRawBufferPointer(rebasing: bytes[old...])))
                ?? 0
        }
        buffer.removeLast(buffer.count - old - count)
        if count == 0 { isAtEnd = true }
    }
}
