import Foundation
import Ledger
import Posix
import Records
import Synchronization
import Testing

@testable import Delivery

/// Shippers on the real clock, several of them, beside those who append.
struct ShipperProcessTests {
    private func shipper(
        _ sinks: [any Sink], _ state: TemporaryState, _ goal: ShippingGoal, _ stop: Latch,
        _ receiver: FakeReceiver
    ) throws -> Shipper {
        try Shipper(
            Shipper.Setup(
                sinks: sinks, directory: state.directory, goal: goal, stop: stop,
                transport: { FakeTransport(receiver: receiver) }))
    }

    /// What a relay does: appends, and starts a shipper if nobody holds the lock.
    private func append(
        _ id: String, _ writer: inout LedgerWriter, _ state: TemporaryState
    ) throws -> Bool {
        try writer.append(call(id), at: morning)
        let files = DeliveryFiles(of: FakeSink().destination, in: state.directory)
        return try LockHolder.of(files) == .nobody
    }

    @Test func `a record that comes as the shipper leaves is delivered all the same`() throws {
        var random = SplitMix64(state: 11)
        for round in 0..<60 {
            let state = TemporaryState()
            let receiver = FakeReceiver.willing()
            let stop = try Latch()
            let running = Mutex(0)
            var sink = FakeSink()
            sink.batch.ageMilliseconds = 0
            let used = sink
            var writer = LedgerWriter(state.directory)
            func start() throws {
                running.withLock { $0 += 1 }
                let shipper = try shipper(
                    [used], state, .untilIdle(patience: 1_000, linger: 0), stop, receiver)
                try Posix.Thread.start(name: "shipper") {
                    _ = shipper.run()
                    running.withLock { $0 -= 1 }
                }.detach()
            }
            for number in 0..<8 {
                if try append("\(round)-\(number)", &writer, state) { try start() }
                // Just about as long as a shipper lives.
                MonotonicClock.sleep(
                    nanoseconds: UInt64.random(in: 0...6_000_000, using: &random))
            }
            while running.withLock({ $0 }) > 0 { MonotonicClock.sleep(nanoseconds: 1_000_000) }
            #expect(Set(receiver.now.ids) == Set((0..<8).map { "\(round)-\($0)" }))
        }
    }

    @Test func `of two shippers one delivers, and the other goes on when it ends`() throws {
        let state = TemporaryState()
        var writer = LedgerWriter(state.directory)
        try writer.append(call("one"), at: morning)
        let receiver = FakeReceiver.willing()
        let stops = [try Latch(), try Latch()]
        let ended = [try Latch(), try Latch()]
        var sink = FakeSink()
        sink.batch.ageMilliseconds = 0
        for number in 0...1 {
            let shipper = try shipper([sink], state, .forever, stops[number], receiver)
            let latch = ended[number]
            try Posix.Thread.start(name: "shipper") {
                _ = shipper.run()
                latch.open()
            }.detach()
        }
        try wait { receiver.now.ids == ["one"] }
        let files = DeliveryFiles(of: sink.destination, in: state.directory)
        #expect(try LockHolder.of(files) == .process(getpid()))
        stops[0].open()
        #expect(ended[0].wait(until: MonotonicClock.now() &+ 5_000_000_000))
        try writer.append(call("two"), at: morning)
        try wait { receiver.now.ids.contains("two") }
        stops[1].open()
        #expect(ended[1].wait(until: MonotonicClock.now() &+ 5_000_000_000))
        #expect(receiver.now.ids == ["one", "two"])
        #expect(try LockHolder.of(files) == .nobody)
    }

    @Test func `a destination that fails holds up no other`() throws {
        let state = TemporaryState()
        try state.plant((0..<50).map { "r\($0)" })
        let receiver = FakeReceiver.willing()
        let failing = FakeReceiver { _, _, _ in .failure(.failed("no route")) }
        let stop = try Latch()
        let number = Mutex(0)
        let shipper = try Shipper(
            Shipper.Setup(
                sinks: [FakeSink(address: "http://a"), FakeSink(address: "http://b")],
                directory: state.directory, goal: .once(patience: 1_500), stop: stop,
                transport: {
                    let isFirst = number.withLock { number in
                        number += 1
                        return number == 1
                    }
                    return FakeTransport(receiver: isFirst ? failing : receiver)
                }))
        let ends = shipper.run().map(\.end)
        #expect(Set(ends.map { "\($0)" }) == ["shipped", "left(\"no route\")"])
        #expect(receiver.now.ids.count == 50)
    }

