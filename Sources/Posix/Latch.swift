#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Opens once and stays open; any number of threads may wait for it.
///
/// A pipe with one byte in it that nobody takes out: `poll` tells every thread of it, also those
/// that wait for something else as well.
package final class Latch: Sendable {
    private let reader: Descriptor
    private let writer: Descriptor

    package init() throws(SystemError) {
        var pipe = try Pipe()
        reader = pipe.takeReader()
        writer = pipe.takeWriter()
        try writer.setNonBlocking()
    }

    /// Can be read from once the latch is open; for those who `poll`. Valid as long as the latch.
    package var descriptor: CInt { reader.raw }

    /// Opens it. Never blocks; again is the same as once.
    package func open() {
        var byte: UInt8 = 0
        _ = try? retrying("write") { write(writer.raw, &byte, 1) }
    }

    package var isOpen: Bool { wait(until: 0) }

    /// Waits until it is open or the deadline (monotonic nanoseconds) has passed; nil waits without
    /// end.
    ///
    /// - Returns: whether it is open.
    package func wait(until deadline: UInt64?) -> Bool {
        while true {
            var item = pollfd(fd: reader.raw, events: Int16(POLLIN), revents: 0)
            let count = poll(&item, 1, Self.milliseconds(until: deadline))
            if count > 0 { return true }
            if let deadline, deadline <= MonotonicClock.now() { return false }
        }
    }

    // Rounded up, or the last millisecond would be spent spinning.
    private static func milliseconds(until deadline: UInt64?) -> CInt {
        guard let deadline else { return -1 }
        let now = MonotonicClock.now()
        guard deadline > now else { return 0 }
        return CInt(clamping: (deadline &- now &+ 999_999) / 1_000_000)
    }
}
