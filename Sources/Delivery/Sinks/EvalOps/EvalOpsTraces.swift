package import Records

/// Escalations, to `traces.v1.SpanIngestService`: their spans, and then how good they were.
///
/// Sent are the spans of requests that used a model, of the model calls below them, of the client's
/// own turns and of whole conversations; requests that used none are no part of an analysis. Failed
/// and cancelled ones are sent too, with that status; of one that a policy blocked the request alone,
/// for no model was called.
///
/// A trace whose quality is known gets one `AnnotateTraceQuality`, after its spans were taken. One
/// without, a failed one for instance, gets none: there is nothing to say that its spans' status
/// does not, and no score is not a score of 0.
package struct EvalOpsTraces: Sink {
    package let destination: Destination
    package let batch = BatchLimits(records: 100, ageMilliseconds: 1000)

    private let identity: EvalOpsIdentity
    private let requests: EvalOpsRequests

    init(base: EvalOpsURL, identity: EvalOpsIdentity) {
        destination = Destination(sink: "evalops-traces", address: base.text)
        self.identity = identity
        requests = EvalOpsRequests(base: base, identity: identity)
    }

    package func wants(_ record: Record) -> Bool {
        switch record {
        case .call(let call): EvalOpsWords.usesModel(call)
        case .usage: true
        case .trace(let trace): trace.conversation != nil || trace.score != nil
        case .session, .begin, .mark: false
        }
    }

    package mutating func messages(for records: [Record]) -> [Message] {
        var spans = JSONWriter()
        var ids: [String] = []
        var agents: Set<String?> = []
        var indices: [Int] = []
        var annotations: [Message] = []
        spans.beginObject()
        spans.key("spans")
        spans.beginArray()
        for (index, record) in records.enumerated() {
            let parts = Span.spans(of: record)
            for span in parts {
                spans.span(span, identity)
                ids.append(span.spanID)
                agents.insert(span.agentID)
            }
            if !parts.isEmpty { indices.append(index) }
            if case .trace(let trace) = record, let score = trace.score {
                var json = JSONWriter()
                json.traceQuality(trace, score, identity)
                annotations.append(
                    requests.message(
                        .annotateTraceQuality, json.finish(), ids: [trace.id],
                        agents: [trace.agentID], records: [index]))
            }
        }
        spans.endArray()
        spans.endObject()
        guard !indices.isEmpty else { return annotations }
        let ingest = requests.message(
            .ingestSpans, spans.finish(), ids: ids, agents: agents, records: indices)
        return [ingest] + annotations
    }

    package mutating func judge(_ answer: HTTPResponse, to message: Message) -> Verdict {
        if EvalOpsAnswer.isMissing(answer) {
            // The first services had no annotations (evalops/proto of 2026-04). Where spans are
            // taken, the lack of them must not hold up the spans; and a trace that is not known
            // there any more cannot be annotated either.
            return requests.procedure(of: message) == .annotateTraceQuality
                ? .refused(reason: answer.summary) : .blocked(reason: answer.summary)
        }
        return EvalOpsAnswer.verdict(answer, carrying: message.records.count)
    }
}

extension Span {
    fileprivate var agentID: String? {
        switch content {
        case .conversation(let trace): trace.agentID
        case .request(let call), .model(let call): call.agentID
        }
    }
}

extension TraceRecord {
    /// The quality, if it is one: 0 … 1.
    fileprivate var score: Double? {
        guard let quality, quality.isFinite else { return nil }
        return min(max(quality, 0), 1)
    }
}
