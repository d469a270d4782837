import Records
import Testing

@testable import Metering

struct SequencerTests {
    private typealias Numbers = Sequencer<Int>

    private static func taken(_ sequencer: inout Numbers) -> [Int] {
        var taken: [Int] = []
        while let next = sequencer.next() { taken.append(next) }
        return taken
    }

    private static func make(patience: UInt64 = 100, heldMax: Int = 10) -> Numbers {
        Numbers(patience: patience, heldMax: heldMax)
    }

    @Test func aMessageWaitsForWhatWasReadBeforeIt() {
        var sequencer = Self.make()
        sequencer.add(2, sender: .clientToServer, stamp: 20)
        sequencer.look(forwardingFromClient: 0, fromServer: 10, at: 30)
        #expect(Self.taken(&sequencer).isEmpty)
        sequencer.add(1, sender: .serverToClient, stamp: 10)
        sequencer.look(forwardingFromClient: 0, fromServer: 0, at: 40)
        #expect(Self.taken(&sequencer) == [1, 2])
        #expect(sequencer.isEmpty)
    }

    @Test func aMessageDoesNotWaitForWhatWasReadAfterIt() {
        var sequencer = Self.make()
        sequencer.add(1, sender: .clientToServer, stamp: 20)
        sequencer.look(forwardingFromClient: 25, fromServer: 21, at: 30)
        #expect(Self.taken(&sequencer) == [1])
    }

    @Test func whatCameAfterTheLookWaitsForTheNext() {
        var sequencer = Self.make()
        sequencer.look(forwardingFromClient: 0, fromServer: 0, at: 5)
        sequencer.add(1, sender: .clientToServer, stamp: 20)
        #expect(Self.taken(&sequencer).isEmpty)
        sequencer.look(forwardingFromClient: 0, fromServer: 0, at: 30)
        #expect(Self.taken(&sequencer) == [1])
    }

    @Test func aPeerThatDoesNotReadHoldsMessagesUpOnce() {
        var sequencer = Self.make(patience: 100)
        sequencer.add(1, sender: .clientToServer, stamp: 20)
        for now in [UInt64(30), 129] {
            sequencer.look(forwardingFromClient: 0, fromServer: 10, at: now)
            #expect(Self.taken(&sequencer).isEmpty, "\(now)")
        }
        sequencer.look(forwardingFromClient: 0, fromServer: 10, at: 130)
        #expect(Self.taken(&sequencer) == [1])
        sequencer.add(2, sender: .clientToServer, stamp: 140)
        sequencer.look(forwardingFromClient: 0, fromServer: 10, at: 150)
        #expect(Self.taken(&sequencer) == [2])
        sequencer.add(3, sender: .clientToServer, stamp: 170)
        sequencer.look(forwardingFromClient: 0, fromServer: 160, at: 180)
        #expect(Self.taken(&sequencer).isEmpty, "it has moved on since")
    }

    @Test func noMoreThanSoManyWait() {
        var sequencer = Self.make(heldMax: 3)
        for number in 1...4 {
            sequencer.add(number, sender: .serverToClient, stamp: 20)
            sequencer.look(forwardingFromClient: 10, fromServer: 0, at: 30)
            #expect(Self.taken(&sequencer) == (number == 4 ? [1] : []))
        }
    }

    @Test func aLineThatWasHeldBackCountsAsReadWhenItWasSent() {
        var sequencer = Self.make()
        sequencer.add(1, sender: .clientToServer, stamp: 50)
        sequencer.add(3, sender: .clientToServer, stamp: 10)
        sequencer.add(2, sender: .serverToClient, stamp: 40)
        sequencer.look(forwardingFromClient: 0, fromServer: 0, at: 60)
        #expect(Self.taken(&sequencer) == [2, 1, 3])
    }

    @Test func atTheEndNothingIsLeft() {
        var sequencer = Self.make()
        for stamp in [UInt64(10), 30] {
            sequencer.add(Int(stamp), sender: .clientToServer, stamp: stamp)
        }
        sequencer.add(20, sender: .serverToClient, stamp: 20)
        var taken: [Int] = []
        while let last = sequencer.last() { taken.append(last) }
        #expect(taken == [10, 20, 30])
    }

