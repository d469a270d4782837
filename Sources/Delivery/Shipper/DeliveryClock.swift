package import Posix
package import Records

/// The time a shipper goes by, and how it waits: the seam where tests let hours pass at once.
package protocol DeliveryClock: Sendable {
    /// Milliseconds that only go forward.
    var now: UInt64 { get }
    var wall: Timestamp { get }
    /// Whether the process is to end.
    var isStopped: Bool { get }
    /// Waits until `now` is `deadline`, or the process is to end.
    func sleep(until deadline: UInt64)
}

/// Time itself, and a latch that opens when the process is to end.
package struct SystemDeliveryClock: DeliveryClock {
    private let stop: Latch

    package init(stop: Latch) { self.stop = stop }

    package var now: UInt64 { MonotonicClock.now() / 1_000_000 }
    package var wall: Timestamp { Timestamp(microseconds: WallClock.now()) }
    package var isStopped: Bool { stop.isOpen }

    package func sleep(until deadline: UInt64) {
        let (nanoseconds, overflow) = deadline.multipliedReportingOverflow(by: 1_000_000)
        _ = stop.wait(until: overflow ? .max : nanoseconds)
    }
}

extension Timestamp {
    /// So many milliseconds later.
    func adding(milliseconds: UInt64) -> Timestamp {
        let (length, tooLong) = Int64(clamping: milliseconds).multipliedReportingOverflow(by: 1000)
        let (sum, overflow) = microseconds.addingReportingOverflow(tooLong ? .max : length)
        return Timestamp(microseconds: overflow ? .max : sum)
    }
}
