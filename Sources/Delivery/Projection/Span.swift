package import Records

/// One span of a trace, before it is said in a sink's words.
///
/// - A request on the wire is a span; the model call it led to is a span below it, which carries
///   the model, the tokens and the cost. So they never stand on both a parent and its child.
/// - A conversation has a root span of its own, made of its `trace` record. A single call's root is
///   the request itself.
/// - A call that a policy blocked came to no model: it has its request's span alone. Of one that was
///   held back, the model's span begins when the request was sent on.
/// - A client's turn (`usage`) and a further model of the same request (`part_of`) are model spans.
package struct Span: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case conversation(TraceRecord)
        case request(CallRecord)
        case model(CallRecord)
    }

    package var content: Content
    package var traceID: String
    package var spanID: String
    package var parentSpanID: String?
    package var start: Timestamp
    package var end: Timestamp

    /// The spans a record stands for; none for those that are no part of a trace.
    package static func spans(of record: Record) -> [Span] {
        switch record {
        case .call(let call) where call.partOf == nil:
            let request = Span(
                .request(call), call.traceID, call.spanID, call.parentSpanID, call.time,
                call.durationMilliseconds)
            guard call.outcome != .blocked,
                call.model != nil || call.usage != nil || call.provider != nil
            else { return [request] }
            let held = call.heldMilliseconds
            let model = Span(
                .model(call), call.traceID, modelSpanID(of: call.spanID), call.spanID,
                call.time.adding(milliseconds: held), call.durationMilliseconds - held)
            return [request, model]
        case .call(let call), .usage(let call):
            return [
                Span(
                    .model(call), call.traceID, call.spanID, call.parentSpanID, call.time,
                    call.durationMilliseconds)
            ]
        case .trace(let trace) where trace.conversation != nil:
            return [
                Span(
                    .conversation(trace), trace.traceID, trace.spanID, trace.parentSpanID,
                    trace.time, trace.durationMilliseconds)
            ]
        case .trace, .session, .begin, .mark:
            return []
        }
    }

    private init(
        _ content: Content, _ traceID: String, _ spanID: String, _ parentSpanID: String?,
        _ start: Timestamp, _ milliseconds: Double
    ) {
        self.content = content
        self.traceID = traceID
        self.spanID = spanID
        self.parentSpanID = parentSpanID
        self.start = start
        end = start.adding(milliseconds: milliseconds)
    }

    /// The model call below a request: the same id whenever it is asked for.
    static func modelSpanID(of spanID: String) -> String {
        // All zero is no id (W3C Trace Context §3.2.2.4).
        Hex.string(max(1, FNV1a.hash("\(spanID)/model")))
    }
}

extension CallRecord {
    /// How much of its duration a policy held it back, in milliseconds.
    var heldMilliseconds: Double {
        guard let held = policy?.waitedMilliseconds, held.isFinite else { return 0 }
        return max(0, min(held, durationMilliseconds))
    }
}

extension Timestamp {
    /// Later by so much; never earlier.
    fileprivate func adding(milliseconds: Double) -> Timestamp {
        let length = milliseconds.isFinite ? max(0, min(milliseconds * 1000, 1e17)) : 0
        let (end, overflow) = microseconds.addingReportingOverflow(Int64(length.rounded()))
        return Timestamp(microseconds: overflow ? .max : end)
    }
}
