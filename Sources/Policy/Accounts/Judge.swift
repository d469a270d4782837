import Records
import Reports

/// Decides on one call, all that there is to know of other calls having been read.
struct Judge {
    private let accounts: Accounts
    private let request: PolicyRequest
    let id: Identity
    private let now: Int64
    private let waited: Double
    private let visible: [ReservationSlot]
    /// What the call is expected to cost and to use, and why.
    private(set) var estimate: (nanodollars: Int64, tokens: UInt64) = (0, 0)
    private(set) var expectation = Expectation.price(nil)
    /// What its names mean.
    private(set) var traits: Books.Traits?
    /// The calls under way that were counted.
    private var counted: [Tally.Kept] = []
    /// Whether somebody waits, this call excepted.
    private(set) var hasWaiting = false
    private var marks: [MarkRecord] = []
    /// What is said on the record of a call that goes on over a limit.
    var warning: PolicyNote? {
        didSet { warning?.action = .warned }
    }

    init(
        _ accounts: Accounts, _ request: PolicyRequest, at now: Int64, waited: Double,
        _ reservations: Reservations
    ) {
        self.accounts = accounts
        self.request = request
        self.now = now
        self.waited = waited
        id = Identity.any(request.id).0
        visible = reservations.visible
    }

    /// Nil when the books do not go back far enough.
    mutating func judge(_ books: Books) -> Admission? {
        (expectation, traits) = accounts.expectation(request, books)
        estimate = expectation.amounts(of: request)
        let traits = traits(of: request.model, request.agentID, books)
        let others = others(books)
        keep(others)
        guard let budget = judgeBudgets(traits.budgets, others, books) else { return nil }
        let limit = judgeLimits(traits, others, books)
        if let refusal = budget.refusal {
            return .refused(refusal.note, text: refusal.text, marks: marks)
        }
        switch limit {
        case .open: return .admitted(warning, marks: marks)
        case .refused(let refusal):
            return .refused(refusal.note, text: refusal.text, marks: marks)
        case .wait(let until, let note):
            return .wait(until: Timestamp(microseconds: until), note)
        }
    }

    // MARK: Others

    /// A call that is under way, or that waits before this one.
    private struct Other {
        var slot: ReservationSlot
        var traits: Books.Traits
    }

    private func others(_ books: Books) -> [Other] {
        var others: [Other] = []
        for slot in visible where slot.id != id && !books.isSettled(slot.id) {
            if slot.state == .waiting, !isBefore(slot) { continue }
            let traits = traits(of: slot.model, slot.agent, books)
            others.append(Other(slot: slot, traits: traits))
        }
        return others
    }

    /// The calls under way.
    ///
    /// - Parameter isAdmitted: whether this one is.
    func kept(isAdmitted: Bool) -> [Tally.Kept] {
        guard isAdmitted, let traits else { return counted }
        let own = Tally.Kept(
            id: id, budgets: traits.budgets, limits: traits.limits,
            nanodollars: estimate.nanodollars, tokens: estimate.tokens)
        return counted + [own]
    }

    private mutating func keep(_ others: [Other]) {
        hasWaiting = visible.contains { $0.id != id && $0.state == .waiting }
        for other in others where other.slot.state == .held {
            counted.append(
                Tally.Kept(
                    id: other.slot.id, budgets: other.traits.budgets, limits: other.traits.limits,
                    nanodollars: other.slot.nanodollars, tokens: other.slot.tokens))
        }
    }

    /// Who waits first comes first.
    private func isBefore(_ slot: ReservationSlot) -> Bool {
        (slot.time, slot.id.high, slot.id.low) < (request.time.microseconds, id.high, id.low)
    }

    private func traits(
        of model: String?, _ agent: String?, _ books: Books
    ) -> Books.Traits {
        books.traits(server: nil, tool: nil, model: model, agent: agent)
    }

    // MARK: Budgets

    /// What of a budget is used, calls under way included; nil when that was not read.
    private func used(
        _ place: Int, _ others: [Other], _ books: Books
    ) -> (range: Range<Int64>, nanodollars: Int64)? {
        guard let (range, recorded) = books.spent(place, at: now) else { return nil }
        var spent = recorded
        let bit: UInt32 = 1 &<< UInt32(place)
        for other in others where other.slot.state == .held && other.traits.budgets & bit != 0 {
            spent = adding(spent, other.slot.nanodollars)
        }
        return (range, spent)
    }

    private mutating func judgeBudgets(
        _ mask: UInt32, _ others: [Other], _ books: Books
    ) -> (refusal: Refusal?, Void)? {
        var worst: (note: PolicyNote, end: Int64)?
        for (place, budget) in books.budgets.budgets.enumerated()
        where mask & (1 &<< UInt32(place)) != 0 {
            guard let (range, spent) = used(place, others, books) else { return nil }
            let share = books.newShare(place, range, spent: spent)
            guard share != nil || spent >= budget.nanodollars else { continue }
            var note = note(budget, range, spent: spent)
            if let share { mark(share.id, share.percent, note) }
            guard spent >= budget.nanodollars else { continue }
            note.percent = 100
            if worst.map({ $0.end < range.upperBound }) ?? true { worst = (note, range.upperBound) }
        }
        guard var (note, _) = worst else { return (nil, ()) }
        guard accounts.rules.budgetAction == .block else {
            warning = note
            return (nil, ())
        }
        note.action = .blocked
        return (Refusal.byBudget(note, books.budgets.calendar), ())
    }

