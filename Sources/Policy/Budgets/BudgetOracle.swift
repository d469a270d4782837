/// Somebody else who keeps budgets, asked before a call goes on.
package protocol BudgetOracle: Sendable {
    /// What it says of a call; nil when it has no answer in time, which lets the call go on. Never
    /// waits longer than 300 ms.
    func verdict(on request: PolicyRequest, estimatedNanodollars: Int64) -> BudgetVerdict?
}

/// An answer of a budget oracle.
package struct BudgetVerdict: Sendable, Equatable {
    package var isAllowed: Bool
    /// Why not, in its words; already bounded and without control characters.
    package var reason: String?

    package init(isAllowed: Bool, reason: String? = nil) {
        self.isAllowed = isAllowed
        self.reason = reason
    }
}
