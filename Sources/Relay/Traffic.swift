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
    /// Chunks read from the server.
    let chunks = Atomic<Int>(0)
    /// A chunk was read from the server and is not yet delivered.
    let isDelivering = Atomic<Bool>(false)
    let wakeup: Wakeup

    init(wakeup: Wakeup) { self.wakeup = wakeup }
}
