import Records

/// What a policy did, as far as many calls have it in common.
struct PolicyKey: Hashable, Sendable {
    var action: PolicyNote.Action
    var reason: PolicyNote.Reason
    var rule: String?
    var askedModel: String?
    var routedModel: String?

    init(_ note: PolicyNote) {
        action = note.action
        reason = note.reason
        rule = note.rule
        askedModel = note.askedModel
        routedModel = note.routedModel
    }
}

/// The notes of policies beside the rows they are of, 32 bytes a call.
struct PolicyRows: Sendable {
    struct Entry: Sendable {
        /// Place of the row.
        var row: Int
        /// Billionths of a dollar; `Row.noCost` when unknown.
        var saved: Int64
        /// Microseconds.
        var waited: UInt64
        /// Place in `keys`.
        var key: UInt32
    }

    private(set) var entries: [Entry] = []
    private(set) var keys: [PolicyKey] = []
    private var places: [PolicyKey: UInt32] = [:]

    mutating func append(_ note: PolicyNote, row: Int) {
        entries.append(
            Entry(
                row: row, saved: note.savedNanodollars ?? Row.noCost,
                waited: note.waitedMilliseconds.map(microseconds) ?? 0,
                key: place(of: PolicyKey(note))))
    }

    /// Takes all notes of another store, whose rows stand higher by `base` now.
    mutating func adopt(_ other: PolicyRows, base: Int) {
        let known = other.keys.map { place(of: $0) }
        for var entry in other.entries {
            entry.row += base
            entry.key = known[Int(entry.key)]
            entries.append(entry)
        }
    }

    private mutating func place(of key: PolicyKey) -> UInt32 {
        if let place = places[key] { return place }
        let place = UInt32(truncatingIfNeeded: keys.count)
        keys.append(key)
        places[key] = place
        return place
    }
}
