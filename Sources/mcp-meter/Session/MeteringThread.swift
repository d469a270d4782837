import Delivery
import Ledger
import Metering
import Policy
import Posix
import Records
import Synchronization

/// The one thread that correlates, prices and appends.
///
/// It alone touches the disk. If the disk hangs it hangs, the queue fills, and the pumps drop and
/// count; the session goes on.
final class MeteringThread: @unchecked Sendable {
    // Sendable: `work` is used by the thread alone; what others read is atomic or a queue.

    /// Everything the thread owns, made on it.
    struct Setup: Sendable {
        var configuration: @Sendable () -> MeterConfiguration
        var directory: LedgerDirectory
        /// The stamp of the session's beginning.
        var start: UInt64
        /// Where the client's log may be; nil where it cannot be known.
        var joins: JoinPlan?
        /// Where records are to be sent: none may be removed before it was.
        var destinations: [Destination]
        /// Budgets and limits to be told of what was written; nil without any.
        var accounts: (any Admitting)?
        /// What else is said there: the session's beginning and end, each call.
        var logLevel = Configuration.LogLevel.error
        /// Says a line on standard error.
        var complain: @Sendable (String) -> Void
    }

    /// How often it looks for messages while they come in. A record is to be in the ledger within a
    /// millisecond of its answer.
    private static let pollNanoseconds: UInt64 = 300_000
    /// For how long after a message it does.
    private static let busyNanoseconds: UInt64 = 20_000_000

    /// A session in which so long nothing comes has started, and is quiet.
    private static let startNanoseconds: UInt64 = 1_000_000_000

    private let office: Office
    private let setup: Setup
    /// Closed when the ledger is open, or cannot be.
    private let ready = BoundedQueue<Bool>(capacity: 1)
    /// Closed when the last line is.
    private let done = BoundedQueue<Bool>(capacity: 1)

    init(office: Office, setup: Setup) {
        self.office = office
        self.setup = setup
    }

    /// Starts the thread and gives it a moment to open the ledger, so that the guardian knows where
    /// that is before the first call. A disk that hangs costs that moment, once.
    func start(waitingAtMost nanoseconds: UInt64 = 100_000_000) throws(SystemError) {
        try Thread.start(name: "metering") { [self] in
            run()
            done.close()
        }.detach()
        _ = ready.pop(until: MonotonicClock.now() &+ nanoseconds)
    }

    /// Ends the session and waits for its last lines, unless the disk hangs.
    ///
    /// - Parameter nanoseconds: so long at most, even for a thread that gets no processor.
    /// - Returns: whether everything is in the ledger.
    func finish(
        status: Int, unread: UnreadLines, waitingAtMost nanoseconds: UInt64 = 5_000_000_000
    ) -> Bool {
        let end = Delivery.ended(
            stamp: MonotonicClock.now(), status: status, unread: unread)
        let deadline = MonotonicClock.now() &+ nanoseconds
        var isPushed = office.queue.tryPush(end)
        while !office.isDiskStuck, MonotonicClock.now() < deadline {
            if isPushed {
                if case .closed = done.pop(until: MonotonicClock.now() &+ 10_000_000) {
                    return true
                }
            } else {
                MonotonicClock.sleep(nanoseconds: 1_000_000)
                isPushed = office.queue.tryPush(end)
            }
        }
        return false
    }

    /// Tells the guardian where the ledger is. What fails here is complained of with the first line.
    private func openLedger(_ writer: inout LedgerWriter) {
        office.diskBegins()
        defer { office.diskEnds() }
        try? writer.open(at: Timestamp(microseconds: WallClock.now()))
        if let name = writer.segment { office.blackBox.setPath(setup.directory.path(of: name)) }
    }

    private func run() {
        // Prices and profiles are not needed before the first answer, and take longer than the disk.
        var writer = LedgerWriter(setup.directory)
        openLedger(&writer)
        ready.close()
        var desk = Desk(office: office, setup: setup, writer: writer)
        desk.begin()
        var isTidy = false
        var deadline = MonotonicClock.now() &+ Self.startNanoseconds
        // While messages come in, this thread looks for them now and then and takes several at
        // once: were it woken for each, it would compete with the pumps for their cores.
        var busyUntil: UInt64 = 0
        while true {
            let now = MonotonicClock.now()
            let isBusy = now < busyUntil || desk.isHolding
            let look = isBusy ? min(deadline, now &+ Self.pollNanoseconds) : deadline
            switch office.queue.pop(until: look, polling: isBusy) {
            case .closed: return
            case .timedOut where desk.isHolding: desk.takeTurn(from: nil)
            case .timedOut where look < deadline: continue
            case .timedOut:
                // Not before the first quiet moment: a short session is to be short.
                if !isTidy {
                    desk.applyRetention()
                    ProgramText.giveBack()
                }
                isTidy = true
            case .element(let first):
                busyUntil = MonotonicClock.now() &+ Self.busyNanoseconds
                desk.takeTurn(from: first)
            }
            deadline = desk.flush(at: MonotonicClock.now())
            if desk.isOver { return }
        }
    }
}
