package import Records

/// What policies did to calls, summed by what was done and why.
package struct PolicySum: Sendable {
    package let action: PolicyNote.Action
    package let reason: PolicyNote.Reason
    /// As its owner wrote it.
    package let rule: String?
    package let askedModel: String?
    package let routedModel: String?
    package private(set) var calls = 0
    /// Of them: those whose saving is known.
    package private(set) var compared = 0
    /// Billionths of a dollar, of those; negative where the other model would have been cheaper.
    package private(set) var savedNanodollars: Int64 = 0
    /// Microseconds.
    package private(set) var waited: UInt64 = 0

    init(_ key: PolicyKey) {
        action = key.action
        reason = key.reason
        rule = key.rule
        askedModel = key.askedModel
        routedModel = key.routedModel
    }

    mutating func add(_ entry: PolicyRows.Entry) {
        calls += 1
        if entry.saved != Row.noCost {
            compared += 1
            savedNanodollars = adding(savedNanodollars, entry.saved)
        }
        waited =
            waited.addingReportingOverflow(entry.waited).overflow ? .max : waited &+ entry.waited
    }

    /// Sums of the notes whose row is wanted: the strongest action first, then the most frequent.
    static func all(_ policies: PolicyRows, where isWanted: (Int) -> Bool) -> [PolicySum] {
        var sums = policies.keys.map { PolicySum($0) }
        for entry in policies.entries where isWanted(entry.row) { sums[Int(entry.key)].add(entry) }
        let order = PolicyNote.Action.allCases
        func precedes(_ a: PolicySum, _ b: PolicySum) -> Bool {
            if a.action != b.action {
                return order.firstIndex(of: a.action) ?? 0 < order.firstIndex(of: b.action) ?? 0
            }
            if a.calls != b.calls { return a.calls > b.calls }
            return [a.reason.rawValue, a.rule ?? "", a.askedModel ?? "", a.routedModel ?? ""]
                .lexicographicallyPrecedes([
                    b.reason.rawValue, b.rule ?? "", b.askedModel ?? "", b.routedModel ?? "",
                ])
        }
        return sums.filter { $0.calls > 0 }.sorted(by: precedes)
    }
}
