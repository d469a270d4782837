/// Which group a row belongs to, found without making a text for each row.
struct GroupKeys {
    private let query: Query
    private let labels: Labels
    private let named: [Dimension]
    private let units: [CalendarUnit]
    /// The stretch whose rows share all time keys.
    private let finest: CalendarUnit?

    /// For each combination of names, the number of its names that count.
    private var names: [Int] = []
    private(set) var texts: [[String?]] = []
    private var stretch: (range: Range<Int64>, place: Int) = (0..<0, 0)
    private var stretches: [[String]: Int] = [:]
    private var stretchTexts: [[String]] = []
    private var groups: [Key: Int] = [:]
    private var last: (key: Key, place: Int)?
    private(set) var keys: [[String?]] = []

    private struct Key: Hashable {
        var names: Int
        var stretch: Int
        var outcome: Outcome?
        var direction: Direction?
    }

    init(_ query: Query, _ labels: Labels) {
        self.query = query
        self.labels = labels
        named = query.dimensions.filter { $0.label != nil }
        units = query.dimensions.compactMap(\.unit)
        finest =
            if units.isEmpty {
                nil
            } else if units.contains(.hour) {
                .hour
            } else if units.count == 1 {
                units.first
            } else {
                .day
            }
        var known: [[String?]: Int] = [:]
        for set in labels.sets.indices {
            let text = named.map { $0.label.flatMap { labels.text($0, of: set) } }
            if let place = known[text] {
                names.append(place)
            } else {
                known[text] = texts.count
                names.append(texts.count)
                texts.append(text)
            }
        }
    }

    /// The number of the names of a row's group.
    func place(ofNames row: Row) -> Int { names[Int(row.labels)] }

    /// The number of a row's group, and whether it is new.
    mutating func place(of row: Row) -> Int {
        let key = Key(
            names: names[Int(row.labels)], stretch: finest.map { place($0, row) } ?? 0,
            outcome: query.dimensions.contains(.outcome) ? row.outcome : nil,
            direction: query.dimensions.contains(.direction) ? row.direction : nil)
        if let last, last.key == key { return last.place }
        if let place = groups[key] {
            last = (key, place)
            return place
        }
        groups[key] = keys.count
        last = (key, keys.count)
        keys.append(text(of: key))
        return keys.count - 1
    }

    private mutating func place(_ unit: CalendarUnit, _ row: Row) -> Int {
        let moment = row.time.quotientFloored(by: 1_000_000).day
        if stretch.range.contains(moment) { return stretch.place }
        let calendar = query.calendar
        let start = calendar.start(of: unit, moment)
        let end = max(calendar.start(of: unit, moment, moved: 1), moment + 1)
        let texts = units.map { calendar.name(of: $0, moment) }
        let place = stretches[texts] ?? stretchTexts.count
        if place == stretchTexts.count {
            stretches[texts] = place
            stretchTexts.append(texts)
        }
        stretch = (min(start, moment)..<end, place)
        return place
    }

    private func text(of key: Key) -> [String?] {
        var names = texts[key.names][...]
        var times = stretchTexts.isEmpty ? [] : stretchTexts[key.stretch][...]
        return query.dimensions.map { dimension in
            if dimension.label != nil { return names.popFirst() ?? nil }
            if dimension.unit != nil { return times.popFirst() }
            if dimension == .outcome { return key.outcome.map { "\($0.name)" } }
            return key.direction.map { "\($0.name)" }
        }
    }
}
