import Posix
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// From the server's standard output to the client's stream.
struct ServerPump<Observer: ByteObserver, Stream: ClientStream> {
    let stream: Stream
    let traffic: Traffic
    var observer: Observer

    mutating func run(from server: consuming Descriptor) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: chunkBytes, alignment: 4096)
        defer { buffer.deallocate() }
        let serverClosed = pump(from: server, buffer)
        // If it was the client that left, the server learns it as if it held the client's stream:
        // by SIGPIPE or EPIPE at its next write.
        _ = consume server
        stream.end(closed: serverClosed)
        if serverClosed, traffic.serverGate.enter() {
            observer.end()
            traffic.serverGate.leave()
        }
        traffic.serverIsOver(releasing: stream.raw)
    }

    /// True when the server closed its end, false when the client did.
    private mutating func pump(
        from server: borrowing Descriptor, _ buffer: UnsafeMutableRawBufferPointer
    ) -> Bool {
        while true {
            let count = readChunk(server.raw, into: buffer)
            guard count > 0 else { return true }
            let stamp = MonotonicClock.now()
            traffic.isDelivering.store(true, ordering: .relaxed)
            traffic.chunks.wrappingAdd(1, ordering: .releasing)
            if traffic.serverGate.isClosed { return false }
            // This may answer a request that is being observed right now.
            traffic.clientGate.waitUntilFree()
            let chunk = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            observer.forwards(since: stamp)
            guard stream.deliver(chunk), traffic.serverGate.enter() else { return false }
            observer.observe(chunk, stamp: stamp)
            observer.forwards(since: 0)
            traffic.serverGate.leave()
            traffic.isDelivering.store(false, ordering: .releasing)
        }
    }
}
