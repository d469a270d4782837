package import Records

/// A message of the client's model, as the client's session log has it once it is whole.
package struct LoggedTurn: Equatable, Sendable {
    /// What an import of the log would write: the same id, so that whoever comes second finds it.
    package var record: CallRecord
    /// The tool uses it wrote: what `_meta["claudecode/toolUseId"]` of a request names.
    package var toolUses: [String]
    /// The tool uses whose results it is the first message to read.
    package var readToolUses: [String]

    package init(record: CallRecord, toolUses: [String], readToolUses: [String]) {
        self.record = record
        self.toolUses = toolUses
        self.readToolUses = readToolUses
    }
}

/// A call whose client turns the session log has still to tell.
struct AwaitedTurn: Sendable {
    let toolUse: String
    /// In `Meter.escalations`, where it keeps the trace from being written.
    let escalation: UInt64
    /// When the call was seen, and when it ended, in monotonic nanoseconds.
    let began: UInt64
    let ended: UInt64
    /// What the turns have in common with the call.
    let call: CallRecord
    /// The span they hang under.
    let parentSpanID: String
    /// What is recorded if the log never tells.
    let estimate: CallRecord?
    /// The message that made the call, and the one that read its answer, have their records.
    var isMade = false
    var isRead = false
    /// The message that read the answer, while it may turn out to have made the next escalation.
    var reader: LoggedTurn?
}

/// The calls whose client turns the log has still to tell, in the order they ended.
struct AwaitedTurns: Sendable {
    /// Of more, the oldest is given up.
    static let countMax = 256

    var all: [AwaitedTurn] = [] {
        didSet { isChanged = isChanged || oldValue.count != all.count }
    }
    /// Ids of the messages that have a record here.
    var joined = RecentSet<String>(limit: 1024)
    /// Whether what is awaited is not what it was when last asked for.
    var isChanged = false
    /// There is no log: nothing is awaited any more.
    var isOutOfReach = false

    func holds(_ escalation: UInt64) -> Bool { all.contains { $0.escalation == escalation } }
}

extension Meter {
    /// How long a call's client turns are waited for, from the call's end.
    package static let logNanosecondsMax: UInt64 = 60 * 1_000_000_000

    /// Whether anything waits for the session log.
    package var awaitsLog: Bool { !awaited.all.isEmpty }

    /// The tool uses to look for in the session log; nil when they are what they were.
    package mutating func awaitedToolUses() -> [String]? {
        guard awaited.isChanged else { return nil }
        awaited.isChanged = false
        return awaited.all.map(\.toolUse)
    }

    /// Takes in a message of the log's. Telling it again does no harm.
    ///
    /// It gets its record in the trace of the first escalation it made a call of; if it made none,
    /// of the first whose answer it read. One message, one record, however many calls it made.
    package mutating func told(_ turn: LoggedTurn, into records: inout [Record]) {
        let made = places { !$0.isMade && turn.toolUses.contains($0.toolUse) }
        let read = places { !$0.isRead && turn.readToolUses.contains($0.toolUse) }
        guard let first = made.first ?? read.first else { return }
        if !awaited.joined.contains(turn.record.id) {
            if made.isEmpty, mayHaveMadeAnother(turn, than: awaited.all[first]) {
                for place in read { awaited.all[place].reader = turn }
                return
            }
            record(turn, for: awaited.all[first], isMaker: !made.isEmpty, &records)
        }
        for place in made { awaited.all[place].isMade = true }
        for place in read { awaited.all[place].isRead = true }
        release(where: { $0.isMade && $0.isRead }, &records)
    }

    /// The client keeps no log that could be read.
    package mutating func logIsOutOfReach(into records: inout [Record]) {
        awaited.isOutOfReach = true
        giveUp(where: { _ in true }, &records)
    }

