import Metering
import Posix
import Records
import Relay
import Synchronization
import Wire

/// One direction's observer: scans what was forwarded and hands messages to the metering thread.
///
/// Used by one pump thread; read by the main thread only after the relay has stopped using it.
final class Tap: ByteObserver, @unchecked Sendable {
    private let sender: CallRecord.Direction
    private let office: Office
    // One thread uses it, and nothing that is called comes back here.
    @exclusivity(unchecked) private var scanner: FrameScanner<Outbox>

    init(_ sender: CallRecord.Direction, vocabulary: Vocabulary, office: Office) {
        self.sender = sender
        self.office = office
        scanner = FrameScanner(
            vocabulary: vocabulary, sink: Outbox(sender: sender, office: office))
    }

    func forwards(since stamp: UInt64) {
        if sender == .clientToServer {
            office.clientForwards.store(stamp, ordering: .releasing)
        } else {
            office.serverForwards.store(stamp, ordering: .releasing)
        }
    }

    func observe(_ bytes: UnsafeRawBufferPointer, stamp: UInt64) {
        scanner.feed(bytes, stamp: stamp)
    }

    func end() { scanner.finish() }

    /// Takes a message that was scanned already, in place of its line.
    func take(_ message: Observation) { scanner.sink.post(message) }

    /// What goes with the client's calls that are observed from here on.
    func accompany(with envelope: Envelope?) { scanner.sink.envelope = envelope }

    /// Lines that were no message. Only once the relay has stopped.
    var malformedLines: UInt64 { scanner.malformedLines }
}

/// What the two pumps share with the metering thread. Nothing in it makes a pump wait.
final class Office: Sendable {
    let queue: BoundedQueue<Delivery>
    let pool: ObservationPool
    let begins: BeginFactory
    let blackBox: BlackBox
    /// When what a pump is forwarding, and has not handed over, was read; 0 when there is nothing.
    let clientForwards = Atomic<UInt64>(0)
    let serverForwards = Atomic<UInt64>(0)
    /// Messages for which there was no room.
    let dropped = Atomic<UInt64>(0)
    /// Since when the metering thread has been at the disk; 0 when it is not.
    private let atDiskSince = Atomic<UInt64>(0)

    /// More than are on their way in an ordinary session; a burst makes and drops its own.
    private static let poolCapacity = 64
    private static let patienceNanoseconds: UInt64 = 1_000_000_000
    private static let stuckNanoseconds: UInt64 = 100_000_000

    init(queueCapacity: Int, begins: BeginFactory, blackBox: BlackBox) {
        queue = BoundedQueue(capacity: queueCapacity)
        pool = ObservationPool(capacity: Self.poolCapacity)
        self.begins = begins
        self.blackBox = blackBox
    }

    func post(_ parcel: Parcel) {
        if queue.tryPush(.message(parcel)) || pushPatiently(.message(parcel)) { return }
        drop(parcel)
    }

    func post(_ judged: JudgedParcel) {
        if queue.tryPush(.judged(judged)) || pushPatiently(.judged(judged)) { return }
        drop(judged.parcel)
    }

    private func drop(_ parcel: Parcel) {
        if let slot = parcel.begin?.slot { blackBox.release(slot) }
        dropped.add(1, ordering: .relaxed)
    }

    /// Puts a `begin` into the black box. If that is full, so many calls are on their way that the
    /// metering thread is woken and given the time to write them down, unless the disk hangs.
    ///
    /// - Returns: nil if it could not be put there.
    func save(_ line: [UInt8]) -> Int? {
        if let slot = line.withUnsafeBytes({ blackBox.claim($0) }) { return slot }
        guard line.count <= BlackBox.lineBytesMax else { return nil }
        let deadline = MonotonicClock.now() &+ Self.patienceNanoseconds
        _ = queue.tryPush(.nudge)
        while !isDiskStuck, MonotonicClock.now() < deadline {
            MonotonicClock.sleep(nanoseconds: 100_000)
            if let slot = line.withUnsafeBytes({ blackBox.claim($0) }) { return slot }
        }
        return nil
    }

    /// Waits for room while the metering thread is only busy; not when the disk hangs.
    private func pushPatiently(_ delivery: Delivery) -> Bool {
        let deadline = MonotonicClock.now() &+ Self.patienceNanoseconds
        while !isDiskStuck, MonotonicClock.now() < deadline {
            MonotonicClock.sleep(nanoseconds: 100_000)
            if queue.tryPush(delivery) { return true }
        }
        return false
    }

    /// The metering thread goes to the disk.
    func diskBegins() { atDiskSince.store(MonotonicClock.now(), ordering: .relaxed) }

    /// It is back.
    func diskEnds() { atDiskSince.store(0, ordering: .relaxed) }

    /// The metering thread has been at the disk for so long that nobody is to wait for it.
    var isDiskStuck: Bool {
        let since = atDiskSince.load(ordering: .relaxed)
        return since != 0 && MonotonicClock.now() &- since > Self.stuckNanoseconds
    }
}

/// What was decided of a line before it was observed.
struct Envelope: Sendable {
    /// The id that the record of its call has to have; nil: any.
    var id: String?
    var decision: CallDecision?
}

/// Gives each message its envelope. A request gets its id here, and its `begin` into the black box,
/// before its answer can reach the client.
private struct Outbox: FrameSink {
    let sender: CallRecord.Direction
    let office: Office
    var envelope: Envelope?

    mutating func finished(_ observation: Observation) -> Observation {
        post(observation)
        return office.pool.take()
    }

    /// Hands a message to the metering thread.
    func post(_ observation: Observation) {
        var parcel = Parcel(observation: observation, sender: sender)
        if observation.kind == .request {
            if let envelope, observation.method == "tools/call" {
                register(&parcel, id: envelope.id ?? UUIDv7().description)
                if let decision = envelope.decision {
                    return office.post(JudgedParcel(parcel, decision))
                }
            } else {
                register(&parcel, id: UUIDv7().description)
            }
        }
        office.post(parcel)
    }

    /// Puts the `begin` of a request into the black box.
    private func register(_ parcel: inout Parcel, id: String) {
        guard let begin = office.begins.begin(parcel.observation, sender: sender, id: id) else {
            return
        }
        var line: [UInt8] = []
        line.reserveCapacity(BlackBox.lineBytesMax)
        Record.begin(begin).encode(into: &line)
        parcel.begin = Parcel.Begin(id: id, line: line, slot: office.save(line))
    }
}
