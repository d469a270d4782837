/// The last messages of one file: held until no better line of them can be expected.
///
/// Records cannot be taken back, so a message is let go only when enough others came after it, or
/// at the end of the file.
struct MessageWindow {
    private struct Held {
        var message: LoggedMessage
        /// Where its first line begins.
        var offset: UInt64
        var hash: Int
    }

    private var held: [Held] = []
    private let capacity: Int

    /// - Parameter capacity: 0 lets every message go at once.
    init(capacity: Int) { self.capacity = capacity }

    /// Takes a message in.
    ///
    /// - Returns: one that is settled by that.
    mutating func add(_ message: LoggedMessage, at offset: UInt64) -> LoggedMessage? {
        guard capacity > 0 else { return message }
        let hash = message.key.hashValue
        // Most lines are about the last message.
        if let place = held.lastIndex(where: { $0.hash == hash && $0.message.key == message.key }) {
            held[place].message.merge(message)
            return nil
        }
        held.append(Held(message: message, offset: offset, hash: hash))
        return held.count > capacity ? held.removeFirst().message : nil
    }

    /// Lets all go that `isSettled` says; the last one of the file is told.
    ///
    /// - Returns: where the first line of those still held begins, if any is.
    mutating func release(
        where isSettled: (_ message: LoggedMessage, _ isLast: Bool) -> Bool,
        _ body: (LoggedMessage) -> Void
    ) -> UInt64? {
        var rest: [Held] = []
        for (index, one) in held.enumerated() {
            if isSettled(one.message, index == held.count - 1) {
                body(one.message)
            } else {
                rest.append(one)
            }
        }
        held = rest
        return rest.map(\.offset).min()
    }
}
