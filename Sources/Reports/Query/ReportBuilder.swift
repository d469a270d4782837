/// Adds the rows of a scan up.
struct ReportBuilder {
    private let query: Query
    private let scan: LedgerScan
    /// Microseconds since 1970.
    private let period: Range<Int64>
    private let before: Range<Int64>
    private let wanted: [Bool]
    private let namesModel: [Bool]
    private var keys: GroupKeys
    private var sums: [Sum] = []
    private var total = Sum()
    private var beforeTotal = Sum()
    /// Costs of the time before, by the number of the names.
    private var beforeCosts: [Int: Int64] = [:]
    private var escalations = Escalations()
    private var unpriced: [String: Int] = [:]
    private var budgets: [(state: Budget, stretch: Range<Int64>, spent: Int64)]
    private var top: TopOperations
    private var bars: Bars

    init(_ query: Query, _ scan: LedgerScan) {
        self.query = query
        self.scan = scan
        func microseconds(_ range: Range<Int64>) -> Range<Int64> {
            range.lowerBound * 1_000_000..<range.upperBound * 1_000_000
        }
        period = microseconds(query.period.range)
        before = microseconds(query.period.before)
        let labels = scan.labels
        wanted = query.isWanted(labels)
        namesModel = labels.sets.indices.map {
            labels.text(.model, of: $0) != nil || labels.text(.provider, of: $0) != nil
        }
        keys = GroupKeys(query, labels)
        budgets = query.budgets.map { budget in
            let stretch = budget.stretch(at: query.moment, query.calendar)
            return (
                budget,
                microseconds(stretch.lowerBound..<max(query.moment, stretch.lowerBound)), 0
            )
        }
        top = TopOperations(query.top)
        bars = Bars(query)
    }

    mutating func build() -> Report {
        let shares = shares()
        var base = 0
        for piece in scan.rows.pieces {
            for (offset, row) in piece.enumerated() where !row.marks.contains(.replaced) {
                add(row)
                if query.top > 0, period.contains(row.time), row.kind != .trace {
                    consider(row, base + offset, shares)
                }
            }
            base += 1 << 13
        }
        for row in scan.lost { add(row) }
        return finish()
    }

    // MARK: Adding

    private mutating func add(_ row: Row) {
        let set = Int(row.labels)
        if row.kind != .trace {
            for index in budgets.indices where budgets[index].stretch.contains(row.time) {
                spend(row, &budgets[index])
            }
        }
        guard wanted[set], query.outcomes.isEmpty || query.outcomes.contains(row.outcome) else {
            return
        }
        if row.kind == .trace {
            if period.contains(row.time) { escalations.add(row) }
            return
        }
        // A call that was blocked never came to the model.
        let usesModel =
            row.outcome != .blocked && namesModel[set]
            || !row.marks.isDisjoint(with: [.hasUsage, .costReported, .costPriced, .unpriced])
        if period.contains(row.time) {
            let place = keys.place(of: row)
            if place == sums.count { sums.append(Sum()) }
            sums[place].add(row, usesModel: usesModel)
            bars.add(row)
            if row.marks.contains(.unpriced) {
                unpriced[scan.labels.text(.model, of: set) ?? "unknown", default: 0] += 1
            }
        } else if before.contains(row.time) {
            beforeTotal.add(row, usesModel: usesModel)
            if row.nanodollars != Row.noCost {
                let place = keys.place(ofNames: row)
                beforeCosts[place] = adding(beforeCosts[place] ?? 0, row.nanodollars)
            }
        }
    }

    private func spend(
        _ row: Row, _ budget: inout (state: Budget, stretch: Range<Int64>, spent: Int64)
    ) {
        guard row.nanodollars != Row.noCost else { return }
        let set = Int(row.labels)
        guard
            budget.state.isFor(
                model: scan.labels.text(.model, of: set), agent: scan.labels.text(.agent, of: set))
        else { return }
        budget.spent = adding(budget.spent, row.nanodollars)
    }

    // MARK: Operations

