import Posix
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The size of a pump's buffer: what a pipe holds.
let chunkBytes = 64 << 10

/// From the client's stream to the server's standard input.
///
/// The write end is non-blocking, which is ours to choose: no other process has this description.
/// So a chunk is observed piece by piece as the server takes it, and never while waiting for room.
struct ClientPump<Observer: ByteObserver> {
    let source: CInt
    let traffic: Traffic
    var observer: Observer

    mutating func run(into server: consuming Descriptor) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: chunkBytes, alignment: 4096)
        defer { buffer.deallocate() }
        let clientClosed = pump(into: server, buffer)
        // Before the server sees the end of its input: it may leave at once, and we with it.
        if clientClosed, traffic.clientGate.enter() {
            observer.end()
            traffic.clientGate.leave()
        }
        _ = consume server
        traffic.clientIsOver(closed: clientClosed, releasing: source)
    }

    /// True when the client closed its end, false when the server did.
    private mutating func pump(
        into server: borrowing Descriptor, _ buffer: UnsafeMutableRawBufferPointer
    ) -> Bool {
        while true {
            let count = readChunk(source, into: buffer)
            guard count > 0 else { return true }
            let stamp = MonotonicClock.now()
            var rest = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            while !rest.isEmpty {
                guard traffic.clientGate.enter() else { return true }
                observer.forwards(since: stamp)
                let written = write(server.raw, rest.baseAddress, rest.count)
                let code = currentErrno()
                if written > 0 {
                    let taken = UnsafeRawBufferPointer(rebasing: rest[..<written])
                    observer.observe(taken, stamp: stamp)
                    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
                }
                observer.forwards(since: 0)
                traffic.clientGate.leave()
                if rest.isEmpty { break }
                if written < 0, code != EAGAIN, code != EWOULDBLOCK, code != EINTR { return false }
                waitUntilReady(server.raw, POLLOUT)
            }
        }
    }
}

/// Reads what there is, waiting for it. 0 is the end of the stream, or an error that amounts to
/// one: a terminal that hung up, a peer that reset, a stream that was closed before we started.
@inline(__always)
func readChunk(_ descriptor: CInt, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    while true {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        if count >= 0 { return count }
        let code = currentErrno()
        if code == EINTR { continue }
        // Whoever shares the description may have made it non-blocking.
        guard code == EAGAIN || code == EWOULDBLOCK else { return 0 }
        waitUntilReady(descriptor, POLLIN)
    }
}

func waitUntilReady(_ descriptor: CInt, _ events: Int32) {
    var item = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
    _ = poll(&item, 1, -1)
}
