import Foundation
import Ledger
import Posix
import Records
import Synchronization
import Testing

@testable import Delivery

/// A disk that fails from an operation on, as one whose process is killed there.
struct DyingDisk: Disk {
    final class Plan: Sendable {
        private let state = Mutex((done: 0, limit: Int.max))
        var done: Int { state.withLock { $0.done } }
        func allow(_ count: Int) { state.withLock { $0.limit = count } }
        func count(_ call: StaticString) throws(SystemError) {
            let isDead = state.withLock { state in
                state.done += 1
                return state.done > state.limit
            }
            if isDead { throw SystemError(call: call, code: ENOSPC) }
        }
    }

    let plan: Plan
    private let disk = SystemDisk()
    init(_ plan: Plan) { self.plan = plan }

    func createDirectories(_ path: String) throws(SystemError) {
        try plan.count("mkdir")
        try disk.createDirectories(path)
    }
    func createFile(_ name: String, in directory: String) throws(SystemError) -> Descriptor {
        try plan.count("openat")
        return try disk.createFile(name, in: directory)
    }
    func write(
        _ bytes: UnsafeRawBufferPointer, to file: borrowing Descriptor
    ) throws(SystemError) -> Int {
        try plan.count("write")
        return try disk.write(bytes, to: file)
    }
    func status(of file: borrowing Descriptor) throws(SystemError) -> FileStatus {
        try disk.status(of: file)
    }
    func truncate(_ file: borrowing Descriptor, to size: UInt64) throws(SystemError) {
        try plan.count("ftruncate")
        try disk.truncate(file, to: size)
    }
    func synchronize(_ file: borrowing Descriptor) throws(SystemError) {
        try plan.count("fsync")
        try disk.synchronize(file)
    }
    func synchronizeDirectory(_ path: String) throws(SystemError) {
        try plan.count("fsync")
        try disk.synchronizeDirectory(path)
    }
    func rename(_ from: String, to: String) throws(SystemError) {
        try plan.count("rename")
        try disk.rename(from, to: to)
    }
    func remove(_ path: String) throws(SystemError) {
        try plan.count("unlink")
        try disk.remove(path)
    }
}

struct ShipperFaultTests {
    private func ids(_ count: Int, _ prefix: String = "r") -> [String] {
        (0..<count).map { "\(prefix)\($0)" }
    }