    @Test(arguments: UInt64(0)..<200)
    func noMessageIsTakenBeforeWhatLedToIt(seed: UInt64) {
        var world = World(seed: seed)
        world.run(steps: 4_000)
        #expect(world.taken > 100)
        #expect(world.violations == 0)
    }

    @Test func itIsTheLookThatKeepsTheOrder() {
        let worlds = (UInt64(0)..<40).map { seed in
            var world = World(seed: seed)
            world.isLooking = false
            world.run(steps: 4_000)
            return world
        }
        #expect(worlds.contains { $0.violations > 0 })
    }
}

/// Two peers, the two pumps between them and the thread that meters, one small step of one of them
/// after the other, in any order.
private struct World {
    private struct Message {
        var sender: CallRecord.Direction
        /// So many messages of the other peer its sender had received.
        var received: Int
        var stamp: UInt64 = 0
    }

    private struct Pump {
        enum Step { case reading, forwarding, delivered, handedOver }
        var step = Step.reading
        var message: Message?
        var since: UInt64 = 0
        /// What its peer sent and it has not read.
        var input: [Message] = []
        /// So many the other peer has got from it.
        var delivered = 0
    }

    private enum Turn { case taking, lookedAtClient, lookedAtBoth }

    private var random: MeterPropertyTests.Generator
    private var clock: UInt64 = 0
    private var pumps = [Pump(), Pump()]
    private var queue: [Message] = []
    private var sequencer = Sequencer<Message>(patience: .max, heldMax: .max)
    private var turn = Turn.taking
    private var forwarding: [UInt64] = [0, 0]
    private var takenOf = [0, 0]
    /// Whether the pumps say what they are forwarding.
    var isLooking = true
    private(set) var violations = 0
    var taken: Int { takenOf[0] + takenOf[1] }

    init(seed: UInt64) { random = MeterPropertyTests.Generator(state: seed) }

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            clock += 1
            switch Int.random(in: 0..<20, using: &random) {
            case 0: send(from: 0)
            case 1: send(from: 1)
            case 2..<8: pump(0)
            case 8..<14: pump(1)
            default: meter()
            }
        }
    }

    private mutating func send(from peer: Int) {
        guard pumps[peer].input.count < 3 else { return }
        pumps[peer].input.append(
            Message(
                sender: peer == 0 ? .clientToServer : .serverToClient,
                received: pumps[1 - peer].delivered))
    }

    private mutating func pump(_ place: Int) {
        switch pumps[place].step {
        case .reading:
            guard !pumps[place].input.isEmpty else { return }
            var message = pumps[place].input.removeFirst()
            message.stamp = clock
            pumps[place].message = message
            pumps[place].since = clock
            pumps[place].step = .forwarding
        case .forwarding:
            pumps[place].delivered += 1
            pumps[place].step = .delivered
        case .delivered:
            if let message = pumps[place].message { queue.append(message) }
            pumps[place].step = .handedOver
        case .handedOver:
            pumps[place].since = 0
            pumps[place].step = .reading
        }
    }

    private mutating func meter() {
        switch turn {
        case .taking:
            takeAll()
            forwarding[0] = isLooking ? pumps[0].since : 0
            turn = .lookedAtClient
        case .lookedAtClient:
            forwarding[1] = isLooking ? pumps[1].since : 0
            turn = .lookedAtBoth
        case .lookedAtBoth:
            sequencer.look(
                forwardingFromClient: forwarding[0], fromServer: forwarding[1], at: clock)
            takeAll()
            while let message = sequencer.next() { observe(message) }
            turn = .taking
        }
    }

    private mutating func takeAll() {
        for message in queue {
            sequencer.add(message, sender: message.sender, stamp: message.stamp)
        }
        queue = []
    }

    private mutating func observe(_ message: Message) {
        let place = message.sender == .clientToServer ? 0 : 1
        takenOf[place] += 1
        if takenOf[1 - place] < message.received { violations += 1 }
    }
}
