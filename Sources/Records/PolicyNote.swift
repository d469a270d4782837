/// What a policy did to a call, or said of a budget: the `policy` object of a line.
///
/// A call that no rule touched has none.
package struct PolicyNote: Equatable, Sendable {
    /// The strongest of what was done.
    package enum Action: String, Sendable, CaseIterable {
        /// The server never saw the call; the client was answered in its place.
        case blocked
        /// The call was sent with another model than it asked for.
        case routed
        /// The call was held back for a while.
        case delayed
        /// It was only said, on standard error and here.
        case warned
        /// A policy is set that could not judge the call, which went on unchanged.
        case passed
    }

    /// Why.
    package enum Reason: String, Sendable, CaseIterable {
        /// A budget of `MCP_METER_BUDGET`.
        case budget
        /// EvalOps, asked with `CheckBudget`.
        case evalops
        /// A limit of `MCP_METER_RATE_LIMIT`.
        case rateLimit = "rate_limit"
        /// The provider had said when to come back.
        case retryAfter = "retry_after"
        /// A rule of `MCP_METER_ROUTES`.
        case route
        /// The frame is no JSON a rule could be applied to.
        case malformed
        /// The frame is a batch, which has no one call to judge.
        case batch
        /// The frame is longer than may be held.
        case tooLong = "too_long"
        /// The spend so far could not be read.
        case unavailable
    }

    package var action: Action
    package var reason: Reason
    /// The rule as its owner wrote it: `gemini-2.5-pro=5/day`, `60/min`, the name of a route.
    package var rule: String?
    /// What had been spent of a budget, in billionths of a dollar, calls under way included.
    package var spentNanodollars: Int64?
    /// The budget, in billionths of a dollar.
    package var limitNanodollars: Int64?
    /// The share of a budget or limit that was reached, of those that are told: 50, 80, 90, 100.
    package var percent: UInt64?
    /// When the rule lets calls through again.
    package var until: Timestamp?
    /// The model the client asked for, or the server would have used.
    package var askedModel: String?
    /// The model the call was sent with instead.
    package var routedModel: String?
    /// What the call would have cost with the model asked for, less its cost, in billionths of a
    /// dollar; negative if it would have been cheaper.
    package var savedNanodollars: Int64?
    /// How long the call was held back, in milliseconds.
    package var waitedMilliseconds: Double?

    package init(action: Action, reason: Reason, rule: String? = nil) {
        self.action = action
        self.reason = reason
        self.rule = rule
    }
}

/// A budget reached one of the shares of it that are told, for the first time in its period.
package struct MarkRecord: Equatable, Sendable {
    /// The same for the same budget, period and share, whoever writes it.
    package var id: String
    package var time: Timestamp
    /// The session that found it.
    package var session: String
    package var policy: PolicyNote

    package init(id: String, time: Timestamp, session: String, policy: PolicyNote) {
        self.id = id
        self.time = time
        self.session = session
        self.policy = policy
    }
}