    @Test func `told to end, it ends at once, with its acknowledgements written down`() throws {
        let state = TemporaryState()
        let segment = try state.plant((0..<20).map { "r\($0)" })
        let first = try Latch()
        let receiver = FakeReceiver { _, request, _ in
            if request == 1 { return FakeReceiver.ok }
            first.open()
            return FakeReceiver.status(503, after: 3_000_000)
        }
        let stop = try Latch()
        let shipper = try shipper([FakeSink()], state, .forever, stop, receiver)
        let ended = try Latch()
        try Posix.Thread.start(name: "shipper") {
            _ = shipper.run()
            ended.open()
        }.detach()
        #expect(first.wait(until: MonotonicClock.now() &+ 10_000_000_000))
        let start = MonotonicClock.now()
        stop.open()
        #expect(ended.wait(until: start &+ 2_000_000_000))
        #expect(MonotonicClock.now() &- start < 300_000_000)
        let store = try CursorStore(of: FakeSink().destination.name, in: state.directory)
        #expect(store.offset(of: segment) > 0)
        #expect(try status(state).state == .stopped)
    }

    @Test func `dead letters are sent again, and those refused again stay`() throws {
        let state = TemporaryState()
        try state.plant((0..<30).map { "r\($0)" })
        let refusing = FakeReceiver { ids, _, _ in
            ids.contains { ["r3", "r4", "r20"].contains($0) }
                ? FakeReceiver.status(400, "never") : FakeReceiver.ok
        }
        #expect(try ship(to: refusing, in: state) == .shipped)
        let files = DeliveryFiles(of: FakeSink().destination, in: state.directory)
        let partly = DeadLetter(
            time: morning, destination: FakeSink().destination, status: 200, answer: "some",
            records: [], partly: (2, ["x", "y"]))
        try DeadLetters(files).append(partly)
        // A line that a power cut has torn.
        let file = try #require(FileHandle(forWritingAtPath: files.deadLetters))
        try file.seekToEnd()
        try file.write(contentsOf: Data("{\"time\":".utf8))
        try file.close()
        let mended = FakeReceiver { ids, _, _ in
            ids.contains("r4") ? FakeReceiver.status(400, "still not") : FakeReceiver.ok
        }
        let again = try shipper([FakeSink()], state, .once(patience: 1_000), Latch(), mended)
            .retryDeadLetters()
        let report = try #require(again.first?.1)
        #expect(report.delivered == 2 && report.refused == 1 && report.unsendable == 2)
        #expect(report.end == .shipped)
        #expect(mended.now.ids.sorted() == ["r20", "r3"])
        let left = deadLetters(state)
        #expect(left.count == 3)
        #expect(left.filter { $0.contains("\"r4\"") && $0.contains("still not") }.count == 1)
        #expect(left.contains { $0.contains("\"ids\":[\"x\",\"y\"]") })
        #expect(try FileStatus(path: files.deadLetters).permissions == 0o600)
        #expect(try status(state).dead == 1)
        // Nobody is there: nothing is lost.
        let nobody = FakeReceiver { _, _, _ in .failure(.failed("no route")) }
        let none = try shipper([FakeSink()], state, .once(patience: 0), Latch(), nobody)
            .retryDeadLetters()
        #expect(none.first?.1.untried == 1 && none.first?.1.end == .left("no route"))
        #expect(deadLetters(state) == left)
    }

    @Test func `a report says what is there, who is at it and what is left`() throws {
        let state = TemporaryState()
        let segment = try state.plant(["a", "b", "c"])
        let size = try FileStatus(path: state.directory.path(of: segment)).size
        var report = DestinationReport(of: FakeSink().destination, in: state.directory)
        #expect(report.holder == .nobody && report.status == nil && report.state == .stopped)
        #expect(report.backlog.records == 3 && report.backlog.bytes == size)
        #expect(report.backlog.oldest == morning)
        #expect(try ship(to: FakeReceiver.willing(), in: state) == .shipped)
        let files = DeliveryFiles(of: FakeSink().destination, in: state.directory)
        let lock = try DestinationLock.take(files)
        report = DestinationReport(of: FakeSink().destination, in: state.directory)
        #expect(report.holder == .process(getpid()))
        #expect(report.backlog == Backlog() && report.status?.delivered == 3)
        _ = consume lock
        // Whatever is in the files, asking does no harm.
        try FileManager.default.removeItem(atPath: files.lock)
        try FileManager.default.createDirectory(
            atPath: files.lock, withIntermediateDirectories: true)
        _ = DestinationReport(of: FakeSink().destination, in: state.directory)
    }

    @Test func `retention keeps what a destination has not acknowledged`() throws {
        let state = TemporaryState()
        let segment = try state.plant(["a", "b"])
        let a = FakeSink(address: "http://a")
        let b = FakeSink(address: "http://b")
        #expect(try ship(a, to: FakeReceiver.willing(), in: state) == .shipped)
        func bytes(_ sinks: [any Sink]) -> UInt64 {
            Acknowledgements(of: sinks.map(\.destination), in: state.directory).bytes(of: segment)
        }
        let size = try FileStatus(path: state.directory.path(of: segment)).size
        #expect(bytes([]) == .max && bytes([a]) == size && bytes([a, b]) == 0)
    }

    private func wait(_ condition: () -> Bool) throws {
        let deadline = MonotonicClock.now() &+ 10_000_000_000
        while !condition() {
            try #require(MonotonicClock.now() < deadline)
            MonotonicClock.sleep(nanoseconds: 5_000_000)
        }
    }
}
