package import Ledger
import Metering
import Posix
package import Records
package import Reports
import Synchronization

/// Budgets and rate limits of the whole machine, as one relay keeps them.
///
/// What was spent is read from the ledger, whose files every relay appends to. What is under way is
/// in a file a relay in `<state>/policy/`. Reading both, deciding and writing the own reservation
/// is done under one lock of all relays, so that each sees what the one before it let through: of
/// any number of relays, together, only one call is let through that goes over a limit.
///
/// A call is refused when what was spent and what is reserved has reached the limit, and not
/// before: how much it will cost itself is not known.
///
/// Trouble with the disk is said once, and lets calls through.
package final class Accounts: Admitting, @unchecked Sendable {
    // Sendable: `state` and everything in it is used with `mutex` held only; `lock` by the pump
    // alone.

    /// What changes.
    private final class State {
        var books: Books?
        var follower: LedgerFollower?
        let reservations: Reservations
        var priced = PricedModels()
        var prices: PriceTable?
        /// The reading of the ledger that is under way; later ones are others.
        var reading = 0
        var complaints: Set<String> = []

        init(_ reservations: Reservations) { self.reservations = reservations }
    }

    let rules: AccountRules
    let session: String
    let complain: @Sendable (String) -> Void
    private let directory: LedgerDirectory
    private let loadPrices: @Sendable () -> PriceTable?
    private let makeCalendar: @Sendable () -> Calendar
    private let oracle: (any BudgetOracle)?
    private let clock: @Sendable () -> Int64

    private let mutex = Mutex(())
    private let state: State
    private var lock: AdmissionLock?
    /// Whether the ledger has been read.
    private let isReady = Atomic<Bool>(false)
    /// Closed when it has been for the first time.
    private let ready = BoundedQueue<Bool>(capacity: 1)
    private var hasWaited = false

    /// The first call waits this long for the ledger to be read.
    private static let readingNanoseconds: UInt64 = 5_000_000_000

    /// Nothing is read or made before `start`.
    ///
    /// - Parameters:
    ///   - session: the id of the relay's session record.
    ///   - prices: read on a thread of its own; nil for the built-in table.
    ///   - oracle: asked before every call, where there is one and a budget is set.
    ///   - calendar: that of the local time zone, by default.
    ///   - clock: microseconds since 1970.
    ///   - complain: says a line on standard error.
    package init(
        _ rules: AccountRules, in directory: LedgerDirectory, session: String,
        prices: @escaping @Sendable () -> PriceTable?, oracle: (any BudgetOracle)? = nil,
        calendar: (@Sendable () -> Calendar)? = nil,
        clock: @escaping @Sendable () -> Int64 = { WallClock.now() },
        complain: @escaping @Sendable (String) -> Void
    ) {
        self.rules = rules
        self.directory = directory
        self.session = session
        self.oracle = rules.budgets.isEmpty ? nil : oracle
        self.clock = clock
        self.complain = complain
        loadPrices = prices
        makeCalendar = calendar ?? { Self.localCalendar(at: clock()) }
        state = State(Reservations(directory.policy))
    }

    /// Begins to read the ledger, on a thread of its own.
    package func start() {
        mutex.withLock { _ in read() }
    }

    // MARK: Admitting

    package func admit(_ request: PolicyRequest, waited: Double) -> Admission {
        guard request.mayUseModel else { return .admitted(nil, marks: []) }
        guard waitUntilReady() else { return unavailable() }
        let verdict = ask(request)
        if let verdict, rules.budgetAction == .block {
            withdraw(request.id)
            let refusal = Refusal.byOracle(verdict)
            return .refused(refusal.note, text: refusal.text, marks: [])
        }
        let isLocked = lock?.take() ?? false
        defer { if isLocked { lock?.giveBack() } }
        var isLockStale = false
        let admission = mutex.withLock { _ -> Admission in
            let now = clock()
            do throws(AccountTrouble) {
                isLockStale = try catchUp(at: now) || lock == nil
                guard let books = state.books else { return unavailable() }
                var judge = Judge(self, request, at: now, waited: waited, state.reservations)
                judge.warning = verdict.map { Refusal.byOracle($0).note }
                guard let admission = judge.judge(books) else {
                    // The clock was set back to where the ledger was not read.
                    defer { read() }
                    return unavailable()
                }
                try reserve(admission, request, judge, now)
                return admission
            } catch {
                complainOnce(error.description)
                return unavailable()
            }
        }
        if isLockStale { renewLock() }
        return admission
    }

    private func reserve(
        _ admission: Admission, _ request: PolicyRequest, _ judge: Judge, _ now: Int64
    ) throws(AccountTrouble) {
        var slot = ReservationSlot(
            state: .held, id: Identity.any(request.id).0, time: now,
            nanodollars: judge.estimate.nanodollars, tokens: judge.estimate.tokens,
            model: request.model, agent: request.agentID)
        switch admission {
        case .refused:
            state.reservations.free(slot.id)
            return
        case .admitted: break
        case .wait(let until, _):
            slot.state = .waiting
            slot.time = request.time.microseconds
            slot.until = until.microseconds
        }
        do throws(SystemError) {
            try state.reservations.put(slot)
        } catch {
            throw AccountTrouble(directory.policy, error)
        }
    }

    package func withdraw(_ id: String) {
        mutex.withLock { _ in state.reservations.free(Identity.any(id).0) }
    }

    package func settle(_ records: [Record]) {
        mutex.withLock { _ in
            // Here, and not when the next call is waiting for it.
            readNew()
            for case .call(let call) in records {
                state.reservations.free(Identity.any(call.id).0)
            }
        }
    }

    package func budgetLeft(_ request: PolicyRequest) -> Double? {
        guard !rules.budgets.isEmpty, waitUntilReady() else { return nil }
        return mutex.withLock { _ in
            let now = clock()
            guard (try? catchUp(at: now)) != nil, let books = state.books else { return nil }
            let judge = Judge(self, request, at: now, waited: 0, state.reservations)
            return judge.budgetLeft(books)
        }
    }

    // MARK: The oracle

    /// What it has against a call.
    private func ask(_ request: PolicyRequest) -> BudgetVerdict? {
        guard let oracle else { return nil }
        let cost = mutex.withLock { _ -> Int64 in
            state.books.map { estimate(request, $0).nanodollars } ?? 0
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
    private func read() {
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
            _ = try? state.reservations.look(at: now)
            return state.reservations.visible.map(\.slot.id)
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
    /// - Returns: whether the directory of the lock changed.
    private func catchUp(at now: Int64) throws(AccountTrouble) -> Bool {
        state.reservations.expire(at: now)
        let isChanged: Bool
        do throws(SystemError) {
            isChanged = try state.reservations.look(at: now)
        } catch {
            throw AccountTrouble(directory.policy, error)
        }
        state.books?.looked(at: state.reservations.visible.lazy.map(\.slot.id), at: now)
        readNew()
        return isChanged
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

    private func unavailable() -> Admission {
        .admitted(PolicyNote(action: .passed, reason: .unavailable), marks: [])
    }

    /// With the mutex held.
    private func complainOnce(_ line: String) {
        if state.complaints.count < 16, state.complaints.insert(line).inserted { complain(line) }
    }

    // MARK: Estimates

    /// What a call is expected to cost and to use: as much as the last ones of its tool and model
    /// did, else its input and a typical answer at the model's price. With the mutex held.
    func estimate(
        _ request: PolicyRequest, _ books: Books
    ) -> (nanodollars: Int64, tokens: UInt64) {
        let traits = books.traits(
            server: request.server, tool: request.tool, model: request.model,
            agent: request.agentID)
        if let mean = books.estimate(traits) { return mean }
        let usage = TokenUsage(
            source: .estimated, input: request.inputTokens, output: Self.typicalOutputTokens)
        let entry = state.priced.entry(
            provider: request.provider, model: request.model, in: state.prices)
        let cost = entry?.cost(of: usage, at: request.time).nanodollars ?? 0
        return (cost, request.inputTokens.addingClamped(Self.typicalOutputTokens))
    }

    /// What an answer is taken to have where nothing is known of its tool: about two pages.
    static let typicalOutputTokens: UInt64 = 1_000
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
