import Posix
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Held by a pump while it uses its observer.
///
/// It serves two ends. Closing it is how the main thread makes sure that no observer is used once
/// the relay is done, though a pump may be stuck in `read` for ever. And while the client's pump is
/// inside, an answer may be on its way whose request has not been observed yet: the other pump
/// waits, briefly, before it hands the answer on.
final class Gate: Sendable {
    private static let open = 0
    private static let entered = 1
    private static let closed = 2

    private let state = Atomic<Int>(Gate.open)

    /// False when the gate is closed: the observer is not ours any more.
    @inline(__always)
    func enter() -> Bool {
        state.compareExchange(
            expected: Gate.open, desired: Gate.entered, ordering: .acquiringAndReleasing
        ).exchanged
    }

    @inline(__always)
    func leave() { state.store(Gate.open, ordering: .releasing) }

    var isClosed: Bool { state.load(ordering: .acquiring) == Gate.closed }

    /// Waits until nobody is inside, but no longer than 10 ms: order is worth that much, a session
    /// is not.
    @inline(__always)
    func waitUntilFree() {
        if state.load(ordering: .acquiring) == Gate.entered { waitLonger() }
    }

    @inline(never)
    private func waitLonger() {
        // Usually the other thread is running and needs a microsecond; it may have lost its core.
        for _ in 0..<256 where state.load(ordering: .acquiring) != Gate.entered { return }
        let deadline = MonotonicClock.now() &+ 10_000_000
        while state.load(ordering: .acquiring) == Gate.entered, MonotonicClock.now() < deadline {
            sched_yield()
        }
    }

    /// Closes the gate for good, as soon as nobody is inside. Whoever is inside neither waits for a
    /// peer nor for us, so this is soon.
    func close() {
        while true {
            let (exchanged, found) = state.compareExchange(
                expected: Gate.open, desired: Gate.closed, ordering: .acquiringAndReleasing)
            if exchanged || found == Gate.closed { return }
            sched_yield()
        }
    }
}
