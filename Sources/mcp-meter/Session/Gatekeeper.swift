import Metering
import Policy
import Posix
import Records
import Relay
import Synchronization
import Wire

/// The client's side of a session with a policy: has its calls ruled on before they are sent, and
/// then observed as those of any session are.
///
/// Used by the pump that reads the client; `unjudgedLines` is read by the main thread.
final class Gatekeeper: LineJudge, @unchecked Sendable {
    // Sendable: one thread uses it, but for the tap, which says who may use it when.

    /// A line that waits.
    private struct Held {
        var candidate: CallRuler.Candidate
        var since: UInt64
    }

    private let tap: Tap
    private let office: Office
    // One thread uses these, and none of what it calls comes back here.
    @exclusivity(unchecked) private var ruler: CallRuler
    @exclusivity(unchecked) private var scanner: FrameScanner<Shelf>
    @exclusivity(unchecked) private var held: [UInt64: Held] = [:]
    /// Lines that are about to be observed; hardly ever more than one.
    @exclusivity(unchecked) private var judged: [Judged] = []
    /// The message of the line that is being observed, and how many bytes of that are to come.
    @exclusivity(unchecked) private var underWay: (message: Observation, bytesLeft: Int)?
    private let unjudgedCount = Atomic<UInt64>(0)

    /// A line that was decided on.
    private struct Judged {
        let number: UInt64
        var envelope: Envelope?
        /// What is on it, and its length, if it goes on as it is and need not be scanned again.
        var message: Observation?
        var byteCount = 0
    }

    init(_ tap: Tap, _ ruler: CallRuler, vocabulary: Vocabulary, office: Office) {
        self.tap = tap
        self.ruler = ruler
        self.office = office
        scanner = FrameScanner(vocabulary: vocabulary, sink: Shelf(pool: office.pool))
    }

    /// Lines that no rule could be applied to.
    var unjudgedLines: UInt64 { unjudgedCount.load(ordering: .relaxed) }

    // MARK: Observing

    func forwards(since stamp: UInt64) { tap.forwards(since: stamp) }

    func observe(_ bytes: UnsafeRawBufferPointer, stamp: UInt64) {
        guard let (message, bytesLeft) = underWay else {
            return tap.observe(bytes, stamp: stamp)
        }
        guard bytes.count >= bytesLeft else {
            underWay = (message, bytesLeft - bytes.count)
            return
        }
        underWay = nil
        tap.take(message)
    }

    func end() { tap.end() }

    func willObserve(_ number: UInt64) {
        let line = judged.firstIndex { $0.number == number }.map { judged.remove(at: $0) }
        tap.accompany(with: line?.envelope)
        underWay = line.flatMap { line in line.message.map { ($0, line.byteCount) } }
    }

    // MARK: Judging

    func judge(
        _ line: UnsafeRawBufferPointer, number: UInt64, stamp: UInt64, now: UInt64
    ) -> LineRuling {
        let malformed = scanner.malformedLines
        scanner.feed(line, stamp: stamp)
        // The last line of a stream may lack its newline.
        scanner.finish()
        let found = scanner.sink.take()
        var ruling = LineRuling(.forward)
        ruling.withdrawn = found.cancelled.compactMap(lineOf)
        var entry = Judged(number: number)
        let isMalformed = scanner.malformedLines != malformed
        if isMalformed {
            entry.envelope = unjudged(.malformed)
        } else if found.hasCallInBatch {
            entry.envelope = unjudged(.batch)
        } else if let message = found.message {
            (ruling.verdict, entry.envelope) = rule(
                on: message, line, number, stamp: stamp, now: now)
        }
        if let message = found.message {
            switch ruling.verdict {
            case .forward where !isMalformed, .answer:
                (entry.message, entry.byteCount) = (message, line.count)
            // What is sent instead is scanned, and what is held will be once more.
            default: office.pool.giveBack(message)
            }
        }
        if entry.message != nil || entry.envelope != nil { judged.append(entry) }
        return ruling
    }

