package import Records
package import Wire

extension Meter {
    /// Whether a message is an answer whose request is not open: it will never be, or it is still on
    /// its way here, for the two directions come over two threads.
    package func isEarly(_ message: Observation, sender: CallRecord.Direction) -> Bool {
        guard message.kind == .result || message.kind == .error, let id = message.id else {
            return false
        }
        return open.method(of: CallKey(direction: sender.opposite, id: id)) == nil
    }
}
