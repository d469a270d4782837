package import Metering

/// The rules of `MCP_METER_ROUTES`: which model a call is sent on with.
///
/// A value; deciding touches no file, clock or lock.
package struct Router: Sendable {
    package let rules: [RouteRule]
    /// Some rule looks at what the arguments say or at the files they name: `Facts.content` is
    /// wanted.
    package let readsContent: Bool
    /// Some rule looks at what is left of budgets.
    package let readsBudget: Bool

    package init(rules: [RouteRule]) {
        self.rules = rules
        readsContent = rules.contains {
            !$0.conditions.classes.isEmpty || $0.conditions.files != nil
        }
        readsBudget = rules.contains { $0.conditions.budgetLeft != nil }
    }

    /// All that rules look at.
    package struct Facts: Sendable {
        package var request: PolicyRequest
        /// How the tool takes its model.
        package var argument: ModelArgument
        /// Nil where the arguments were not read; conditions on content fail then.
        package var content: ContentFacts?
        /// Of the tightest budget, 0…1; nil without any, and conditions on it fail.
        package var budgetLeft: Double?
        package var time: LocalTime

        package init(
            request: PolicyRequest, argument: ModelArgument, content: ContentFacts?,
            budgetLeft: Double?, time: LocalTime
        ) {
            self.request = request
            self.argument = argument
            self.content = content
            self.budgetLeft = budgetLeft
            self.time = time
        }
    }

    /// What the rules say of a call.
    package enum Verdict: Sendable, Equatable {
        /// No rule is for it.
        case unmatched
        /// A rule says that it goes on as it is.
        case kept(rule: String)
        /// It already asks for what the rule wants.
        case agreed(rule: String)
        case routed(RoutingDecision)
        /// A rule is for it but cannot be followed: the call goes on as it is.
        case impossible(rule: String, why: String)
    }

    /// The first rule that holds, and what comes of it.
    package func decide(_ facts: Facts) -> Verdict {
        guard let rule = rules.first(where: { $0.conditions.failure(facts) == nil }) else {
            return .unmatched
        }
        return verdict(rule, facts)
    }

    private func verdict(_ rule: RouteRule, _ facts: Facts) -> Verdict {
        guard case .models(let models) = rule.result else { return .kept(rule: rule.name) }
        if facts.argument.isRefused {
            return .impossible(rule: rule.name, why: "the tool asks no model")
        }
        guard facts.request.mayUseModel else {
            return .impossible(rule: rule.name, why: "nothing says that the tool asks a model")
        }
        var reasons: [String] = []
        for model in models {
            switch choice(model, facts) {
            case .taken(let argument):
                let meant = facts.argument.model(for: argument)
                if meant == facts.request.model { return .agreed(rule: rule.name) }
                return .routed(
                    RoutingDecision(rule: rule.name, argument: argument, model: meant))
            case .refused(let why): reasons.append(why)
            }
        }
        return .impossible(rule: rule.name, why: reasons.joined(separator: "; "))
    }

    private enum Choice {
        case taken(String)
        case refused(String)
    }

    /// Whether the server takes a model, and by which name.
    private func choice(_ model: String, _ facts: Facts) -> Choice {
        guard let spelling = facts.argument.spelling(of: model) else {
            return .refused(
                facts.argument.accepted.isEmpty
                    ? "`\(model)` is a name the server is not known to take"
                    : "the server takes \(facts.argument.accepted.joined(separator: ", ")), "
                        + "not `\(model)`")
        }
        let isSure = facts.argument.isMulti || facts.argument.accepted.contains(spelling)
        let meant = facts.argument.model(for: spelling)
        let provider =
            facts.request.provider ?? facts.request.model.flatMap(ModelFamily.provider(of:))
        guard let provider else {
            return isSure
                ? .taken(spelling)
                : .refused("the server's provider is not known, so neither is what it takes")
        }
        guard isSure || ModelFamily.isServed(meant, by: provider) else {
            return .refused("`\(meant)` is no model of \(provider)'s")
        }
        return .taken(spelling)
    }

    /// Each rule in order: the condition it failed by, or nil where it holds. Rules after the first
    /// that holds are not asked in `decide`; here they are.
    package func failures(_ facts: Facts) -> [(rule: RouteRule, failure: String?)] {
        rules.map { ($0, $0.conditions.failure(facts)) }
    }
}

extension RouteRule.Conditions {
    /// The first condition that does not hold, as a sentence's part; nil when all do.
    func failure(_ facts: Router.Facts) -> String? {
        let request = facts.request
        if !tools.isEmpty, !tools.contains(where: { $0.matches(request.tool) }) {
            return "tool is \(request.tool), not \(list(tools))"
        }
        if let failure = failure("server", request.server, servers) { return failure }
        if let failure = failure("model", request.model, models) { return failure }
        if let tokens, !tokens.contains(request.inputTokens) {
            return "tokens are \(request.inputTokens), not \(tokens.text)"
        }
        return failureByContent(facts.content) ?? failureByBudget(facts.budgetLeft)
            ?? failureByTime(facts.time)
    }

    private func failure(_ what: String, _ name: String?, _ globs: [Glob]) -> String? {
        guard !globs.isEmpty else { return nil }
        guard let name else { return "\(what) is not known" }
        return globs.contains { $0.matches(name) } ? nil : "\(what) is \(name), not \(list(globs))"
    }

    private func list(_ globs: [Glob]) -> String {
        globs.map(\.text).joined(separator: " or ")
    }

    private func failureByContent(_ content: ContentFacts?) -> String? {
        if !classes.isEmpty {
            guard let content else { return "class is not known" }
            if content.classes.isDisjoint(with: classes) {
                return "class is \(content.classes.text(" and ")), not \(classes.text(" or "))"
            }
        }
        guard let files else { return nil }
        guard let content else { return "files are not known" }
        return files.contains(content.files)
            ? nil : "files are \(content.files), not \(files.text)"
    }

    private func failureByBudget(_ left: Double?) -> String? {
        guard let budgetLeft else { return nil }
        guard let left else { return "budget_left is not known: no budget is set" }
        return budgetLeft.contains(left) ? nil : "budget_left is \(left), not \(budgetLeft.text)"
    }

    private func failureByTime(_ now: LocalTime) -> String? {
        var day = now.weekday
        if let time {
            let (isInside, beganYesterday) = time.holds(now.minute)
            guard isInside else { return "time is \(now.text), not \(time.text)" }
            if beganYesterday { day = (day + 6) % 7 }
        }
        guard let weekdays else { return nil }
        guard (0..<7).contains(day), weekdays & (1 << UInt8(day)) != 0 else {
            let wanted = LocalTime.weekdays.enumerated()
                .filter { weekdays & (1 << UInt8($0.offset)) != 0 }
            return "time is \(now.text), not on \(wanted.map(\.element).joined(separator: ", "))"
        }
        return nil
    }
}

extension RouteRule.Bounds {
    package var text: String {
        if max == .max { return "\(min) or more" }
        return min == 0 ? "\(max) or less" : "\(min)…\(max)"
    }
}

extension RouteRule.Share {
    package var text: String {
        [above.map { "above \($0)" }, below.map { "below \($0)" }].compactMap { $0 }
            .joined(separator: " and ")
    }
}

extension RouteRule.TimeWindow {
    package var text: String {
        [start, end].map { minute in
            [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        }.joined(separator: "-")
    }
}
