internal import Synchronization

/// What a session learns of its server that only the meter sees, for those who look at requests
/// before they are sent.
///
/// Written by the metering thread, read by the one that reads the client.
package final class ServerFindings: Sendable {
    /// What is known of a server beside its command and the environment.
    struct Findings: Sendable {
        /// `serverInfo.name`
        var name: String?
        /// The model each tool uses by its input schema.
        var schemaModels: [String: String] = [:]
        /// The tools whose answers told of a model.
        var models: [String: UsedModel] = [:]
    }

    /// The model that a tool's last answer told of.
    struct UsedModel: Sendable, Equatable {
        var provider: String?
        var name: String?
    }

    /// Of more tools, a peer invents names.
    private static let toolsMax = 1024

    private let findings = Mutex(Findings())
    /// How often something was found.
    private let version = Atomic<Int>(0)

    package init() {}

    /// What is known; nil when it is what was known at a version.
    func news(since seen: inout Int) -> Findings? {
        let now = version.load(ordering: .acquiring)
        guard now != seen else { return nil }
        seen = now
        return findings.withLock { $0 }
    }

    package func learn(name: String) { change { $0.name = name } }

    func learn(tool: String, defaultModel: String) {
        change { findings in
            guard findings.schemaModels.count < Self.toolsMax else { return }
            findings.schemaModels[tool] = defaultModel
        }
    }

    func learn(tool: String?, provider: String?, model: String?) {
        guard let tool else { return }
        let used = UsedModel(provider: provider, name: model)
        // Once a call, and nearly always known.
        guard findings.withLock({ $0.models[tool] != used }) else { return }
        change { findings in
            guard findings.models.count < Self.toolsMax else { return }
            findings.models[tool] = used
        }
    }

    private func change(_ change: (inout Findings) -> Void) {
        findings.withLock { change(&$0) }
        version.add(1, ordering: .releasing)
    }
}
