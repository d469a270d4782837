import Posix
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// From the client's stream to the server's standard input, a line at a time, as a judge allows.
///
/// While a line is held the later ones go on. What is gathered and held is bounded; beyond that the
/// client is not read, as if the server did not read it. A line that is too long to be gathered is
/// sent on as it comes.
struct JudgedPump<Judge: LineJudge> {
    /// Who ended it.
    private enum End { case client, server }

    let source: CInt
    let traffic: Traffic
    let stream: SharedStream
    private var judge: Judge
    private var held = HeldLines()
    /// The beginning of a line whose end has not been read.
    private var partial: [UInt8] = []
    /// The line under way is too long, and what comes of it is sent on at once.
    private var isPassing = false
    /// Of the line under way.
    private var number: UInt64 = 0

    /// A buffer that has grown larger for a line is not kept.
    private static var partialBytesKept: Int { chunkBytes }
    /// Before this nothing is asked about again, whatever the judge says.
    private static var pauseNanoseconds: UInt64 { 1_000_000 }

    init(source: CInt, traffic: Traffic, stream: SharedStream, judge: Judge) {
        self.source = source
        self.traffic = traffic
        self.stream = stream
        self.judge = judge
    }

    mutating func run(into server: consuming Descriptor) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: chunkBytes, alignment: 4096)
        defer { buffer.deallocate() }
        var end = pump(into: server, buffer)
        // Before a last line without a newline, after which no other can be told apart.
        dropHeld()
        if end == .client, !partial.isEmpty {
            let line = partial
            partial = []
            let stamp = MonotonicClock.now()
            end = line.withUnsafeBytes { take($0, number, stamp, server) } ?? .client
            dropHeld()
        }
        // Before the server sees the end of its input: it may leave at once, and we with it.
        if end == .client, traffic.clientGate.enter() {
            judge.end()
            traffic.clientGate.leave()
        }
        _ = consume server
        traffic.clientIsOver(closed: end == .client, releasing: source)
    }

    private mutating func pump(
        into server: borrowing Descriptor, _ buffer: UnsafeMutableRawBufferPointer
    ) -> End {
        while true {
            if !held.isEmpty {
                if let end = askAgain(server) { return end }
                guard waitForClient() else { continue }
            }
            let count = readChunk(source, into: buffer)
            guard count > 0 else { return .client }
            let stamp = MonotonicClock.now()
            var rest = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            while !rest.isEmpty {
                let length = endOfLine(in: rest)
                let piece = UnsafeRawBufferPointer(rebasing: rest[..<(length ?? rest.count)])
                rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
                if let end = gather(piece, isEnd: length != nil, stamp, server) { return end }
            }
        }
    }

    /// Waits for the client while lines are held.
    ///
    /// - Returns: whether it is to be read now.
    private func waitForClient() -> Bool {
        let wait = Wakeup.milliseconds(until: held.deadline)
        if held.isFull {
            _ = poll(nil, 0, wait)
            return false
        }
        var item = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
        return poll(&item, 1, wait) > 0
    }

    // MARK: Lines

    /// Takes the next piece of a line.
    ///
    /// - Parameter isEnd: it ends with the line's newline.
    private mutating func gather(
        _ piece: UnsafeRawBufferPointer, isEnd: Bool, _ stamp: UInt64,
        _ server: borrowing Descriptor
    ) -> End? {
        defer { if isEnd { number &+= 1 } }
        if isPassing {
            isPassing = !isEnd
            return send(piece, nil, stamp, server)
        }
        // With its newline, a line may be as long as the limit and no longer.
        let isTooLong =
            partial.count &+ piece.count > (isEnd ? HeldLines.bytesMax : HeldLines.bytesMax &- 1)
        if isEnd, !isTooLong, partial.isEmpty { return take(piece, number, stamp, server) }
        partial.append(contentsOf: piece)
        guard isEnd || isTooLong else { return nil }
        var line: [UInt8] = []
        swap(&line, &partial)
        isPassing = isTooLong && !isEnd
        let end = line.withUnsafeBytes { line in
            guard isTooLong else { return take(line, number, stamp, server) }
            judge.pass(number)
            return send(line, number, stamp, server)
        }
        if line.capacity <= Self.partialBytesKept {
            line.removeAll(keepingCapacity: true)
            partial = line
        }
        return end
    }

    /// Does with a whole line what the judge says.
    ///
    /// - Parameters:
    ///   - number: the line's; `self.number` may be another's by now.
    ///   - stamp: when its end was read.
    ///   - now: when it is asked about again; nil: it is asked about for the first time.
    private mutating func take(
        _ line: UnsafeRawBufferPointer, _ number: UInt64, _ stamp: UInt64,
        _ server: borrowing Descriptor, now: UInt64? = nil
    ) -> End? {
        let now = now ?? stamp
        let ruling = judge.judge(line, number: number, stamp: stamp, now: now)
        for withdrawn in ruling.withdrawn {
            guard let other = held.take(withdrawn) else { continue }
            if let end = drop(other) { return end }
        }
        switch ruling.verdict {
        case .forward: return send(line, number, stamp, server)
        case .replace(let bytes):
            return bytes.withUnsafeBytes { send($0, number, stamp, server) }
        case .answer(let bytes):
            let end = observeUnsent(line, number, stamp)
            stream.insert(bytes)
            return end
        case .hold(let until):
            let earliest = now &+ Self.pauseNanoseconds
            held.add(
                HeldLines.Line(
                    number: number, bytes: Array(line), stamp: stamp, until: max(until, earliest)))
            return nil
        }
    }

    /// Asks about the lines that are due.
    private mutating func askAgain(_ server: borrowing Descriptor) -> End? {
        let now = MonotonicClock.now()
        while let line = held.takeDue(at: now) {
            let end = line.bytes.withUnsafeBytes {
                take($0, line.number, line.stamp, server, now: now)
            }
            if let end { return end }
        }
        return nil
    }

    /// Lets go of the lines that are held: one of the two has left.
    private mutating func dropHeld() {
        while let line = held.takeFirst() { _ = drop(line) }
    }

    private mutating func drop(_ line: HeldLines.Line) -> End? {
        judge.withdraw(line.number)
        return line.bytes.withUnsafeBytes { observeUnsent($0, line.number, line.stamp) }
    }

    // MARK: Bytes

    /// Sends bytes of a line, and has them observed piece by piece as the server takes them.
    ///
    /// - Parameter number: of the line that begins with them; nil if they go on with one.
    private mutating func send(
        _ bytes: UnsafeRawBufferPointer, _ number: UInt64?, _ stamp: UInt64,
        _ server: borrowing Descriptor
    ) -> End? {
        var rest = bytes
        var number = number
        while !rest.isEmpty {
            guard traffic.clientGate.enter() else { return .client }
            judge.forwards(since: stamp)
            let written = write(server.raw, rest.baseAddress, rest.count)
            let code = currentErrno()
            if written > 0 {
                if let number { judge.willObserve(number) }
                number = nil
                judge.observe(UnsafeRawBufferPointer(rebasing: rest[..<written]), stamp: stamp)
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
            judge.forwards(since: 0)
            traffic.clientGate.leave()
            if rest.isEmpty { break }
            if written < 0, code != EAGAIN, code != EWOULDBLOCK, code != EINTR { return .server }
            waitUntilReady(server.raw, POLLOUT)
        }
        return nil
    }

    /// Has a line observed that is not sent.
    private mutating func observeUnsent(
        _ line: UnsafeRawBufferPointer, _ number: UInt64, _ stamp: UInt64
    ) -> End? {
        guard traffic.clientGate.enter() else { return .client }
        judge.willObserve(number)
        judge.observe(line, stamp: stamp)
        traffic.clientGate.leave()
        return nil
    }
}
