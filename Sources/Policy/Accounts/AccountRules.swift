package import Records
package import Reports

/// What budgets and limits there are, and what happens to a call that exceeds one.
package struct AccountRules: Sendable, Equatable {
    package var budgets: [Budget]
    package var budgetAction: BudgetAction
    package var limits: [RateLimit]
    package var limitAction: LimitAction

    /// So many budgets, and so many limits, can be told apart.
    package static let countMax = 32

    package init(
        budgets: [Budget] = [], budgetAction: BudgetAction = .warn, limits: [RateLimit] = [],
        limitAction: LimitAction = .block
    ) {
        self.budgets = budgets
        self.budgetAction = budgetAction
        self.limits = limits
        self.limitAction = limitAction
    }
}

/// `MCP_METER_BUDGET_ACTION`: what happens when a budget is used up.
package enum BudgetAction: String, Sendable, CaseIterable {
    /// It is said; the call goes on.
    case warn
    /// The call is answered in the server's place.
    case block
}

/// `MCP_METER_RATE_LIMIT_ACTION`: what happens to a call that is one too many.
package enum LimitAction: Sendable, Equatable {
    /// It is said; the call goes on.
    case warn
    /// The call is answered in the server's place.
    case block
    /// It waits for its turn, if that comes within so many seconds; else it is answered.
    case wait(seconds: Int64)

    /// What it may be, for complaints.
    package static let expected = "block, warn or wait:SECONDS (1 to 600)"

    /// Reads `block`, `warn`, `wait:30`; nil for anything else.
    package init?(_ text: String) {
        switch text {
        case "warn": self = .warn
        case "block": self = .block
        default:
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "wait", let seconds = Int64(parts[1]),
                (1...600).contains(seconds)
            else { return nil }
            self = .wait(seconds: seconds)
        }
    }
}
