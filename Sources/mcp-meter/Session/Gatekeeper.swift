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
    private var ruler: CallRuler
    private var scanner: FrameScanner<Shelf>
    private var held: [UInt64: Held] = [:]
    /// Of lines that are about to be observed.
    private var envelopes: [UInt64: Envelope] = [:]
    private let unjudged = Atomic<UInt64>(0)

    init(_ tap: Tap, _ ruler: CallRuler, vocabulary: Vocabulary, office: Office) {
        self.tap = tap
        self.ruler = ruler
        self.office = office
        scanner = FrameScanner(vocabulary: vocabulary, sink: Shelf())
    }

    /// Lines that no rule could be applied to.
    var unjudgedLines: UInt64 { unjudged.load(ordering: .relaxed) }

    // MARK: Observing

    func forwards(since stamp: UInt64) { tap.forwards(since: stamp) }

    func observe(_ bytes: UnsafeRawBufferPointer, stamp: UInt64) {
        tap.observe(bytes, stamp: stamp)
    }

    func end() { tap.end() }

    func willObserve(_ number: UInt64) {
        tap.accompany(with: envelopes.isEmpty ? nil : envelopes.removeValue(forKey: number))
    }

    // MARK: Judging

    func judge(
        _ line: UnsafeRawBufferPointer, number: UInt64, stamp: UInt64, now: UInt64
    ) -> LineRuling {
        let malformed = scanner.malformedLines
        scanner.feed(line, stamp: stamp)
        // The last line of a stream may lack its newline.
        scanner.finish()
        defer { scanner.sink.clear() }
        if scanner.malformedLines != malformed {
            leave(number, .malformed)
            return LineRuling(.forward)
        }
        if scanner.sink.hasCallInBatch { leave(number, .batch) }
        var ruling = LineRuling(.forward)
        ruling.withdrawn = scanner.sink.cancelled.compactMap(lineOf)
        if let message = scanner.sink.message {
            ruling.verdict = rule(on: message, line, number, stamp: stamp, now: now)
        }
        return ruling
    }

    func withdraw(_ number: UInt64) {
        guard let line = held.removeValue(forKey: number) else { return }
        ruler.withdraw(line.candidate)
        let waited = Self.milliseconds(from: line.since, to: MonotonicClock.now())
        let note = line.candidate.noteOfWithdrawal(waited: waited)
        envelopes[number] = Envelope(
            id: line.candidate.id, decision: CallDecision(.withdrawn, note))
    }

    func pass(_ number: UInt64) { leave(number, .tooLong) }

    private func rule(
        on message: Observation, _ line: UnsafeRawBufferPointer, _ number: UInt64, stamp: UInt64,
        now: UInt64
    ) -> LineRuling.Verdict {
        guard let preview = ruler.preview(message) else { return .forward }
        guard preview.isAnswerable else {
            leave(number, .malformed)
            return .forward
        }
        var candidate =
            held.removeValue(forKey: number)?.candidate
            ?? CallRuler.Candidate(id: UUIDv7().description, requestID: preview.requestID)
        let time = WallClock.now()
        let ruling = ruler.rule(
            on: preview, line: line, &candidate, now: Timestamp(microseconds: time),
            waited: Self.milliseconds(from: stamp, to: now))
        if !ruling.marks.isEmpty { _ = office.queue.tryPush(.marks(ruling.marks)) }
        var envelope = Envelope(id: candidate.id)
        defer { if envelope.id != nil { envelopes[number] = envelope } }
        switch ruling.verdict {
        case .forward:
            envelope.decision = ruling.note.map { CallDecision(.sent, $0) }
            return .forward
        case .replace(let bytes):
            envelope.decision = ruling.note.map { CallDecision(.sent, $0) }
            return .replace(bytes)
        case .answer(let bytes):
            envelope.decision = CallDecision(
                .blocked, ruling.note, answerBytes: UInt64(bytes.count))
            return .answer(bytes)
        case .hold(let until):
            envelope.id = nil
            held[number] = Held(candidate: candidate, since: stamp)
            let (wait, overflow) = until.microseconds.subtractingReportingOverflow(time)
            let microseconds = overflow ? 0 : UInt64(clamping: wait)
            return .hold(until: now &+ min(microseconds, Self.holdMicrosecondsMax) &* 1000)
        }
    }

    /// Notes that a line goes on without having been judged.
    private func leave(_ number: UInt64, _ reason: PolicyNote.Reason) {
        unjudged.add(1, ordering: .relaxed)
        let note = PolicyNote(action: .passed, reason: reason)
        envelopes[number] = Envelope(id: nil, decision: CallDecision(.sent, note))
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

/// What was on one line, as far as it matters here.
private struct Shelf: FrameSink {
    /// The message, unless the line is a batch.
    private(set) var message: Observation?
    /// The requests that are taken back.
    private(set) var cancelled: [RequestID] = []
    /// The line is a batch and one of its messages is a call.
    private(set) var hasCallInBatch = false
    private var spare: Observation?

    mutating func finished(_ observation: Observation) -> Observation {
        if let id = observation.cancelledRequest { cancelled.append(id) }
        guard !observation.isInBatch else {
            hasCallInBatch = hasCallInBatch || observation.method == "tools/call"
            observation.reset()
            return observation
        }
        message = observation
        defer { spare = nil }
        return spare ?? Observation()
    }

    mutating func clear() {
        message?.reset()
        spare = message ?? spare
        message = nil
        cancelled = []
        hasCallInBatch = false
    }
}
