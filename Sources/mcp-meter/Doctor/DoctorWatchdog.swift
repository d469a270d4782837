import Posix
import Synchronization

/// Sees to it that the doctor ends, although a disk hangs or a pipe stands where a file should.
final class DoctorWatchdog: Sendable {
    private let state = Mutex<(what: String, deadline: UInt64)>(("", .max))

    /// Looks a few times a second.
    private static let interval: UInt64 = 200_000_000

    /// Without a thread for it there is none, and all the same a doctor.
    init() {
        try? Thread.start(name: "watchdog") { [self] in
            while true {
                MonotonicClock.sleep(nanoseconds: Self.interval)
                let (what, deadline) = state.withLock { $0 }
                guard MonotonicClock.now() >= deadline else { continue }
                Console.fail(
                    "looking at \(what) takes too long; a disk or a network may hang. "
                        + "`mcp-meter help doctor` tells how to leave parts out.", .temporaryFailure
                )
            }
        }.detach()
    }

    /// - Parameter seconds: after so long without the next call the process ends, with a line.
    func expect(_ what: String, within seconds: UInt64) {
        let deadline = MonotonicClock.now() &+ seconds &* 1_000_000_000
        state.withLock { $0 = (what, deadline) }
    }
}
