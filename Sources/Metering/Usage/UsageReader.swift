package import Records
package import Wire

/// Reads what a call used out of its answer: tokens, model, provider, reported cost.
package enum UsageReader {
    /// What an answer used, one entry a model.
    ///
    /// Empty when the call must not be metered as a model call: listings, counters, cumulative
    /// reports, task handles, requests for more input. An entry without `usage` is a call that went
    /// to a model and failed before it used anything that is known.
    ///
    /// - Parameters:
    ///   - answer: a result or an error.
    ///   - request: what its request said.
    ///   - server: what is known of the server; of no account for sampling, where the client's
    ///     model answers.
    package static func read(
        _ answer: Observation, request: RequestFacts, server: ServerFacts
    ) -> [ModelUsage] {
        var reading = AnswerReading(answer, request: request, server: server)
        return reading.read()
    }

    /// The sampling answers that a client sends along when it asks again (`params.inputResponses`,
    /// MCP 2026-07-28): the client's models, with the output estimated.
    package static func read(inputResponses request: Observation) -> [ModelUsage] {
        let sketch = request.sketch
        guard let responses = sketch.find(.params, .inputResponses) else { return [] }
        var usages: [ModelUsage] = []
        for response in sketch.children(of: responses) {
            let result = sketch.child(.result, of: response) ?? response
            guard let text = sketch.string(sketch.child(.model, of: result)),
                let model = ModelFamily.clean(text)
            else { continue }
            var usage = ModelUsage()
            usage.model = model
            usage.modelSource = .response
            usage.provider = ModelFamily.provider(of: model)
            // Sizes are not kept apart by response: the first stands for all.
            if usages.isEmpty {
                let output = Estimate.tokens(
                    request.structuredSize, provider: usage.provider, model: model)
                usage.usage = TokenUsage(source: .estimated, output: output)
            }
            usages.append(usage)
        }
        return usages
    }

    /// What a `codex/event` notification says.
    ///
    /// `token_count` carries one model call (`info.last_token_usage`), which the caller adds up by
    /// request; `session_configured` carries the model. Nil for any other event.
    package static func read(codexEvent event: Observation) -> CodexEvent? {
        let sketch = event.sketch
        guard event.method == "codex/event", let params = sketch.child(.params, of: 0),
            let request = RequestID(sketch, sketch.find(.meta, .requestId, from: params)),
            let message = sketch.child(.msg, of: params)
        else { return nil }
        let document = UsageDocument(message, in: sketch)
        var result = CodexEvent(requestID: request)
        result.model = document.model
        if let report = document.reports.first {
            let speaker = Dialect.Speaker(provider: "openai", model: document.model)
            result.usage = Reconciliation(report.counts, speaker: speaker).usage(.reported)
        }
        return result.model == nil && result.usage == nil ? nil : result
    }
}

/// What a `codex/event` notification says of a request.
package struct CodexEvent: Sendable, Equatable {
    /// The request it belongs to (`params._meta.requestId`).
    package var requestID: RequestID
    /// The model of the whole session, when it was configured.
    package var model: String?
    /// One model call of the request, to be added to the ones before.
    package var usage: TokenUsage?
}
