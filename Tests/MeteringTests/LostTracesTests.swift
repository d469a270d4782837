import Records
import Testing

@testable import Metering

/// What can be told of a conversation whose relay was killed.
struct LostTracesTests {
    /// Two conversations, one of them with a failed turn, and what the meter itself says of them.
    private func session() -> Script {
        var script = Deep.script()
        script.client(Deep.start(1))
        script.wait(15)
        script.server(Deep.answer(1, Deep.started("A")))
        script.wait(40)
        script.client(Deep.start(2))
        script.wait(15)
        script.server(Deep.answer(2, Deep.started("B")))
        script.wait(40)
        script.client(Deep.go(3, "A"))
        script.wait(15)
        script.server(Deep.answer(3, model: "unheard-of"))
        script.wait(40)
        script.client(Deep.escalate(4))
        script.wait(15)
        script.server(Deep.answer(4))
        script.wait(40)
        script.client(Deep.go(5, "B"))
        script.wait(15)
        script.server(Deep.failure(5))
        script.wait(40)
        script.end()
        return script
    }

    @Test(arguments: [false, true])
    func `it is what the relay would have said, but for how it ended`(isReversed: Bool) {
        let records = session().records
        var lost = LostTraces()
        for record in isReversed ? records.reversed() : records {
            if case .trace(let trace) = record, trace.conversation != nil { continue }
            lost.see(record)
        }
        let expected = records.compactMap { record -> TraceRecord? in
            guard case .trace(var trace) = record, trace.conversation != nil else { return nil }
            trace.end = .died
            return trace
        }
        #expect(expected.count == 2)
        #expect(lost.records == expected.sorted { $0.time < $1.time })
    }

    @Test func `what has a trace needs no other`() {
        var lost = LostTraces()
        for record in session().records { lost.see(record) }
        #expect(lost.records.isEmpty)
    }

    @Test func `calls without a conversation or a model make none`() {
        var lost = LostTraces()
        var call = CallRecord(
            id: "1", time: Timestamp(microseconds: .max), durationMilliseconds: .infinity,
            session: "s", direction: .clientToServer, method: "tools/call", requestID: .number("1"),
            outcome: .ok, traceID: "t", spanID: "s", requestBytes: 1)
        lost.see(.call(call))
        call.parentSpanID = "root"
        call.conversation = "A"
        lost.see(.call(call))
        #expect(lost.records.isEmpty)
        // Absurd times do no harm.
        call.model = "m"
        call.durationMilliseconds = 1e300
        lost.see(.call(call))
        #expect(lost.records.map(\.spanID) == ["root"])
    }
}
