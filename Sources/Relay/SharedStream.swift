import Posix
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The client's stream with lines of ours between the server's.
///
/// A line of ours waits until the one the server is writing is complete, however long that takes:
/// half a line of one and half a line of the other would be neither. It is written by a thread of
/// its own, so that neither pump has more to wait for than without us.
final class SharedStream: ClientStream {
    /// What is used by whoever writes.
    private struct State {
        var isAtLineStart = true
        /// Lines that wait for the end of the server's.
        var waiting: [UInt8] = []
    }

    /// Lines on their way at most: a client that does not read is then not read either.
    private static let linesMax = 256
    private static let pauseNanoseconds: UInt64 = 1_000_000

    let raw: CInt
    private let traffic: Traffic
    private let state = Mutex(State())
    private let lines = BoundedQueue<[UInt8]>(capacity: SharedStream.linesMax)
    /// Closed when no more lines of ours will be written at their time.
    private let done = BoundedQueue<Bool>(capacity: 1)
    private let isOver = Atomic<Bool>(false)

    init(_ raw: CInt, _ traffic: Traffic) {
        self.raw = raw
        self.traffic = traffic
    }

    /// Starts the thread that writes lines of ours.
    func start() throws(SystemError) {
        try Thread.start(name: "insertions") { [self] in
            while case .element(let line) = lines.pop(until: nil), write(line) {}
            isOver.store(true, ordering: .releasing)
            done.close()
        }.detach()
    }

    /// Hands over a line, with its newline, waiting for room; for the pump that reads the client.
    ///
    /// When nobody writes to the client any more, the line is let go.
    func insert(_ line: [UInt8]) {
        while !isOver.load(ordering: .acquiring), !lines.tryPush(line) {
            MonotonicClock.sleep(nanoseconds: Self.pauseNanoseconds)
        }
    }

    private func write(_ line: [UInt8]) -> Bool {
        traffic.isInserting.store(true, ordering: .relaxed)
        traffic.chunks.wrappingAdd(1, ordering: .releasing)
        defer { traffic.isInserting.store(false, ordering: .releasing) }
        return state.withLock { state in
            guard state.isAtLineStart else {
                state.waiting += line
                return true
            }
            return line.withUnsafeBytes { writeAll($0, to: raw) }
        }
    }

    /// Delivers a chunk of the server's, and what waits after the first line that ends in it.
    func deliver(_ chunk: UnsafeRawBufferPointer) -> Bool {
        state.withLock { state in
            var rest = chunk
            if !state.waiting.isEmpty, let end = endOfLine(in: chunk) {
                guard writeAll(UnsafeRawBufferPointer(rebasing: chunk[..<end]), to: raw),
                    deliverWaiting(&state)
                else { return false }
                rest = UnsafeRawBufferPointer(rebasing: chunk[end...])
            }
            state.isAtLineStart = chunk.last == newline
            return rest.isEmpty || writeAll(rest, to: raw)
        }
    }

    func end(closed: Bool) {
        lines.close()
        guard closed else { return isOver.store(true, ordering: .releasing) }
        _ = done.pop(until: nil)
        state.withLock { state in
            // What the server did not finish is no line any more, whatever follows it.
            if !state.waiting.isEmpty, !state.isAtLineStart { state.waiting.insert(newline, at: 0) }
            _ = deliverWaiting(&state)
        }
    }

    private func deliverWaiting(_ state: inout State) -> Bool {
        guard !state.waiting.isEmpty else { return true }
        let isDelivered = state.waiting.withUnsafeBytes { writeAll($0, to: raw) }
        state.waiting = []
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
