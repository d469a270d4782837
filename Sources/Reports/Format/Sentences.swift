// What every form of a report says in words.

extension Report {
    /// Before amounts that rest on estimates.
    var mark: String { (total.estimatedCostShare ?? 0) > 0 ? "~" : "" }

    var emptyText: String {
        if ledger.segments == 0 {
            return "The ledger is empty: nothing was metered yet. `mcp-meter demo` shows how."
        }
        return query.filters.isEmpty && query.outcomes.isEmpty
            ? "Nothing was metered in this time." : "Nothing metered in this time fits."
    }

    var comparisonText: String? {
        guard total.cost != nil, let cost = before.cost else { return nil }
        let change = Figures.change(total.nanodollars, cost) ?? "more"
        return "\(change) against \(Figures.dollars(cost)) in the time before"
    }

    var requestsText: String {
        var parts = [Figures.count(total.requests) + (total.requests == 1 ? " call" : " calls")]
        if total.modelRequests > 0 {
            parts.append("\(Figures.count(total.modelRequests)) to models")
        }
        for (count, word) in [
            (total.errors, total.errors == 1 ? "error" : "errors"), (total.lost, "lost"),
            (total.cancelled, "cancelled"), (total.blocked, "blocked"),
        ] where count > 0 { parts.append("\(Figures.count(count)) \(word)") }
        return parts.joined(separator: ", ")
    }

    var tokensText: String {
        let mark = (total.estimatedTokenShare ?? 0) > 0 ? "~" : ""
        var input = "\(mark)\(Figures.count(total.inputTokens)) tokens in"
        if total.cachedTokens > 0 { input += " (\(Figures.count(total.cachedTokens)) cached)" }
        var output = "\(mark)\(Figures.count(total.outputTokens)) out"
        if total.reasoningTokens > 0 {
            output += " (\(Figures.count(total.reasoningTokens)) reasoning)"
        }
        return input + ", " + output
    }

    /// The client's share, which no server was asked for.
    var clientText: String? {
        guard total.clientTurns > 0 else { return nil }
        let turns = total.clientTurns == 1 ? "turn" : "turns"
        return "of that \(Figures.dollars(total.clientNanodollars)) in "
            + "\(Figures.count(total.clientTurns)) \(turns) of the client's own model"
    }

    var escalationSentences: [String] {
        guard let escalations, escalations.count > 0 else { return [] }
        var first = "\(Figures.count(escalations.count)) over, "
        first += "\(Figures.count(escalations.turns)) turns"
        if escalations.clientTurns > 0 {
            first += " and \(Figures.count(escalations.clientTurns)) of the client's"
        }
        if escalations.costed > 0 { first += ", \(Figures.dollars(escalations.nanodollars))" }
        if let rate = escalations.dollarsPerMinute {
            first += " (\(Figures.dollars(rate)) a minute)"
        }
        guard let quality = escalations.meanQuality else { return [first] }
        var second = "quality \(Figures.fixed(quality, 2)) of 1 on average"
        if escalations.rated < escalations.count {
            second += " (\(Figures.count(escalations.rated)) rated)"
        }
        if let worth = escalations.qualityPerDollar {
            second += ", \(Figures.fixed(worth, worth < 10 ? 2 : 0)) per dollar"
        }
        return [first, second]
    }

    func text(_ state: BudgetState) -> String {
        let budget = state.budget
        let whom =
            budget.model.map { " for \(Plain.text($0))" }
            ?? budget.agent.map { " for the agent \(Plain.text($0))" } ?? ""
        var text =
            "\(Figures.dollars(state.spent)) of \(Figures.dollars(budget.nanodollars)) a "
            + "\(budget.unit.rawValue)\(whom)"
        let end = query.calendar.minuteText(state.stretch.upperBound)
        if state.moment < state.stretch.upperBound {
            if let projected = state.projected {
                text += "; at this pace \(Figures.dollars(projected)) by \(end)"
            }
        }
        let left = budget.nanodollars.subtractingReportingOverflow(state.spent).partialValue
        return text
            + (left < 0
                ? "; \(Figures.dollars(-left)) over" : "; \(Figures.dollars(left)) left")
    }
}

extension Report.BudgetState {
    /// Spent, or on the way to be.
    var isOver: Bool { max(spent, projected ?? spent) > budget.nanodollars }
}

extension Report.Operation {
    var title: String { tool ?? (isClient ? "the client's own turn" : "model call") }
}