    private func note(_ budget: Budget, _ range: Range<Int64>, spent: Int64) -> PolicyNote {
        var note = PolicyNote(action: .warned, reason: .budget, rule: budget.rule)
        note.spentNanodollars = spent
        note.limitNanodollars = budget.nanodollars
        let (end, overflow) = range.upperBound.multipliedReportingOverflow(by: 1_000_000)
        if !overflow { note.until = Timestamp(microseconds: end) }
        return note
    }

    mutating func budgetLeft(_ books: Books) -> Double? {
        (expectation, traits) = accounts.expectation(request, books)
        let traits = traits(of: request.model, request.agentID, books)
        let others = others(books)
        keep(others)
        var least: Double?
        for (place, budget) in books.budgets.budgets.enumerated()
        where traits.budgets & (1 &<< UInt32(place)) != 0 {
            guard let (_, spent) = used(place, others, books) else { return nil }
            let left = max(0, 1 - Double(spent) / Double(max(budget.nanodollars, 1)))
            least = min(least ?? 1, left)
        }
        return least
    }

    private mutating func mark(_ id: String, _ percent: UInt64, _ note: PolicyNote) {
        var note = note
        note.percent = percent
        marks.append(
            MarkRecord(
                id: id, time: Timestamp(microseconds: now), session: accounts.session,
                policy: note))
    }

    // MARK: Limits

    private enum Limited {
        case open
        case refused(Refusal)
        case wait(until: Int64, PolicyNote)
    }

    private mutating func judgeLimits(
        _ traits: Books.Traits, _ others: [Other], _ books: Books
    ) -> Limited {
        var worst: (note: PolicyNote, until: Int64)?
        if let model = request.model, let until = books.limits.hold(of: model, at: now) {
            worst = (PolicyNote(action: .warned, reason: .retryAfter), until)
        }
        for (place, limit) in books.limits.limits.enumerated()
        where traits.limits & (1 &<< UInt32(place)) != 0 {
            let used = used(place, limit, others, books)
            let total = used.started.addingClamped(used.ahead)
            guard hasReached(total, LimitBook.percent, of: limit.amount) else { continue }
            var note = PolicyNote(action: .warned, reason: .rateLimit, rule: limit.rule)
            if hasReached(used.started, LimitBook.percent, of: limit.amount),
                let id = books.newLimitMark(place, at: now)
            {
                mark(id, LimitBook.percent, note)
            }
            guard total >= limit.amount else { continue }
            note.percent = 100
            let until = opening(place, total - limit.amount + 1, used, books)
            if worst.map({ $0.until < until }) ?? true { worst = (note, until) }
        }
        return worst.map { exceeded($0.note, until: $0.until, books.budgets.calendar) } ?? .open
    }

    private mutating func exceeded(
        _ note: PolicyNote, until: Int64, _ calendar: Calendar
    ) -> Limited {
        var note = note
        note.until = Timestamp(microseconds: until)
        switch accounts.rules.limitAction {
        case .warn:
            warning = warning ?? note
            return .open
        case .block: break
        case .wait(let seconds):
            let left = Double(seconds) * 1e6 - waited * 1e3
            if Double(until &- now) <= left {
                note.action = .delayed
                return .wait(until: until, note)
            }
        }
        note.action = .blocked
        return .refused(Refusal.byLimit(note, at: now, calendar))
    }

    /// How much of a limit is used: by calls that are in the ledger, by those under way, and by
    /// those that wait and come first.
    private struct Used {
        var recorded: UInt64 = 0
        var started: UInt64 = 0
        var ahead: UInt64 = 0
        /// When those under way began.
        var times: [Int64] = []
        var length: Int64 = 0
    }

    private func used(
        _ place: Int, _ limit: RateLimit, _ others: [Other], _ books: Books
    ) -> Used {
        var used = Used()
        used.recorded = books.used(place, at: now)
        used.started = used.recorded
        used.length = limit.window.seconds &* 1_000_000
        let bit: UInt32 = 1 &<< UInt32(place)
        for other in others where other.traits.limits & bit != 0 {
            let amount = limit.unit == .requests ? 1 : other.slot.tokens
            switch other.slot.state {
            case .held where other.slot.time > now &- used.length:
                used.started = used.started.addingClamped(amount)
                used.times.append(other.slot.time)
            case .held: break
            case .waiting: used.ahead = used.ahead.addingClamped(amount)
            }
        }
        return used
    }

    /// When a limit will have so much more room. Microseconds since 1970.
    private func opening(
        _ place: Int, _ amount: UInt64, _ used: Used, _ books: Books
    ) -> Int64 {
        if amount <= used.recorded { return books.departure(of: amount, from: place, at: now) }
        // Then calls have to leave that are under way, or have not even begun.
        let times = used.times.sorted()
        let index = Int(clamping: amount - used.recorded - 1)
        return (index < times.count ? max(times[index], now - used.length) : now) &+ used.length
    }
}
