import Posix
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// From the server's standard output to the client's stream, with lines of ours between the
/// server's.
///
/// A line of ours waits until the one the server is writing is complete, however long that takes:
/// half a line of one and half a line of the other would be neither.
struct InsertingPump<Observer: ByteObserver> {
    let sink: CInt
    let traffic: Traffic
    let insertions: Insertions
    var observer: Observer
    /// Lines that wait for the end of the server's.
    private var waiting: [UInt8] = []
    private var isAtLineStart = true

    init(sink: CInt, traffic: Traffic, insertions: Insertions, observer: Observer) {
        self.sink = sink
        self.traffic = traffic
        self.insertions = insertions
        self.observer = observer
    }

    mutating func run(from server: consuming Descriptor) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: chunkBytes, alignment: 4096)
        defer { buffer.deallocate() }
        let serverClosed = pump(from: server, buffer)
        _ = consume server
        if serverClosed {
            // What the server did not finish is no line any more, whatever follows it.
            waiting += insertions.take()
            if !waiting.isEmpty, !isAtLineStart { waiting.insert(newline, at: 0) }
            _ = deliverWaiting()
            if traffic.serverGate.enter() {
                observer.end()
                traffic.serverGate.leave()
            }
        }
        insertions.end()
        traffic.isDelivering.store(false, ordering: .releasing)
        traffic.serverIsOver(releasing: sink)
    }

    /// True when the server closed its end, false when the client did.
    private mutating func pump(
        from server: borrowing Descriptor, _ buffer: UnsafeMutableRawBufferPointer
    ) -> Bool {
        while true {
            if wait(for: server.raw) {
                insertions.wakeup.clear()
                waiting += insertions.take()
                if isAtLineStart, !deliverWaiting() { return false }
                continue
            }
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
            guard deliverBetween(chunk), traffic.serverGate.enter() else { return false }
            observer.observe(chunk, stamp: stamp)
            observer.forwards(since: 0)
            traffic.serverGate.leave()
            traffic.isDelivering.store(false, ordering: .releasing)
        }
    }

    /// Waits for the server or for a line of ours; true if there is one.
    private func wait(for server: CInt) -> Bool {
        var items = (
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
            pollfd(fd: insertions.wakeup.descriptor, events: Int16(POLLIN), revents: 0)
        )
        _ = withUnsafeMutablePointer(to: &items) { items in
            items.withMemoryRebound(to: pollfd.self, capacity: 2) { poll($0, 2, -1) }
        }
        return items.1.revents != 0
    }

    /// Delivers a chunk of the server's, and what waits after the first line that ends in it.
    @inline(__always)
    private mutating func deliverBetween(_ chunk: UnsafeRawBufferPointer) -> Bool {
        var rest = chunk
        if !waiting.isEmpty, let end = endOfLine(in: chunk) {
            guard deliver(UnsafeRawBufferPointer(rebasing: chunk[..<end]), to: sink),
                deliverWaiting()
            else { return false }
            rest = UnsafeRawBufferPointer(rebasing: chunk[end...])
        }
        isAtLineStart = chunk.last == newline
        return rest.isEmpty || deliver(rest, to: sink)
    }

    private mutating func deliverWaiting() -> Bool {
        guard !waiting.isEmpty else { return true }
        traffic.isDelivering.store(true, ordering: .relaxed)
        traffic.chunks.wrappingAdd(1, ordering: .releasing)
        let isDelivered = waiting.withUnsafeBytes { deliver($0, to: sink) }
        waiting = []
        traffic.isDelivering.store(false, ordering: .releasing)
        return isDelivered
    }
}

let newline = UInt8(ascii: "\n")

/// One past the first newline, if there is one.
func endOfLine(in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress,
        let found = memchr(base, CInt(newline), bytes.count)
    else { return nil }
    return UnsafeRawPointer(found) - base + 1
}
