package import Records

/// The traces a relay could not write because it was killed: conversations that its calls were part
/// of and that no `trace` record ends. Pure; made of what the ledger holds of relays that are gone.
package struct LostTraces: Sendable {
    private struct Conversation: Sendable {
        var calls: [CallRecord] = []
        var clientTurns: [CallRecord] = []
        /// Records of further models, by the call they are part of.
        var parts: [String: [CallRecord]] = [:]
    }

    /// By trace id.
    private var conversations: [String: Conversation] = [:]
    /// Ids of the `trace` records there are.
    private var written: Set<String> = []

    package init() {}

    /// Takes up a record; in any order.
    package mutating func see(_ record: Record) {
        switch record {
        case .call(let call) where call.partOf != nil:
            guard let whole = call.partOf, call.conversation != nil else { return }
            conversations[call.traceID, default: Conversation()].parts[whole, default: []]
                .append(call)
        case .call(let call) where call.direction == .clientToServer:
            guard call.conversation != nil, call.parentSpanID != nil else { return }
            conversations[call.traceID, default: Conversation()].calls.append(call)
        case .call(let call), .usage(let call):
            guard call.conversation != nil, call.usesModel else { return }
            conversations[call.traceID, default: Conversation()].clientTurns.append(call)
        case .trace(let trace): written.insert(trace.id)
        case .session, .begin: break
        }
    }

    /// The records that are missing, in the order they began. Their ids depend on the traces alone,
    /// so that it does no harm if two processes write one.
    package var records: [TraceRecord] {
        conversations.values.compactMap(trace).filter { !written.contains($0.id) }
            .sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    }

    private func trace(of conversation: Conversation) -> TraceRecord? {
        let calls = conversation.calls.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
        // Every turn hangs under the root; one may hang under what its caller said.
        guard let first = calls.first, let root = Self.commonest(calls.compactMap(\.parentSpanID)),
            calls.contains(where: \.usesModel)
        else { return nil }
        var tally = Tally()
        var end = first.time.microseconds
        for call in calls {
            tally.add(turn: call, parts: conversation.parts[call.id] ?? [], qualitySource: nil)
            end = max(end, call.end)
        }
        for turn in conversation.clientTurns { tally.add(clientTurn: turn) }
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
    /// When it ended, in microseconds since 1970.
    fileprivate var end: Int64 {
        let length = durationMilliseconds.isFinite ? max(0, min(durationMilliseconds, 1e14)) : 0
        let (end, overflow) = time.microseconds.addingReportingOverflow(Int64(length * 1_000))
        return overflow ? .max : end
    }
}
