import Foundation
import Ledger
import Posix
import Records
import Synchronization
import Testing

@testable import Delivery

/// 2026-11-21T10:00:00Z.
let morning = Timestamp(microseconds: 1_795_255_200_000_000)

/// A state directory of a test's own, gone with the value.
final class TemporaryState: Sendable {
    let directory: LedgerDirectory

    init() {
        let path = FileManager.default.temporaryDirectory.path + "/delivery-" + UUID().uuidString
        directory = LedgerDirectory(state: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory.state) }

    /// Puts a segment there as a writer that is gone would have left it.
    @discardableResult
    func plant(_ ids: [String], at offset: Int64 = 0, writer: UInt32 = 1) throws -> SegmentName {
        let name = SegmentName(
            openedAt: Timestamp(microseconds: morning.microseconds + offset),
            by: WriterIdentity(pid: 2_000_000_000, random: writer))
        try FileManager.default.createDirectory(
            atPath: directory.path(of: name.day), withIntermediateDirectories: true)
        var bytes: [UInt8] = []
        for id in ids { call(id).encode(into: &bytes) }
        try Data(bytes).write(to: URL(filePath: directory.path(of: name)))
        return name
    }

    func append(_ text: String, to segment: SegmentName) throws {
        let file = try #require(FileHandle(forWritingAtPath: directory.path(of: segment)))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}

func call(_ id: String) -> Record {
    .call(
        CallRecord(
            id: id, time: morning, durationMilliseconds: 1, session: "s",
            direction: .clientToServer, method: "tools/call", requestID: .number("1"), outcome: .ok,
            traceID: String(repeating: "a", count: 32), spanID: String(repeating: "b", count: 16),
            requestBytes: 1))
}

/// Says a record as its id, and may keep a total that each batch's message states.
struct FakeSink: Sink {
    var destination = Destination(sink: "fake", address: "http://fake")
    var batch = BatchLimits(records: 10, ageMilliseconds: 1_000)
    /// Records a message; the whole batch if 0.
    var perMessage = 0
    /// Whether each message states how many records there were up to and with it.
    var isCounting = false
    /// Messages of a sink that was asked for other words begin with this.
    var words = "a"
    /// Refuses with these statuses are what the sink says of them.
    var verdicts: [Int: Verdict] = [:]
    private var total = 0

    init(address: String = "http://fake") {
        destination = Destination(sink: "fake", address: address)
    }

    static let token = "s3cret-token"

    func wants(_ record: Record) -> Bool {
        if case .call = record { true } else { false }
    }

    mutating func messages(for records: [Record]) -> [Message] {
        let size = perMessage > 0 ? perMessage : records.count
        return stride(from: 0, to: records.count, by: size).map { start in
            let range = start..<min(start + size, records.count)
            let ids = range.map { records[$0].id }
            let lines = [words] + (isCounting ? ["\(total + range.count)"] : []) + ids
            return Message(
                HTTPRequest(
                    url: "http://fake", headers: [("Authorization", "Bearer \(Self.token)")],
                    body: Array(lines.joined(separator: "\n").utf8)),
                records: Array(range))
        }
    }

    mutating func judge(_ answer: HTTPResponse, to message: Message) -> Verdict {
        let verdict = verdicts[answer.status] ?? Verdict(status: answer)
        if verdict == .sayAgain { words = "b" }
        if verdict == .delivered(remark: nil) { total += message.records.count }
        return verdict
    }

    var state: [UInt8]? { isCounting ? Array("\(total)".utf8) : nil }
    mutating func restore(_ state: [UInt8]) {
        total = Int(String(decoding: state, as: UTF8.self)) ?? 0
    }
}

/// The other side: decides, and remembers what it took.
final class FakeReceiver: Sendable {
    typealias Answer = Result<HTTPResponse, TransportError>
    struct Taken: Sendable {
        /// The ids of each message it took, in order.
        var messages: [[String]] = []
        /// What counting messages said their total was.
        var totals: [Int] = []
        var requests = 0
        var ids: [String] { messages.flatMap { $0 } }
    }

    private let taken = Mutex(Taken())
    private let decide: @Sendable (_ ids: [String], _ request: Int, _ words: String) -> Answer

    init(
        _ decide: @escaping @Sendable (_ ids: [String], _ request: Int, _ words: String) -> Answer
    ) { self.decide = decide }

    static let ok = Answer.success(HTTPResponse(status: 200))
    static func status(_ code: Int, _ body: String = "", after: UInt64? = nil) -> Answer {
        .success(
            HTTPResponse(status: code, retryAfterMilliseconds: after, body: Array(body.utf8)))
    }

    /// Takes everything.
    static func willing() -> FakeReceiver { FakeReceiver { _, _, _ in ok } }

    var now: Taken { taken.withLock { $0 } }

    func receive(_ request: HTTPRequest) -> Answer {
        var lines = String(decoding: request.body, as: UTF8.self)
            .split(separator: "\n").map(String.init)
        let words = lines.removeFirst()
        let total = lines.first.flatMap { Int($0) }
        if total != nil { lines.removeFirst() }
        let number = taken.withLock { taken in
            taken.requests += 1
            return taken.requests
        }
        let answer = decide(lines, number, words)
        if case .success(let response) = answer, response.status == 200 {
            taken.withLock { taken in
                taken.messages.append(lines)
                if let total { taken.totals.append(total) }
            }
        }
        return answer
    }
}

struct FakeTransport: Transport {
    let receiver: FakeReceiver
    mutating func send(_ request: HTTPRequest) -> Result<HTTPResponse, TransportError> {
        receiver.receive(request)
    }
}

/// Time that passes only while somebody sleeps, and then at once.
final class VirtualClock: DeliveryClock {
    private let state: Mutex<(now: UInt64, slept: [UInt64])>
    private let stopAt: UInt64
    /// Called after each sleep.
    private let tick: @Sendable (UInt64) -> Void

    init(stopAt: UInt64 = .max, tick: @escaping @Sendable (UInt64) -> Void = { _ in }) {
        state = Mutex((1_000, []))
        self.stopAt = stopAt
        self.tick = tick
    }

    var now: UInt64 { state.withLock { $0.now } }
    var wall: Timestamp {
        Timestamp(microseconds: morning.microseconds + Int64(clamping: now) * 1_000)
    }
    var isStopped: Bool { now >= stopAt }

    func sleep(until deadline: UInt64) {
        let now = state.withLock { state in
            if deadline > state.now {
                state.slept.append(deadline - state.now)
                state.now = deadline
            }
            return state.now
        }
        tick(now)
    }
}

/// One worker on a virtual clock.
func ship<Storage: Disk>(
    _ sink: any Sink = FakeSink(), to receiver: FakeReceiver, in state: TemporaryState,
    goal: ShippingGoal = .once(patience: 3_600_000), clock: VirtualClock = VirtualClock(),
    disk: Storage
) throws -> ShippingEnd {
    var worker = try SinkWorker(
        SinkWorker<VirtualClock, Storage>.Setup(
            sink: sink, transport: FakeTransport(receiver: receiver), directory: state.directory,
            goal: goal, clock: clock, disk: disk, crew: Crew(members: 1), member: 0,
            say: { _ in }))
    return worker.run()
}

func ship(
    _ sink: any Sink = FakeSink(), to receiver: FakeReceiver, in state: TemporaryState,
    goal: ShippingGoal = .once(patience: 3_600_000), clock: VirtualClock = VirtualClock()
) throws -> ShippingEnd {
    try ship(sink, to: receiver, in: state, goal: goal, clock: clock, disk: SystemDisk())
}

func status(
    _ state: TemporaryState, _ sink: any Sink = FakeSink()
) throws -> DeliveryStatus {
    try #require(StatusFile.read(DeliveryFiles(of: sink.destination, in: state.directory)))
}

func deadLetters(_ state: TemporaryState, _ sink: any Sink = FakeSink()) -> [String] {
    state.text(DeliveryFiles(of: sink.destination, in: state.directory).deadLetters)
        .split(separator: "\n").map(String.init)
}

/// Sebastiano Vigna's splitmix64: the same numbers for the same seed, everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
