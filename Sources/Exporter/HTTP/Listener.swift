package import Posix
internal import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Answers HTTP requests on a socket: a thread for each connection, of which there are only so
/// many, each of which has only so long.
package final class Listener: Sendable {
    package struct Limits: Sendable {
        /// Open at once; the next one is told to come back.
        package var connections = 256
        /// From a request's first byte (or the connection's beginning) to the end of its body.
        package var requestNanoseconds: UInt64 = 10 * second
        /// Between two requests.
        package var idleNanoseconds: UInt64 = 75 * second
        /// What all connections together may have sent of requests that are not whole yet.
        package var heldBytes = 16 << 20
        /// For the client to take an answer.
        package var answerNanoseconds: UInt64 = 30 * second

        package init() {}
    }

    /// What it did, for the metrics.
    package struct Counts: Sendable, Equatable {
        package var accepted: UInt64
        package var refused: UInt64
        package var open: UInt64

        package init(accepted: UInt64, refused: UInt64, open: UInt64) {
            self.accepted = accepted
            self.refused = refused
            self.open = open
        }
    }

    private let limits: Limits
    private let handler: @Sendable (Request) -> Response
    private let stop = Atomic<Bool>(false)
    private let open = Atomic<Int>(0)
    private let busy = Atomic<Int>(0)
    private let held = Atomic<Int>(0)
    private let accepted = Atomic<UInt64>(0)
    private let refused = Atomic<UInt64>(0)

    /// - Parameter handler: called on the connections' threads, several at once.
    package init(limits: Limits = Limits(), handler: @escaping @Sendable (Request) -> Response) {
        self.limits = limits
        self.handler = handler
    }

    package var counts: Counts {
        Counts(
            accepted: accepted.load(ordering: .relaxed), refused: refused.load(ordering: .relaxed),
            open: UInt64(clamping: open.load(ordering: .relaxed)))
    }

    /// Ends `run` within a quarter of a second. Any thread.
    package func end() { stop.store(true, ordering: .relaxed) }

    /// Accepts connections until `end`; then waits two seconds at most for answers under way.
    ///
    /// - Parameter tick: called every quarter of a second.
    package func run(
        on socket: borrowing ListeningSocket, tick: () -> Void = {}
    ) throws(SystemError) {
        while !stop.load(ordering: .relaxed) {
            do {
                let deadline = MonotonicClock.now() &+ Self.tickNanoseconds
                if let connection = try socket.accept(until: deadline) { begin(connection) }
            } catch {
                guard Self.isPassing(error) else { throw error }
                // No descriptor, no memory: others have to end first.
                MonotonicClock.sleep(nanoseconds: Self.tickNanoseconds)
            }
            tick()
        }
        let deadline = MonotonicClock.now() &+ 2 * second
        while busy.load(ordering: .relaxed) > 0, MonotonicClock.now() < deadline {
            MonotonicClock.sleep(nanoseconds: 10_000_000)
        }
    }

    private static let tickNanoseconds = second / 4

    private static func isPassing(_ error: SystemError) -> Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM].contains(error.code)
    }

    private func begin(_ connection: consuming Connection) {
        accepted.wrappingAdd(1, ordering: .relaxed)
        guard open.wrappingAdd(1, ordering: .relaxed).newValue <= limits.connections else {
            open.wrappingSubtract(1, ordering: .relaxed)
            refused.wrappingAdd(1, ordering: .relaxed)
            let answer = Response.error(
                503, "\(limits.connections) connections are open already",
                headers: [("Retry-After", "1")])
            // It is small enough for the socket's own buffer; nobody is waited for here.
            _ = try? send(answer.serialized(keepsAlive: false, isHead: false), connection, for: 0)
            return
        }
        let box = ConnectionBox(connection)
        do {
            try Thread.start(name: "http") { [self] in
                if let connection = box.take() { serve(connection) }
                open.wrappingSubtract(1, ordering: .relaxed)
            }.detach()
        } catch {
            open.wrappingSubtract(1, ordering: .relaxed)
            refused.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// Answers one connection's requests, until either side has had enough.
    private func serve(_ connection: consuming Connection) {
        var parser = RequestParser()
        // How much of what all connections hold is this one's.
        var share = 0
        defer { held.wrappingSubtract(share, ordering: .relaxed) }
        var deadline = MonotonicClock.now() &+ limits.requestNanoseconds
        let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)
        defer { space.deallocate() }
        do throws(SystemError) {
            while true {
                switch parser.next() {
                case .request(let request):
                    guard try answer(request, connection), !stop.load(ordering: .relaxed) else {
                        connection.finishWriting()
                        return
                    }
                    let wait = parser.isIdle ? limits.idleNanoseconds : limits.requestNanoseconds
                    deadline = MonotonicClock.now() &+ wait
                case .refused(let refusal):
                    try refuse(refusal, connection)
                    return
                case .incomplete:
                    if parser.awaitsContinue {
                        parser.didContinue()
                        _ = try send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), connection)
                    }
                    let wasIdle = parser.isIdle
                    guard let count = try connection.read(into: space, until: deadline) else {
                        if !wasIdle {
                            try refuse(Refusal(408, "the request took too long"), connection)
                        }
                        return
                    }
                    if count == 0 { return }
                    parser.feed(UnsafeRawBufferPointer(rebasing: space[..<count]))
                    let all = held.wrappingAdd(parser.heldBytes - share, ordering: .relaxed)
                    share = parser.heldBytes
                    if all.newValue > limits.heldBytes {
                        // What it has sent goes first, lest the next one be refused for it.
                        parser = RequestParser()
                        held.wrappingSubtract(share, ordering: .relaxed)
                        share = 0
                        try refuse(
                            Refusal(503, "too much is being sent at once: try again"), connection)
                        return
                    }
                    // A request has so long from its first byte on, however slowly it trickles in.
                    if wasIdle { deadline = MonotonicClock.now() &+ limits.requestNanoseconds }
                }
            }
        } catch {
            // The connection broke: there is nobody left to tell.
            return
        }
    }

    /// Returns whether the connection is to be used again.
    private func answer(
        _ request: Request, _ connection: borrowing Connection
    ) throws(SystemError) -> Bool {
        busy.wrappingAdd(1, ordering: .relaxed)
        defer { busy.wrappingSubtract(1, ordering: .relaxed) }
        let response = handler(request)
        let bytes = response.serialized(
            keepsAlive: request.keepsAlive, isHead: request.method == "HEAD")
        return try send(bytes, connection) && request.keepsAlive
    }

    private func refuse(
        _ refusal: Refusal, _ connection: borrowing Connection
    ) throws(SystemError) {
        refused.wrappingAdd(1, ordering: .relaxed)
        let response = Response.error(refusal.status, refusal.reason)
        _ = try send(response.serialized(keepsAlive: false, isHead: false), connection)
        connection.finishWriting()
        // A close with unread bytes would be a reset, and the answer lost: read a little of what
        // the client is still sending, and no more than a little.
        let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { space.deallocate() }
        let deadline = MonotonicClock.now() &+ second / 2
        var left = 4 << 20
        while left > 0, let count = try connection.read(into: space, until: deadline), count > 0 {
            left -= count
        }
    }

    private func send(
        _ bytes: [UInt8], _ connection: borrowing Connection, for nanoseconds: UInt64? = nil
    ) throws(SystemError) -> Bool {
        let deadline = MonotonicClock.now() &+ (nanoseconds ?? limits.answerNanoseconds)
        return try bytes.span.withUnsafeBytes { (all) throws(SystemError) in
            try connection.write(all, until: deadline)
        }
    }
}

private let second: UInt64 = 1_000_000_000

/// Hands a connection to its thread.
private final class ConnectionBox: Sendable {
    private let held: Mutex<Connection?>

    init(_ connection: consuming Connection) { held = Mutex(connection) }

    func take() -> Connection? { held.withLock { $0.take() } }
}
