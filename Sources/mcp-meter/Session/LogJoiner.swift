import Metering
import Posix
import Records
import SessionLogs
import Synchronization

/// Where the client of a session may keep its log.
struct JoinPlan: Sendable {
    let environment: [String: String]
    /// When the session began.
    let since: Timestamp

    /// Nil where no place is known.
    init?(_ environment: [String: String], since: Timestamp) {
        guard Self.isPossible(environment) else { return nil }
        self.environment = environment
        self.since = since
    }

    /// Whether a place is known. Nothing is touched yet.
    static func isPossible(_ environment: [String: String]) -> Bool {
        ["HOME", "CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME"].contains {
            environment[$0]?.isEmpty == false
        }
    }

    func watch(_ prices: PriceTable?) -> ClaudeWatch {
        let session = environment["CLAUDE_CODE_SESSION_ID"].flatMap { $0.isEmpty ? nil : $0 }
        return ClaudeWatch(
            LogPlaces(environment, clients: [.claudeCode]), session: session, since: since,
            prices: prices ?? .builtIn, project: ProjectMode.read(environment) { _ in })
    }
}

/// Reads the client's log for the metering thread, on a thread of its own: a log may lie on a disk
/// that hangs, or be long. The thread lives while something is awaited, and no longer.
final class LogJoiner: @unchecked Sendable {
    // Sendable: `watch` is used by the one thread that `isRunning` is true for; the rest is queues.

    enum Answer: Sendable {
        case turn(LoggedTurn)
        /// There is no log to wait for.
        case outOfReach
        /// All that the last look found was told.
        case over
    }

    private enum Request {
        case want([String])
        case lastLook
    }

    /// Logs are looked at this often.
    private static let pollNanoseconds: UInt64 = 200_000_000

    let answers = BoundedQueue<Answer>(capacity: 1024)
    private let requests = BoundedQueue<Request>(capacity: 64)
    private let isRunning = Mutex(false)
    private let plan: JoinPlan
    private let prices: PriceTable?
    private var watch: ClaudeWatch?
    /// Called when there are answers.
    private let notify: @Sendable () -> Void

    init(_ plan: JoinPlan, prices: PriceTable?, notify: @escaping @Sendable () -> Void) {
        self.plan = plan
        self.prices = prices
        self.notify = notify
    }

    /// Says what is awaited from now on. Starts the thread if need be.
    func want(_ toolUses: [String]) { ask(.want(toolUses), isWorthStarting: !toolUses.isEmpty) }

    /// Has the log looked at once more, without waiting for better lines.
    func lastLook() { ask(.lastLook, isWorthStarting: true) }

    private func ask(_ request: Request, isWorthStarting: Bool) {
        isRunning.withLock { isRunning in
            guard isRunning || isWorthStarting, requests.tryPush(request), !isRunning else {
                return
            }
            do throws(SystemError) {
                try Thread.start(name: "session log") { [self] in run() }.detach()
                isRunning = true
            } catch {
                _ = requests.pop(until: 0)
                tell(.outOfReach)
            }
        }
    }

    private func run() {
        var lines = LogLines()
        var isWanted = false
        while true {
            let now = MonotonicClock.now()
            var isLast = false
            let next = isWanted ? requests.pop(until: now &+ Self.pollNanoseconds) : nextOrEnd()
            switch next {
            case .element(.want(let toolUses)):
                isWanted = !toolUses.isEmpty
                look { $0.want(toolUses) }
            case .element(.lastLook): isLast = true
            case .timedOut: break
            case .closed: return
            }
            guard watch?.isPossible == true || !isWanted && !isLast else {
                tell(.outOfReach)
                isWanted = false
                if isLast { tell(.over) }
                continue
            }
            guard isWanted || isLast else { continue }
            var turns: [ClaudeWatch.Turn] = []
            look { turns = $0.look(at: MonotonicClock.now(), isLast: isLast, &lines) }
            for turn in turns {
                tell(
                    .turn(
                        LoggedTurn(
                            record: turn.record, toolUses: turn.toolUses,
                            readToolUses: turn.readToolUses)))
            }
            if isLast {
                isWanted = false
                tell(.over)
            }
        }
    }

    private func look(_ body: (inout ClaudeWatch) -> Void) {
        var watch = self.watch ?? plan.watch(prices)
        self.watch = nil
        body(&watch)
        self.watch = watch
    }

    /// The next request if there is one; otherwise this thread is over.
    private func nextOrEnd() -> BoundedQueue<Request>.Popped {
        isRunning.withLock { isRunning in
            let next = requests.pop(until: 0)
            if case .timedOut = next {
                isRunning = false
                return .closed
            }
            return next
        }
    }

    private func tell(_ answer: Answer) {
        // The meter does not wait for ever: if it cannot be told it will estimate.
        if answers.tryPush(answer) { notify() }
    }
}

/// The metering thread's side of it.
struct LogJoin {
    /// How long the end of a session waits for the last look.
    private static let lastLookNanoseconds: UInt64 = 50_000_000

    private let plan: JoinPlan?
    private let prices: PriceTable?
    private let notify: @Sendable () -> Void
    private var joiner: LogJoiner?

    init(_ plan: JoinPlan?, prices: PriceTable?, notify: @escaping @Sendable () -> Void) {
        self.plan = plan
        self.prices = prices
        self.notify = notify
    }

    /// Tells the meter what the log says, and the reader of the log what the meter awaits.
    mutating func exchange(_ meter: inout Meter, into records: inout [Record]) {
        while let joiner, case .element(let answer) = joiner.answers.pop(until: 0) {
            take(answer, &meter, &records)
        }
        guard let toolUses = meter.awaitedToolUses(), let plan else { return }
        if joiner == nil { joiner = LogJoiner(plan, prices: prices, notify: notify) }
        joiner?.want(toolUses)
    }

    /// The session is over: what the log says now is the last that counts.
    mutating func lastLook(_ meter: inout Meter, into records: inout [Record]) {
        exchange(&meter, into: &records)
        guard let joiner, meter.awaitsLog else { return }
        joiner.lastLook()
        let deadline = MonotonicClock.now() &+ Self.lastLookNanoseconds
        while meter.awaitsLog, case .element(let answer) = joiner.answers.pop(until: deadline) {
            if case .over = answer { return }
            take(answer, &meter, &records)
        }
    }

    private func take(
        _ answer: LogJoiner.Answer, _ meter: inout Meter, _ records: inout [Record]
    ) {
        switch answer {
        case .turn(let turn): meter.told(turn, into: &records)
        case .outOfReach: meter.logIsOutOfReach(into: &records)
        case .over: break
        }
    }
}
