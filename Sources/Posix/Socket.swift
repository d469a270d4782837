import CPlatform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Where a server listens.
package struct SocketAddress: Equatable, Sendable, CustomStringConvertible {
    /// A name or a number, without brackets.
    package var host: String
    /// 0 lets the system choose.
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Parses `127.0.0.1:9091`, `[::1]:9091`, `localhost:9091`, `:9091` (every address).
    package init?(_ text: String) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")),
            let port = UInt16(text[text.utf8.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        if host.utf8.first == UInt8(ascii: "["), host.utf8.last == UInt8(ascii: "]") {
            host = host.dropFirst().dropLast()
        } else if host.utf8.contains(UInt8(ascii: ":")) {
            return nil  // an IPv6 address without its brackets: where it ends is a guess
        }
        self.host = String(host)
        self.port = port
    }

    package var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// A TCP socket that waits for connections.
package struct ListeningSocket: ~Copyable, Sendable {
    package let descriptor: Descriptor
    /// The port that was bound, also where the system chose it.
    package let port: UInt16
    /// Only this machine can connect.
    package let isLoopback: Bool

    /// Binds and listens. The C functions are `getaddrinfo`, `socket`, `bind` and `listen`.
    ///
    /// - Parameter backlog: connections that wait to be accepted, at most.
    package static func bound(
        to address: SocketAddress, backlog: CInt = 128
    ) throws(SystemError) -> ListeningSocket {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = streamType
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let host: String? = address.host.isEmpty ? nil : address.host
        guard getaddrinfo(host, String(address.port), &hints, &list) == 0, let first = list else {
            throw SystemError(call: "getaddrinfo", code: EADDRNOTAVAIL)
        }
        defer { freeaddrinfo(first) }
        // A name may stand for several addresses; the first that can be bound is taken.
        var failure = SystemError(call: "bind", code: EADDRNOTAVAIL)
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let info = next {
            next = info.pointee.ai_next
            do {
                return try ListeningSocket(binding: info.pointee, backlog)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private init(binding info: addrinfo, _ backlog: CInt) throws(SystemError) {
        let raw = try retrying("socket") { Int(socket(info.ai_family, info.ai_socktype, 0)) }
        let opened = Descriptor(owning: CInt(raw))
        _ = try retrying("fcntl") { Int(cplatform_fcntl(CInt(raw), F_SETFD, FD_CLOEXEC)) }
        // Connections of an earlier process that are still closing do not keep us out.
        var yes: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        _ = try retrying("setsockopt") {
            Int(setsockopt(CInt(raw), SOL_SOCKET, SO_REUSEADDR, &yes, size))
        }
        _ = try retrying("bind") { Int(bind(CInt(raw), info.ai_addr, info.ai_addrlen)) }
        _ = try retrying("listen") { Int(listen(CInt(raw), backlog)) }
        try opened.setNonBlocking()
        let (port, isLoopback) = try boundAddress(CInt(raw))
        descriptor = consume opened
        self.port = port
        self.isLoopback = isLoopback
    }

    /// Waits for a connection until the deadline (monotonic nanoseconds); nil when none came.
    ///
    /// The C functions are `poll` and `accept`. The connection is close-on-exec and non-blocking.
    package func accept(until deadline: UInt64) throws(SystemError) -> Connection? {
        while true {
            let raw: CInt
            do {
                let listening = descriptor.raw
                #if canImport(Darwin)
                    let accepted = try retrying("accept") {
                        Int(Darwin.accept(listening, nil, nil))
                    }
                #elseif canImport(Musl)
                    let accepted = try retrying("accept") { Int(Musl.accept(listening, nil, nil)) }
                #else
                    let accepted = try retrying("accept") { Int(Glibc.accept(listening, nil, nil)) }
                #endif
                raw = CInt(accepted)
            } catch {
                switch error.code {
                case EAGAIN, EWOULDBLOCK:
                    guard try isReady(descriptor.raw, POLLIN, until: deadline) else { return nil }
                    continue
                case ECONNABORTED: continue  // it went away while it waited
                default: throw error
                }
            }
            let connection = Descriptor(owning: raw)
            _ = try retrying("fcntl") { Int(cplatform_fcntl(raw, F_SETFD, FD_CLOEXEC)) }
            try connection.setNonBlocking()
            return Connection(consume connection)
        }
    }
}

/// One side of a TCP connection. Reads and writes wait no longer than they are told.
package struct Connection: ~Copyable, Sendable {
    private let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Reads what is there, waiting for something until the deadline (monotonic nanoseconds). 0 is
    /// the end of the stream; nil means that nothing came. The C function is `read`.
    package func read(
        into buffer: UnsafeMutableRawBufferPointer, until deadline: UInt64
    ) throws(SystemError) -> Int? {
        while true {
            do {
                return try readBytes(descriptor.raw, into: buffer)
            } catch {
                guard error.code == EAGAIN || error.code == EWOULDBLOCK else { throw error }
                guard try isReady(descriptor.raw, POLLIN, until: deadline) else { return nil }
            }
        }
    }

    /// Writes every byte; false when the other side took too long to take them. The C function is
    /// `write`: whoever calls this has SIGPIPE ignored.
    package func write(
        _ bytes: UnsafeRawBufferPointer, until deadline: UInt64
    ) throws(SystemError) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            do {
                let written = try descriptor.writeOnce(UnsafeRawBufferPointer(rebasing: rest))
                rest = rest.dropFirst(written)
            } catch {
                guard error.code == EAGAIN || error.code == EWOULDBLOCK else { throw error }
                guard try isReady(descriptor.raw, POLLOUT, until: deadline) else { return false }
            }
        }
        return true
    }

    /// Says that no more will be written, so that the other side has an end to read to. The C
    /// function is `shutdown`.
    package func finishWriting() { _ = shutdown(descriptor.raw, CInt(SHUT_WR)) }
}

#if canImport(Darwin) || canImport(Musl)
    private let streamType = SOCK_STREAM
#else
    private let streamType = CInt(SOCK_STREAM.rawValue)
#endif

/// Whether a descriptor is ready, or has failed, before the deadline.
private func isReady(
    _ descriptor: CInt, _ events: CInt, until deadline: UInt64
) throws(SystemError) -> Bool {
    while true {
        let now = MonotonicClock.now()
        guard now < deadline else { return false }
        var item = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let milliseconds = min((deadline - now) / 1_000_000 + 1, 60_000)
        if try retrying("poll", { Int(poll(&item, 1, CInt(milliseconds))) }) > 0 { return true }
    }
}

/// The port a socket is bound to, and whether its address is one of this machine's own.
private func boundAddress(_ descriptor: CInt) throws(SystemError) -> (UInt16, Bool) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutableBytes(of: &storage) { bytes -> CInt in
        guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
            return -1
        }
        return getsockname(descriptor, address, &length)
    }
    guard result == 0 else { throw SystemError(call: "getsockname", code: currentErrno()) }
    let family = CInt(storage.ss_family)
    return withUnsafeBytes(of: &storage) { bytes in
        if family == AF_INET {
            let address = bytes.loadUnaligned(as: sockaddr_in.self)
            let isLoopback = UInt32(bigEndian: address.sin_addr.s_addr) >> 24 == 127
            return (UInt16(bigEndian: address.sin_port), isLoopback)
        }
        let address = bytes.loadUnaligned(as: sockaddr_in6.self)
        let isLoopback = withUnsafeBytes(of: address.sin6_addr) { octets in
            octets.dropLast().allSatisfy { $0 == 0 } && octets.last == 1
        }
        return (UInt16(bigEndian: address.sin6_port), isLoopback)
    }
}
