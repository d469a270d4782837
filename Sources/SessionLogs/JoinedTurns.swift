import Records

/// The client's turns that are in the ledger as part of an escalation's trace: exact under the
/// message's id, or under the id of the tool use where the relay could not read the log and had to
/// estimate. What a log tells of them later is recorded under the same id, in the same trace: the
/// last record of an id counts.
struct JoinedTurns: Equatable, Sendable {
    private var turns: [String: CallRecord] = [:]
    /// Those whose last record may be one that an import made, which knows of no escalation.
    private var hidden: Set<String> = []

    /// Of more, those of the oldest calls are forgotten.
    private static let countMax = 1 << 14

    /// Whether some are under the id of a tool use, so that messages must be asked for theirs.
    private(set) var hasToolUses = false

    /// The same order every time.
    var records: [CallRecord] {
        turns.values.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    }

    /// Takes up what is recorded last of a turn.
    ///
    /// - Parameter isHidden: an import recorded it too, in a place that readers may come to later.
    mutating func insert(_ record: CallRecord, isHidden: Bool = false) {
        if isHidden, turns[record.id] != record {
            hidden.insert(record.id)
        } else {
            hidden.remove(record.id)
        }
        turns[record.id] = record
        if record.toolUseID.map(CallRecord.clientTurnID) == record.id { hasToolUses = true }
        guard turns.count > Self.countMax else { return }
        for old in records.prefix(Self.countMax / 2) { turns[old.id] = nil }
    }

    /// An import recorded a turn after a relay had.
    mutating func hide(_ id: String) {
        if turns[id] != nil { hidden.insert(id) }
    }

    /// What is to be recorded again, so that the last record of a turn says what it led to.
    mutating func takeHidden() -> [CallRecord] {
        defer { hidden = [] }
        return records.filter { hidden.contains($0.id) }
    }

    /// What a relay said of the turn that a message is.
    ///
    /// - Parameter id: the message's own.
    func turn(of message: LoggedMessage, id: String) -> CallRecord? {
        guard message.client == .claudeCode, !turns.isEmpty else { return nil }
        if let turn = turns[id] { return turn }
        for toolUse in message.toolUseIDs {
            if let turn = turns[CallRecord.clientTurnID(toolUseID: toolUse)] { return turn }
        }
        return nil
    }
}

extension CallRecord {
    /// Whether a relay says of a turn which escalation it belongs to, in a way that lets the log's
    /// message be found. What an import writes hangs under nothing.
    var isJoined: Bool {
        direction == .client && parentSpanID != nil
            && (toolUseID != nil || usage?.source == .sessionLog)
    }

    /// What is left of an estimate when the same turn has a record under its own id: nothing that
    /// could be counted twice.
    mutating func yield(to other: CallRecord) {
        partOf = other.id
        usage = TokenUsage(source: .sessionLog, input: 0, output: 0)
        cost = Cost(source: .priced, nanodollars: 0)
        provider = other.provider
        model = other.model
        modelSource = other.modelSource
        modelCalls = nil
    }

    /// Takes the place of what a relay recorded of the same turn: its id, its trace, and what the
    /// log does not know.
    ///
    /// - Parameter keepingID: it has a record under its own id already.
    mutating func join(_ turn: CallRecord, keepingID: Bool) {
        if !keepingID {
            id = turn.id
            spanID = turn.spanID
        }
        session = turn.session
        traceID = turn.traceID
        parentSpanID = turn.parentSpanID
        toolUseID = turn.toolUseID
        server = turn.server
        client = turn.client ?? client
        agentID = turn.agentID
        surface = turn.surface
        eventType = turn.eventType
        conversation = turn.conversation
    }
}
