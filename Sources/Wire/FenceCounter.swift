/// Counts the lines that open or close a fenced code block: up to three spaces, then three
/// backticks (CommonMark §4.5).
struct FenceCounter {
    /// Such a line was seen an odd number of times.
    private(set) var isOpen = false
    /// At the beginning of a line: the spaces and backticks of it so far; -1 when further on.
    private var spaces = 0
    private var ticks = 0

    private static let tick = UInt8(ascii: "`")
    private static let space = UInt8(ascii: " ")

    mutating func feed(_ p: UnsafePointer<UInt8>, _ count: Int) {
        var i = continueLine(p, 0, count)
        while i < count {
            let hit = ByteSearch.first(Self.tick, p, i, count)
            if hit == count { break }
            var begin = hit
            while begin > i, hit &- begin < 4, p[begin &- 1] == Self.space { begin &-= 1 }
            if begin > 0, p[begin &- 1] == ByteSearch.newline, hit &- begin <= 3 {
                (spaces, ticks) = (hit &- begin, 0)
                i = continueLine(p, hit, count)
            } else {
                i = hit &+ 1
            }
        }
        guard spaces < 0, count > 0 else { return }
        // The chunk may end in the beginning of a line.
        var begin = count
        while begin > 0, count &- begin < 4, p[begin &- 1] == Self.space { begin &-= 1 }
        if begin > 0, p[begin &- 1] == ByteSearch.newline, count &- begin <= 3 {
            (spaces, ticks) = (count &- begin, 0)
        }
    }

    /// Goes on in the beginning of a line; returns the first index that was not decided on.
    private mutating func continueLine(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int
    ) -> Int {
        var i = start
        while spaces >= 0, i < count {
            let byte = p[i]
            if byte == Self.tick {
                ticks &+= 1
                i &+= 1
                if ticks == 3 {
                    isOpen.toggle()
                    spaces = -1
                }
            } else if byte == Self.space, ticks == 0, spaces < 3 {
                spaces &+= 1
                i &+= 1
            } else if byte == ByteSearch.newline {
                (spaces, ticks) = (0, 0)
                i &+= 1
            } else {
                spaces = -1
            }
        }
        return i
    }
}
