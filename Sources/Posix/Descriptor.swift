import CPlatform

#if canImport(Darwin)
    package import Darwin
#elseif canImport(Musl)
    package import Musl
#else
    package import Glibc
#endif

/// An open file descriptor that this process owns: closed when the value ends.
///
/// Standard input, output and error are inherited and not ours to close: they are used by number.
package struct Descriptor: ~Copyable, Sendable {
    /// The number the kernel knows it by; valid as long as this value lives.
    package let raw: CInt

    /// Takes ownership of an open descriptor.
    package init(owning raw: CInt) { self.raw = raw }

    deinit { _ = close(raw) }

    /// Gives up ownership: the descriptor stays open, and somebody else has to close it.
    package consuming func release() -> CInt {
        let raw = raw
        discard self
        return raw
    }

    /// Opens a file, always with `O_CLOEXEC`. The C function is `open`.
    package static func open(
        _ path: String, _ flags: CInt, mode: mode_t = 0o600
    ) throws(SystemError) -> Descriptor {
        let raw = try retrying("open") {
            Int(path.withCString { cplatform_open($0, flags | O_CLOEXEC, UInt32(mode)) })
        }
        return Descriptor(owning: CInt(raw))
    }

    /// Reads at most `buffer.count` bytes; 0 at the end. The C function is `read`.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try readBytes(raw, into: buffer)
    }

    /// Writes every byte of `bytes`, however many calls it takes. The C function is `write`.
    package func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        try Posix.writeAll(raw, bytes)
    }
}

/// Reads from a descriptor that this process may not own. 0 is the end of the stream.
package func readBytes(
    _ descriptor: CInt, into buffer: UnsafeMutableRawBufferPointer
) throws(SystemError) -> Int {
    try retrying("read") { read(descriptor, buffer.baseAddress, buffer.count) }
}

/// Writes every byte to a descriptor that this process may not own.
///
/// `EAGAIN` is waited out with `poll`: somebody who shares the open file description may have set
/// `O_NONBLOCK` on it.
package func writeAll(
    _ descriptor: CInt, _ bytes: UnsafeRawBufferPointer
) throws(SystemError) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let chunk = UnsafeRawBufferPointer(rebasing: rest)
        do {
            let written = try retrying("write") {
                write(descriptor, chunk.baseAddress, chunk.count)
            }
            rest = rest.dropFirst(written)
        } catch {
            guard error.code == EAGAIN || error.code == EWOULDBLOCK else { throw error }
            var item = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = try retrying("poll") { Int(poll(&item, 1, -1)) }
        }
    }
}