    /// Whether the turns of a call that was one of an escalation are asked of the log.
    func isAwaited(_ call: OpenCall) -> Bool {
        guard configuration.joinsLog, !awaited.isOutOfReach, let id = call.toolUseID,
            call.key.direction == .clientToServer
        else { return false }
        return !toolUses.contains(id)
    }

    /// Waits for the turns of a call.
    mutating func hold(_ turn: AwaitedTurn, _ records: inout [Record]) {
        if !toolUses.contains(turn.toolUse) { toolUses.insert(turn.toolUse) }
        awaited.all.append(turn)
        if awaited.all.count > AwaitedTurns.countMax, let oldest = awaited.all.first?.toolUse {
            giveUp(where: { $0.toolUse == oldest }, &records)
        }
    }

    /// A call has ended: the message that made it is a turn of its escalation, or else of the one
    /// whose answer it read.
    mutating func placeReader(of toolUse: String?, _ records: inout [Record]) {
        guard let toolUse,
            let place = awaited.all.firstIndex(where: {
                !$0.isRead && $0.reader?.toolUses.contains(toolUse) == true
            }), let turn = awaited.all[place].reader
        else { return }
        for place in awaited.all.indices where awaited.all[place].reader == turn {
            awaited.all[place].reader = nil
        }
        told(turn, into: &records)
    }

    /// Records the estimates of what the log has not told in time, or of all that matches.
    mutating func giveUp(
        where matches: (AwaitedTurn) -> Bool, _ records: inout [Record]
    ) {
        for turn in awaited.all where matches(turn) && !turn.isMade {
            guard var estimate = turn.estimate else { continue }
            if turn.isRead {
                // Who read the answer is known, and has counted it.
                estimate.usage?.input = nil
                let entry = priced.entry(
                    provider: estimate.provider, model: estimate.model, in: configuration.prices)
                estimate.cost =
                    estimate.usage.flatMap { entry?.cost(of: $0, at: estimate.time) }
                    ?? Cost(source: .unpriced)
            }
            escalations.update(turn.escalation) { $0.tally.add(clientTurn: estimate) }
            records.append(.usage(estimate))
        }
        release(where: matches, &records)
    }

    private mutating func release(
        where isOver: (AwaitedTurn) -> Bool, _ records: inout [Record]
    ) {
        let over = awaited.all.filter(isOver)
        guard !over.isEmpty else { return }
        awaited.all.removeAll(where: isOver)
        for turn in over { write(turn.escalation, &records) }
    }

    /// In the order the calls began.
    private func places(where matches: (AwaitedTurn) -> Bool) -> [Int] {
        awaited.all.indices.filter { matches(awaited.all[$0]) }
            .sorted { (awaited.all[$0].began, $0) < (awaited.all[$1].began, $1) }
    }

    /// Whether a message wrote a call that is under way and may be an escalation of its own.
    private mutating func mayHaveMadeAnother(_ turn: LoggedTurn, than known: AwaitedTurn) -> Bool {
        guard let call = open.tool(using: turn.toolUses), call.escalation != known.escalation else {
            return false
        }
        return resolver.resolve().profile?.tool(call.tool).callsModel != false
    }

    private mutating func record(
        _ turn: LoggedTurn, for awaited: AwaitedTurn, isMaker: Bool, _ records: inout [Record]
    ) {
        var record = turn.record
        record.session = configuration.session
        record.traceID = awaited.call.traceID
        record.parentSpanID = awaited.parentSpanID
        record.server = awaited.call.server
        record.client = awaited.call.client ?? record.client
        record.agentID = awaited.call.agentID
        record.surface = awaited.call.surface
        record.eventType = awaited.call.eventType
        record.conversation = awaited.call.conversation
        record.toolUseID = isMaker ? awaited.toolUse : nil
        self.awaited.joined.insert(record.id)
        escalations.update(awaited.escalation) { $0.tally.add(clientTurn: record) }
        records.append(.usage(record))
    }
}
