#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A new pipe. Its ends are taken out once each; one not taken closes with the pipe.
package struct Pipe: ~Copyable {
    private var reader: Descriptor?
    private var writer: Descriptor?

    /// Opens a pipe, both ends close-on-exec and numbered 3 or higher.
    ///
    /// Whoever started us may have closed a standard stream, and a pipe end would otherwise take
    /// its number: to be mistaken for it, or overwritten when a child's streams are arranged.
    package init() throws(SystemError) {
        var ends: [2 of CInt] = [-1, -1]
        _ = try retrying("pipe") {
            var span = ends.mutableSpan
            return span.withUnsafeMutableBufferPointer { Int(pipe($0.baseAddress)) }
        }
        let first = Descriptor(owning: ends[0])
        let second = Descriptor(owning: ends[1])
        reader = try first.lifted()
        writer = try second.lifted()
    }

    /// Hands over the end that is read from.
    package mutating func takeReader() -> Descriptor {
        guard let end = reader.take() else { preconditionFailure("taken before") }
        return end
    }

    /// Hands over the end that is written to.
    package mutating func takeWriter() -> Descriptor {
        guard let end = writer.take() else { preconditionFailure("taken before") }
        return end
    }
}

extension Descriptor {
    /// A close-on-exec duplicate that is no standard stream. The C function is `fcntl`.
    package func lifted() throws(SystemError) -> Descriptor {
        let raw = raw
        let copy = try retrying("fcntl") { Int(fcntl(raw, F_DUPFD_CLOEXEC, 3)) }
        return Descriptor(owning: CInt(truncatingIfNeeded: copy))
    }

    /// Makes reads and writes return `EAGAIN` instead of waiting.
    ///
    /// Only for descriptions that we opened ourselves and share with nobody: the flag belongs to
    /// the open file description, not to the number. The C function is `fcntl`.
    package func setNonBlocking() throws(SystemError) {
        let raw = raw
        let flags = try retrying("fcntl") { Int(fcntl(raw, F_GETFL)) }
        _ = try retrying("fcntl") {
            Int(fcntl(raw, F_SETFL, CInt(truncatingIfNeeded: flags) | O_NONBLOCK))
        }
    }
}
