import Delivery
import Ledger
import Metering
import Policy
import Posix
import Records
import Synchronization

/// What the metering thread works with: messages in, ledger lines out. No thread of its own.
struct Desk: ~Copyable {
    /// Bytes gathered before they are written, whatever else there is to write.
    private static let writeBytes = 256 << 10
    /// Messages taken before their lines are written.
    static let batchMax = 256
    /// A call that lasts longer has its `begin` in the ledger, for readers to see it under way.
    private static let beginNanoseconds: UInt64 = 20_000_000
    /// How long an answer waits for a request that may be behind it: as long as a pump can stand
    /// still between forwarding a message and handing it over.
    private static let earlyNanoseconds: UInt64 = 250_000_000
    /// So many answers wait at most; a server that answers what nobody asked gets no more of us.
    private static let earlyMax = 256
    /// How often old things are tidied up.
    static let tickNanoseconds: UInt64 = 10_000_000_000

    private let office: Office
    private let setup: MeteringThread.Setup
    private var meter: Meter
    private var join: LogJoin
    private var writer: LedgerWriter
    private var segment: SegmentName?
    private var records: [Record] = []
    private var bytes: [UInt8] = []
    /// Calls whose `begin` is in the black box only, by id, and since when.
    private var waiting: [String: (begin: Parcel.Begin, since: UInt64)] = [:]
    /// Answers that came before their requests, oldest first, and since when.
    private var early: [(parcel: Parcel, since: UInt64)] = []
    /// Slots whose calls are among the lines about to be written.
    private var settled: [Int] = []
    private var lastActivity: UInt64 = 0
    private var lastTick: UInt64 = 0
    private var hasComplained = false
    private var starter: ShipperStarter
    /// Lines were written that nobody was told of.
    private var hasAppended = false
    private(set) var isOver = false

    /// - Parameter writer: has its segment open, if that can be.
    init(office: Office, setup: MeteringThread.Setup, writer: consuming LedgerWriter) {
        self.office = office
        self.setup = setup
        let configuration = setup.configuration()
        meter = Meter(configuration)
        join = LogJoin(setup.joins, prices: configuration.prices) {
            _ = office.queue.tryPush(.nudge)
        }
        segment = writer.segment
        starter = ShipperStarter(
            setup.destinations, in: setup.directory, complain: setup.complain)
        self.writer = writer
        lastTick = setup.start
    }

    mutating func begin() {
        records.append(meter.started(at: setup.start))
        _ = flush(at: MonotonicClock.now())
    }

    mutating func applyRetention() {
        office.diskBegins()
        defer { office.diskEnds() }
        let acknowledged = Acknowledgements(of: setup.destinations, in: setup.directory)
        _ = try? Retention().applyDaily(
            to: LedgerReader(setup.directory), now: Timestamp(microseconds: WallClock.now())
        ) { acknowledged.bytes(of: $0) }
    }

    mutating func take(_ delivery: Delivery) {
        let now = MonotonicClock.now()
        lastActivity = now
        switch delivery {
        case .message(let parcel):
            if early.count < Self.earlyMax,
                meter.isEarly(parcel.observation, sender: parcel.sender)
            {
                early.append((parcel, now))
                return
            }
            if let begin = parcel.begin { waiting[begin.id] = (begin, now) }
            observe(parcel)
            if parcel.begin != nil { takeEarly(since: 0) }
        case .judged(let judged):
            if let begin = judged.parcel.begin { waiting[begin.id] = (begin, now) }
            observe(judged.parcel, judged.decision)
            takeEarly(since: 0)
        case .nudge: break
        case .marks(let marks):
            for mark in marks { records.append(.mark(mark)) }
        case .ended(let stamp, let status, let unread):
            takeEarly(since: .max)
            meter.counts.malformed &+= unread.malformed
            meter.counts.unjudged &+= unread.unjudged
            meter.counts.dropped &+= office.dropped.load(ordering: .relaxed)
            meter.ending(at: stamp, into: &records)
            if meter.awaitsLog {
                // Not held up by the log.
                _ = flush(at: now)
                join.lastLook(&meter, into: &records)
            }
            meter.ended(at: stamp, started: setup.start, exitStatus: status, into: &records)
            isOver = true
        }
    }

    private mutating func observe(_ parcel: Parcel, _ decision: CallDecision? = nil) {
        meter.observed(
            parcel.observation, sender: parcel.sender, id: parcel.begin?.id,
            decision: decision, into: &records)
        office.pool.giveBack(parcel.observation)
    }