    func withdraw(_ number: UInt64) {
        guard let line = held.removeValue(forKey: number) else { return }
        ruler.withdraw(line.candidate)
        let waited = Self.milliseconds(from: line.since, to: MonotonicClock.now())
        let note = line.candidate.noteOfWithdrawal(waited: waited)
        judged.append(
            Judged(
                number: number,
                envelope: Envelope(
                    id: line.candidate.id, decision: CallDecision(.withdrawn, note))))
    }

    func pass(_ number: UInt64) {
        judged.append(Judged(number: number, envelope: unjudged(.tooLong)))
    }

    /// Rules on the message of a line, and says what is to go with its call.
    private func rule(
        on message: Observation, _ line: UnsafeRawBufferPointer, _ number: UInt64, stamp: UInt64,
        now: UInt64
    ) -> (LineRuling.Verdict, Envelope?) {
        guard let preview = ruler.preview(message) else { return (.forward, nil) }
        guard preview.isAnswerable else { return (.forward, unjudged(.malformed)) }
        var candidate =
            held.removeValue(forKey: number)?.candidate
            ?? CallRuler.Candidate(id: UUIDv7().description, requestID: preview.requestID)
        let time = WallClock.now()
        let ruling = ruler.rule(
            on: preview, line: line, &candidate, now: Timestamp(microseconds: time),
            waited: Self.milliseconds(from: stamp, to: now))
        if !ruling.marks.isEmpty { _ = office.queue.tryPush(.marks(ruling.marks)) }
        let sent = Envelope(
            id: candidate.id, decision: ruling.note.map { CallDecision(.sent, $0) })
        switch ruling.verdict {
        case .forward: return (.forward, sent)
        case .replace(let bytes): return (.replace(bytes), sent)
        case .answer(let bytes):
            let decision = CallDecision(
                .blocked, ruling.note, answerBytes: UInt64(bytes.count))
            return (.answer(bytes), Envelope(id: candidate.id, decision: decision))
        case .hold(let until):
            held[number] = Held(candidate: candidate, since: stamp)
            let (wait, overflow) = until.microseconds.subtractingReportingOverflow(time)
            let microseconds = overflow ? 0 : UInt64(clamping: wait)
            return (.hold(until: now &+ min(microseconds, Self.holdMicrosecondsMax) &* 1000), nil)
        }
    }

    /// What goes with a line that is sent without having been judged.
    private func unjudged(_ reason: PolicyNote.Reason) -> Envelope {
        unjudgedCount.add(1, ordering: .relaxed)
        let note = PolicyNote(action: .passed, reason: reason)
        return Envelope(id: nil, decision: CallDecision(.sent, note))
    }

    /// The held line of a request; the newest if its id was used again.
    private func lineOf(_ id: RequestID) -> UInt64? {
        held.filter { $0.value.candidate.requestID == id }.keys.max()
    }

    /// A clock that was set must not make a call wait for ever.
    private static let holdMicrosecondsMax: UInt64 = 3_600_000_000

    private static func milliseconds(from start: UInt64, to end: UInt64) -> Double {
        end > start ? Double(end - start) / 1_000_000 : 0
    }
}

/// Keeps what was on one line, as far as it matters here.
private struct Shelf: FrameSink {
    struct Line {
        /// The message, unless the line is a batch.
        var message: Observation?
        /// The requests that are taken back.
        var cancelled: [RequestID] = []
        /// The line is a batch and one of its messages is a call.
        var hasCallInBatch = false
    }

    let pool: ObservationPool
    private var line = Line()

    init(pool: ObservationPool) { self.pool = pool }

    mutating func finished(_ observation: Observation) -> Observation {
        if let id = observation.cancelledRequest { line.cancelled.append(id) }
        guard !observation.isInBatch else {
            line.hasCallInBatch = line.hasCallInBatch || observation.method == "tools/call"
            observation.reset()
            return observation
        }
        line.message = observation
        return pool.take()
    }

    /// What there was since this was asked last.
    mutating func take() -> Line {
        defer { line = Line() }
        return line
    }
}
