import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Where the server's chunks go: the client's stream.
protocol ClientStream: Sendable {
    /// Its number.
    var raw: CInt { get }

    /// Writes all of a chunk, waiting for the client; false when the client does not take it any
    /// more.
    func deliver(_ chunk: UnsafeRawBufferPointer) -> Bool

    /// There will be no other chunk. Returns when all that was to be written is.
    ///
    /// - Parameter closed: the server closed its end; otherwise the client closed this one.
    func end(closed: Bool)
}

/// The stream as it is.
struct PlainStream: ClientStream {
    let raw: CInt

    @inline(__always)
    func deliver(_ chunk: UnsafeRawBufferPointer) -> Bool { writeAll(chunk, to: raw) }

    func end(closed: Bool) {}
}

/// Writes all of it to the client's stream; false when the client does not take it any more.
@inline(__always)
func writeAll(_ chunk: UnsafeRawBufferPointer, to sink: CInt) -> Bool {
    var rest = chunk
    while true {
        let written = write(sink, rest.baseAddress, rest.count)
        if written == rest.count { return true }
        if written > 0 {
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            continue
        }
        let code = currentErrno()
        if written == 0 || code == EINTR { continue }
        guard code == EAGAIN || code == EWOULDBLOCK else { return false }
        waitUntilReady(sink, POLLOUT)
    }
}
