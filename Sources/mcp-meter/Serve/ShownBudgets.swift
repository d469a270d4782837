import Exporter
import Posix
import Reports

extension ShownBudget {
    /// The budgets as `/metrics` and the page show them, by the calendar of this machine.
    static func all(_ budgets: [Budget]) -> [ShownBudget] {
        guard !budgets.isEmpty else { return [] }
        // A process that serves runs for months; beyond the span, daylight saving stays as it was.
        let now = WallClock.now() / 1_000_000
        let year: Int64 = 366 * 86_400
        let calendar = Calendar(Zone(nil, span: now &- year...now &+ 10 * year) ?? .utc)
        return budgets.map { budget in
            ShownBudget(
                rule: budget.rule, limitNanodollars: budget.nanodollars,
                pays: { budget.isFor(model: $0, agent: $1) },
                // The end of one period is the beginning of the next.
                began: { budget.stretch(at: $0 &+ 1, calendar).lowerBound })
        }
    }
}
