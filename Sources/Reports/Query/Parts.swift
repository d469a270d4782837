/// The most expensive operations, found in one pass.
struct TopOperations {
    private let limit: Int
    private var found: [(row: Row, cost: Int64)] = []

    init(_ limit: Int) { self.limit = limit }

    mutating func consider(_ row: Row, cost: Int64) {
        func precedes(_ a: (row: Row, cost: Int64), _ b: (row: Row, cost: Int64)) -> Bool {
            if a.cost != b.cost { return a.cost > b.cost }
            if a.row.time != b.row.time { return a.row.time < b.row.time }
            return (a.row.id.high, a.row.id.low) < (b.row.id.high, b.row.id.low)
        }
        if found.count == limit, let last = found.last, !precedes((row, cost), last) { return }
        let place = found.partitioningIndex { precedes((row, cost), $0) }
        found.insert((row, cost), at: place)
        if found.count > limit { found.removeLast() }
    }

    func operations(_ labels: Labels) -> [Report.Operation] {
        func tokens(_ count: UInt32) -> UInt64? { count == Row.noTokens ? nil : UInt64(count) }
        return found.map { row, cost in
            let set = Int(row.labels)
            return Report.Operation(
                time: row.time, id: row.marks.contains(.hashedID) ? nil : row.id.text,
                tool: labels.text(.tool, of: set), model: labels.text(.model, of: set),
                server: labels.text(.server, of: set), isClient: row.kind == .usage,
                isEstimated: row.marks.contains(.estimated), outcome: row.outcome,
                duration: row.duration, inputTokens: tokens(row.input),
                outputTokens: tokens(row.output), nanodollars: cost)
        }
    }
}

/// The whole period in equal stretches, those with nothing in them too.
struct Bars {
    let unit: CalendarUnit
    private(set) var bars: [Report.Bar] = []
    private var starts: [Int64] = []
    private var last = 0

    /// More than fit into any picture.
    private static let countMax = 400

    init(_ query: Query) {
        let range = query.period.range
        let days = (range.upperBound - range.lowerBound) / 86_400
        var unit: CalendarUnit =
            days <= 2 ? .hour : days <= 92 ? .day : days <= 730 ? .week : .month
        if days > 365 * 30 { unit = .year }
        self.unit = unit
        var moment = query.calendar.start(of: unit, range.lowerBound)
        while moment < range.upperBound, starts.count < Self.countMax {
            starts.append(moment)
            let inside = max(moment, range.lowerBound)
            bars.append(
                Report.Bar(
                    name: query.calendar.name(of: unit, inside), nanodollars: 0, requests: 0))
            moment = max(query.calendar.start(of: unit, moment, moved: 1), moment + 1)
        }
    }

    mutating func add(_ row: Row) {
        let moment = row.time.quotientFloored(by: 1_000_000).day
        if bars.isEmpty { return }
        let isSame =
            starts[last] <= moment && (last + 1 == starts.count || moment < starts[last + 1])
        if !isSame { last = max(0, starts.partitioningIndex { $0 > moment } - 1) }
        if row.nanodollars != Row.noCost {
            bars[last].nanodollars = adding(bars[last].nanodollars, row.nanodollars)
        }
        if row.kind != .usage, !row.marks.contains(.part) { bars[last].requests += 1 }
    }
}
