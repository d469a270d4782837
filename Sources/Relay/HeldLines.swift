/// Lines of the client's that wait until they may be sent, in the order they came.
struct HeldLines {
    struct Line {
        let number: UInt64
        let bytes: [UInt8]
        /// When its end was read, in monotonic nanoseconds.
        let stamp: UInt64
        /// When it is asked about again, in monotonic nanoseconds.
        var until: UInt64
    }

    /// The longest line that can be held, newline included, and what may be held altogether before
    /// the client is no longer read.
    static let bytesMax = 16 << 20
    /// So many lines at most: no client has more calls under way, and each is looked at when one is
    /// due.
    static let countMax = 1024

    private var lines: [Line] = []
    private var byteCount = 0

    var isEmpty: Bool { lines.isEmpty }

    /// Nothing more is to be read.
    var isFull: Bool { byteCount >= Self.bytesMax || lines.count >= Self.countMax }

    /// When the first of them is due.
    var deadline: UInt64? { lines.lazy.map(\.until).min() }

    mutating func add(_ line: Line) {
        byteCount &+= line.bytes.count
        // One that was asked about again goes back to its place.
        let place = lines.lastIndex { $0.number < line.number }
        lines.insert(line, at: place.map { $0 &+ 1 } ?? 0)
    }

    /// Takes out the oldest that is due.
    mutating func takeDue(at now: UInt64) -> Line? {
        lines.firstIndex { $0.until <= now }.map { remove(at: $0) }
    }

    mutating func take(_ number: UInt64) -> Line? {
        lines.firstIndex { $0.number == number }.map { remove(at: $0) }
    }

    /// Takes out the oldest.
    mutating func takeFirst() -> Line? { lines.isEmpty ? nil : remove(at: 0) }

    private mutating func remove(at index: Int) -> Line {
        let line = lines.remove(at: index)
        byteCount &-= line.bytes.count
        return line
    }
}
