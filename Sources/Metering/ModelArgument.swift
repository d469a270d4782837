/// How a tool is told which model to use, as far as its server's profile knows.
package struct ModelArgument: Sendable, Equatable {
    /// Where it may stand in the arguments: it is the first of these that a call has.
    package var paths: [FieldPath]
    /// The tool takes it: a call that has none may be given one, at the first path.
    package var isKnown: Bool
    /// The names of models that are taken there; empty when that is not known.
    package var accepted: [String]
    /// What the server's own names for models mean.
    package var aliases: [String: String]
    /// The tool asks models of several companies.
    package var isMulti: Bool
    /// The tool asks no model, whatever its arguments are called.
    package var isRefused: Bool

    /// - Parameter profile: the server's; nil for a server nothing is known of.
    package init(of tool: String, profile: Profile?) {
        let known = profile?.tool(tool)
        let named = known?.modelArgument ?? []
        paths = named + Self.usual.filter { !named.contains($0) }
        // What is said of all others holds for those that take one, and says not which do.
        isKnown = profile?.tools[tool]?.modelArgument.isEmpty == false
        accepted = known?.models ?? profile?.models ?? []
        aliases = profile?.aliases ?? [:]
        isMulti = (known?.provider ?? profile?.provider) == "multi"
        isRefused = known?.callsModel == false
    }

    /// What such an argument is called where nobody says otherwise.
    private static let usual = [
        "model", "model_name", "modelName", "model_id", "modelId", "request.model",
    ].compactMap { FieldPath($0) }

    /// What is to stand in the argument for a model, by its full name or the server's own; nil
    /// when the server is known not to take it.
    package func spelling(of model: String) -> String? {
        if accepted.contains(model) || aliases[model] != nil { return model }
        // The server's own names are sure to be taken; sorted, so that it is always the same.
        let names = aliases.filter { $0.value == model }.keys.sorted()
        if let name = names.first(where: { accepted.isEmpty || accepted.contains($0) }) {
            return name
        }
        // A name that only some servers know means nothing to one that is not known to.
        return accepted.isEmpty && !ModelFamily.isAlias(model) ? model : nil
    }

    /// The model that a name in the argument means.
    package func model(for name: String) -> String { aliases[name] ?? name }
}

extension ModelFamily {
    /// Whether a model may be asked for where another of a provider was: it is of the same company,
    /// or the provider serves those of others too.
    package static func isServed(_ model: String, by provider: String) -> Bool {
        if hosts.contains(provider) { return true }
        guard let family = self.provider(of: model), family != provider else { return true }
        return provider == "ollama" && !contradicts(model, provider: provider)
    }

    private static let hosts: Set<String> = ["multi", "openrouter", "bedrock", "groq"]
}
