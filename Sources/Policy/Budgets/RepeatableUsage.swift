import Reports

/// What was counted of `usage` lines, whose ids may come again: an estimate is replaced by what a
/// client's log says, and a log may be imported twice. As in a report, the line that counts is the
/// last one, in the order of the segments.
///
/// A table of 32 bytes a line, at most three quarters full.
struct RepeatableUsage {
    struct Line {
        fileprivate var key: UInt64 = 0
        var nanodollars: Int64 = 0
        /// Seconds since 1970.
        var seconds: UInt32 = 0
        /// The budgets that count it.
        var budgets: UInt32 = 0
        /// Where it stands: a number that `isLater` understands.
        var segment: UInt32 = 0
    }

    private var slots: [Line] = Array(repeating: Line(), count: 64)
    private(set) var count = 0

    /// Puts a line in.
    ///
    /// - Parameters:
    ///   - isKept: whether a line that is not known is to be remembered.
    ///   - precedes: whether a segment is before another.
    /// - Returns: nil when a later line with its id is known; else the line that it replaces, which
    ///   is all zeros when it is the first.
    mutating func replace(
        _ id: Identity, with line: Line, isKept: Bool, precedes: (UInt32, UInt32) -> Bool
    ) -> Line? {
        var line = line
        // 0 is a free slot.
        line.key = max(1, id.hash)
        var slot = Int(truncatingIfNeeded: line.key) & (slots.count - 1)
        while slots[slot].key != 0 {
            if slots[slot].key == line.key {
                let earlier = slots[slot]
                if line.segment != earlier.segment, precedes(line.segment, earlier.segment) {
                    return nil
                }
                slots[slot] = line
                return earlier
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard isKept else { return Line() }
        slots[slot] = line
        count += 1
        if count * 4 > slots.count * 3 { grow() }
        return Line()
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Line(), count: old.count * 2)
        for line in old where line.key != 0 {
            var slot = Int(truncatingIfNeeded: line.key) & (slots.count - 1)
            while slots[slot].key != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = line
        }
    }
}
