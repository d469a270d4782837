import Foundation
import Ledger
import Posix
import Records
import Testing

@testable import Delivery

struct ShipperTests {
    private func ids(_ count: Int, _ prefix: String = "r") -> [String] {
        (0..<count).map { "\(prefix)\($0)" }
    }

    private func cursor(_ state: TemporaryState, _ segment: SegmentName) throws -> UInt64 {
        try CursorStore(of: FakeSink().destination.name, in: state.directory)
            .offset(of: segment)
    }

    private func size(_ state: TemporaryState, _ segment: SegmentName) throws -> UInt64 {
        try FileStatus(path: state.directory.path(of: segment)).size
    }

    @Test func `everything is delivered once, in order, in batches`() throws {
        let state = TemporaryState()
        let segment = try state.plant(ids(25))
        let receiver = FakeReceiver.willing()
        #expect(try ship(to: receiver, in: state) == .shipped)
        #expect(receiver.now.ids == ids(25))
        #expect(receiver.now.messages.map(\.count) == [10, 10, 5])
        #expect(try cursor(state, segment) == size(state, segment))
        #expect(try ship(to: receiver, in: state) == .shipped)
        #expect(receiver.now.ids.count == 25)
        let status = try status(state)
        #expect(status.state == .stopped && status.delivered == 25 && status.dead == 0)
        #expect(status.lastSuccess != nil && status.lastError == nil)
    }

    @Test func `what is no record is passed over, counted and acknowledged`() throws {
        let state = TemporaryState()
        let segment = try state.plant(ids(2))
        try state.append(
            "garbage\n{\"v\":1,\"kind\":\"novelty\",\"id\":\"x\"}\n{\"v\":1}\n", to: segment)
        let begin = BeginRecord(
            id: "b", time: morning, session: "s", direction: .clientToServer, method: "m",
            requestID: .number("1"))
        var line: [UInt8] = []
        Record.begin(begin).encode(into: &line)
        try state.append(String(decoding: line, as: UTF8.self), to: segment)
        let receiver = FakeReceiver.willing()
        #expect(try ship(to: receiver, in: state) == .shipped)
        #expect(receiver.now.ids == ids(2))
        #expect(try cursor(state, segment) == size(state, segment))
        #expect(try status(state).unreadable == 3)
    }

    @Test func `a batch waits for others as long as it may, and no longer`() throws {
        let state = TemporaryState()
        let segment = try state.plant(ids(1))
        var line: [UInt8] = []
        call("late").encode(into: &line)
        let text = String(decoding: line, as: UTF8.self)
        let clock = VirtualClock(stopAt: 20_000) { now in
            if now == 1_500 || now == 3_500 { try? state.append(text, to: segment) }
        }
        let receiver = FakeReceiver.willing()
        #expect(try ship(to: receiver, in: state, goal: .forever, clock: clock) == .stopped)
        #expect(receiver.now.messages == [["r0", "late"], ["late"]])
    }

    @Test func `Retry-After is honoured, and backoff never waits for less`() throws {
        let state = TemporaryState()
        try state.plant(ids(1))
        let clock = VirtualClock()
        let receiver = FakeReceiver { _, request, _ in
            request < 4 ? FakeReceiver.status(503, "slow", after: 90_000) : FakeReceiver.ok
        }
        #expect(try ship(to: receiver, in: state, clock: clock) == .shipped)
        #expect(clock.now >= 1_000 + 3 * 90_000 && clock.now < 1_000 + 3 * 95_000)
        #expect(receiver.now.ids == ids(1))
    }

    @Test func `what a receiver asks for is believed up to an hour`() throws {
        let state = TemporaryState()
        try state.plant(ids(1))
        let clock = VirtualClock()
        let receiver = FakeReceiver { _, request, _ in
            request < 2 ? FakeReceiver.status(429, after: .max) : FakeReceiver.ok
        }
        let goal = ShippingGoal.once(patience: .max)
        #expect(try ship(to: receiver, in: state, goal: goal, clock: clock) == .shipped)
        #expect(clock.now <= 1_000 + 3_600_000)
    }

    @Test func `one bad record is found, set aside and the rest delivered`() throws {
        for perMessage in [0, 1, 4] {
            let state = TemporaryState()
            let segment = try state.plant(ids(30))
            var sink = FakeSink()
            sink.perMessage = perMessage
            let receiver = FakeReceiver { ids, _, _ in
                ids.contains("r7")
                    ? FakeReceiver.status(422, "no, not with \(FakeSink.token)") : FakeReceiver.ok
            }
            #expect(try ship(sink, to: receiver, in: state) == .shipped)
            #expect(receiver.now.ids.sorted() == ids(30).filter { $0 != "r7" }.sorted())
            #expect(try cursor(state, segment) == size(state, segment))
            let letters = deadLetters(state)
            let text = try #require(letters.first)
            #expect(letters.count == 1)
            let letter = try JSONValue(parsing: Array(text.utf8))
            #expect(letter["status"]?.int64 == 422 && letter["sink"]?.string == "fake")
            #expect(letter["address"]?.string == "http://fake" && letter["time"]?.string != nil)
            #expect(letter["records"]?.array?.count == 1)
            #expect(letter["records"]?.array?[0]["id"]?.string == "r7")
            #expect(letter["answer"]?.string == "HTTP 422: no, not with ************")
            #expect(!text.contains(FakeSink.token))
            let path = DeliveryFiles(of: sink.destination, in: state.directory).deadLetters
            #expect(try FileStatus(path: path).permissions == 0o600)
            #expect(try status(state).dead == 1 && status(state).delivered == 29)
        }
    }

