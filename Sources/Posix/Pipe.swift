import CPlatform

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
        var ends: (CInt, CInt) = (-1, -1)
        let code = withUnsafeMutablePointer(to: &ends) { ends in
            ends.withMemoryRebound(to: CInt.self, capacity: 2) { cplatform_pipe($0) }
        }
        guard code == 0 else { throw SystemError(call: "pipe", code: code) }
        reader = Descriptor(owning: ends.0)
        writer = Descriptor(owning: ends.1)
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
    /// Gives the pipe this is an end of more room, where the system can (Linux); else it keeps the
    /// room it has. The C function is `fcntl`.
    package func growPipe(to bytes: CInt) { cplatform_grow_pipe(raw, bytes) }

    /// Makes reads and writes return `EAGAIN` instead of waiting.
    ///
    /// Only for descriptions that we opened ourselves and share with nobody: the flag belongs to
    /// the open file description, not to the number. The C function is `fcntl`.
    package func setNonBlocking() throws(SystemError) {
        let raw = raw
        let flags = try retrying("fcntl") { Int(cplatform_fcntl(raw, F_GETFL, 0)) }
        _ = try retrying("fcntl") {
            Int(cplatform_fcntl(raw, F_SETFL, CInt(truncatingIfNeeded: flags) | O_NONBLOCK))
        }
    }
}
