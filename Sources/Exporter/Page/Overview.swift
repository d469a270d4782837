internal import Records

/// The sums of a summary over the days and hours that a reader asks for.
struct Overview {
    /// Moments that end one period and begin the next, ascending; n + 1 of them bound n periods.
    struct Periods: Sendable, Equatable {
        let bounds: [Int64]

        static let countMax = 62

        /// - Parameter seconds: since 1970, down to the quarter of an hour.
        init?(seconds: [Int64]) {
            let ascends = zip(seconds, seconds.dropFirst()).allSatisfy { $0 < $1 }
            guard ascends, (2...Self.countMax + 1).contains(seconds.count),
                seconds.allSatisfy({ (0...1 << 40).contains($0) })
            else { return nil }
            bounds = seconds
            slots = seconds.map { $0 / Summary.slotSeconds }
        }

        /// `count` periods of `length` seconds, the last of which holds `now`.
        init(_ count: Int64, of length: Int64, until now: Timestamp) {
            let end = (now.microseconds / 1_000_000 / length + 1) * length
            bounds = (0...count).map { end - (count - $0) * length }
            slots = bounds.map { $0 / Summary.slotSeconds }
        }

        var count: Int { bounds.count - 1 }

        /// Which one a slot lies in; nil before the first and after the last.
        func place(of slot: Int64) -> Int? {
            guard slot >= slots[0], slot < slots[count] else { return nil }
            var (low, high) = (0, count)
            while high - low > 1 {
                let middle = (low + high) / 2
                if slots[middle] <= slot { low = middle } else { high = middle }
            }
            return low
        }

        private let slots: [Int64]
    }

    struct Model {
        var provider: String
        var model: String
        /// One for each period.
        var days: [Summary.Sum]
        var hours: [Summary.Sum]
        var total = Summary.Sum()
    }

    struct Row {
        /// Tool, server and direction, or the agent.
        var names: [String]
        var sum: Summary.Sum
    }

    /// The most expensive first, what is beyond the limit together in the last.
    private(set) var models: [Model]
    /// Over all days.
    private(set) var tools: [Row]
    private(set) var agents: [Row]

    static let modelsMax = 20
    static let rowsMax = 50

    init(_ summary: Summary, days: Periods, hours: Periods) {
        let groups = summary.groups.all
        // Which row of each list a group belongs to.
        var models = Numbering(), tools = Numbering(), agents = Numbering()
        let modelOf = groups.map { models.number(of: [$0.provider, $0.model]) }
        let toolOf = groups.map { tools.number(of: [$0.tool, $0.server, $0.direction]) }
        let agentOf = groups.map { agents.number(of: [$0.agent]) }
        let none = Summary.Sum()
        var found = models.keys.map {
            Model(
                provider: $0[0], model: $0[1], days: Array(repeating: none, count: days.count),
                hours: Array(repeating: none, count: hours.count))
        }
        var toolRows = tools.keys.map { Row(names: $0, sum: none) }
        var agentRows = agents.keys.map { Row(names: $0, sum: none) }
        for (cell, sum) in summary.cells {
            let group = Int(cell.group)
            if let day = days.place(of: cell.slot) {
                found[modelOf[group]].days[day].add(sum)
                found[modelOf[group]].total.add(sum)
                toolRows[toolOf[group]].sum.add(sum)
                agentRows[agentOf[group]].sum.add(sum)
            }
            if let hour = hours.place(of: cell.slot) {
                found[modelOf[group]].hours[hour].add(sum)
            }
        }
        let isUsed = { (model: Model) in
            model.total.calls > 0 || model.hours.contains { $0.calls > 0 }
        }
        self.models = Self.limited(found.filter(isUsed))
        self.tools = Self.limited(toolRows.filter { $0.sum.calls > 0 })
        self.agents = Self.limited(agentRows.filter { $0.sum.calls > 0 })
    }

    private static func limited(_ rows: [Row]) -> [Row] {
        let sorted = rows.sorted { ($0.sum, $0.names.joined()) < ($1.sum, $1.names.joined()) }
        guard let first = sorted.first, sorted.count > rowsMax else { return sorted }
        var rest = Row(names: first.names.map { _ in otherLabel }, sum: Summary.Sum())
        for row in sorted[(rowsMax - 1)...] { rest.sum.add(row.sum) }
        return sorted[..<(rowsMax - 1)] + [rest]
    }

    private static func limited(_ models: [Model]) -> [Model] {
        let sorted = models.sorted {
            ($0.total, $0.provider + $0.model) < ($1.total, $1.provider + $1.model)
        }
        guard sorted.count > modelsMax else { return sorted }
        var rest = sorted[modelsMax - 1]
        (rest.provider, rest.model) = (otherLabel, otherLabel)
        for model in sorted[modelsMax...] {
            for place in rest.days.indices { rest.days[place].add(model.days[place]) }
            for place in rest.hours.indices { rest.hours[place].add(model.hours[place]) }
            rest.total.add(model.total)
        }
        return sorted[..<(modelsMax - 1)] + [rest]
    }
}

/// Numbers for keys, in the order they come.
private struct Numbering {
    private(set) var keys: [[String]] = []
    private var numbers: [[String]: Int] = [:]

    mutating func number(of key: [String]) -> Int {
        if let number = numbers[key] { return number }
        numbers[key] = keys.count
        keys.append(key)
        return keys.count - 1
    }
}

/// The larger sum first: by cost, then tokens, then calls; then by name.
private func < (a: (Summary.Sum, String), b: (Summary.Sum, String)) -> Bool {
    let (left, right) = (a.0, b.0)
    if left.nanodollars != right.nanodollars { return left.nanodollars > right.nanodollars }
    if left.tokens != right.tokens { return left.tokens > right.tokens }
    if left.calls != right.calls { return left.calls > right.calls }
    return a.1 < b.1
}
