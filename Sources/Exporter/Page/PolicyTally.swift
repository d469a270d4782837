internal import Records

/// What policies did in the last month, by the quarter of an hour. Bounded like the summary it is a
/// part of.
struct PolicyTally: Sendable {
    struct Key: Hashable, Sendable {
        var action: String
        var reason: String
        var rule: String
        var askedModel: String
        var routedModel: String

        init(_ note: PolicyNote) {
            action = note.action.rawValue
            reason = note.reason.rawValue
            rule = note.rule ?? ""
            askedModel = note.askedModel ?? ""
            routedModel = note.routedModel ?? ""
        }

        init?(names: [String]) {
            guard names.count == 5 else { return nil }
            (action, reason, rule) = (names[0], names[1], names[2])
            (askedModel, routedModel) = (names[3], names[4])
        }

        var names: [String] { [action, reason, rule, askedModel, routedModel] }

        /// What was done and why, whatever the rule: for rules beyond the limit.
        var withoutRule: Key {
            var key = self
            (key.rule, key.askedModel, key.routedModel) = (otherLabel, "", "")
            return key
        }
    }

    struct Figures: Equatable, Sendable {
        var calls: Int64 = 0
        /// Billionths of a dollar, which may be negative.
        var savedNanodollars: Int64 = 0
        var waitedMicroseconds: Int64 = 0

        mutating func add(_ other: Figures) {
            calls &+= other.calls
            savedNanodollars &+= other.savedNanodollars
            waitedMicroseconds &+= other.waitedMicroseconds
        }
    }

    struct Cell: Hashable, Sendable {
        /// Slots since 1970, as in `Summary`.
        var slot: Int64
        var key: Key
    }

    private(set) var cells: [Cell: Figures] = [:]

    static let cellsMax = 6_000

    mutating func fold(_ note: PolicyNote, slot: Int64) {
        var figures = Figures()
        figures.calls = 1
        figures.savedNanodollars = note.savedNanodollars ?? 0
        figures.waitedMicroseconds = note.waitedMilliseconds.map { max(0, microseconds($0)) } ?? 0
        add(figures, to: Cell(slot: slot, key: Key(note)))
    }

    mutating func add(_ figures: Figures, to cell: Cell) {
        var cell = cell
        if cells.count >= Self.cellsMax, cells[cell] == nil {
            cell.key = cell.key.withoutRule
            // So many actions and reasons there are, and so many slots in a month.
            if cells.count >= 2 * Self.cellsMax, cells[cell] == nil { return }
        }
        cells[cell, default: Figures()].add(figures)
    }

    mutating func forget(through slot: Int64) {
        if cells.contains(where: { $0.key.slot <= slot }) {
            cells = cells.filter { $0.key.slot > slot }
        }
    }

    /// What was done in the days of `periods`, most often first.
    func rows(in periods: Overview.Periods) -> [(key: Key, figures: Figures)] {
        var found: [Key: Figures] = [:]
        for (cell, figures) in cells where periods.place(of: cell.slot) != nil {
            found[cell.key, default: Figures()].add(figures)
        }
        let sorted = found.sorted {
            $0.value.calls != $1.value.calls
                ? $0.value.calls > $1.value.calls
                : $0.key.names.lexicographicallyPrecedes($1.key.names)
        }
        return sorted.prefix(Overview.rowsMax).map { (key: $0.key, figures: $0.value) }
    }
}

// MARK: The checkpoint

extension PolicyTally {
    /// One array a cell: the names, then the slot and the figures.
    func write(into json: inout JSONWriter) {
        json.beginArray()
        for (cell, figures) in cells {
            json.beginArray()
            for name in cell.key.names { json.string(name) }
            json.number(cell.slot)
            json.number(figures.calls)
            json.number(figures.savedNanodollars)
            json.number(figures.waitedMicroseconds)
            json.endArray()
        }
        json.endArray()
    }

    /// From what `write` wrote; nil for anything else.
    init?(_ json: JSONValue?) {
        self.init()
        guard let rows = json?.array else { return nil }
        for row in rows {
            let items = row.array ?? []
            let numbers = items.dropFirst(5).compactMap(\.int64)
            guard let key = Key(names: items.prefix(5).compactMap(\.string)), numbers.count == 4
            else { return nil }
            add(
                Figures(
                    calls: numbers[1], savedNanodollars: numbers[2],
                    waitedMicroseconds: numbers[3]),
                to: Cell(slot: numbers[0], key: key))
        }
    }
}
