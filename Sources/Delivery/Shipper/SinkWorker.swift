import Ledger
import Posix
import Records

/// Delivers to one destination: reads, sends, and writes down what was acknowledged. For the thread
/// that holds the destination's lock.
///
/// What was acknowledged is written down a moment later, and always before it waits or ends: after
/// a crash the receiver gets some records again, with the ids it knows them by.
struct SinkWorker<Clock: DeliveryClock, Storage: Disk>: ~Copyable {
    /// Everything a worker is made of.
    struct Setup {
        var sink: any Sink
        var transport: any Transport
        var directory: LedgerDirectory
        var goal: ShippingGoal
        var clock: Clock
        var disk: Storage
        var crew: Crew
        /// Its number in the crew.
        var member: Int
        /// Hears of changes a person may want to know of.
        var say: @Sendable (String) -> Void
    }

    /// Acknowledgements are written down at most this often while more is being sent.
    private static var saveMilliseconds: UInt64 { 250 }
    /// How often the ledger is looked at while a batch waits for more records.
    private static var gatherMilliseconds: UInt64 { 50 }

    let destination: Destination
    let goal: ShippingGoal
    let clock: Clock
    let crew: Crew
    let member: Int
    let say: @Sendable (String) -> Void
    let deadLetters: DeadLetters
    var sink: any Sink
    var transport: any Transport
    var status: StatusFile
    /// Since when nothing was acknowledged though it was tried.
    var failingSince: UInt64?
    var retry = Backoff(initialMilliseconds: 500, maxMilliseconds: 60_000)
    var blocked = Backoff(initialMilliseconds: 30_000, maxMilliseconds: 900_000)
    /// Records to a batch: the sink's, or fewer once the receiver found that too many.
    var batchMax: Int
    private var feed: RecordFeed
    private var checkpoint: Checkpoint<Storage>
    /// Cursors that are acknowledged and not written down yet.
    private var unsaved: [SegmentName: UInt64] = [:]
    /// The sink as it was after the last acknowledged batch.
    private var acknowledged: any Sink
    private var savedAt: UInt64 = 0
    private var idleSince: UInt64?
    private var trouble: String?

    init(_ setup: Setup) throws(LedgerError) {
        let directory = setup.directory
        let reader = LedgerReader(directory)
        let destination = setup.sink.destination
        let files = DeliveryFiles(of: destination, in: directory)
        try directory.create(files.folder)
        var saved = try Checkpoint(of: destination, in: directory, disk: setup.disk)
        // What is remembered of segments that are gone is of no use.
        if let first = try reader.days().first { try? saved.forget(daysBefore: first) }
        var restored = setup.sink
        if let state = saved.state { restored.restore(state) }
        self.destination = destination
        goal = setup.goal
        clock = setup.clock
        crew = setup.crew
        member = setup.member
        say = setup.say
        transport = setup.transport
        deadLetters = DeadLetters(files)
        status = StatusFile(files, destination, since: setup.clock.wall)
        batchMax = max(1, restored.batch.records)
        feed = RecordFeed(reader, from: saved.cursors)
        sink = restored
        acknowledged = restored
        checkpoint = saved
        for path in saved.damaged {
            say("\(path) is damaged; what it had acknowledged is sent again, with the same ids.")
        }
    }

    /// Works until the goal is reached, or the process is to end.
    mutating func run() -> ShippingEnd {
        let end = work()
        save()
        status.update(at: clock.now, clock.wall) {
            $0.state = .stopped
            $0.nextTry = nil
        }
        status.flush(at: clock.now)
        if end == .shipped, !unsaved.isEmpty { return .left(trouble ?? "cursors are not saved") }
        return end
    }

    /// Whether anything came since the ledger was last looked at.
    mutating func hasNews() -> Bool { feed.hasNews() }

    private mutating func work() -> ShippingEnd {
        while !clock.isStopped {
            var batch = RecordBatch()
            gather(&batch)
            if batch.isEmpty {
                if let end = rest() { return end }
                continue
            }
            switch send(batch.records) {
            case .acknowledged: acknowledge(batch)
            case .ended(let end): return end
            }
        }
        return .stopped
    }

    // MARK: Reading

    private mutating func gather(_ batch: inout RecordBatch) {
        trouble = nil
        let isFull = fill(&batch)
        if batch.isEmpty { return }
        idleSince = nil
        crew.set(member, settledSince: nil)
        if isFull || batch.records.isEmpty { return }
        // The age matters to those who come later, not to those who are behind.
        var quiet = UInt64.max
        switch goal {
        case .once: return
        case .untilIdle(_, let linger): quiet = linger
        case .forever: break
        }
        let deadline = clock.now.addingClamped(sink.batch.ageMilliseconds)
        var quietAt = clock.now.addingClamped(quiet)
        while clock.now < min(deadline, quietAt), !clock.isStopped {
            clock.sleep(until: min(deadline, quietAt, clock.now &+ Self.gatherMilliseconds))
            let lines = batch.lines
            if fill(&batch) { return }
            if batch.lines > lines { quietAt = clock.now.addingClamped(quiet) }
        }
    }

    private mutating func fill(_ batch: inout RecordBatch) -> Bool {
        do throws(LedgerError) {
            let sink = sink
            let isFull = try feed.fill(&batch, limit: batchMax) { sink.wants($0) }
            if let error = batch.errors.first { note("\(error)") }
            return isFull
        } catch {
            note("\(error)")
            return true
        }
    }

    /// Something of ours is wrong, not of the receiver's.
    private mutating func note(_ error: String) {
        trouble = error
        status.update(at: clock.now, clock.wall) { $0.lastError = error }
    }

    /// Nothing is there to send: waits a moment, or is done.
    private mutating func rest() -> ShippingEnd? {
        save()
        let now = clock.now
        let since = idleSince ?? now
        idleSince = since
        status.update(at: now, clock.wall) {
            $0.state = .idle
            $0.nextTry = nil
        }
        switch goal {
        case .forever: break
        case .once: return trouble.map { .left($0) } ?? .shipped
        case .untilIdle(_, let linger):
            crew.set(member, settledSince: since)
            if crew.isOver(at: now, linger: linger) { return trouble.map { .left($0) } ?? .shipped }
        }
        status.flush(at: now)
        // Soon at first; the longer nothing comes, the less it matters.
        let idle = now &- since
        clock.sleep(until: now &+ (idle < 10_000 ? 100 : idle < 60_000 ? 250 : 500))
        return nil
    }

    // MARK: Acknowledging

    private mutating func acknowledge(_ batch: borrowing RecordBatch) {
        for (segment, offset) in batch.cursors { unsaved[segment] = offset }
        acknowledged = sink
        let now = clock.now
        if batch.unreadable > 0 {
            let count = batch.unreadable
            status.update(at: now, clock.wall) { $0.unreadable &+= count }
        }
        if now >= savedAt.addingClamped(Self.saveMilliseconds) { save() }
    }

    /// Writes down what was acknowledged. If that fails delivery goes on, and it is tried again.
    mutating func save() {
        guard !unsaved.isEmpty else { return }
        savedAt = clock.now
        let cursors = unsaved.map { Cursor(segment: $0.key, offset: $0.value) }
        do throws(LedgerError) {
            try checkpoint.save(cursors, state: acknowledged.state)
            unsaved.removeAll(keepingCapacity: true)
        } catch {
            note("\(error)")
        }
    }

    /// Writes down what the sink remembers, where no cursor has moved.
    mutating func saveState() {
        acknowledged = sink
        do throws(LedgerError) {
            try checkpoint.save([], state: acknowledged.state)
        } catch {
            note("\(error)")
        }
    }
}