    /// What the shares of each row cost together, by the place of the row they are shares of; and
    /// the shares that have no such row.
    private func shares() -> (costs: [Int: Int64], orphans: Set<Int>) {
        var costs: [Int: Int64] = [:]
        var orphans: Set<Int> = []
        for (place, whole) in scan.parts where !scan.rows[place].marks.contains(.replaced) {
            let row = scan.rows[place]
            if let parent = scan.place(of: whole), parent != place {
                if row.nanodollars != Row.noCost {
                    costs[parent] = adding(costs[parent] ?? 0, row.nanodollars)
                }
            } else {
                orphans.insert(place)
            }
        }
        return (costs, orphans)
    }

    private mutating func consider(
        _ row: Row, _ place: Int, _ shares: (costs: [Int: Int64], orphans: Set<Int>)
    ) {
        if row.marks.contains(.part), !shares.orphans.contains(place) { return }
        let own = row.nanodollars == Row.noCost ? nil : row.nanodollars
        let share = shares.costs.isEmpty ? nil : shares.costs[place]
        guard own != nil || share != nil else { return }
        guard wanted[Int(row.labels)],
            query.outcomes.isEmpty || query.outcomes.contains(row.outcome)
        else { return }
        top.consider(row, cost: adding(own ?? 0, share ?? 0))
    }

    // MARK: The whole

    private mutating func finish() -> Report {
        for index in sums.indices { sums[index].durations.sort() }
        for sum in sums { total.add(sum) }
        let isByTime = query.dimensions.contains {
            $0.unit != nil || $0 == .outcome || $0 == .direction
        }
        var namePlaces: [[String?]: Int] = [:]
        for (place, text) in keys.texts.enumerated() { namePlaces[text] = place }
        var groups = sums.indices.map { place in
            Report.Group(
                keys: keys.keys[place], sum: sums[place],
                durations: Durations(sorted: [sums[place].durations]),
                nanodollarsBefore: isByTime
                    ? nil : beforeCosts[namePlaces[keys.keys[place]] ?? -1] ?? 0)
        }
        let firstIsTime = query.dimensions.first?.unit != nil
        groups.sort { a, b in
            if firstIsTime, a.keys[0] != b.keys[0] { return a.keys[0] ?? "" < b.keys[0] ?? "" }
            if a.sum.nanodollars != b.sum.nanodollars {
                return a.sum.nanodollars > b.sum.nanodollars
            }
            if a.sum.requests != b.sum.requests { return a.sum.requests > b.sum.requests }
            return a.keys.map { $0 ?? "" }.lexicographicallyPrecedes(b.keys.map { $0 ?? "" })
        }
        let asksForModels = [Label.model, .provider, .project].contains {
            query.filters[$0] != nil
        }
        return Report(
            query: query, total: total, durations: Durations(sorted: sums.map(\.durations)),
            before: beforeTotal, groups: groups, operations: top.operations(scan.labels),
            budgets: budgets.map(state), policies: policies(), unpriced: unpricedModels(),
            escalations: asksForModels ? nil : escalations, bars: bars.bars, barUnit: bars.unit,
            ledger: scan.state)
    }

    private func policies() -> [PolicySum] {
        PolicySum.all(scan.policies) { place in
            let row = scan.rows[place]
            return !row.marks.contains(.replaced) && period.contains(row.time)
                && wanted[Int(row.labels)]
                && (query.outcomes.isEmpty || query.outcomes.contains(row.outcome))
        }
    }

    private func unpricedModels() -> [(model: String, records: Int)] {
        unpriced.map { (model: $0.key, records: $0.value) }
            .sorted { ($1.records, $0.model) < ($0.records, $1.model) }
    }

    private func state(
        _ budget: (state: Budget, stretch: Range<Int64>, spent: Int64)
    ) -> Report.BudgetState {
        let stretch = budget.state.stretch(at: query.moment, query.calendar)
        let elapsed = query.moment - stretch.lowerBound
        let whole = Double(stretch.upperBound - stretch.lowerBound)
        let projected = Double(budget.spent) / Double(max(elapsed, 1)) * whole
        return Report.BudgetState(
            budget: budget.state, stretch: stretch, moment: query.moment, spent: budget.spent,
            projected: elapsed > 0 && abs(projected) < 9e18 ? Int64(projected.rounded()) : nil)
    }
}

extension Report {
    /// Adds up what a scan holds. The scan's window must cover the query's.
    package init(_ query: Query, _ scan: LedgerScan) {
        var builder = ReportBuilder(query, scan)
        self = builder.build()
    }
}
