internal import Records

/// The ids that were counted, as 64-bit hashes: 16 bytes each at most, a fifth of what a set of
/// strings takes. Among ten million ids two have the same hash with a probability of 3 in 1,000,000.
package struct IDSet: Sendable {
    /// Open addressing with linear probing; 0 is a free place.
    private var slots: [UInt64]
    package private(set) var count = 0

    package init() { slots = Array(repeating: 0, count: 1024) }

    /// From what `forEachHash` gave, one by one.
    package init(count: Int, hash: (Int) -> UInt64) {
        var capacity = 1024
        while capacity * 3 < count * 4 { capacity *= 2 }
        slots = Array(repeating: 0, count: capacity)
        for number in 0..<count {
            let hash = hash(number)
            if hash != 0 { _ = insert(hash: hash) }
        }
    }

    package func forEachHash(_ body: (UInt64) -> Void) {
        for hash in slots where hash != 0 { body(hash) }
    }

    package func contains(_ id: String) -> Bool {
        slots[place(of: Self.hash(id))] != 0
    }

    /// Returns whether it was not there before.
    package mutating func insert(_ id: String) -> Bool { insert(hash: Self.hash(id)) }

    private mutating func insert(hash: UInt64) -> Bool {
        let place = place(of: hash)
        guard slots[place] == 0 else { return false }
        slots[place] = hash
        count += 1
        if count * 4 > slots.count * 3 { grow() }
        return true
    }

    private func place(of hash: UInt64) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != 0, slots[place] != hash { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        for hash in old where hash != 0 { slots[place(of: hash)] = hash }
    }

    /// FNV-1a, its bits mixed once more; never 0.
    private static func hash(_ id: String) -> UInt64 {
        var hash = FNV1a.hash(id)
        hash ^= hash >> 32
        hash = hash &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 29
        return hash == 0 ? 1 : hash
    }
}
