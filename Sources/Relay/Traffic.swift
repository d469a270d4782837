import Posix
import Synchronization

/// What the pumps and the main thread tell each other.
final class Traffic: Sendable {
    let clientGate = Gate()
    let serverGate = Gate()
    /// The client closed its end, all it sent was passed on, and the server's input is closed.
    let clientEnded = Atomic<Bool>(false)
    /// The server's output ended, or the client stopped reading it.
    let serverEnded = Atomic<Bool>(false)
    /// Chunks read from the server, and lines of our own.
    let chunks = Atomic<Int>(0)
    /// A chunk was read from the server and is not yet delivered.
    let isDelivering = Atomic<Bool>(false)
    /// A line of our own is not yet delivered.
    let isInserting = Atomic<Bool>(false)
    let wakeup: Wakeup

    init(wakeup: Wakeup) { self.wakeup = wakeup }

    /// The last a pump that reads the client does.
    ///
    /// - Parameters:
    ///   - closed: the client closed its end; otherwise the server closed its input.
    ///   - source: the client's stream.
    func clientIsOver(closed: Bool, releasing source: CInt) {
        // Directly connected, the client would be told at its next write that the server closed
        // its input; so it is, if we are the only reader.
        if !closed { StandardStreams.release(source) }
        clientEnded.store(closed, ordering: .releasing)
        wakeup.wake()
    }

    /// The last a pump that writes to the client does.
    func serverIsOver(releasing sink: CInt) {
        serverEnded.store(true, ordering: .releasing)
        wakeup.wake()
        // The server may live on without an output; the client is to see its end now.
        StandardStreams.release(sink)
    }
}