    @Test func `too large a batch is halved, and the next ones are small at once`() throws {
        let state = TemporaryState()
        try state.plant(ids(40))
        let receiver = FakeReceiver { ids, _, _ in
            ids.count > 3 ? FakeReceiver.status(413) : FakeReceiver.ok
        }
        #expect(try ship(to: receiver, in: state) == .shipped)
        #expect(receiver.now.ids == ids(40))
        #expect(deadLetters(state).isEmpty)
        // 10 → 5 5 → 2 3 2 3; then 5 at a time; then 2.
        #expect(receiver.now.requests < 26)
    }

    @Test func `a message taken in part is not sent again, and its ids are written down`() throws {
        let state = TemporaryState()
        try state.plant(ids(3))
        var sink = FakeSink()
        sink.verdicts[207] = .partlyRefused(count: 2, reason: "two of them")
        let receiver = FakeReceiver { _, _, _ in FakeReceiver.status(207) }
        #expect(try ship(sink, to: receiver, in: state) == .shipped)
        #expect(receiver.now.requests == 1)
        let letter = try JSONValue(
            parsing: Array(#require(deadLetters(state).first).utf8))
        #expect(letter["refused"]?.int64 == 2)
        #expect(letter["ids"]?.array?.compactMap(\.string) == ids(3))
        #expect(letter["records"]?.array?.isEmpty == true)
        #expect(try status(state).dead == 2)
    }

    @Test func `blocked, it keeps everything and goes on when the way is free`() throws {
        let state = TemporaryState()
        let segment = try state.plant(ids(12))
        let refusing = FakeReceiver { _, _, _ in FakeReceiver.status(401, "who are you") }
        #expect(
            try ship(to: refusing, in: state, goal: .untilIdle(patience: 60_000, linger: 3_000))
                == .left("HTTP 401: who are you"))
        #expect(refusing.now.requests == 1)
        #expect(try cursor(state, segment) == 0)
        #expect(deadLetters(state).isEmpty)
        let clock = VirtualClock(stopAt: 4_000_000)
        let mended = FakeReceiver { _, request, _ in
            request < 4 ? FakeReceiver.status(403) : FakeReceiver.ok
        }
        #expect(try ship(to: mended, in: state, goal: .forever, clock: clock) == .stopped)
        #expect(mended.now.ids == ids(12))
        #expect(try cursor(state, segment) == size(state, segment))
    }

    @Test func `what cannot be delivered is left after the patience is over`() throws {
        let state = TemporaryState()
        try state.plant(ids(1))
        for goal in [
            ShippingGoal.once(patience: 20_000), .untilIdle(patience: 20_000, linger: 3_000),
        ] {
            let clock = VirtualClock()
            let receiver = FakeReceiver { _, _, _ in .failure(.failed("connection refused")) }
            #expect(
                try ship(to: receiver, in: state, goal: goal, clock: clock)
                    == .left("connection refused"))
            #expect(clock.now <= 1_000 + 22_000)
            #expect(receiver.now.requests > 3)
            #expect(try status(state).lastError == "connection refused")
        }
    }

    @Test func `without libcurl nothing is lost`() throws {
        let state = TemporaryState()
        let segment = try state.plant(ids(1))
        let receiver = FakeReceiver { _, _, _ in .failure(.noLibrary("no libcurl")) }
        #expect(try ship(to: receiver, in: state) == .noLibrary("no libcurl"))
        #expect(try cursor(state, segment) == 0)
    }

    @Test func `a receiver that asks for other words gets them, for the same records`() throws {
        let state = TemporaryState()
        try state.plant(ids(5))
        for isCounting in [false, true] {
            var sink = FakeSink(address: "http://\(isCounting)")
            sink.verdicts[415] = .sayAgain
            sink.isCounting = isCounting
            sink.perMessage = isCounting ? 0 : 2
            let receiver = FakeReceiver { _, _, words in
                words == "b" ? FakeReceiver.ok : FakeReceiver.status(415)
            }
            #expect(try ship(sink, to: receiver, in: state) == .shipped)
            #expect(receiver.now.ids == ids(5))
            #expect(receiver.now.totals == (isCounting ? [5] : []))
        }
    }

    @Test func `a receiver that only asks for other words is left alone`() throws {
        let state = TemporaryState()
        try state.plant(ids(1))
        var sink = FakeSink()
        sink.verdicts[415] = .sayAgain
        let receiver = FakeReceiver { _, _, _ in FakeReceiver.status(415) }
        guard case .left = try ship(sink, to: receiver, in: state) else {
            Issue.record("it did not end")
            return
        }
        #expect(receiver.now.requests < 10)
        #expect(deadLetters(state).isEmpty)
    }

    @Test func `totals count what was taken, and nothing twice`() throws {
        let state = TemporaryState()
        try state.plant(ids(20))
        var sink = FakeSink()
        sink.isCounting = true
        sink.batch.records = 8
        let receiver = FakeReceiver { ids, request, _ in
            if ids.contains("r5") || ids.contains("r12") { return FakeReceiver.status(400) }
            return request % 3 == 0 ? FakeReceiver.status(500) : FakeReceiver.ok
        }
        #expect(try ship(sink, to: receiver, in: state) == .shipped)
        #expect(receiver.now.ids.count == 18)
        var sum = 0
        for (ids, total) in zip(receiver.now.messages, receiver.now.totals) {
            sum += ids.count
            #expect(total == sum, "\(ids)")
        }
    }
}
