package import Records

/// The traces a relay could not write because it was killed: conversations that its calls were part
/// of, and single calls that waited for what the client's log says, that no `trace` record ends.
/// Pure; made of what the ledger holds of relays that are gone.
package struct LostTraces: Sendable {
    private struct Escalation: Sendable {
        var calls: [CallRecord] = []
        /// By id: of a turn that was recorded again, the last counts.
        var clientTurns: [String: CallRecord] = [:]
        /// Records of further models, by the call they are part of.
        var parts: [String: [CallRecord]] = [:]
    }

    /// A conversation is told by its trace; a single call by its span too, for a caller can give
    /// many the same trace.
    private struct Key: Hashable {
        var trace: String
        var root: String?
    }

    private var escalations: [Key: Escalation] = [:]
    /// Ids of the `trace` records there are.
    private var written: Set<String> = []

    package init() {}

    /// Takes up a record; those of one id in their order, otherwise in any.
    package mutating func see(_ record: Record) {
        switch record {
        case .call(let call) where call.partOf != nil:
            guard let whole = call.partOf, let key = Self.key(call, root: call.parentSpanID),
                hasRoom(for: key)
            else { return }
            escalations[key, default: Escalation()].parts[whole, default: []].append(call)
        case .call(let call) where call.direction == .clientToServer:
            let isTurn = call.conversation == nil ? call.isSingle : call.parentSpanID != nil
            guard isTurn, let key = Self.key(call, root: call.spanID), hasRoom(for: key) else {
                return
            }
            escalations[key, default: Escalation()].calls.append(call)
        case .call(let call), .usage(let call):
            guard call.usesModel, let key = Self.key(call, root: call.parentSpanID),
                hasRoom(for: key)
            else { return }
            escalations[key, default: Escalation()].clientTurns[call.id] = call
        case .trace(let trace):
            written.insert(trace.id)
            // What is over needs no room; nothing but corrections comes after it.
            let root = trace.conversation == nil ? trace.spanID : nil
            escalations[Key(trace: trace.traceID, root: root)] = nil
        case .session, .begin, .mark: break
        }
    }

    /// A relay has at most so many conversations open, and calls that wait for their turns: what
    /// has more was written by something else.
    private static let escalationsMax = 20_000

    private func hasRoom(for key: Key) -> Bool {
        escalations.count < Self.escalationsMax || escalations[key] != nil
    }

    /// Nil for what hangs under nothing: an imported call.
    private static func key(_ record: CallRecord, root: String?) -> Key? {
        if record.conversation != nil { return Key(trace: record.traceID, root: nil) }
        return root.map { Key(trace: record.traceID, root: $0) }
    }

    /// The records that are missing, in the order they began. Their ids depend on the traces alone,
    /// so that it does no harm if two processes write one.
    package var records: [TraceRecord] {
        escalations.values.compactMap(trace).filter { !written.contains($0.id) }
            .sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    }

    private func trace(of escalation: Escalation) -> TraceRecord? {
        let calls = escalation.calls.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
        // Every turn hangs under the root; one may hang under what its caller said.
        guard let first = calls.first, calls.contains(where: \.usesModel) else { return nil }
        let isSingle = first.conversation == nil
        guard let root = isSingle ? first.spanID : Self.commonest(calls.compactMap(\.parentSpanID))
        else { return nil }
        var tally = Tally()
        var end = first.time.microseconds
        for call in calls {
            tally.add(turn: call, parts: escalation.parts[call.id] ?? [], qualitySource: nil)
            end = max(end, call.end)
        }
        for turn in escalation.clientTurns.values { tally.add(clientTurn: turn) }
        let (length, overflow) = end.subtractingReportingOverflow(first.time.microseconds)
        var record = TraceRecord(
            id: TraceRecord.id(traceID: first.traceID, spanID: root), time: first.time,
            durationMilliseconds: overflow ? 0 : Double(length) / 1_000, session: first.session,
            cost: tally.cost, outcome: tally.outcome, traceID: first.traceID, spanID: root,
            end: .died, turns: tally.turns, clientTurns: tally.clientTurns,
            unpricedTurns: tally.unpricedTurns, modelCalls: tally.modelCalls)
        record.tool = first.tool
        record.server = first.server
        record.client = first.client
        record.agentID = first.agentID
        record.surface = first.surface
        record.errorType = tally.errorType
        record.eventType = first.eventType
        record.escalationReason = calls.compactMap(\.escalationReason).first
        record.conversation = first.conversation
        if isSingle { record.parentSpanID = first.parentSpanID }
        record.quality = tally.quality
        record.qualityPerDollar = tally.qualityPerDollar
        return record
    }

    private static func commonest(_ spans: [String]) -> String? {
        let counts = Dictionary(spans.map { ($0, 1) }, uniquingKeysWith: +)
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }
}

extension CallRecord {
    /// Whether it is a whole escalation whose trace had to wait for the client's log.
    fileprivate var isSingle: Bool { usesModel && method == "tools/call" && toolUseID != nil }

    /// When it ended, in microseconds since 1970.
    fileprivate var end: Int64 {
        let length = durationMilliseconds.isFinite ? max(0, min(durationMilliseconds, 1e14)) : 0
        let (end, overflow) = time.microseconds.addingReportingOverflow(Int64(length * 1_000))
        return overflow ? .max : end
    }
}
