package import Records
package import Wire

/// What a request says that its answer's usage is read with.
package struct RequestFacts: Sendable, Equatable {
    package var method: String
    /// `params.name` of `tools/call` and `prompts/get`.
    package var tool: String?
    /// The model the arguments ask for, as written; aliases (`auto`, `pro`) included.
    package var model: String?
    package var argumentSize = TextSize()
    /// Sampling messages and system prompt.
    package var promptSize = TextSize()
    /// An argument is named like a prompt and holds text.
    package var hasPromptArgument = false

    package init(method: String, tool: String? = nil, model: String? = nil) {
        self.method = method
        self.tool = tool
        self.model = model
    }

    /// The facts of a request as it was seen.
    package init(_ request: Observation) {
        self.init(method: request.method ?? "")
        let sketch = request.sketch
        tool = sketch.string(sketch.find(.params, .name))
        argumentSize = request.argumentSize
        promptSize = request.promptSize
        hasPromptArgument = request.hasPromptArgument
        guard let arguments = sketch.find(.params, .arguments) else { return }
        let nested = sketch.child(.request, of: arguments)
        model =
            sketch.string(sketch.child(.model, of: arguments))
            ?? nested.flatMap { sketch.string(sketch.child(.model, of: $0)) }
        if model == nil, let models = sketch.child(.models, of: arguments) {
            // `models_prefixed_by_provider`: a list, or one of them.
            let first = sketch.children(of: models).first { _ in true }
            model = sketch.string(models) ?? sketch.string(first)
        }
        // Ollama's own word for the model of `run`.
        if model == nil, tool == "run" {
            model = sketch.string(sketch.child(.name, of: arguments))
        }
    }
}

/// What is known of the server before its answer is read.
package struct ServerFacts: Sendable, Equatable {
    /// The company behind the server's models (`google`, `xai` …), or `multi` for a server that
    /// fans out; nil when unknown.
    package var provider: String?
    /// The model to assume when neither answer nor arguments name one, and where that comes from.
    package var model: String?
    package var modelSource: CallRecord.ModelSource?
    /// Whether this tool calls a model: true or false by a profile, nil when only the frames can
    /// tell.
    package var toolCallsModel: Bool?
    /// Whether a provider is known well enough that a call without reported usage is estimated.
    package var mayEstimate = false
    /// What the tool's name says of it, where it was looked up before.
    var verdictByName: MeterableCalls.Verdict?

    package init() {}
}

/// One model's part of a call.
package struct ModelUsage: Sendable, Equatable {
    package var provider: String?
    package var model: String?
    package var modelSource: CallRecord.ModelSource?
    package var usage: TokenUsage?
    /// A cost the provider or server reported, in billionths of a US dollar.
    package var reportedNanodollars: Int64?

    package init() {}
}
