import Ledger
import Posix
import Records

/// The way of messages into the ledger: each once, or again where more is known of it now.
///
/// What makes it exact whenever the process dies:
///
/// 1. A record is appended to the ledger, whole, by one `write`.
/// 2. Then what is known is saved, and then how far the logs were read.
///
/// Killed before 1, the log is read again and the record written; killed before 2, what was
/// appended is found in the ledger at the next start (`KnownFile.catchUp`), the log is read again
/// from the place saved last, and the record is known.
struct LedgerFeed: ~Copyable {
    private let files: ImportFiles
    private let reader: LedgerReader
    private let isDryRun: Bool
    private var writer: LedgerWriter
    private var recorder: UsageRecorder
    private var known = KnownFile()
    private var isLoaded = false
    private var isChanged = false
    private var batch: [UInt8] = []
    /// Some of the batch takes the place of what others wrote.
    private var replaces = false
    /// Bytes appended since what is known was saved.
    private(set) var unsavedBytes = 0
    /// Messages that wrote tool calls may be in the ledger under other ids than their own.
    var wantsToolUses: Bool { known.joined.hasToolUses }
    /// Something is not saved yet.
    var hasNews: Bool { isChanged || unsavedBytes > 0 }

    /// The first of the turns that relays estimated and `prepare` found: the log may have told of it
    /// before.
    var estimatedSince: Timestamp? { known.estimated }

    init(_ directory: LedgerDirectory, _ recorder: UsageRecorder, isDryRun: Bool) {
        files = ImportFiles(directory: directory)
        reader = LedgerReader(directory)
        writer = LedgerWriter(directory)
        self.recorder = recorder
        self.isDryRun = isDryRun
    }

    /// Learns what the ledger has. To be called before the first message after anybody else may
    /// have written to it.
    mutating func prepare() throws(LedgerError) {
        if !isLoaded {
            known = try files.read(files.known).flatMap { KnownFile($0) } ?? KnownFile()
            isLoaded = true
        }
        try known.catchUp(reader, today: Day(of: Self.now()))
        guard !isDryRun else { return }
        for record in known.joined.takeHidden() {
            Record.usage(record).encode(into: &batch)
            replaces = true
            isChanged = true
        }
    }

    /// Takes one message, for which no better line is to be expected.
    ///
    /// - Parameter record: gets the record if one is written.
    mutating func take(
        _ message: LoggedMessage, _ record: (CallRecord) -> Void
    ) throws(LedgerError) -> Verdict {
        let id = message.id
        guard let key = KnownMessages.Entry.key(ofID: id) else { return .known }
        var verdict = known.messages.verdict(on: message, key: key)
        let entry = KnownMessages.Entry(message, key: key)
        let joined = known.joined.turn(of: message, id: id)
        var isTwice = false
        if let joined, joined.id != id {
            // A relay recorded it under the tool use's id, and there it stays; unless an import had
            // recorded it before.
            isTwice = joined.usage?.source == .estimated && known.messages.entry(key) != nil
            verdict = isTwice ? .correction : Self.verdict(on: entry, joined)
        }
        guard verdict != .known else {
            if known.messages.entry(key) == nil { known.messages.insert(entry) }
            return verdict
        }
        var call = recorder.record(of: message, id: id)
        var yielding: CallRecord?
        if var joined {
            call.join(joined, keepingID: isTwice)
            known.joined.insert(call)
            if isTwice {
                joined.yield(to: call)
                known.joined.insert(joined)
                yielding = joined
            }
        }
        record(call)
        known.messages.insert(entry)
        isChanged = true
        if isDryRun { return verdict }
        Record.usage(call).encode(into: &batch)
        replaces = replaces || joined != nil
        if let yielding { Record.usage(yielding).encode(into: &batch) }
        if batch.count >= LogLimits.batchBytes { try flush() }
        return verdict
    }

    /// What a message means where a relay recorded it, by estimate or exactly, under another id.
    private static func verdict(
        on message: KnownMessages.Entry, _ joined: CallRecord
    ) -> Verdict {
        guard let exact = KnownMessages.Entry(joined) else { return .correction }
        if exact.fingerprint == message.fingerprint { return .known }
        return message.output > exact.output ? .correction : .known
    }

    /// Appends what is waiting to the ledger.
    mutating func flush() throws(LedgerError) {
        guard !batch.isEmpty else { return }
        // Readers go by the beginnings of segments: what is to count must be in a later one.
        if replaces { writer = LedgerWriter(reader.directory) }
        replaces = false
        do throws(LedgerError) {
            try writer.append(batch, at: Self.now())
        } catch {
            // The table has what the ledger has not: it is to be learnt anew.
            isLoaded = false
            isChanged = false
            batch.removeAll(keepingCapacity: true)
            throw error
        }
        unsavedBytes += batch.count
        batch.removeAll(keepingCapacity: true)
        if let segment = writer.segment, let status = try reader.status(of: segment) {
            known.cursors[segment] = status.size
        }
    }

    /// Saves what is known and how far the logs were read, after the records have reached the disk.
    mutating func commit(_ book: FileBook) throws(LedgerError) {
        guard !isDryRun else { return }
        try flush()
        if unsavedBytes > 0 { try writer.synchronize() }
        try files.create()
        if isChanged, let bytes = known.bytes {
            try files.replace(files.known, with: bytes)
            isChanged = false
        }
        try files.replace(files.book, with: book.bytes)
        unsavedBytes = 0
    }

    static func now() -> Timestamp { Timestamp(microseconds: WallClock.now()) }
}
