/// Finds the row of an id: an open-addressing table of places.
///
/// Beside each place is a byte of its id's hash: nearly every search ends at those bytes, which the
/// processor's caches hold, and not at rows all over the memory.
struct IdentityIndex {
    private var places: [UInt32] = Array(repeating: 0, count: 1 << 10)
    /// 0 where there is no place.
    private var tags: [UInt8] = Array(repeating: 0, count: 1 << 10)
    private var count = 0
    private var wanted = 0

    /// Makes room for so many rows.
    mutating func reserve(_ rows: Int) { wanted = max(wanted, rows) }

    /// Adds a row; returns the place of the row that had its id before.
    mutating func insert(_ place: Int, _ rows: borrowing Rows) -> Int? {
        if (count + 1) * 3 > places.count * 2 { grow(rows) }
        let id = rows[place].id
        let hash = id.hash
        let slot = slot(of: id, hash, rows)
        let earlier = tags[slot] == 0 ? nil : Int(places[slot])
        if earlier == nil { count += 1 }
        places[slot] = UInt32(truncatingIfNeeded: place)
        tags[slot] = Self.tag(hash)
        return earlier
    }

    func find(_ id: Identity, _ rows: borrowing Rows) -> Int? {
        let slot = slot(of: id, id.hash, rows)
        return tags[slot] == 0 ? nil : Int(places[slot])
    }

    /// Where the id is, or would be.
    @inline(__always)
    private func slot(of id: Identity, _ hash: UInt64, _ rows: borrowing Rows) -> Int {
        let tag = Self.tag(hash)
        var slot = Int(truncatingIfNeeded: hash) & (tags.count - 1)
        while tags[slot] != 0 {
            if tags[slot] == tag, rows[Int(places[slot])].id == id { return slot }
            slot = (slot + 1) & (tags.count - 1)
        }
        return slot
    }

    /// Of bits that do not choose the slot; never 0.
    @inline(__always)
    private static func tag(_ hash: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: hash >> 56) | 1 }

    private mutating func grow(_ rows: borrowing Rows) {
        var size = places.count * 2
        while wanted * 3 > size * 2 { size *= 2 }
        let (oldPlaces, oldTags) = (places, tags)
        places = Array(repeating: 0, count: size)
        tags = Array(repeating: 0, count: size)
        for index in oldTags.indices where oldTags[index] != 0 {
            let hash = rows[Int(oldPlaces[index])].id.hash
            var slot = Int(truncatingIfNeeded: hash) & (size - 1)
            while tags[slot] != 0 { slot = (slot + 1) & (size - 1) }
            places[slot] = oldPlaces[index]
            tags[slot] = oldTags[index]
        }
    }
}
