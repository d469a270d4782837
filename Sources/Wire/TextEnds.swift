/// The first and the last bytes of a text.
struct TextEnds {
    private(set) var head: [UInt8] = []
    private var last: [UInt8] = []
    private var length = 0

    var isLongerThanHead: Bool { length > Limits.textHeadBytesMax }
    var isLongerThanTail: Bool { length > Limits.textTailBytesMax }
    var tail: ArraySlice<UInt8> { last.suffix(Limits.textTailBytesMax) }

    mutating func reset() {
        head.removeAll(keepingCapacity: true)
        last.removeAll(keepingCapacity: true)
        length = 0
    }

    mutating func feed(_ p: UnsafePointer<UInt8>, _ count: Int) {
        length &+= count
        let room = min(count, Limits.textHeadBytesMax &- head.count)
        if room > 0 { head.append(contentsOf: UnsafeBufferPointer(start: p, count: room)) }
        let max = Limits.textTailBytesMax
        if count >= max {
            last.removeAll(keepingCapacity: true)
            last.append(contentsOf: UnsafeBufferPointer(start: p + (count &- max), count: max))
            return
        }
        if last.count &+ count > 2 &* max { last.removeFirst(last.count &- max) }
        last.append(contentsOf: UnsafeBufferPointer(start: p, count: count))
    }
}
