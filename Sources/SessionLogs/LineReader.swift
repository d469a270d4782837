import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Every bound of the reading of logs, with its unit.
package enum LogLimits {
    /// The longest line that is looked into. A longer one is passed over, and its file named if it
    /// could have told of a model call.
    package static let lineBytesMax = 8 << 20
    /// What is read at a time.
    static let readBytes = 256 << 10
    /// The largest file that is one JSON value instead of lines.
    static let documentBytesMax = 32 << 20
    /// How deep below a client's directory logs are looked for.
    static let directoryDepthMax = 12
    /// Messages of one file that may still get a better line.
    static let heldMessages = 64
    /// The same where the last line of a message is the right one, however far behind.
    static let heldMessagesLastWins = 4096
    /// Records that are appended to the ledger at once, in bytes.
    static let batchBytes = 256 << 10
    /// Bytes of records after which what is known is saved.
    static let commitBytes = 32 << 20
    /// How long the tools that a message uses are waited for.
    static let toolSecondsMax: Int64 = 900
    /// How long before an estimate its log may have been written to last: a day.
    static let behindMicroseconds: Int64 = 86_400_000_000
    /// A file's first bytes, by which it is known again.
    static let headBytes = 256
    /// A file of ours larger than this is damaged.
    static let bookBytesMax = 256 << 20
}

/// Cuts a file into lines with one buffer, whatever the file's size. Reused from file to file.
struct LineReader: ~Copyable {
    private var buffer: UnsafeMutableRawBufferPointer

    init() { buffer = .allocate(byteCount: LogLimits.readBytes, alignment: 16) }

    deinit { buffer.deallocate() }

    struct Reading {
        /// After the last newline that was read.
        var nextOffset: UInt64
        /// Lines that were too long and have what was looked for in them.
        var overlong = 0
    }

    struct Line {
        let bytes: ByteSearch.Bytes
        let count: Int
        /// Where it begins in the file.
        let offset: UInt64
        /// Whether a newline ends it; the last one of a file may be half written.
        let isWhole: Bool
    }

    /// Gives every line from `offset` on to `body`, empty ones left out. A line's bytes are valid
    /// until `body` returns.
    ///
    /// - Parameter needle: what a line must have in it to be missed when it is too long.
    mutating func forEachLine(
        of file: borrowing Descriptor, from offset: UInt64, missing needle: Needle,
        progress: (Int) -> Void, _ body: (Line) -> Void
    ) throws(SystemError) -> Reading {
        var reading = Reading(nextOffset: offset)
        // The bytes at hand are those from `nextOffset` on.
        var held = 0
        while true {
            if held == buffer.count, !grow() {
                guard
                    try skipLine(file, &reading, missing: needle, held: held, progress: progress)
                else { return reading }
                held = 0
                continue
            }
            let space = UnsafeMutableRawBufferPointer(rebasing: buffer[held...])
            let count = try file.read(into: space, at: reading.nextOffset &+ UInt64(held))
            progress(count)
            guard count > 0, let start = UnsafeRawPointer(buffer.baseAddress) else {
                if held > 0 { give(0, held, reading.nextOffset, isWhole: false, body) }
                return reading
            }
            let p = start.assumingMemoryBound(to: UInt8.self)
            let end = held + count
            var place = 0
            var from = held
            while true {
                let newline = ByteSearch.first(ByteSearch.newline, p, from, end)
                if newline == end { break }
                give(place, newline, reading.nextOffset &+ UInt64(place), isWhole: true, body)
                place = newline + 1
                from = place
            }
            reading.nextOffset &+= UInt64(place)
            held = end - place
            if place > 0, held > 0 {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[place..<end]))
            }
        }
    }

    private func give(
        _ start: Int, _ end: Int, _ offset: UInt64, isWhole: Bool, _ body: (Line) -> Void
    ) {
        guard end > start, let base = UnsafeRawPointer(buffer.baseAddress) else { return }
        let bytes = (base + start).assumingMemoryBound(to: UInt8.self)
        body(Line(bytes: bytes, count: end - start, offset: offset, isWhole: isWhole))
    }

    /// False when the buffer is as large as it gets.
    private mutating func grow() -> Bool {
        guard buffer.count < LogLimits.lineBytesMax else { return false }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: buffer.count * 2, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
        buffer.deallocate()
        buffer = larger
        return true
    }

    /// Goes past a line that does not fit, whose first `held` bytes are in the buffer. False when
    /// it has no end yet.
    private mutating func skipLine(
        _ file: borrowing Descriptor, _ reading: inout Reading, missing needle: Needle, held: Int,
        progress: (Int) -> Void
    ) throws(SystemError) -> Bool {
        guard let base = UnsafeRawPointer(buffer.baseAddress) else { return false }
        let p = base.assumingMemoryBound(to: UInt8.self)
        var isMissed = needle.isIn(p, held)
        var place = reading.nextOffset &+ UInt64(held)
        // So many bytes of the piece before go before each piece: the needle may lie across.
        let overlap = min(needle.count - 1, held)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[(held - overlap)..<held]))
        while true {
            let space = UnsafeMutableRawBufferPointer(rebasing: buffer[overlap...])
            let count = try file.read(into: space, at: place)
            progress(count)
            if count == 0 { return false }
            let end = overlap + count
            let newline = ByteSearch.first(ByteSearch.newline, p, overlap, end)
            isMissed = isMissed || needle.isIn(p, newline)
            if newline < end {
                reading.nextOffset = place &+ UInt64(newline - overlap) &+ 1
                if isMissed { reading.overlong += 1 }
                return true
            }
            place &+= UInt64(count)
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[(end - overlap)..<end]))
        }
    }
}
