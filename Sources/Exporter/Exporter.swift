package import Ledger
internal import Posix
package import Records
internal import Synchronization

/// What the long-running process shows: the figures of the ledger, kept up to date by one thread
/// and asked for by many.
package final class Exporter: Sendable {
    package struct Settings: Sendable {
        package var version: String
        /// Bearer token; nil: none is asked for.
        package var token: String?
        /// Beside addresses in numbers and `localhost`, the names it may be called by.
        package var hosts: Set<String> = []
        /// Only this machine can reach it.
        package var isLoopback = true
        package var limits: [RateLimit] = []
        package var budgets: [ShownBudget] = []
        /// The models in the price table.
        package var pricedModels = 0
        /// Where its checkpoint is.
        package var checkpoint: String
        /// Compresses an answer; nil when that cannot be done.
        package var gzip: @Sendable ([UInt8]) -> [UInt8]? = { _ in nil }
        /// What is known of deliveries.
        package var deliveries: @Sendable () -> [DeliveryFigures] = { [] }
        /// What the listener did.
        package var connections: @Sendable () -> Listener.Counts = {
            Listener.Counts(accepted: 0, refused: 0, open: 0)
        }

        package init(version: String, checkpoint: String) {
            self.version = version
            self.checkpoint = checkpoint
        }
    }

    let settings: Settings
    let intake: UsageIntake
    private let reader: LedgerReader
    private let fold: Mutex<LedgerFold>
    private let isReady = Atomic<Bool>(false)
    private let stop = Atomic<Bool>(false)
    private let began = WallClock.now()
    /// Records since the last checkpoint that make another one worth while, and the time between
    /// two: a checkpoint is the size of all ids.
    private static let checkpointRecords = 20_000
    private static let checkpointNanoseconds: UInt64 = 10_000_000_000

    /// Takes up the checkpoint, if there is one that can be used.
    package init(_ settings: Settings, ledger: LedgerReader, intake: UsageIntake) {
        self.settings = settings
        self.intake = intake
        reader = ledger
        let bytes = try? readWholeFile(settings.checkpoint, atMost: 1 << 30)
        fold = Mutex(
            LedgerFold(ledger, limits: settings.limits, from: bytes.flatMap(Checkpoint.init)))
    }

    /// Follows the ledger until `end`; then saves a checkpoint.
    ///
    /// - Parameter complain: gets what is worth a line.
    package func follow(_ complain: (String) -> Void) {
        var lastBurial: UInt64 = 0
        var lastSave = MonotonicClock.now()
        var lastComplaint = ""
        while !stop.load(ordering: .relaxed) {
            var lines = 0
            var isRead = false
            do {
                lines = try advance()
                isRead = lines == 0
                let now = MonotonicClock.now()
                if lines == 0, now &- lastBurial > 2_000_000_000 {
                    lastBurial = now
                    try fold.withLock { fold throws(LedgerError) in try fold.bury() }
                }
            } catch {
                let text = "\(error)"
                if text != lastComplaint { complain(text) }
                lastComplaint = text
            }
            if isRead { isReady.store(true, ordering: .relaxed) }
            if lines == 0 {
                MonotonicClock.sleep(nanoseconds: 100_000_000)
            }
            let unsaved = fold.withLock { $0.unsaved }
            if unsaved > Self.checkpointRecords,
                MonotonicClock.now() &- lastSave > Self.checkpointNanoseconds
            {
                save(complain)
                lastSave = MonotonicClock.now()
            }
        }
        save(complain)
    }

    /// Ends `follow` soon. Any thread.
    package func end() { stop.store(true, ordering: .relaxed) }

    var unreadableLines: Int { fold.withLock { $0.unreadable } }

    var ready: Bool { isReady.load(ordering: .relaxed) }

    /// What is counted up to this moment.
    func snapshot() -> (MetricsSnapshot, Summary) {
        fold.withLock { ($0.metrics.snapshot, $0.metrics.summary) }
    }

    /// Another one whenever something was counted, when all is, and in every process.
    var revision: String {
        "\(String(began, radix: 36))-\(fold.withLock { $0.revision })\(ready ? "" : "-")"
    }

    func limitGauges(at now: Timestamp) -> [(labels: [String], left: Int64, limit: Int64)] {
        fold.withLock { $0.limitGauges(at: now) }
    }

    /// Whether a record of that id is counted already.
    func knows(_ id: String) -> Bool { fold.withLock { $0.metrics.seen.contains(id) } }

    /// A batch at a time, so that whoever asks for figures does not wait long.
    private func advance() throws(LedgerError) -> Int {
        try fold.withLock { fold throws(LedgerError) in try fold.advance(lines: 2_000) }
    }

    private func save(_ complain: (String) -> Void) {
        let bytes = fold.withLock { $0.checkpoint() }
        do throws(SystemError) {
            try SystemDisk().replaceFile(settings.checkpoint, with: bytes)
        } catch {
            complain("the checkpoint \(settings.checkpoint) cannot be saved: \(error)")
        }
    }
}

/// What is known of the deliveries to one destination.
package struct DeliveryFigures: Sendable {
    package var sink: String
    package var backlogBytes: Int64
    package var deadLetters: Int64
    package var delivered: Int64

    package init(sink: String, backlogBytes: Int64, deadLetters: Int64, delivered: Int64) {
        self.sink = sink
        self.backlogBytes = backlogBytes
        self.deadLetters = deadLetters
        self.delivered = delivered
    }
}
