/// Where figures for aggregates go: Harper's `recordAction(value, metric, path)`, which adds them up
/// by metric and path.
package protocol HarperEmitter: ~Copyable {
    mutating func emit(_ value: UInt64, _ metric: String, _ path: String)
}

extension HarperModelCall {
    /// What a call adds to the aggregates: one call and its tokens, under the backend's name. Only a
    /// success does, and only tokens there are.
    package func emit(to emitter: inout some HarperEmitter & ~Copyable) {
        guard success else { return }
        emitter.emit(1, "model-\(method.rawValue)", backend)
        var tokens: UInt64 = 0
        for part in [embeddingTokens, promptTokens, completionTokens] {
            let (sum, overflow) = tokens.addingReportingOverflow(part ?? 0)
            tokens = overflow ? .max : sum
        }
        if tokens > 0 { emitter.emit(tokens, "model-\(method.rawValue)-tokens", backend) }
    }
}
