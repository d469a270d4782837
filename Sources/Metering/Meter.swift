package import Records
package import Wire

/// Turns the messages of one session into records: one `call` for each request, in either
/// direction, when its end is known; one `usage` for each turn of the client's model; one `trace`
/// for each escalation that is over.
///
/// Owned by one thread, which gives it every observation in the order of its direction and every
/// now and then the time. No input, time or clock of its own: the same messages give the same
/// records. Nothing a peer sends makes it trap or grow beyond its limits.
///
/// - A request is `begin` and, at its end, `call`. Given an `id`, its `begin` was written already
///   (`BeginFactory`); without one the meter makes both.
/// - A cancelled request has its record when its late answer came, for that may carry usage, or a
///   minute after, or when the session ends.
/// - Records come in the order of what happened: a call's own, the client's turn that led to it, the
///   trace it ended. Where the client's log is to tell its turns exactly, these and the trace come
///   when it has, or a minute after the call.
/// - An answer that only says "later" (a task, `input_required`) ends its request without usage;
///   the request that brings the answer itself carries the usage and says `retryOf`.
package struct Meter: Sendable {
    let configuration: MeterConfiguration
    var identifiers: IdentifierSource
    var resolver: ModelResolver
    /// What went by so far; the caller adds what it dropped and what was no message.
    package var counts = SessionCounts()
    var open: OpenCalls
    private var closed = RecentSet<CallKey>(limit: 1024)
    var tasks = RecentMap<TaskKey, Origin>(limit: 1024)
    var retries = RecentMap<String, Origin>(limit: 1024)
    var escalations = Escalations()
    /// The tool uses whose model call has a record: a tool that is called twice for one of them was
    /// written by one turn.
    var toolUses = RecentSet<String>(limit: 1024)
    /// The turns of theirs that the session log has still to tell.
    var awaited = AwaitedTurns()
    var priced = PricedModels()
    var clientName: String?
    let environmentTrace: TraceContext?

    /// How long a cancelled request waits for a late answer.
    package static let lateNanosecondsMax: UInt64 = 60 * 1_000_000_000

    package init(_ configuration: MeterConfiguration) {
        self.configuration = configuration
        identifiers = configuration.identifiers
        resolver = ModelResolver(configuration)
        open = OpenCalls(limit: configuration.openCallsMax)
        environmentTrace = configuration.traceparent.flatMap(TraceContext.init(traceparent:))
    }

    /// The first record of a session.
    package func started(at stamp: UInt64) -> Record {
        .session(
            SessionRecord(
                event: .started, id: configuration.session,
                time: configuration.clock.time(at: stamp), pid: configuration.pid,
                server: resolver.name))
    }

    /// Takes in a message.
    ///
    /// - Parameters:
    ///   - sender: the direction it went: `.clientToServer` for what the client wrote.
    ///   - id: the id its `begin` was written with; nil if none was.
    ///   - decision: what was decided of a request before it was sent; nil: nothing.
    ///   - records: what is to be written now is added to it.
    package mutating func observed(
        _ message: Observation, sender: CallRecord.Direction, id: String? = nil,
        decision: CallDecision? = nil, into records: inout [Record]
    ) {
        counts.frames &+= 1
        switch message.kind {
        case .request:
            counts.requests &+= 1
            request(message, sender, id, decision, &records)
        case .notification:
            counts.notifications &+= 1
            notification(message, sender)
        case .result, .error:
            answer(message, sender, &records)
        case .other:
            counts.malformed &+= 1
        }
    }

    /// Gives up on late answers, silent logs and idle conversations. Call it every few seconds.
    package mutating func tick(at stamp: UInt64, into records: inout [Record]) {
        if stamp > Self.lateNanosecondsMax {
            for call in open.closeCancelled(before: stamp - Self.lateNanosecondsMax) {
                closed.insert(call.key)
                finish(call, .cancelled, &records)
            }
        }
        for number in escalations.idle(at: stamp) { retire(number, .idle, &records) }
        if stamp > Self.logNanosecondsMax {
            let limit = stamp - Self.logNanosecondsMax
            giveUp(where: { $0.ended < limit }, &records)
        }
    }

    /// Ends what is under way because the session does: every open call has its record. What
    /// `awaitsLog` then may still be told, before `ended`.
    package mutating func ending(at stamp: UInt64, into records: inout [Record]) {
        for call in open.closeAll() {
            if call.cancelStamp != nil {
                finish(call, .cancelled, &records)
            } else if call.method == "subscriptions/listen" {
                // MCP 2026-07-28: it lasts until the server ends it or the connection goes.
                finish(call, .over(call.endStamp ?? stamp), &records)
            } else {
                finish(call, .lost(stamp), &records)
            }
        }
        for number in escalations.numbers { retire(number, .exit, &records) }
    }

    /// Ends the session: every open call has its record, every open escalation its trace, then the
    /// session has its second.
    ///
    /// - Parameters:
    ///   - stamp: when the server's output ended.
    ///   - start: the stamp `started` was given.
    ///   - exitStatus: how the server ended: its status, or 128 + the signal that killed it.
    package mutating func ended(
        at stamp: UInt64, started start: UInt64, exitStatus: Int?, into records: inout [Record]
    ) {
        ending(at: stamp, into: &records)
        giveUp(where: { _ in true }, &records)
        records.append(
            .session(
                SessionRecord(
                    event: .ended, id: configuration.session,
                    time: configuration.clock.time(at: stamp), pid: configuration.pid,
                    server: resolver.name, client: clientName, exitStatus: exitStatus,
                    durationMilliseconds: SessionClock.milliseconds(from: start, to: stamp),
                    counts: counts.nonZero)))
    }

    // MARK: Messages

    private mutating func request(
        _ message: Observation, _ sender: CallRecord.Direction, _ id: String?,
        _ decision: CallDecision?, _ records: inout [Record]
    ) {
        guard let requestID = message.id, let method = message.method else { return }
        if sender == .clientToServer, let name = message.clientName(in: method) {
            clientName = name
        }
        let callID: String
        if let id {
            callID = id
        } else {
            let time = configuration.clock.time(at: message.lastStamp)
            callID = identifiers.callID(at: time)
            let factory = BeginFactory(
                session: configuration.session, server: resolver.name, clock: configuration.clock)
            if let begin = factory.begin(message, sender: sender, id: callID) {
                records.append(.begin(begin))
            }
        }
        let key = CallKey(direction: sender, id: requestID)
        if let decision, let outcome = decision.unsentOutcome {
            closed.insert(key)
            let call = openCall(message, key, callID, method, decision, &records)
            return finish(call, .unsent(outcome), &records)
        }
        let call = openCall(message, key, callID, method, decision, &records)
        if let evicted = open.open(call) {
            counts.evicted &+= 1
            closed.insert(evicted.key)
            let end = evicted.cancelStamp == nil ? CallEnd.lost(message.lastStamp) : .cancelled
            finish(evicted, end, &records)
        }
    }

    private mutating func answer(
        _ message: Observation, _ sender: CallRecord.Direction, _ records: inout [Record]
    ) {
        guard let id = message.id else {
            counts.unknown &+= 1
            return
        }
        let key = CallKey(direction: sender.opposite, id: id)
        guard let call = open.close(key) else {
            if closed.contains(key) { counts.duplicate &+= 1 } else { counts.unknown &+= 1 }
            return
        }
        closed.insert(key)
        if sender == .serverToClient, let name = message.serverName(answering: call.method) {
            resolver.handshakeName = name
            configuration.findings?.learn(name: name)
        }
        if call.method == "tools/list" {
            for (tool, model) in ToolSchemas.defaultModels(in: message) {
                resolver.learn(tool: tool, defaultModel: model)
                configuration.findings?.learn(tool: tool, defaultModel: model)
            }
        }
        if call.cancelStamp != nil { counts.late &+= 1 }
        finish(call, .answered(message), &records)
    }

    private mutating func notification(_ message: Observation, _ sender: CallRecord.Direction) {
        switch message.method {
        case "notifications/cancelled": cancelled(message, sender)
        case "notifications/progress": counts.progress &+= 1
        case "codex/event" where sender == .serverToClient: codexEvent(message)
        default: break
        }
    }

    private mutating func cancelled(_ message: Observation, _ sender: CallRecord.Direction) {
        guard
            let id = RequestID(message.sketch, message.sketch.find(.params, .requestId))
        else {
            counts.unknown &+= 1
            return
        }
        // A request is taken back by who sent it; only a subscription is ended by the other side
        // (MCP 2026-07-28), and `initialize` by nobody.
        let own = CallKey(direction: sender, id: id)
        let peers = CallKey(direction: sender.opposite, id: id)
        if let method = open.method(of: own) {
            guard method != "initialize" else { return }
            if !open.cancel(own, at: message.lastStamp) { counts.duplicate &+= 1 }
        } else if open.method(of: peers) == "subscriptions/listen" {
            _ = open.update(peers) { $0.endStamp = $0.endStamp ?? message.lastStamp }
        } else {
            counts.unknown &+= 1
        }
    }

    /// OpenAI Codex (`codex mcp-server`) tells each model call's usage beside the answer.
    private mutating func codexEvent(_ message: Observation) {
        guard let event = UsageReader.read(codexEvent: message) else { return }
        let key = CallKey(direction: .clientToServer, id: event.requestID)
        if !open.update(key, { $0.add(event) }) { counts.unknown &+= 1 }
    }
}
