/// A server's entry and where it stands in its document.
struct LocatedServer: Sendable {
    /// The keys that lead to it.
    var path: [String]
    var node: Node
    var entry: ServerEntry
}

/// Finds the servers of a document.
struct ServerFinder: Sendable {
    let document: Document
    let client: Client?
    let meter: MeterCommand

    /// - Throws: what is not as the client expects it, so that nothing can be said of any server.
    func servers() throws(TextError) -> [LocatedServer] {
        guard document.root.table != nil else {
            throw error("expected an object", at: document.root)
        }
        var found: [LocatedServer] = []
        for container in Client.containers(client) {
            try collect(container[...], document.root, [], nil, into: &found)
        }
        // In the file's order.
        return found.sorted { $0.node.range.lowerBound < $1.node.range.lowerBound }
    }

    private func collect(
        _ keys: ArraySlice<String>, _ node: Node, _ path: [String], _ project: String?,
        into found: inout [LocatedServer]
    ) throws(TextError) {
        guard let table = node.table else {
            // `null` is none.
            if case .other = node.value { return }
            // Another program's setting of the same name is none of ours.
            guard keys.isEmpty, client != nil else { return }
            throw error("expected an object of servers", at: node)
        }
        guard let key = keys.first else {
            for member in table.members {
                found.append(server(member, path + [member.key], project))
            }
            return
        }
        for member in table.members where key == "*" || member.key == key {
            try collect(
                keys.dropFirst(), member.node, path + [member.key],
                key == "*" ? member.key : project, into: &found)
        }
    }

    private func error(_ reason: String, at node: Node) -> TextError {
        TextError(reason, at: node.range.lowerBound, in: document.bytes)
    }

    private func server(
        _ member: Member, _ path: [String], _ project: String?
    ) -> LocatedServer {
        let node = member.node
        let place = error("", at: node)
        var entry = ServerEntry(
            name: member.key, project: project, line: place.line, column: place.column)
        entry.obstacle = Self.read(node, into: &entry)
        if entry.obstacle == nil, let command = entry.command {
            if meter.isMeter(command) {
                entry.wrapped = MeterCommand.serverCommand(entry.arguments)
                if entry.wrapped == nil { entry.obstacle = .isMeter }
            } else if MeterCommand.isScript(command) {
                entry.obstacle = .isMeter
            }
        }
        if entry.obstacle == nil, Self.isDisabled(node) { entry.obstacle = .disabled }
        return LocatedServer(path: path, node: node, entry: entry)
    }

    private static func isDisabled(_ node: Node) -> Bool {
        if case .bool(true)? = node["disabled"]?.value { return true }
        if case .bool(false)? = node["enabled"]?.value { return true }
        return false
    }

    /// Takes what is there, and says what keeps it from being a command to start.
    private static func read(
        _ node: Node, into entry: inout ServerEntry
    ) -> ServerEntry.Obstacle? {
        guard node.table != nil else { return .malformed("its entry is no object") }
        if let environment = node["env"] {
            guard let table = environment.table else {
                return .malformed("`env` is no object")
            }
            entry.environment = table.members.map {
                ServerEntry.Variable(name: $0.key, value: $0.node.string)
            }
        }
        let type = node["type"]?.string
        if let type, type != "stdio" { return .remote(type) }
        guard let command = node["command"] else {
            let addresses = ["url", "httpUrl", "serverUrl"]
            return addresses.contains { node[$0] != nil } ? .remote("http") : .noCommand
        }
        guard let text = command.string else { return .malformed("`command` is no string") }
        guard !text.isEmpty else { return .noCommand }
        if let arguments = node["args"] {
            guard let elements = arguments.elements else {
                return .malformed("`args` is no array")
            }
            entry.arguments = elements.compactMap(\.string)
            guard entry.arguments.count == elements.count else {
                return .malformed("`args` holds something that is no string")
            }
        }
        entry.command = text
        return nil
    }
}
