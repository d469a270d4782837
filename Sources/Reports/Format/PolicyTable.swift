import Records

// What policies did, as every form of a report shows it.

extension Report {
    static let policyHeads = ["Policies", "rule", "calls", "saved", "held back"]
    /// Columns of words; figures follow.
    static let policyWords = 2

    /// A row for each thing that was done for each reason; none if no policy did anything.
    ///
    /// - Parameter width: of the first column and the second, for a terminal.
    func policyRows(width: (Int, Int) = (80, 80)) -> [[String]] {
        policies.map { sum in
            var what = sum.action.words
            if sum.routedModel != nil || sum.askedModel != nil {
                let asked = sum.askedModel ?? "its own"
                what = "\(asked) → \(sum.routedModel ?? "unknown")"
            }
            return [
                Plain.text(what, width: width.0),
                Plain.text(sum.rule ?? sum.reason.words, width: width.1), Figures.count(sum.calls),
                sum.compared > 0 ? Figures.signedDollars(sum.savedNanodollars) : "",
                sum.waited > 0 ? Figures.duration(sum.waited) : "",
            ]
        }
    }
}

extension PolicyNote.Action {
    fileprivate var words: String {
        switch self {
        case .blocked: "not sent"
        case .routed: "sent to another model"
        case .delayed: "held back, then sent"
        case .warned: "warned of"
        case .passed: "could not be judged"
        }
    }
}

extension PolicyNote.Reason {
    fileprivate var words: String {
        switch self {
        case .budget: "a budget"
        case .evalops: "EvalOps"
        case .rateLimit: "a rate limit"
        case .retryAfter: "the provider's word"
        case .route: "a route"
        case .malformed: "no JSON"
        case .batch: "a batch"
        case .tooLong: "too long to hold"
        case .unavailable: "spend not readable"
        }
    }
}

extension Figures {
    static func signedDollars(_ nanodollars: Int64) -> String {
        nanodollars < 0
            ? "-" + dollars(nanodollars == .min ? .max : -nanodollars) : dollars(nanodollars)
    }
}
