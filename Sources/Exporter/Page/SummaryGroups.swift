internal import Records

extension Summary {
    /// Who and what a figure is about.
    struct Group: Hashable, Sendable {
        var provider: String
        var model: String
        var server: String
        var tool: String
        var agent: String
        var direction: String

        /// All groups beyond the limits.
        static let other = Group(names: [String](repeating: otherLabel, count: 6))

        init(_ call: CallRecord) {
            provider = call.provider ?? ""
            model = call.model ?? ""
            server = call.server ?? ""
            tool = call.tool ?? ""
            agent = call.agentID ?? ""
            direction = call.direction.rawValue
        }

        /// In the order of `names`; what is missing is empty.
        init(names: [String]) {
            let name = { names.indices.contains($0) ? names[$0] : "" }
            (provider, model, server) = (name(0), name(1), name(2))
            (tool, agent, direction) = (name(3), name(4), name(5))
        }

        var names: [String] { [provider, model, server, tool, agent, direction] }
    }

    /// Groups by number. So many names of a kind and so many groups; the rest is `other`, so that
    /// a client that makes up names cannot fill the memory.
    struct GroupTable: Sendable {
        static let namesMax = 200
        static let groupsMax = 2_000

        private(set) var all: [Group] = []
        private var numbers: [Group: Int32] = [:]
        private var providers: Set<String> = []
        private var models: Set<String> = []
        private var servers: Set<String> = []
        private var tools: Set<String> = []
        private var agents: Set<String> = []

        mutating func number(of group: Group) -> Int32 {
            if let number = numbers[group] { return number }
            var bounded = group
            Self.bound(&bounded.provider, by: &providers)
            Self.bound(&bounded.model, by: &models)
            Self.bound(&bounded.server, by: &servers)
            Self.bound(&bounded.tool, by: &tools)
            Self.bound(&bounded.agent, by: &agents)
            if let number = numbers[bounded] { return number }
            // One is kept free for the group of all others.
            if all.count >= Self.groupsMax - 1, bounded != .other { return number(of: .other) }
            let number = Int32(clamping: all.count)
            all.append(bounded)
            numbers[bounded] = number
            return number
        }

        private static func bound(_ name: inout String, by known: inout Set<String>) {
            if name == otherLabel || known.contains(name) { return }
            if known.count >= namesMax { name = otherLabel } else { known.insert(name) }
        }
    }
}
