package import Records

/// Puts the messages of both directions into the order in which they were read.
///
/// They come over two threads, each of which forwards a message before it hands it over. So what a
/// message led to may be here before it: the retry of a call before the answer that asked for it,
/// the answer before its request. Each thread says since when it is forwarding something that it
/// has not handed over; a message that was read later waits for that.
///
/// Owned by the thread that meters. In turns, it adds what was handed over, has a `look` at what
/// the two threads are forwarding, adds what was handed over by then, and takes messages until
/// there is no `next`.
package struct Sequencer<Message> {
    /// The messages of one direction, in their order.
    private struct Lane {
        private var entries: [(message: Message, stamp: UInt64)] = []
        private var first = 0
        /// So many of them were here at the last look.
        private(set) var known = 0
        private var newest: UInt64 = 0
        /// Since when something is being forwarded; 0 when nothing is.
        private var underWay: UInt64 = 0
        /// What was waited for in vain.
        private var givenUp: UInt64 = 0
        /// Since when the other direction waits.
        private var awaitedSince: UInt64?

        var count: Int { entries.count - first }
        /// The stamp of the first.
        var head: UInt64? { first < entries.count ? entries[first].stamp : nil }

        mutating func add(_ message: Message, _ stamp: UInt64) {
            // A line that was held back comes with the stamp it had; it was sent only now.
            newest = max(newest, stamp)
            entries.append((message, newest))
        }

        mutating func look(_ since: UInt64) {
            known = count
            underWay = since == givenUp ? 0 : since
        }

        /// Whether something is being forwarded that was read before a message of the other
        /// direction, and has not been waited for long enough.
        mutating func holdsBack(_ stamp: UInt64, at now: UInt64, _ patience: UInt64) -> Bool {
            guard underWay != 0, underWay < stamp else {
                awaitedSince = nil
                return false
            }
            let since = awaitedSince ?? now
            awaitedSince = since
            if now &- since < patience { return true }
            (givenUp, underWay, awaitedSince) = (underWay, 0, nil)
            return false
        }

        mutating func removeFirst() -> Message {
            known = max(0, known - 1)
            guard first < entries.count - 1 else {
                defer { first = 0 }
                let message = entries.removeLast().message
                if first > 0 { entries.removeAll(keepingCapacity: true) }
                return message
            }
            let message = entries[first].message
            first += 1
            if first == Self.slack {
                entries.removeFirst(first)
                first = 0
            }
            return message
        }

        private static var slack: Int { 1_024 }
    }

    private var client = Lane()
    private var server = Lane()
    private let patience: UInt64
    private let heldMax: Int
    private var now: UInt64 = 0

    /// - Parameters:
    ///   - patience: nanoseconds a message waits at most for what is being forwarded. A peer that
    ///     does not read makes that last, and a message need not have to do with it.
    ///   - heldMax: so many messages wait at most.
    package init(patience: UInt64, heldMax: Int) {
        self.patience = patience
        self.heldMax = heldMax
    }

    package var isEmpty: Bool { client.count == 0 && server.count == 0 }

    /// Adds the next message of a direction.
    ///
    /// - Parameter stamp: when its end was read, in monotonic nanoseconds.
    package mutating func add(
        _ message: Message, sender: CallRecord.Direction, stamp: UInt64
    ) {
        if sender == .clientToServer {
            client.add(message, stamp)
        } else {
            server.add(message, stamp)
        }
    }

    /// Takes note of what is being forwarded and was not handed over yet.
    ///
    /// What is added between this and `next` has to include all that was handed over before.
    ///
    /// - Parameters:
    ///   - client: when the bytes on their way to the server were read; 0 when there are none.
    ///   - server: likewise, to the client.
    ///   - now: monotonic nanoseconds.
    package mutating func look(
        forwardingFromClient client: UInt64, fromServer server: UInt64, at now: UInt64
    ) {
        self.client.look(client)
        self.server.look(server)
        self.now = now
    }

    /// The next message in order; nil when there is none, or it has to wait for the next look.
    package mutating func next() -> Message? {
        switch (client.head, server.head) {
        // Of each direction the first is known, so nothing that either waits for is missing.
        case (_?, _?): return last()
        case (let a?, nil):
            guard client.known > 0,
                !server.holdsBack(a, at: now, patience) || client.count > heldMax
            else { return nil }
            return client.removeFirst()
        case (nil, let b?):
            guard server.known > 0,
                !client.holdsBack(b, at: now, patience) || server.count > heldMax
            else { return nil }
            return server.removeFirst()
        case (nil, nil): return nil
        }
    }

    /// The next message, when there will be no other.
    package mutating func last() -> Message? {
        switch (client.head, server.head) {
        case (let a?, let b?): a <= b ? client.removeFirst() : server.removeFirst()
        case (_?, nil): client.removeFirst()
        case (nil, _?): server.removeFirst()
        case (nil, nil): nil
        }
    }
}
