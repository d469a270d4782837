import Delivery
import Ledger
import Metering
import Policy
import Posix
import Records
import Synchronization
import Wire

/// What the metering thread works with: messages in, ledger lines out. No thread of its own.
struct Desk: ~Copyable {
    /// Bytes gathered before they are written, whatever else there is to write.
    private static let writeBytes = 256 << 10
    /// Messages taken before their lines are written, but for what has to come before them.
    private static let batchMax = 256
    /// So often in one turn what came meanwhile is put in order too.
    private static let looksMax = 4
    /// A call that lasts longer has its `begin` in the ledger, for readers to see it under way.
    private static let beginNanoseconds: UInt64 = 20_000_000
    /// As long as a pump can stand still between forwarding a message and handing it over.
    private static let patienceNanoseconds: UInt64 = 250_000_000
    /// So many messages wait for another at most.
    private static let heldMax = 256
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
    private var sequencer = Sequencer<Delivery>(
        patience: Self.patienceNanoseconds, heldMax: Self.heldMax)
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

    /// Messages wait for one that a pump is about to hand over.
    var isHolding: Bool { !sequencer.isEmpty }

    /// Takes what pumps have handed over, and meters what is in order.
    ///
    /// - Parameter first: of that, if it was taken already.
    mutating func takeTurn(from first: Delivery?) {
        if let first { take(first) }
        takeAll(atMost: Self.batchMax)
        for _ in 0..<Self.looksMax where !sequencer.isEmpty {
            sequencer.look(
                forwardingFromClient: office.clientForwards.load(ordering: .acquiring),
                fromServer: office.serverForwards.load(ordering: .acquiring),
                at: MonotonicClock.now())
            takeAll(atMost: office.queue.capacity)
            while let message = sequencer.next() { observe(message) }
        }
    }

    private mutating func takeAll(atMost count: Int) {
        var left = count
        while left > 0, case .element(let delivery) = office.queue.pop(until: 0) {
            take(delivery)
            left -= 1
        }
    }

    private mutating func take(_ delivery: Delivery) {
        let now = MonotonicClock.now()
        lastActivity = now
        switch delivery {
        case .message(let parcel): add(delivery, parcel)
        case .judged(let judged): add(delivery, judged.parcel)
        case .nudge: break
        case .marks(let marks):
            for mark in marks { records.append(.mark(mark)) }
        case .ended(let stamp, let status, let unread):
            while let message = sequencer.last() { observe(message) }
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

    private mutating func add(_ delivery: Delivery, _ parcel: Parcel) {
        sequencer.add(delivery, sender: parcel.sender, stamp: parcel.observation.lastStamp)
    }

    private mutating func observe(_ delivery: Delivery) {
        switch delivery {
        case .message(let parcel): observe(parcel, nil)
        case .judged(let judged): observe(judged.parcel, judged.decision)
        case .nudge, .marks, .ended: break
        }
    }

    private mutating func observe(_ parcel: Parcel, _ decision: CallDecision?) {
        if let begin = parcel.begin { waiting[begin.id] = (begin, lastActivity) }
        meter.observed(
            parcel.observation, sender: parcel.sender, id: parcel.begin?.id,
            decision: decision, into: &records)
        office.pool.giveBack(parcel.observation)
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
            waiting.isEmpty && now &- lastActivity > Self.beginNanoseconds
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
