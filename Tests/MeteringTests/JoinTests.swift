import Records
import Testing

@testable import Metering

/// The client's turns as its session log tells them, in the traces of the calls they made.
///
/// A message of Claude's costs 3,000 nano-dollars a token in and 15,000 out: what the log says of
/// it here is always 1,000 in and 100 out, 4,500,000 nano-dollars; an answer of Gemini's 225,000.
struct JoinTests {
    static let message: Int64 = 4_500_000
    static let answer: Int64 = 225_000
    static let estimate: Int64 = 3 * 15_000 + 6 * 3_000

    private func script() -> Script { Deep.script { $0.joinsLog = true } }

    private func meta(_ toolUse: String) -> String { #"{"claudecode/toolUseId":"\#(toolUse)"}"# }

    private func turn(_ id: String, made: [String] = [], read: [String] = []) -> LoggedTurn {
        var record = CallRecord(
            id: id, time: Script.start, durationMilliseconds: 0, session: "its own",
            direction: .client, method: "chat", requestID: .string("req_" + id), outcome: .ok,
            traceID: "its own", spanID: "span " + id, requestBytes: 0)
        record.model = "claude-sonnet-4-5"
        record.provider = "anthropic"
        record.client = "claude-code"
        record.usage = TokenUsage(source: .sessionLog, input: 1000, output: 100)
        record.cost = Cost(source: .priced, nanodollars: Self.message)
        return LoggedTurn(record: record, toolUses: made, readToolUses: read)
    }

    /// Sums as a reader makes them that knows each id once, the last of each.
    private func cost(_ script: Script) -> Int64 {
        var byID: [String: CallRecord] = [:]
        for record in script.calls + script.clientTurns { byID[record.id] = record }
        return byID.values.reduce(0) { $0 + ($1.cost?.nanodollars ?? 0) }
    }

    private func hold(_ script: Script) {
        let sum = script.traces.reduce(0) { $0 + ($1.cost.nanodollars ?? 0) }
        #expect(sum == cost(script))
        #expect(Set(script.clientTurns.map(\.id)).count == script.clientTurns.count)
        #expect(!script.meter.awaitsLog)
    }

    @Test func `what the log tells is exact and in the trace, which waits for it`() throws {
        var script = script()
        script.client(Deep.escalate(1, meta: meta("A")))
        script.server(Deep.answer(1, Deep.found(0.9)))
        #expect(script.call(1) != nil)
        #expect(script.clientTurns.isEmpty && script.traces.isEmpty)
        #expect(script.meter.awaitedToolUses() == ["A"])
        #expect(script.meter.awaitedToolUses() == nil)
        script.wait(3_000)
        script.meter.told(turn("m1", made: ["A"]), into: &script.records)
        #expect(script.clientTurns.count == 1 && script.traces.isEmpty)
        script.meter.told(turn("m2", read: ["A"]), into: &script.records)
        let call = try #require(script.call(1))
        #expect(script.clientTurns.map(\.id) == ["m1", "m2"])
        #expect(script.clientTurns.map(\.toolUseID) == ["A", nil])
        for turn in script.clientTurns {
            #expect(turn.usage?.source == .sessionLog)
            #expect(turn.traceID == call.traceID && turn.parentSpanID == call.spanID)
            #expect(turn.session == call.session && turn.server == call.server)
            #expect(turn.agentID == call.agentID && turn.eventType == "escalation")
        }
        let trace = try #require(script.traces.first)
        #expect(script.traces.count == 1 && trace.clientTurns == 2 && trace.turns == 1)
        #expect(trace.cost.nanodollars == 2 * Self.message + Self.answer)
        #expect(trace.end == .answered && trace.spanID == call.spanID && trace.quality == 0.9)
        #expect(trace.durationMilliseconds == call.durationMilliseconds)
        #expect(script.meter.awaitedToolUses() == [])
        hold(script)
    }

    /// What is told of a single call, in order; the limit passes after it.
    @Test(
        arguments: [
            ([], [Self.estimate]),
            (["made"], [Self.message]),
            (["made", "read"], [Self.message, Self.message]),
            (["read", "made"], [Self.message, Self.message]),
            // The answer is not counted twice.
            (["read"], [Self.message, 3 * 15_000]),
            (["both"], [Self.message]),
            (["made", "made", "read", "read"], [Self.message, Self.message]),
            (["other"], [Self.estimate]),
        ] as [([String], [Int64])], [false, true])
    func `what never comes is estimated`(_ one: ([String], [Int64]), atEnd: Bool) throws {
        let (told, costs) = one
        var script = script()
        script.client(Deep.escalate(1, meta: meta("A")))
        script.server(Deep.answer(1))
        for word in told {
            let turn =
                switch word {
                case "made": turn("m1", made: ["A"])
                case "read": turn("m2", read: ["A"])
                case "both": turn("m1", made: ["A"], read: ["A"])
                default: turn("m3", made: ["X"], read: ["Y"])
                }
            script.meter.told(turn, into: &script.records)
        }
        script.wait(59_000)
        script.tick()
        let isWhole = Set(told).isSuperset(of: ["made", "read"]) || told == ["both"]
        #expect(script.traces.count == (isWhole ? 1 : 0))
        if atEnd {
            script.end()
        } else {
            script.wait(2_000)
            script.tick()
        }
        #expect(script.clientTurns.compactMap(\.cost?.nanodollars) == costs)
        for turn in script.clientTurns {
            let isEstimate = turn.cost?.nanodollars != Self.message
            #expect(turn.usage?.source == (isEstimate ? .estimated : .sessionLog))
            if isEstimate { #expect(turn.id == CallRecord.clientTurnID(toolUseID: "A")) }
        }
        let trace = try #require(script.traces.first)
        #expect(script.traces.count == 1)
        #expect(trace.cost.nanodollars == costs.reduce(Self.answer, +))
        #expect(trace.end == .answered)
        hold(script)
    }

    @Test func `parallel calls of one message are one turn, in the trace of the first`() throws {
        var script = script()
        script.client(Deep.escalate(1, meta: meta("A")))
        script.wait(1)
        script.client(Deep.escalate(2, meta: meta("B")))
        script.server(Deep.answer(2))
        script.server(Deep.answer(1))
        script.meter.told(turn("m1", made: ["A", "B"]), into: &script.records)
        script.meter.told(turn("m2", read: ["B", "A"]), into: &script.records)
        #expect(script.clientTurns.map(\.toolUseID) == ["A", nil])
        let first = try #require(script.call(1))
        #expect(script.clientTurns.allSatisfy { $0.traceID == first.traceID })
        #expect(Set(script.traces.map(\.clientTurns)) == [0, 2])
        hold(script)
    }

    @Test func `of parallel calls one may end long after the message was told`() {
        var script = script()
        script.client(Deep.escalate(1, meta: meta("A")))
        script.client(Deep.escalate(2, meta: meta("B")))
        script.server(Deep.answer(2))
        script.meter.told(turn("m1", made: ["A", "B"]), into: &script.records)
        #expect(script.clientTurns.map(\.toolUseID) == ["B"])
        script.wait(5_000)
        script.server(Deep.answer(1))
        #expect(script.meter.awaitedToolUses() == ["B", "A"])
        // Both are told again, because A is new.
        script.meter.told(turn("m1", made: ["A", "B"]), into: &script.records)
        script.meter.told(turn("m2", read: ["A", "B"]), into: &script.records)
        #expect(script.clientTurns.map(\.id) == ["m1", "m2"])
        #expect(script.traces.count == 2)
        hold(script)
    }

    @Test func `a conversation has each message once, that reads and makes calls`() throws {
        var script = script()
        script.client(Deep.start(1, meta: meta("A")))
        script.server(Deep.answer(1, Deep.started("S")))
        script.meter.told(turn("m1", made: ["A"]), into: &script.records)
        script.client(Deep.go(2, "S", meta: meta("B")))
        script.meter.told(turn("m2", made: ["B"], read: ["A"]), into: &script.records)
        script.server(Deep.answer(2))
        script.meter.told(turn("m2", made: ["B"], read: ["A"]), into: &script.records)
        script.client(Deep.finalize(3, "S"))
        script.server(Deep.answer(3))
        #expect(script.traces.isEmpty)
        script.meter.told(turn("m3", read: ["B"]), into: &script.records)
        #expect(script.clientTurns.map(\.id).prefix(2) == ["m1", "m2"])
        let trace = try #require(script.traces.first)
        #expect(trace.end == .finalized && trace.turns == 3)
        #expect(script.clientTurns.allSatisfy { $0.parentSpanID == trace.spanID })
        #expect(script.clientTurns.filter { $0.usage?.source == .sessionLog }.count == 3)
        hold(script)
    }

    @Test(arguments: ["escalation", "no escalation", "still open"])
    func `who reads one answer and makes the next call is a turn of the call it made`(next: String)
        throws
    {
        var script = script()
        script.client(Deep.escalate(1, meta: meta("A")))
        script.server(Deep.answer(1))
        script.meter.told(turn("m1", made: ["A"]), into: &script.records)
        script.client(Deep.escalate(2, meta: meta("B")))
        script.meter.told(turn("m2", made: ["B"], read: ["A"]), into: &script.records)
        #expect(script.clientTurns.map(\.id) == ["m1"])
        switch next {
        case "escalation":
            script.server(Deep.answer(2))
            script.meter.told(turn("m3", read: ["B"]), into: &script.records)
            #expect(script.clientTurns.map(\.toolUseID) == ["A", "B", nil])
            #expect(script.clientTurns.map(\.id) == ["m1", "m2", "m3"])
            #expect(script.traces.map(\.clientTurns) == [1, 2])
        case "no escalation":
            script.server(Frame.result(2, #"{"task":{"taskId":"t"}}"#))
            script.end()
            #expect(script.clientTurns.map(\.id) == ["m1", "m2"])
        default:
            script.wait(61_000)
            script.tick()
            #expect(script.traces.map(\.clientTurns) == [1])
            script.server(Deep.answer(2))
            script.meter.told(turn("m2", made: ["B"], read: ["A"]), into: &script.records)
            script.end()
            #expect(script.clientTurns.map(\.id) == ["m1", "m2"])
            #expect(script.traces.map(\.clientTurns) == [1, 1])
        }
        if next != "no escalation" { hold(script) }
    }

    @Test func `cancelled and unanswered calls have the message that made them`() {
        var script = script()
        script.client(Deep.escalate(1, meta: meta("A")))
        script.client(Deep.escalate(2, meta: meta("B")))
        script.client(Frame.cancel(1))
        script.wait(61_000)
        script.tick()
        #expect(script.meter.awaitedToolUses() == ["A"])
        script.meter.told(turn("m1", made: ["A"]), into: &script.records)
        script.meter.ending(at: script.stamp, into: &script.records)
        #expect(script.meter.awaitedToolUses() == ["A", "B"])
        script.meter.told(turn("m2", made: ["B"]), into: &script.records)
        script.end()
        #expect(script.clientTurns.map(\.id) == ["m1", "m2"])
        #expect(script.traces.map(\.outcome) == [.cancelled, .lost])
        #expect(script.ended != nil)
        hold(script)
    }

    @Test func `without a log, a tool use or the wish, nothing waits`() {
        for (wishes, name, isThere) in [(false, "A", true), (true, "", true), (true, "A", false)] {
            var script = Deep.script { $0.joinsLog = wishes }
            if !isThere { script.meter.logIsOutOfReach(into: &script.records) }
            script.client(Deep.escalate(1, meta: name.isEmpty ? nil : meta(name)))
            script.server(Deep.answer(1))
            #expect(script.clientTurns.map(\.usage?.source) == [.estimated])
            #expect(script.traces.count == 1)
            hold(script)
        }
        var script = script()
        script.client(Deep.escalate(1, meta: meta("A")))
        script.server(Deep.answer(1))
        script.meter.logIsOutOfReach(into: &script.records)
        #expect(script.clientTurns.map(\.usage?.source) == [.estimated])
        #expect(script.traces.count == 1)
        hold(script)
    }

    @Test func `so many calls wait and no more`() {
        var script = script()
        for id in 1...(AwaitedTurns.countMax + 10) {
            script.client(Deep.escalate(id, meta: meta("T\(id)")))
            script.server(Deep.answer(id))
        }
        #expect(script.clientTurns.count == 10 && script.traces.count == 10)
        #expect(script.meter.awaitedToolUses()?.count == AwaitedTurns.countMax)
        script.end()
        #expect(script.traces.count == AwaitedTurns.countMax + 10)
        hold(script)
    }

    @Test func `the trace of a killed relay's call that waited is what is in the ledger`() throws {
        var script = script()
        script.client(Deep.escalate(1, meta: meta("A")))
        script.wait(15)
        script.server(Deep.answer(1, Deep.found(0.9)))
        script.meter.told(turn("m1", made: ["A"]), into: &script.records)
        var lost = LostTraces()
        for record in script.records { lost.see(record) }
        // An import records the message again.
        lost.see(.usage(try #require(script.clientTurns.first)))
        script.end()
        var expected = try #require(script.traces.first)
        expected.qualitySource = nil
        expected.end = .died
        #expect(lost.records == [expected])
        lost.see(.trace(expected))
        #expect(lost.records.isEmpty)
    }
}
