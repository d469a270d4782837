import Posix
import Reports

/// Where this relay stands: its own reservations, and what it made out at its last look at the
/// ledger and at all others' reservations.
///
/// As long as the epoch is the one of that look nobody else has done anything since, and most calls
/// can be let through by adding a few numbers: no file is read and no lock of others is waited for.
/// To let a call through is to store its reservation where others see it and to move the epoch from
/// the value it was judged under; whoever is second finds it moved, takes his reservation back, and
/// looks.
///
/// What else appends to the ledger (an import, `mcp-meter serve`) moves no epoch, and who removes
/// the directory has others begin with another one. So a look is relied upon for
/// `trustNanoseconds` at most: such spending is seen that much later than it was.
struct Standing: ~Copyable {
    /// A tenth of a second.
    static let trustNanoseconds: UInt64 = 100_000_000

    var own: OwnReservations
    private var epoch: Epoch?
    private let path: String
    private var tally = Tally()
    private var names = KnownNames()
    /// The epoch's value under which `tally` is what a look would find; `Epoch.unknown` when it is not.
    private var validAt = Epoch.unknown
    /// The last look's time, in monotonic nanoseconds.
    private var lookedAt: UInt64 = 0
    /// The last time that something was counted at, in microseconds since 1970.
    private var time = Int64.max

    /// - Parameter directory: of all relays' reservations.
    init(_ directory: String) {
        own = OwnReservations(directory)
        path = directory + "/epoch"
    }

    // MARK: The short way

    /// Lets a call through and reserves for it, if that is all there is to it; false says nothing.
    ///
    /// - Parameters:
    ///   - now: microseconds since 1970.
    ///   - ticks: monotonic nanoseconds.
    mutating func admit(_ request: PolicyRequest, at now: Int64, ticks: UInt64) -> Bool {
        guard isValid(at: now, ticks: ticks), own.isVisible, own.hasRoom,
            let place = names.place(of: request)
        else { return false }
        let masks = names.masks(place)
        guard tally.isQuiet(budgets: masks.budgets, limits: masks.limits, at: now) else {
            return false
        }
        let id = Identity.any(request.id).0
        let amounts = names.amounts(place, request)
        guard own.place(of: id) == nil,
            (try? own.put(
                ReservationSlot(
                    state: .held, id: id, time: now, nanodollars: amounts.nanodollars,
                    tokens: amounts.tokens, model: request.model, agent: request.agentID))) != nil,
            advance(from: validAt),
            // What was stored and moved was others' too.
            hasEpoch, own.isVisible
        else {
            own.free(id)
            forget()
            return false
        }
        validAt = Epoch.after(validAt)
        time = now
        tally.add(
            Tally.Kept(
                id: id, budgets: masks.budgets, limits: masks.limits,
                nanodollars: amounts.nanodollars, tokens: amounts.tokens))
        return true
    }

    /// What is left of the tightest budget for a call; the outer nil says nothing.
    mutating func budgetLeft(
        _ request: PolicyRequest, of rules: [Budget], at now: Int64, ticks: UInt64
    ) -> Double? {
        guard isValid(at: now, ticks: ticks), let place = names.place(of: request) else {
            return nil
        }
        return tally.budgetLeft(names.masks(place).budgets, of: rules, at: now)
    }

    private func isValid(at now: Int64, ticks: UInt64) -> Bool {
        validAt != Epoch.unknown && ticks &- lookedAt < Self.trustNanoseconds && now >= time
            && epochValue == validAt
    }

    // MARK: The long way

    /// The epoch's value before a look; `Epoch.unknown` where there is no epoch.
    var epochValue: UInt64 {
        switch epoch {
        case .some(let epoch):
            let value = epoch.value
            return epoch.isBroken ? Epoch.unknown : value
        case .none: return Epoch.unknown
        }
    }

    /// Whether there is an epoch, and it is others' too.
    private var hasEpoch: Bool {
        switch epoch {
        case .some(let epoch): !epoch.isBroken
        case .none: false
        }
    }

    private func advance(from value: UInt64) -> Bool {
        switch epoch {
        case .some(let epoch): epoch.advance(from: value)
        case .none: false
        }
    }

    private func isEpochCurrent() -> Bool {
        switch epoch {
        case .some(let epoch): epoch.isCurrent(path)
        case .none: false
        }
    }

    /// Maps the epoch's file anew, where it is another one, or was cut.
    ///
    /// - Parameter isChanged: whether names in the directory may be others.
    /// - Returns: whether the epoch is another one: what was looked at was looked at too early.
    mutating func renewEpoch(_ isChanged: Bool) -> Bool {
        let isLost = !hasEpoch
        guard isLost || isChanged, isLost || !isEpochCurrent() else { return false }
        forget()
        // Without it every call is judged by a look, under the lock.
        do throws(SystemError) {
            epoch = try Epoch(path)
            return true
        } catch {
            epoch = nil
            return false
        }
    }

    /// Tells others whether this relay moves the epoch.
    mutating func tell() { own.tell(hasEpoch) }

    /// Moves the epoch from the value before a look, now that what was decided is there to be seen.
    ///
    /// - Returns: whether nobody else has done anything since. So it is where there is no epoch.
    mutating func publish(from value: UInt64) -> Bool {
        value == Epoch.unknown || advance(from: value)
    }

    /// Says that something of this relay's has changed.
    mutating func moved() {
        guard let before = advance(), before == validAt else { return forget() }
        validAt = Epoch.after(before)
    }

    private func advance() -> UInt64? {
        switch epoch {
        case .some(let epoch):
            let before = epoch.advance()
            return epoch.isBroken ? nil : before
        case .none: return nil
        }
    }

    /// Relies on what a look found.
    ///
    /// - Parameters:
    ///   - value: the epoch's before the look.
    ///   - isMoved: it was moved from there since, by `publish`.
    ///   - calls: all that are under way, but those in the books.
    mutating func trust(
        _ value: UInt64, isMoved: Bool, _ books: Books, _ calls: [Tally.Kept], at now: Int64,
        ticks: UInt64
    ) {
        guard value != Epoch.unknown else { return }
        tally.replace(calls)
        names.refresh(books)
        guard tally.refresh(books, at: now) else { return }
        validAt = isMoved ? Epoch.after(value) : value
        (lookedAt, time) = (ticks, now)
    }

    /// A request's names, for the next one like it.
    mutating func learn(_ request: PolicyRequest, _ judge: Judge) {
        guard let traits = judge.traits else { return }
        names.learn(request, traits, judge.expectation)
    }

    /// Has the next call looked for.
    mutating func forget() { validAt = Epoch.unknown }

    /// The books are others: what names mean is to be asked anew.
    mutating func forgetAll() {
        forget()
        names.forget()
    }

    // MARK: Ends

    /// Ends a reservation.
    ///
    /// - Returns: whether there was one.
    mutating func free(_ id: Identity) -> Bool {
        guard own.free(id) else { return false }
        tally.remove(id)
        return true
    }

    /// Takes what has come to the ledger from the books; nil where they are being read anew.
    mutating func refresh(_ books: Books?, at now: Int64) {
        guard validAt != Epoch.unknown else { return }
        guard let books, now >= time, tally.refresh(books, at: now) else { return forget() }
        time = now
        names.refresh(books)
    }
}
