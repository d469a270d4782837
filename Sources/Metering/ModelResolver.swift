internal import Records

/// Who is behind a server, and which model a tool of it uses, as far as anything but the answer
/// tells.
///
/// Two strengths are kept apart. A profile, a setting, the name of the server or of the tool, a
/// model asked for by name: these make a call a model call, and let it be estimated. A key in the
/// environment does not: shells export keys of services that the server at hand never calls. It
/// only names the provider of usage that the server reported.
struct ModelResolver: Sendable {
    private let environment: @Sendable (String) -> String?
    private let configuredProvider: String?
    private let configuredModel: String?
    private let commandName: String?
    private let userProfiles: [Profile]
    private var resolved: KnownServer?
    /// The model each tool uses by its input schema.
    private var schemaModels = RecentMap<String, String>(limit: 1024)
    /// What was found so far. It stays until the server tells its name or its tools: a session's
    /// calls are of few tools and models, and the environment does not change.
    private var known: [Asked: ServerFacts] = [:]
    private var hinted: String??

    /// What the facts of a call depend on.
    private struct Asked: Hashable {
        var tool: String?
        var model: String?
    }
    /// Of more, a peer may invent names: then all are forgotten.
    private static let knownMax = 256

    /// `serverInfo.name`, once it is known.
    var handshakeName: String? {
        didSet {
            guard handshakeName != oldValue else { return }
            resolved = nil
            known = [:]
        }
    }

    init(_ configuration: MeterConfiguration) {
        environment = configuration.environment
        configuredProvider = configuration.provider
        configuredModel = configuration.model
        commandName = ServerName.from(command: configuration.command)
        userProfiles = configuration.profiles
    }

    /// What the server is called.
    var name: String? { handshakeName ?? commandName }

    /// The server's profile; the built-in ones are read when it is first asked for.
    mutating func resolve() -> KnownServer {
        if let resolved { return resolved }
        let names = [handshakeName, commandName].compactMap { $0 }
        let found = Profiles.find(names, in: userProfiles) ?? Profiles.builtIn(names)
        let resolved = KnownServer(found)
        self.resolved = resolved
        return resolved
    }

    /// Notes the model a tool's schema names.
    mutating func learn(tool: String, defaultModel: String) {
        schemaModels[tool] = defaultModel
        known = [:]
    }

    /// What is known before the answer to a call is read.
    mutating func facts(for request: RequestFacts) -> ServerFacts {
        let asked = Asked(tool: request.tool, model: request.model)
        if let facts = known[asked] { return facts }
        let facts = findFacts(for: request)
        if known.count >= Self.knownMax { known = [:] }
        known[asked] = facts
        return facts
    }

    private mutating func findFacts(for request: RequestFacts) -> ServerFacts {
        let profile = resolve().profile
        let tool = profile?.tool(request.tool)
        let asked = request.model.flatMap(ModelFamily.provider(of:))
        let strong =
            configuredProvider ?? tool?.provider ?? profile?.provider
            ?? ProviderNames.provider(in: name) ?? ProviderNames.provider(in: request.tool)
        var facts = ServerFacts()
        facts.provider = strong
        facts.toolCallsModel = tool?.callsModel
        facts.verdictByName = request.tool.map { MeterableCalls.verdict(tool: $0) }
        facts.mayEstimate =
            facts.toolCallsModel != false
            && (strong != nil || asked != nil || facts.toolCallsModel == true)
        (facts.model, facts.modelSource) = model(
            for: request, profile, tool, provider: strong ?? asked ?? hintedProvider())
        return facts
    }

    /// The provider a key in the environment hints at; nil for none or several.
    mutating func hintedProvider() -> String? {
        if let hinted { return hinted }
        let found = providerOfKeys()
        hinted = .some(found)
        return found
    }

    private func providerOfKeys() -> String? {
        var found: String?
        for (provider, variables) in ProviderNames.keyVariables
        where variables.contains(where: { environment($0)?.isEmpty == false }) {
            guard found == nil else { return nil }
            found = provider
        }
        return found
    }

    /// A model the arguments ask for, with the server's own names for models translated.
    mutating func modelAsked(_ name: String) -> String {
        resolve().profile?.model(for: name) ?? name
    }

    private func model(
        for request: RequestFacts, _ profile: Profile?, _ tool: Profile.Tool?, provider: String?
    ) -> (String?, CallRecord.ModelSource?) {
        let variables = profile?.modelVariables ?? ProviderNames.modelVariables(of: provider)
        for variable in variables {
            guard let value = environment(variable), !value.isEmpty else { continue }
            let model = profile?.model(for: value) ?? value
            // A list, or a name only the server can resolve, is no model.
            if !model.contains(","), !ModelFamily.isAlias(model) { return (model, .env) }
        }
        if let model = tool?.model ?? profile?.model { return (model, .profile) }
        if let model = request.tool.flatMap({ schemaModels[$0] }) { return (model, .profile) }
        return (configuredModel, configuredModel == nil ? nil : .config)
    }
}

/// The server's profile, or that there is none. An object, so that the many parts of a profile are
/// not copied at every call.
package final class KnownServer: Sendable {
    package let profile: Profile?

    init(_ profile: Profile?) { self.profile = profile }
}
