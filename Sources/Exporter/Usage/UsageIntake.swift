package import Ledger
internal import Posix
internal import Records
internal import Synchronization

/// Appends what was posted to the ledger, each id once.
package final class UsageIntake: Sendable {
    private struct State: ~Copyable {
        var writer: LedgerWriter
        /// Ids that were appended by this process and may not be counted yet.
        var posted = IDSet()
    }

    private let post: UsagePost
    private let state: Mutex<State>

    package init(_ post: UsagePost, into directory: LedgerDirectory) {
        self.post = post
        state = Mutex(State(writer: LedgerWriter(directory)))
    }

    /// What came of a request.
    struct Receipt {
        /// Appended now.
        var stored: [CallRecord] = []
        /// Known before: nothing was done about them.
        var known: [CallRecord] = []
    }

    /// Reads a body and appends its records, all of them or none.
    ///
    /// - Parameters:
    ///   - isReady: whether all that was in the ledger is counted.
    ///   - isKnown: whether an id is counted already.
    func take(
        _ body: [UInt8], isReady: Bool, isKnown: (String) -> Bool
    ) throws(Refusal) -> Receipt {
        let now = Timestamp(microseconds: WallClock.now())
        var made: Set<String> = []
        let records = try post.records(body, at: now) {
            let identity = Self.identity()
            made.insert(identity.id)
            return identity
        }
        // An id of the client's may be in the part of the ledger that is not read yet.
        guard isReady || records.allSatisfy({ made.contains($0.id) }) else {
            throw Refusal(503, "the ledger is still being read: send it again in a second")
        }
        // One request at a time from here on: what is known and what is written must agree.
        let outcome: Result<Receipt, Refusal> = state.withLock { state in
            var receipt = Receipt()
            var fresh = IDSet()
            var lines: [UInt8] = []
            for record in records {
                let isRepeated = isKnown(record.id) || state.posted.contains(record.id)
                if isRepeated || !fresh.insert(record.id) {
                    receipt.known.append(record)
                } else {
                    receipt.stored.append(record)
                    Record.usage(record).encode(into: &lines)
                }
            }
            guard !lines.isEmpty else { return .success(receipt) }
            do throws(LedgerError) {
                try state.writer.append(lines, at: now)
            } catch {
                return .failure(Refusal(503, "the ledger cannot be written: \(error)"))
            }
            for record in receipt.stored { _ = state.posted.insert(record.id) }
            return .success(receipt)
        }
        return try outcome.get()
    }

    private static func identity() -> PostIdentity {
        PostIdentity(
            id: UUIDv7().description, traceID: hex(randomBits()) + hex(randomBits()),
            spanID: hex(randomBits()))
    }

    private static func hex(_ word: UInt64) -> String {
        // All zero is no id (W3C Trace Context §3.2.2.3).
        Hex.string(max(1, word))
    }
}
