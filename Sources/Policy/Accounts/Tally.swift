import Records
import Reports

/// What is used of each budget and limit, in numbers: of the ledger, and of the calls under way.
///
/// Enough to say of most calls that they may go on and that nothing is to be said about it; of all
/// others only a `Judge` knows.
struct Tally {
    private struct BudgetLine {
        /// Its present stretch, in microseconds since 1970.
        var start: Int64
        var end: Int64
        var recorded: Int64
        var reserved: Int64 = 0
        /// From here on there is something to say.
        var ceiling: Int64
    }

    private struct LimitLine {
        var recorded: UInt64
        var reserved: UInt64 = 0
        var ceiling: UInt64
        var countsTokens: Bool
    }

    /// A call under way.
    struct Kept {
        var id: Identity
        var budgets: UInt32
        var limits: UInt32
        var nanodollars: Int64
        var tokens: UInt64
    }

    private var budgets: [BudgetLine] = []
    private var limits: [LimitLine] = []
    private var kept: [Kept] = []
    /// When the last provider that wants to be left alone is through with that.
    private var heldUntil = Int64.min

    /// Whether a call that is used by these budgets and limits goes on with nothing to say.
    ///
    /// Calls under way count for a limit however long ago they began: too much, if anything.
    ///
    /// - Parameter now: microseconds since 1970.
    func isQuiet(budgets mask: UInt32, limits limitMask: UInt32, at now: Int64) -> Bool {
        if now < heldUntil { return false }
        var rest = mask
        while rest != 0 {
            let place = rest.trailingZeroBitCount
            rest &= rest &- 1
            guard place < budgets.count else { return false }
            let line = budgets[place]
            guard now >= line.start, now < line.end,
                adding(line.recorded, line.reserved) < line.ceiling
            else { return false }
        }
        rest = limitMask
        while rest != 0 {
            let place = rest.trailingZeroBitCount
            rest &= rest &- 1
            guard place < limits.count else { return false }
            let line = limits[place]
            guard line.recorded.addingClamped(line.reserved) < line.ceiling else { return false }
        }
        return true
    }

    /// What is left of the tightest budget of a mask, 0 … 1; nil without any, or when one has begun
    /// anew.
    func budgetLeft(_ mask: UInt32, of rules: [Budget], at now: Int64) -> Double? {
        var least: Double?
        var rest = mask
        while rest != 0 {
            let place = rest.trailingZeroBitCount
            rest &= rest &- 1
            guard place < budgets.count, place < rules.count else { return nil }
            let line = budgets[place]
            guard now >= line.start, now < line.end else { return nil }
            let spent = adding(line.recorded, line.reserved)
            let left = max(0, 1 - Double(spent) / Double(max(rules[place].nanodollars, 1)))
            least = min(least ?? 1, left)
        }
        return least
    }

    // MARK: Changes

    /// A call was let through.
    mutating func add(_ call: Kept) {
        kept.append(call)
        reserve(call)
    }

    /// A call is over, or was never sent.
    mutating func remove(_ id: Identity) {
        guard let place = kept.firstIndex(where: { $0.id == id }) else { return }
        kept.remove(at: place)
        sumUp()
    }

    /// Forgets the calls under way, in favour of others.
    mutating func replace(_ calls: some Sequence<Kept>) {
        kept.removeAll(keepingCapacity: true)
        kept.append(contentsOf: calls)
    }

    /// Takes what the ledger comes to from the books. Calls under way that are in them end here.
    ///
    /// - Returns: false where the books do not go back far enough.
    mutating func refresh(_ books: Books, at now: Int64) -> Bool {
        kept.removeAll { books.isSettled($0.id) }
        budgets.removeAll(keepingCapacity: true)
        for place in books.budgets.budgets.indices {
            guard let (range, spent) = books.spent(place, at: now) else { return false }
            budgets.append(
                BudgetLine(
                    start: microseconds(range.lowerBound), end: microseconds(range.upperBound),
                    recorded: spent, ceiling: books.budgets.ceiling(of: place, range)))
        }
        limits.removeAll(keepingCapacity: true)
        for (place, limit) in books.limits.limits.enumerated() {
            limits.append(
                LimitLine(
                    recorded: books.used(place, at: now), ceiling: books.limits.ceiling(of: place),
                    countsTokens: limit.unit == .tokens))
        }
        heldUntil = books.limits.lastHold
        sumUp()
        return true
    }

    private mutating func sumUp() {
        for place in budgets.indices { budgets[place].reserved = 0 }
        for place in limits.indices { limits[place].reserved = 0 }
        for call in kept { reserve(call) }
    }

    private mutating func reserve(_ call: Kept) {
        var rest = call.budgets
        while rest != 0 {
            let place = rest.trailingZeroBitCount
            rest &= rest &- 1
            guard place < budgets.count else { break }
            budgets[place].reserved = adding(budgets[place].reserved, call.nanodollars)
        }
        rest = call.limits
        while rest != 0 {
            let place = rest.trailingZeroBitCount
            rest &= rest &- 1
            guard place < limits.count else { break }
            let amount = limits[place].countsTokens ? call.tokens : 1
            limits[place].reserved = limits[place].reserved.addingClamped(amount)
        }
    }

    private func microseconds(_ second: Int64) -> Int64 {
        let (product, overflow) = second.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (second < 0 ? .min : .max) : product
    }
}
