#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Time that only moves forward; for durations and deadlines.
package enum MonotonicClock {
    /// Lets at least this much time pass, unless a signal comes.
    package static func sleep(nanoseconds: UInt64) {
        var time = timespec()
        time.tv_sec = .init(clamping: nanoseconds / 1_000_000_000)
        time.tv_nsec = .init(clamping: nanoseconds % 1_000_000_000)
        nanosleep(&time, nil)
    }

    /// Nanoseconds since some moment before the process started.
    @inline(__always)
    package static func now() -> UInt64 {
        var time = timespec()
        _ = clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000
            &+ UInt64(truncatingIfNeeded: time.tv_nsec)
    }
}

/// Civil time; it may be set back.
package enum WallClock {
    /// Microseconds since 1970-01-01T00:00:00Z.
    package static func now() -> Int64 {
        var time = timespec()
        _ = clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
    }
}
