package import Records

/// What turns a monotonic stamp into a moment: one reading of both clocks, taken together when the
/// session started. A wall clock that is set while the session runs moves nothing.
package struct SessionClock: Sendable {
    private let wall: Timestamp
    private let monotonic: UInt64

    /// - Parameters:
    ///   - wall: the wall clock.
    ///   - monotonic: the monotonic clock at that moment, in nanoseconds.
    package init(wall: Timestamp, monotonic: UInt64) {
        self.wall = wall
        self.monotonic = monotonic
    }

    /// The moment of a stamp, also of one before the session.
    package func time(at stamp: UInt64) -> Timestamp {
        let forward = stamp >= monotonic
        let distance = forward ? stamp - monotonic : monotonic - stamp
        let microseconds = Int64(clamping: distance / 1000)
        let (sum, overflow) =
            forward
            ? wall.microseconds.addingReportingOverflow(microseconds)
            : wall.microseconds.subtractingReportingOverflow(microseconds)
        return overflow ? wall : Timestamp(microseconds: sum)
    }

    /// From one stamp to another in milliseconds; 0 when the second is not later.
    static func milliseconds(from start: UInt64, to end: UInt64) -> Double {
        end > start ? Double(end - start) / 1_000_000 : 0
    }
}
