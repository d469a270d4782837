import Policy
import Records
import Reports

/// What the variables of policies say. One with a bad value is named in a line, and that policy is
/// off: half of one would let through what its owner thinks is held.
struct PolicySettings: Sendable, Equatable {
    /// `MCP_METER_BUDGET`, `MCP_METER_RATE_LIMIT` and what they do; nil without either.
    private(set) var accounts: AccountRules?
    /// `MCP_METER_ROUTES`
    private(set) var routesPath: String?

    /// Nil when no policy is set, or none that can be read.
    ///
    /// - Parameters:
    ///   - values: the variables that have one.
    ///   - complain: gets a line for each bad value.
    init?(_ values: [String: String], complain: (String) -> Void) {
        var rules = AccountRules()
        if let (budgets, action) = Self.budgets(values, complain) {
            rules.budgets = budgets
            rules.budgetAction = action
        }
        if let (limits, action) = Self.limits(values, complain) {
            rules.limits = limits
            rules.limitAction = action
        }
        if !rules.budgets.isEmpty || !rules.limits.isEmpty { accounts = rules }
        routesPath = values["MCP_METER_ROUTES"]
        if accounts == nil, routesPath == nil { return nil }
    }

    private static func budgets(
        _ values: [String: String], _ complain: (String) -> Void
    ) -> ([Budget], BudgetAction)? {
        guard let text = values["MCP_METER_BUDGET"] else { return nil }
        let (budgets, wrong) = Budget.parse(text)
        guard let budgets else {
            complain(
                "MCP_METER_BUDGET is `\(text)`, and `\(wrong)` is no budget; expected amounts such "
                    + "as 10/day,50/week,gemini-2.5-pro=5/day. No budget holds.")
            return nil
        }
        guard budgets.count <= AccountRules.countMax else {
            complain(tooMany("MCP_METER_BUDGET", budgets.count, "budget"))
            return nil
        }
        let name = "MCP_METER_BUDGET_ACTION"
        guard let word = values[name] else { return (budgets, AccountRules().budgetAction) }
        guard let action = BudgetAction(rawValue: word) else {
            complain("\(name) is `\(word)`; expected warn or block. No budget holds.")
            return nil
        }
        return (budgets, action)
    }

    private static func limits(
        _ values: [String: String], _ complain: (String) -> Void
    ) -> ([RateLimit], LimitAction)? {
        guard let text = values["MCP_METER_RATE_LIMIT"] else { return nil }
        let limits: [RateLimit]
        do throws(RateLimitError) {
            limits = try RateLimit.list(text)
        } catch {
            complain("MCP_METER_RATE_LIMIT is `\(text)`, which has \(error). No limit holds.")
            return nil
        }
        guard limits.count <= AccountRules.countMax else {
            complain(tooMany("MCP_METER_RATE_LIMIT", limits.count, "limit"))
            return nil
        }
        let name = "MCP_METER_RATE_LIMIT_ACTION"
        guard let word = values[name] else { return (limits, AccountRules().limitAction) }
        guard let action = LimitAction(word) else {
            complain(
                "\(name) is `\(word)`; expected \(LimitAction.expected). No limit holds.")
            return nil
        }
        return (limits, action)
    }

    private static func tooMany(_ name: String, _ count: Int, _ what: String) -> String {
        "\(name) has \(count) \(what)s; expected \(AccountRules.countMax) at most. No \(what) holds."
    }

    /// What is in force, in one line.
    var sentence: String {
        var parts: [String] = []
        if let accounts, !accounts.budgets.isEmpty {
            let count = accounts.budgets.count
            parts.append(
                "\(count) budget\(count == 1 ? "" : "s"), which \(accounts.budgetAction.rawValue)")
        }
        if let accounts, !accounts.limits.isEmpty {
            let count = accounts.limits.count
            parts.append("\(count) rate limit\(count == 1 ? "" : "s")")
        }
        if let routesPath { parts.append("routes of \(routesPath)") }
        return parts.joined(separator: ", ")
    }
}
