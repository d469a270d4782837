internal import Posix
internal import Records

/// A budget as `/metrics` shows it: what it is called, what it is, and which calls it is of.
package struct ShownBudget: Sendable {
    /// As its owner wrote it.
    package var rule: String
    /// Billionths of a dollar.
    package var limitNanodollars: Int64
    /// Whether a call of a model (the first) by an agent (the second) is paid from it; nil where a
    /// record does not say.
    package var pays: @Sendable (String?, String?) -> Bool
    /// When the period that a moment lies in began; both in seconds since 1970.
    package var began: @Sendable (Int64) -> Int64

    package init(
        rule: String, limitNanodollars: Int64, pays: @escaping @Sendable (String?, String?) -> Bool,
        began: @escaping @Sendable (Int64) -> Int64
    ) {
        self.rule = rule
        self.limitNanodollars = limitNanodollars
        self.pays = pays
        self.began = began
    }
}

/// What was spent of a budget in its present period.
struct BudgetUse: Sendable {
    var rule: String
    /// Both in billionths of a dollar.
    var limitNanodollars: Int64
    var spentNanodollars: Int64
}

extension Summary {
    /// What was spent of each budget, to the quarter of an hour, at one of which every period
    /// begins. Of a period longer than the month that is kept nothing can be said: such a budget is
    /// left out.
    func use(of budgets: [ShownBudget], at now: Timestamp) -> [BudgetUse] {
        let moment = now.microseconds / 1_000_000
        let kept = moment / Self.slotSeconds - Self.slotsKept
        let shown = budgets.map { (budget: $0, first: $0.began(moment) / Self.slotSeconds) }
            .filter { $0.first > kept }
        if shown.isEmpty { return [] }
        let known = groups.all
        let pays = shown.map { shown in
            known.map { shown.budget.pays($0.model.nonEmpty, $0.agent.nonEmpty) }
        }
        var spent = shown.map { _ in Int64(0) }
        for (cell, sum) in cells where sum.nanodollars > 0 {
            for place in shown.indices
            where cell.slot >= shown[place].first && pays[place][Int(cell.group)] {
                let (total, overflow) = spent[place].addingReportingOverflow(sum.nanodollars)
                spent[place] = overflow ? .max : total
            }
        }
        return zip(shown, spent).map { shown, spent in
            BudgetUse(
                rule: shown.budget.rule, limitNanodollars: shown.budget.limitNanodollars,
                spentNanodollars: spent)
        }
    }
}

extension MetricsSnapshot {
    mutating func set(_ budgets: [BudgetUse]) {
        for budget in budgets {
            set(.budgetLimit, [budget.rule], budget.limitNanodollars)
            set(.budgetSpent, [budget.rule], budget.spentNanodollars)
            let share = Double(budget.spentNanodollars) / Double(max(1, budget.limitNanodollars))
            set(.budgetUsed, [budget.rule], fixed(share, 1e6))
        }
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
