import Records
import Testing

@testable import Delivery

struct SpanTests {
    @Test func `tokens stand on the model span alone`() {
        var call = CallRecord(
            id: "1", time: Timestamp(microseconds: 1_000_000), durationMilliseconds: 1.5,
            session: "s", direction: .clientToServer, method: "tools/call", requestID: .number("1"),
            outcome: .ok, traceID: String(repeating: "a", count: 32),
            spanID: String(repeating: "b", count: 16), requestBytes: 1)
        #expect(Span.spans(of: .call(call)).map(\.spanID) == [call.spanID])
        call.model = "gemini-2.5-pro"
        let spans = Span.spans(of: .call(call))
        #expect(spans.count == 2)
        #expect(spans.last?.content == .model(call))
        #expect(spans.last?.parentSpanID == call.spanID)
        #expect(spans.last?.spanID.count == 16)
        #expect(spans.last?.end == Timestamp(microseconds: 1_001_500))
        call.partOf = "0"
        #expect(Span.spans(of: .call(call)).map(\.content) == [.model(call)])
    }
}
