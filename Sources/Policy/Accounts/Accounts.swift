package import Ledger
import Metering
import Posix
package import Records
package import Reports
import Synchronization

/// Budgets and rate limits of the whole machine, as one relay keeps them.
///
/// What was spent is read from the ledger, whose files every relay appends to. What is under way is
/// in a file a relay in `<state>/policy/`. All relays share a number that moves with every change
/// (`Epoch`): a call is let through by putting its reservation where others see it and moving the
/// number from the value that it was judged under, so that each sees what the one before it let
/// through: of any number of relays, together, only one call is let through that goes over a limit.
///
/// A call that comes while nobody else does anything is judged by what is known from the last look
/// (`Standing`). Else files are read, by one relay at a time, for which there is a lock; whoever
/// waits for it in vain, or finds the number moved again and again, decides all the same: then each
/// relay may let one call through too many.
///
/// A call is refused when what was spent and what is reserved has reached the limit, and not
/// before: how much it will cost itself is not known. Calls whose model has no price cost nothing
/// that is known: they count and reserve nothing in budgets.
///
/// Trouble with the disk is said once, and lets calls through.
package final class Accounts: Admitting, @unchecked Sendable {
    // Sendable: `state` and everything in it is used with `mutex` held only; `lock` by the pump
    // alone. `mutex` is taken before `standing`'s, and held while files are read.

    /// What changes.
    final class State {
        var books: Books?
        var follower: LedgerFollower?
        let reservations: Reservations
        var priced = PricedModels()
        var prices: PriceTable?
        /// The reading of the ledger that is under way; later ones are others.
        var reading = 0
        var complaints: Set<String> = []
        /// Whether names in the directory of relays' files may be others than when the lock was
        /// opened.
        var isLockStale = false
        /// How often a call was decided on the long way.
        var looks = 0

        init(_ reservations: Reservations) { self.reservations = reservations }
    }

    let rules: AccountRules
    let session: String
    let complain: @Sendable (String) -> Void
    let directory: LedgerDirectory
    private let loadPrices: @Sendable () -> PriceTable?
    private let makeCalendar: @Sendable () -> Calendar
    private let oracle: (any BudgetOracle)?
    private let hasOracle: Bool
    let clock: @Sendable () -> Int64
    let ticks: @Sendable () -> UInt64

    private let mutex = Mutex(())
    let state: State
    private let standing: Mutex<Standing>
    var lock: AdmissionLock?
    /// Whether the ledger has been read.
    private let isReady = Atomic<Bool>(false)
    /// Closed when it has been for the first time.
    private let ready = BoundedQueue<Bool>(capacity: 1)
    private var hasWaited = false

    /// The first call waits this long for the ledger to be read.
    private static let readingNanoseconds: UInt64 = 5_000_000_000
    /// A call waits this long for others to be written down.
    private static let roomNanoseconds: UInt64 = 250_000_000

    /// Nothing is read or made before `start`.
    ///
    /// - Parameters:
    ///   - session: the id of the relay's session record.
    ///   - prices: read on a thread of its own; nil for the built-in table.
    ///   - oracle: asked before every call, where there is one and a budget is set.
    ///   - calendar: that of the local time zone, by default.
    ///   - clock: microseconds since 1970.
    ///   - ticks: monotonic nanoseconds.
    ///   - complain: says a line on standard error.
    package init(
        _ rules: AccountRules, in directory: LedgerDirectory, session: String,
        prices: @escaping @Sendable () -> PriceTable?, oracle: (any BudgetOracle)? = nil,
        calendar: (@Sendable () -> Calendar)? = nil,
        clock: @escaping @Sendable () -> Int64 = { WallClock.now() },
        ticks: @escaping @Sendable () -> UInt64 = { MonotonicClock.now() },
        complain: @escaping @Sendable (String) -> Void
    ) {
        self.rules = rules
        self.directory = directory
        self.session = session
        self.oracle = rules.budgets.isEmpty ? nil : oracle
        hasOracle = oracle != nil && !rules.budgets.isEmpty
        self.clock = clock
        self.ticks = ticks
        self.complain = complain
        loadPrices = prices
        makeCalendar = calendar ?? { Self.localCalendar(at: clock()) }
        state = State(Reservations(directory.policy))
        standing = Mutex(Standing(directory.policy))
    }

    /// Begins to read the ledger, on a thread of its own. Called by the thread that will admit, or
    /// one whose signal mask that one inherits.
    package func start() {
        MappedFile.prepare()
        mutex.withLock { _ in read() }
    }

    // MARK: Admitting

    package func admit(_ request: PolicyRequest, waited: Double) -> Admission {
        guard request.mayUseModel else { return .admitted(nil, marks: []) }
        guard waitUntilReady() else { return unavailable() }
        if !hasOracle {
            let (now, ticks) = (clock(), ticks())
            let isAdmitted = standing.withLock { $0.admit(request, at: now, ticks: ticks) }
            if isAdmitted { return .admitted(nil, marks: []) }
        }
        let verdict = ask(request)
        if let verdict, rules.budgetAction == .block {
            withdraw(request.id)
            let refusal = Refusal.byOracle(verdict)
            return .refused(refusal.note, text: refusal.text, marks: [])
        }
        waitForRoom()
        let isLocked = lock?.take() ?? false
        defer { if isLocked { lock?.giveBack() } }
        var isLockStale = false
        let admission = mutex.withLock { _ in
            defer { (isLockStale, state.isLockStale) = (state.isLockStale, false) }
            return standing.withLock { look(request, waited, verdict, &$0) }
        }
        if isLockStale || lock == nil { renewLock() }
        return admission
    }

    /// Has a client that asks faster than its calls can be written down wait for that, though not
    /// for a disk that hangs: others would not see what is let through.
    private func waitForRoom() {
        let deadline = MonotonicClock.now() &+ Self.roomNanoseconds
        while standing.withLock({ !$0.own.hasRoom }), MonotonicClock.now() < deadline {
            MonotonicClock.sleep(nanoseconds: 100_000)
        }
    }

    package func withdraw(_ id: String) {
        let id = Identity.any(id).0
        standing.withLock { if $0.free(id) { $0.moved() } }
    }

    package func settle(_ records: [Record]) {
        var (calls, countsAny): ([Identity], Bool) = ([], false)
        for record in records {
            switch record {
            case .call(let call):
                calls.append(Identity.any(call.id).0)
                countsAny = countsAny || call.isCounted
            case .usage: countsAny = true
            default: break
            }
        }
        mutex.withLock { _ in
            // Here, and not when the next call is waiting for it; and not with `standing` held,
            // which the next call may be let through by at this moment.
            readNew()
            let now = clock()
            standing.withLock { standing in
                standing.refresh(state.books, at: now)
                for id in calls where standing.free(id) { countsAny = true }
                // Once for all of them.
                if countsAny { standing.moved() }
            }
        }
    }

    package func budgetLeft(_ request: PolicyRequest) -> Double? {
        guard !rules.budgets.isEmpty, waitUntilReady() else { return nil }
        let (now, ticks) = (clock(), ticks())
        let known = standing.withLock {
            $0.budgetLeft(request, of: rules.budgets, at: now, ticks: ticks)
        }
        if let known { return known }
        return mutex.withLock { _ in
            standing.withLock { look(request, &$0) }
        }
    }

    // MARK: The oracle

    /// What it has against a call.
    private func ask(_ request: PolicyRequest) -> BudgetVerdict? {
        guard let oracle else { return nil }
        let cost = mutex.withLock { _ -> Int64 in
            state.books.map {
                expectation(request, $0).0.amounts(of: request).nanodollars
            } ?? 0
        }
        let verdict = oracle.verdict(on: request, estimatedNanodollars: cost)
        return verdict.flatMap { $0.isAllowed ? nil : $0 }
    }

    // MARK: Reading

    /// Whether the ledger has been read; waits for it, the first time.
    private func waitUntilReady() -> Bool {
        if isReady.load(ordering: .acquiring) { return true }
        if !hasWaited {
            hasWaited = true
            _ = ready.pop(until: MonotonicClock.now() &+ Self.readingNanoseconds)
        }
        return isReady.load(ordering: .acquiring)
    }

    /// Reads the ledger from the first day that matters on, on a thread of its own. With the mutex
    /// held.
    func read() {
        isReady.store(false, ordering: .releasing)
        state.books = nil
        state.follower = nil
        state.reading += 1
        let reading = state.reading
        do throws(SystemError) {
            try Thread.start(name: "accounts") { [self] in
                readAll(reading)
                ready.close()
            }.detach()
        } catch {
            complainOnce("no thread to read the ledger: \(error). Budgets and limits do not hold.")
        }
    }

    private func readAll(_ reading: Int) {
        let prices = loadPrices()
        let now = clock()
        let books = Books(rules, makeCalendar(), now: now)
        let follower = LedgerFollower(directory, firstDay: firstDay(books, at: now))
        // Before the ledger: see `Books.looked`.
        let calls = mutex.withLock { _ -> [Identity] in
            standing.withLock { _ = try? see(&$0, at: now) }
            return state.reservations.visible.map(\.id)
        }
        books.looked(at: calls, at: now)
        do throws(LedgerError) {
            try follower.catchUp(at: clock()) {
                books.take($0, $1)
            }
        } catch {
            let trouble = AccountTrouble(error).description
            return mutex.withLock { _ in complainOnce(trouble) }
        }
        install(books, follower, prices, reading)
    }

    private func install(
        _ books: Books, _ follower: LedgerFollower, _ prices: PriceTable?, _ reading: Int
    ) {
        mutex.withLock { _ in
            guard reading == state.reading else { return }
            (state.books, state.follower, state.prices) = (books, follower, prices)
            standing.withLock { $0.forgetAll() }
            complain(of: follower)
            isReady.store(true, ordering: .releasing)
        }
    }

    private func firstDay(_ books: Books, at now: Int64) -> Day {
        let second = now / 1_000_000
        let start = min(
            books.budgets.start ?? second, books.limits.length.map { second - $0 } ?? second)
        // A line is in the segment of the day it was written on; the clock may have been a day
        // off. So is it for a report.
        return Day(daysSince1970: Int(clamping: start / 86_400) - 2)
    }

    /// Looks at what is under way, and then at what has come to the ledger. With the mutex held.
    ///
    /// - Returns: whether the epoch is another one: what was looked at was looked at too early.
    func catchUp(
        _ standing: inout Standing, at now: Int64
    ) throws(AccountTrouble) -> Bool {
        standing.own.expire(at: now)
        let isAnother: Bool
        do throws(SystemError) {
            isAnother = try see(&standing, at: now)
        } catch {
            throw AccountTrouble(directory.policy, error)
        }
        state.books?.looked(at: state.reservations.visible.lazy.map(\.id), at: now)
        readNew()
        return isAnother
    }

    /// Looks at what is under way. With the mutex held.
    ///
    /// - Returns: whether the epoch is another one: what was looked at was looked at too early.
    private func see(_ standing: inout Standing, at now: Int64) throws(SystemError) -> Bool {
        let isChanged = try state.reservations.look(&standing.own, at: now)
        state.isLockStale = state.isLockStale || isChanged
        let isAnother = standing.renewEpoch(isChanged)
        standing.tell()
        return isAnother
    }

    /// Reads what has come to the ledger. With the mutex held.
    private func readNew() {
        guard let follower = state.follower, let books = state.books else { return }
        do throws(LedgerError) {
            try follower.catchUp(at: clock()) {
                books.take($0, $1)
            }
        } catch {
            complainOnce(AccountTrouble(error).description)
        }
        complain(of: follower)
        if follower.isBroken { read() }
    }

    private func complain(of follower: LedgerFollower) {
        if let failure = follower.failure { complainOnce(AccountTrouble(failure).description) }
    }

    private static func localCalendar(at now: Int64) -> Calendar {
        let (second, year) = (now / 1_000_000, Int64(366 * 86_400))
        return Calendar(Zone(nil, span: second - 3 * year...second + 3 * year) ?? .utc)
    }

    // MARK: The lock

    /// Opens the lock's file, where others took it away, or it never was.
    private func renewLock() {
        let path = directory.policy + "/lock"
        if lock?.isCurrent(path) ?? false { return }
        do throws(SystemError) {
            lock = try AdmissionLock(path)
        } catch {
            lock = nil
            // Of the directory: where nothing can be kept in it one line is enough.
            let trouble = AccountTrouble(directory.policy, error).description
            mutex.withLock { _ in complainOnce(trouble) }
        }
    }

    // MARK: Trouble

    func unavailable() -> Admission {
        .admitted(PolicyNote(action: .passed, reason: .unavailable), marks: [])
    }

    /// With the mutex held.
    func complainOnce(_ line: String) {
        if state.complaints.count < 16, state.complaints.insert(line).inserted { complain(line) }
    }

    // MARK: Estimates

    /// What a call is expected to come to, and what its names mean. With the mutex held.
    func expectation(
        _ request: PolicyRequest, _ books: Books
    ) -> (Expectation, Books.Traits) {
        let traits = books.traits(
            server: request.server, tool: request.tool, model: request.model,
            agent: request.agentID)
        if let mean = books.estimate(traits) {
            return (.mean(nanodollars: mean.nanodollars, tokens: mean.tokens), traits)
        }
        let entry = state.priced.entry(
            provider: request.provider, model: request.model, in: state.prices)
        return (.price(entry), traits)
    }
}

extension CallRecord {
    /// Whether budgets or limits may count it.
    fileprivate var isCounted: Bool {
        model != nil || provider != nil || usage != nil || cost != nil
    }
}

/// What keeps budgets and limits from being judged.
struct AccountTrouble: Error, CustomStringConvertible {
    let description: String

    init(_ path: String, _ error: SystemError) {
        description =
            "cannot keep account of calls under way in \(path): \(error.reason). Until that is "
            + "mended budgets and limits hold nothing back."
    }

    init(_ error: LedgerError) {
        description =
            "cannot read what was spent: \(error). Budgets and limits may let too much through."
    }
}