    @Test(arguments: 0..<30)
    func `whatever fails, every record arrives, in the order of its segment`(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let state = TemporaryState()
        var expected: [String] = []
        for writer in 0..<UInt32.random(in: 1...4, using: &random) {
            let names = ids(Int.random(in: 1...60, using: &random), "w\(writer)-")
            try state.plant(names, at: Int64(writer) * 40_000_000_000, writer: writer)
            expected += names
        }
        let poison = Set(expected.filter { _ in Int.random(in: 0..<40, using: &random) == 0 })
        let luck = Mutex(SplitMix64(state: seed &+ 1_000))
        let receiver = FakeReceiver { ids, _, _ in
            if ids.count > 7 { return FakeReceiver.status(413) }
            switch luck.withLock({ Int.random(in: 0..<80, using: &$0) }) {
            case 0...7: return FakeReceiver.status(503)
            case 8...15: return .failure(.failed("connection reset"))
            case 16...19: return FakeReceiver.status(429, after: 5_000)
            case 20: return FakeReceiver.status(401)
            case 21: return .failure(.stopped)
            default: break
            }
            return poison.isDisjoint(with: ids) ? FakeReceiver.ok : FakeReceiver.status(400)
        }
        var sink = FakeSink()
        sink.batch.records = Int.random(in: 1...20, using: &random)
        sink.perMessage = Int.random(in: 0...5, using: &random)
        // Each run is a process that dies at some operation of the disk; the last one does not.
        for run in 0..<400 {
            let plan = DyingDisk.Plan()
            if run < 6 { plan.allow(Int.random(in: 0...40, using: &random)) }
            let before = receiver.now.ids.count
            let goal = ShippingGoal.untilIdle(patience: 3_600_000, linger: 0)
            let end = try ship(
                sink, to: receiver, in: state, goal: goal, clock: VirtualClock(),
                disk: DyingDisk(plan))
            // Nothing counts as acknowledged that was not.
            let store = try CursorStore(of: sink.destination.name, in: state.directory)
            var passed: [String] = []
            for cursor in store.cursors {
                let bytes = try Data(
                    contentsOf: URL(filePath: state.directory.path(of: cursor.segment)))
                for line in bytes.prefix(Int(cursor.offset)).split(separator: 0x0a) {
                    if case .record(let record) = try Record.decode(line: Array(line).span) {
                        passed.append(record.id)
                    }
                }
            }
            let known = Set(receiver.now.ids).union(poison)
            #expect(known.isSuperset(of: passed), "run \(run)")
            if end == .shipped, receiver.now.ids.count == before || passed.count == expected.count {
                break
            }
            #expect(run < 399)
        }
        #expect(Set(receiver.now.ids) == Set(expected).subtracting(poison))
        let letters = deadLetters(state, sink)
        for id in poison { #expect(letters.contains { $0.contains("\"id\":\"\(id)\"") }) }
        // The first time each came, those of a segment were in order.
        var seen: Set<String> = []
        let first = receiver.now.ids.filter { seen.insert($0).inserted }
        for writer in 0..<4 {
            let mine = first.filter { $0.hasPrefix("w\(writer)-") }
            #expect(mine == expected.filter { mine.contains($0) })
        }
    }

    @Test func `killed between a sink's state and its cursors, it counts nothing twice`() throws {
        // A save is: directories, file, write, flush, rename, flush; of the state, then the cursors.
        for operations in 0...14 {
            let state = TemporaryState()
            let first = try state.plant(ids(4))
            var sink = FakeSink()
            sink.isCounting = true
            let receiver = FakeReceiver.willing()
            #expect(try ship(sink, to: receiver, in: state) == .shipped)
            var more: [UInt8] = []
            for id in ids(3, "more") { call(id).encode(into: &more) }
            try state.append(String(decoding: more, as: UTF8.self), to: first)
            // Another day has a cursor file of its own.
            try state.plant(ids(2, "next"), at: 86_400_000_000, writer: 2)
            let plan = DyingDisk.Plan()
            plan.allow(operations)
            _ = try ship(
                sink, to: receiver, in: state, goal: .once(patience: 10), clock: VirtualClock(),
                disk: DyingDisk(plan))
            #expect(try ship(sink, to: receiver, in: state) == .shipped)
            try state.plant(ids(1, "last"), at: 2, writer: 3)
            #expect(try ship(sink, to: receiver, in: state) == .shipped)
            // Each total stated is the number of different records up to then.
            #expect(receiver.now.totals.last == 10, "\(operations)")
            #expect(Set(receiver.now.ids).count == 10)
        }
    }

    @Test func `a full disk keeps cursors from moving, not records from arriving`() throws {
        let state = TemporaryState()
        try state.plant(ids(25))
        let plan = DyingDisk.Plan()
        plan.allow(0)
        let receiver = FakeReceiver.willing()
        let end = try ship(
            FakeSink(), to: receiver, in: state, goal: .once(patience: 10), clock: VirtualClock(),
            disk: DyingDisk(plan))
        guard case .left(let reason) = end else {
            Issue.record("\(end)")
            return
        }
        #expect(reason.contains("cannot save cursor") && reason.contains("may be delivered again"))
        #expect(receiver.now.ids == ids(25))
        #expect(try status(state).lastError?.contains("cannot save cursor") == true)
        #expect(try ship(to: receiver, in: state) == .shipped)
        #expect(receiver.now.ids == ids(25) + ids(25))
    }

    @Test func `damaged files are as good as none`() throws {
        let state = TemporaryState()
        let segment = try state.plant(ids(5))
        var sink = FakeSink()
        sink.isCounting = true
        let receiver = FakeReceiver.willing()
        #expect(try ship(sink, to: receiver, in: state) == .shipped)
        let files = DeliveryFiles(of: sink.destination, in: state.directory)
        let cursors = "\(state.directory.cursors)/\(sink.destination.name)/\(segment.day)"
        for path in [files.sinkState, cursors, files.status] {
            let good = try Data(contentsOf: URL(filePath: path))
            for cut in stride(from: 0, to: good.count, by: 7) {
                var bad = good
                bad[cut] ^= 1
                for damaged in [bad, good.prefix(cut), Data()] {
                    try damaged.write(to: URL(filePath: path))
                    #expect(try ship(sink, to: receiver, in: state) == .shipped)
                }
            }
        }
        #expect(Set(receiver.now.ids) == Set(ids(5)))
        #expect(
            try ship(sink, to: FakeReceiver { _, _, _ in .failure(.stopped) }, in: state)
                == .shipped)
    }

    @Test func `a dead-letter file that cannot be written holds the cursor`() throws {
        let state = TemporaryState()
        try state.plant(ids(1))
        let files = DeliveryFiles(of: FakeSink().destination, in: state.directory)
        try FileManager.default.createDirectory(
            atPath: files.deadLetters, withIntermediateDirectories: true)
        let receiver = FakeReceiver { _, _, _ in FakeReceiver.status(400) }
        let goal = ShippingGoal.once(patience: 10_000)
        guard case .left(let reason) = try ship(to: receiver, in: state, goal: goal) else {
            Issue.record("it went on")
            return
        }
        #expect(reason.contains("dead.jsonl"))
        #expect(
            try CursorStore(of: FakeSink().destination.name, in: state.directory).cursors.isEmpty)
        try FileManager.default.removeItem(atPath: files.deadLetters)
        #expect(try ship(to: receiver, in: state) == .shipped)
        #expect(deadLetters(state).count == 1)
    }

    @Test func `segments may come, grow and go while they are followed`() throws {
        let state = TemporaryState()
        let first = try state.plant(["a0", "a1"])
        let receiver = FakeReceiver.willing()
        let clock = VirtualClock(stopAt: 60_000) { now in
            switch now {
            case 5_000: _ = try? state.plant(["b0"], at: 5, writer: 5)
            case 10_000:
                try? FileManager.default.removeItem(atPath: state.directory.path(of: first))
            // The clock was set back by a week.
            case 15_000: _ = try? state.plant(["c0"], at: -7 * 86_400_000_000, writer: 6)
            default: break
            }
        }
        #expect(try ship(to: receiver, in: state, goal: .forever, clock: clock) == .stopped)
        #expect(receiver.now.ids == ["a0", "a1", "b0", "c0"])
    }
}