    /// Takes the early answers whose requests have come, and those that have waited long enough.
    ///
    /// - Parameter limit: the stamp before which an answer must have come to be taken in any case.
    private mutating func takeEarly(since limit: UInt64) {
        guard !early.isEmpty else { return }
        var kept: [(parcel: Parcel, since: UInt64)] = []
        for held in early {
            if held.since < limit
                || !meter.isEarly(held.parcel.observation, sender: held.parcel.sender)
            {
                observe(held.parcel)
            } else {
                kept.append(held)
            }
        }
        early = kept
    }

    /// Gives up what nobody goes on with.
    private mutating func tick(at now: UInt64) {
        guard now &- lastTick >= Self.tickNanoseconds else { return }
        lastTick = now
        meter.tick(at: now, into: &records)
        starter.look(at: now)
    }

    /// Writes what there is to write.
    ///
    /// - Returns: when to look again if nothing comes.
    mutating func flush(at now: UInt64) -> UInt64 {
        // Also while messages come and come: then nothing else ever wakes this up.
        tick(at: now)
        takeEarly(since: now > Self.earlyNanoseconds ? now &- Self.earlyNanoseconds : 0)
        join.exchange(&meter, into: &records)
        for record in records {
            if case .call(let call) = record, let held = waiting.removeValue(forKey: call.id) {
                if let slot = held.begin.slot { settled.append(slot) }
            }
            record.encode(into: &bytes)
            say(record)
            // A server that dies with thousands of calls open makes more than one write takes.
            if bytes.count >= Self.writeBytes { append() }
        }
        let written = setup.accounts == nil ? [] : records
        records.removeAll(keepingCapacity: true)
        for (id, held) in waiting where isDue(held, at: now) {
            bytes.append(contentsOf: held.begin.line)
            if let slot = held.begin.slot { settled.append(slot) }
            waiting[id] = nil
        }
        append()
        if !written.isEmpty { setup.accounts?.settle(written) }
        haveDelivered(at: now)
        for slot in settled { office.blackBox.release(slot) }
        settled.removeAll(keepingCapacity: true)
        let isQuiet =
            waiting.isEmpty && early.isEmpty && now &- lastActivity > Self.beginNanoseconds
        return now &+ (isQuiet ? Self.tickNanoseconds : Self.beginNanoseconds)
    }

    /// Has what was just written delivered.
    private mutating func haveDelivered(at now: UInt64) {
        guard hasAppended, !setup.destinations.isEmpty else { return }
        hasAppended = false
        office.diskBegins()
        defer { office.diskEnds() }
        if isOver { starter.end(at: now) } else { starter.appended(at: now) }
    }

    private func isDue(_ held: (begin: Parcel.Begin, since: UInt64), at now: UInt64) -> Bool {
        isOver || held.begin.slot == nil || now &- held.since >= Self.beginNanoseconds
    }

    private mutating func append() {
        guard !bytes.isEmpty else { return }
        hasAppended = true
        office.diskBegins()
        defer { office.diskEnds() }
        do throws(LedgerError) {
            try writer.append(bytes, at: Timestamp(microseconds: WallClock.now()))
        } catch {
            // Once: a full disk would otherwise fill the client's log too.
            if !hasComplained {
                hasComplained = true
                setup.complain(
                    "\(error). The session goes on; its records are lost until this is mended, or "
                        + "MCP_METER_STATE_DIR names a directory that can be written.")
            }
        }
        bytes.removeAll(keepingCapacity: true)
        if let name = writer.segment, name != segment {
            segment = name
            office.blackBox.setPath(setup.directory.path(of: name))
        }
    }

    /// What `MCP_METER_LOG` asks for, on standard error.
    private func say(_ record: Record) {
        switch record {
        case .session(let session) where setup.logLevel >= .info:
            let server = session.server ?? "the server"
            switch session.event {
            case .started: setup.complain("metering \(server) into \(setup.directory.ledger)")
            case .ended:
                let counts = session.counts.sorted { $0.key < $1.key }
                    .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
                setup.complain("\(server) is over: \(counts.isEmpty ? "nothing went by" : counts)")
            }
        case .call(let call) where setup.logLevel >= .debug,
            .usage(let call) where setup.logLevel >= .debug:
            setup.complain(CallLine.text(call))
        case .mark(let mark): setup.complain(mark.sentence)
        case .trace(let trace) where setup.logLevel >= .debug:
            setup.complain(CallLine.text(trace))
        default: break
        }
    }
}
