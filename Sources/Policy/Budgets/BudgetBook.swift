import Records
import Reports

/// What was spent of each budget, by the hour, day, week, month or year that it is for.
///
/// Only what has a price is counted: calls of a model without one spend and reserve nothing.
struct BudgetBook {
    /// More cannot be told apart by the bits of a mask; whoever sets them refuses them.
    static let countMax = AccountRules.countMax
    /// Stretches of a budget that are remembered.
    private static let stretchesMax = 64

    let budgets: [Budget]
    let calendar: Calendar
    private var books: [[Stretch]]
    /// Nothing before it was read, for each budget. Seconds since 1970.
    private var starts: [Int64]
    /// Shares of budgets that are in the ledger.
    private var told: Set<Identity> = []
    /// What was reached of each budget in its present stretch, and that was said.
    private var shares: [Told]

    private struct Stretch {
        var range: Range<Int64>
        var nanodollars: Int64
    }

    private struct Told {
        var start: Int64 = .min
        var ids: [Identity] = []
        var percent: UInt64 = 0
    }

    /// The shares that are told.
    static let percents: [UInt64] = [50, 80, 100]

    /// - Parameter now: seconds since 1970.
    init(_ budgets: [Budget], _ calendar: Calendar, now: Int64) {
        self.budgets = Array(budgets.prefix(Self.countMax))
        self.calendar = calendar
        books = self.budgets.map { _ in [] }
        // A clock is set back by a little now and then, and not by more.
        starts = self.budgets.map { $0.stretch(at: now - 3_600 + 1, calendar).lowerBound }
        shares = self.budgets.map { _ in Told() }
    }

    /// When the earliest stretch begins that is counted. Seconds since 1970.
    var start: Int64? { starts.min() }

    /// The budgets that count what has these names, as bits.
    func mask(model: String?, agent: String?) -> UInt32 {
        var mask: UInt32 = 0
        for (place, budget) in budgets.enumerated() where budget.isFor(model: model, agent: agent) {
            mask |= 1 &<< UInt32(place)
        }
        return mask
    }

    /// Adds what was spent at a moment to the budgets of a mask. Seconds since 1970.
    mutating func add(_ nanodollars: Int64, at moment: Int64, _ mask: UInt32) {
        if nanodollars == 0 { return }
        var rest = mask
        while rest != 0 {
            let place = rest.trailingZeroBitCount
            rest &= rest &- 1
            guard place < budgets.count, moment >= starts[place] else { continue }
            guard let stretch = stretch(of: place, at: moment) else { continue }
            books[place][stretch].nanodollars = adding(
                books[place][stretch].nanodollars, nanodollars)
        }
    }

    /// The present stretch of a budget, and what was spent in it; nil if that was not read, because
    /// the clock was set back.
    mutating func state(
        of place: Int, at moment: Int64
    ) -> (range: Range<Int64>, nanodollars: Int64)? {
        guard moment >= starts[place],
            let place = (stretch(of: place, at: moment).map { (place, $0) })
        else { return nil }
        let stretch = books[place.0][place.1]
        return (stretch.range, stretch.nanodollars)
    }

    /// Where the stretch of a moment is; nil when it is before all that can be remembered.
    private mutating func stretch(of place: Int, at moment: Int64) -> Int? {
        var index = books[place].count - 1
        while index >= 0 {
            if books[place][index].range.contains(moment) { return index }
            if books[place][index].range.upperBound <= moment { break }
            index -= 1
        }
        if books[place].count == Self.stretchesMax {
            if index < 0 { return nil }
            let first = books[place].removeFirst()
            starts[place] = max(starts[place], first.range.upperBound)
            index -= 1
        }
        // The end of a stretch belongs to it there, to the next one here.
        let range = budgets[place].stretch(at: moment + 1, calendar)
        books[place].insert(Stretch(range: range, nanodollars: 0), at: index + 1)
        return index + 1
    }

    // MARK: Marks

    /// A share was told, by whomever.
    mutating func saw(mark id: Identity) {
        // There are three a stretch; more than this are another's budgets.
        if told.count < 4_096 { told.insert(id) }
        for place in shares.indices { look(place) }
    }

    private mutating func look(_ place: Int) {
        for (id, percent) in zip(shares[place].ids, Self.percents) where told.contains(id) {
            shares[place].percent = max(shares[place].percent, percent)
        }
    }

    /// The share of a budget that is to be told now: reached, and neither it nor a higher one told
    /// in this stretch. It counts as told from then on.
    mutating func newShare(
        of place: Int, _ range: Range<Int64>, spent: Int64
    ) -> (percent: UInt64, id: String)? {
        let limit = UInt64(clamping: budgets[place].nanodollars)
        let reached = Self.percents.last { hasReached(UInt64(clamping: spent), $0, of: limit) }
        guard let reached else { return nil }
        if shares[place].start != range.lowerBound {
            shares[place] = Told(
                start: range.lowerBound,
                ids: Self.percents.map {
                    Identity.any(Self.markID(budgets[place], range, $0)).0
                })
            look(place)
        }
        guard reached > shares[place].percent else { return nil }
        shares[place].percent = reached
        return (reached, Self.markID(budgets[place], range, reached))
    }

    /// What can be spent of a budget with nothing to say about it: no share to be told is reached,
    /// nor the limit. May be a little less.
    func ceiling(of place: Int, _ range: Range<Int64>) -> Int64 {
        let limit = budgets[place].nanodollars
        let told = shares[place].start == range.lowerBound ? shares[place].percent : 0
        guard let next = Self.percents.first(where: { $0 > told }) else { return limit }
        return limit / 100 * Int64(clamping: next)
    }

    /// The id of the mark of a share: the same whoever finds it.
    static func markID(_ budget: Budget, _ range: Range<Int64>, _ percent: UInt64) -> String {
        DerivedID.make(
            from: "budget/\(budget.rule)", purpose: "\(range.lowerBound)", index: Int(percent))
    }
}

/// Whether an amount is at least so many hundredths of a limit.
func hasReached(_ amount: UInt64, _ percent: UInt64, of limit: UInt64) -> Bool {
    let (a, b) = (amount.multipliedFullWidth(by: 100), limit.multipliedFullWidth(by: percent))
    return a.high != b.high ? a.high > b.high : a.low >= b.low
}
