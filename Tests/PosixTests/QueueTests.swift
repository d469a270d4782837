import Posix
import Synchronization
import Testing

@Suite struct QueueTests {
    private func element<Element>(_ popped: BoundedQueue<Element>.Popped) -> Element? {
        if case .element(let element) = popped { return element }
        return nil
    }

    @Test func `elements leave in the order they came, around the ring`() {
        let queue = BoundedQueue<Int>(capacity: 3)
        for round in 0..<10 {
            #expect(queue.tryPush(round * 2))
            #expect(queue.tryPush(round * 2 + 1))
            #expect(element(queue.pop(until: 0)) == round * 2)
            #expect(element(queue.pop(until: 0)) == round * 2 + 1)
        }
    }

    @Test func `a full queue refuses at once and keeps what it has`() {
        let queue = BoundedQueue<Int>(capacity: 2)
        #expect(queue.tryPush(1))
        #expect(queue.tryPush(2))
        #expect(!queue.tryPush(3))
        #expect(element(queue.pop(until: nil)) == 1)
        #expect(queue.tryPush(4))
        #expect(element(queue.pop(until: nil)) == 2)
        #expect(element(queue.pop(until: nil)) == 4)
    }

    @Test func `an empty queue waits until the deadline`() {
        let queue = BoundedQueue<Int>(capacity: 1)
        let deadline = MonotonicClock.now() + 20_000_000
        guard case .timedOut = queue.pop(until: deadline) else {
            Issue.record("something was popped")
            return
        }
        #expect(MonotonicClock.now() >= deadline)
    }

    @Test func `a closed queue gives what it holds, then says so`() {
        let queue = BoundedQueue<String>(capacity: 4)
        #expect(queue.tryPush("last"))
        queue.close()
        #expect(!queue.tryPush("late"))
        #expect(element(queue.pop(until: nil)) == "last")
        guard case .closed = queue.pop(until: nil) else {
            Issue.record("not closed")
            return
        }
    }

    @Test func `closing wakes the consumer`() throws {
        let queue = BoundedQueue<Int>(capacity: 1)
        let consumer = try Thread.start(name: "consumer") {
            while case .element = queue.pop(until: nil) {}
        }
        queue.close()
        consumer.join()
    }

    @Test func `a push that does not wake is found at the deadline`() throws {
        let queue = BoundedQueue<Int>(capacity: 4)
        let total = Total()
        let deadline = MonotonicClock.now() + 50_000_000
        let consumer = try Thread.start(name: "consumer") {
            while case .element(let value) = queue.pop(until: deadline) { total.see(value) }
        }
        #expect(queue.tryPush(3, waking: false))
        consumer.join()
        // Pushed before the consumer looked, or while it slept: found either way.
        #expect(total.seen == 3)
    }

    @Test func `many producers lose nothing that was accepted`() throws {
        let queue = BoundedQueue<Int>(capacity: 64)
        let total = Total()
        let producers = try (0..<4).map { _ in
            try Thread.start(name: "producer") {
                for value in 1...5000 where queue.tryPush(value, waking: value % 3 == 0) {
                    total.accept(value)
                }
            }
        }
        let consumer = try Thread.start(name: "consumer") {
            while case .element(let value) = queue.pop(until: nil) {
                total.see(value)
            }
        }
        for producer in producers { producer.join() }
        queue.close()
        consumer.join()
        #expect(total.accepted > 0)
        #expect(total.accepted == total.seen)
    }

    @Test func `elements left inside are released with the queue`() {
        weak var leftover: Total?
        do {
            let queue = BoundedQueue<Total>(capacity: 2)
            let total = Total()
            leftover = total
            #expect(queue.tryPush(total))
        }
        #expect(leftover == nil)
    }
}

private final class Total: Sendable {
    private let acceptedSum = Atomic<Int>(0)
    private let seenSum = Atomic<Int>(0)

    func accept(_ value: Int) { acceptedSum.wrappingAdd(value, ordering: .relaxed) }
    func see(_ value: Int) { seenSum.wrappingAdd(value, ordering: .relaxed) }
    var accepted: Int { acceptedSum.load(ordering: .relaxed) }
    var seen: Int { seenSum.load(ordering: .relaxed) }
}
