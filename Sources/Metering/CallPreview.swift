package import Wire

/// What can be told of a `tools/call` before it is sent.
package struct CallPreview: Sendable {
    package var requestID: RequestID
    /// Its id was kept whole, so that it can be answered.
    package var isAnswerable: Bool
    package var tool: String
    package var server: String?
    package var agentID: String?
    package var provider: String?
    /// The model it will use: asked for, else what variables, profile, schema, settings and earlier
    /// answers say of the server.
    package var model: String?
    /// Whether there is a reason to think that it uses a model: a profile, a setting, a name, or an
    /// earlier answer.
    package var mayUseModel: Bool
    /// Of its arguments, estimated from their size.
    package var inputTokens: UInt64
    /// What is known of the server.
    package var known: KnownServer
}

/// Looks at requests of the client's before they are sent, as the meter will when they have been.
///
/// Owned by the thread that reads the client.
package struct CallPreviewer: Sendable {
    private let configuration: MeterConfiguration
    private let findings: ServerFindings
    private var resolver: ModelResolver
    private var used: [String: ServerFindings.UsedModel] = [:]
    private var version = 0

    /// - Parameters:
    ///   - configuration: the meter's.
    ///   - findings: those that the configuration names.
    package init(_ configuration: MeterConfiguration, findings: ServerFindings) {
        self.configuration = configuration
        self.findings = findings
        resolver = ModelResolver(configuration)
    }

    /// What a message will be; nil if it is no `tools/call`.
    package mutating func preview(_ message: Observation) -> CallPreview? {
        guard message.kind == .request, message.method == "tools/call",
            let id = message.id, let tool = message.tool(of: "tools/call")
        else { return nil }
        learn()
        let known = resolver.resolve()
        let ruling = known.profile?.tool(tool)
        var facts = RequestFacts(method: "tools/call", tool: tool)
        facts.model = message.modelAsked(ruling?.modelArgument ?? [], configuration.vocabulary)
            .map { resolver.modelAsked($0) }
        let server = resolver.facts(for: facts)
        let told = used[tool]
        let asked = facts.model.flatMap { ModelFamily.isAlias($0) ? nil : $0 }
        let model = asked ?? server.model ?? told?.name
        let named = server.provider == "multi" ? told?.provider : server.provider ?? told?.provider
        let single = named == "multi" ? nil : named
        let provider = single ?? model.flatMap(ModelFamily.provider(of:)) ?? server.provider
        let mayEstimate =
            server.mayEstimate && MeterableCalls.verdict(facts, server: server) == .metered
        return CallPreview(
            requestID: id, isAnswerable: message.isIDWhole, tool: tool, server: resolver.name,
            agentID: configuration.agentID ?? known.profile?.agentID ?? resolver.name,
            provider: provider, model: model, mayUseModel: mayEstimate || told != nil,
            inputTokens: Estimate.tokens(message.argumentSize, provider: provider, model: model),
            known: known)
    }

    /// Takes over what the meter has found since the last look.
    private mutating func learn() {
        guard let news = findings.news(since: &version) else { return }
        if let name = news.name { resolver.handshakeName = name }
        for (tool, model) in news.schemaModels { resolver.learn(tool: tool, defaultModel: model) }
        used = news.models
    }
}

extension Observation {
    /// The id a client takes its request back by; nil for any other message.
    package var cancelledRequest: RequestID? {
        guard kind == .notification, method == "notifications/cancelled" else { return nil }
        return RequestID(sketch, sketch.find(.params, .requestId))
    }

    /// Whether the id is shorter than what is kept of one.
    var isIDWhole: Bool {
        guard let node = sketch.child(.id, of: 0) else { return false }
        return sketch.nodes.indices.contains(node) && !sketch.nodes[node].isTruncated
    }
}
