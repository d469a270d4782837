import Posix
import Synchronization

/// Lines of our own for the client, on their way to the one thread that writes to it.
final class Insertions: Sendable {
    /// Lines on their way at most: a client that does not read is then not read either.
    private static let linesMax = 256
    private static let pauseNanoseconds: UInt64 = 1_000_000

    private let lines = BoundedQueue<[UInt8]>(capacity: Insertions.linesMax)
    private let isOver = Atomic<Bool>(false)
    /// Wakes the writer.
    let wakeup: Wakeup

    init() throws(SystemError) { wakeup = try Wakeup() }

    /// Hands over a line, waiting for room; for the pump that reads the client.
    ///
    /// When nobody writes to the client any more, the line is let go.
    func insert(_ line: [UInt8]) {
        while !isOver.load(ordering: .acquiring) {
            if lines.tryPush(line) {
                wakeup.wake()
                return
            }
            MonotonicClock.sleep(nanoseconds: Self.pauseNanoseconds)
        }
    }

    /// What there is to be written, put together; for the writer.
    func take() -> [UInt8] {
        var bytes: [UInt8] = []
        while case .element(let line) = lines.pop(until: 0) { bytes += line }
        return bytes
    }

    /// Nothing more will be written.
    func end() { isOver.store(true, ordering: .releasing) }
}
