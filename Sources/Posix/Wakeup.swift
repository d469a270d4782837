#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// One thread sleeps, others and signal handlers wake it: a pipe to ourselves.
///
/// What happened is said elsewhere (atomics); a wake-up only says "look".
package final class Wakeup: Sendable {
    private let reader: Descriptor
    private let writer: Descriptor

    package init() throws(SystemError) {
        var pipe = try Pipe()
        let reader = pipe.takeReader()
        let writer = pipe.takeWriter()
        try reader.setNonBlocking()
        try writer.setNonBlocking()
        self.reader = reader
        self.writer = writer
    }

    var writerNumber: CInt { writer.raw }

    /// Wakes the sleeper, or keeps it from falling asleep. Never blocks.
    package func wake() {
        var byte: UInt8 = 0
        // A full pipe holds a wake-up already.
        _ = try? retrying("write") { write(writer.raw, &byte, 1) }
    }

    /// Sleeps until woken or until the deadline (monotonic nanoseconds); nil: no deadline.
    package func sleep(until deadline: UInt64?) {
        var item = pollfd(fd: reader.raw, events: Int16(POLLIN), revents: 0)
        _ = poll(&item, 1, Self.milliseconds(until: deadline))
        clear()
    }

    /// Can be read from while a wake-up waits; for a sleeper that `poll`s for something else as
    /// well. Valid as long as this lives.
    package var descriptor: CInt { reader.raw }

    /// Takes the wake-ups that wait; what happens from here on makes a new one.
    package func clear() {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while let count = try? reader.read(into: buffer), count == buffer.count {}
        }
    }

    /// How long `poll` is to wait for a deadline (monotonic nanoseconds); nil: without end.
    // Rounded up, or the last millisecond would be spent spinning.
    package static func milliseconds(until deadline: UInt64?) -> CInt {
        guard let deadline else { return -1 }
        let now = MonotonicClock.now()
        guard deadline > now else { return 0 }
        return CInt(clamping: (deadline &- now &+ 999_999) / 1_000_000)
    }
}
