/// What is put in front of servers: mcp-meter, and variables for it.
package struct Wrapping: Sendable {
    /// What the client is to start.
    package var command: String
    package var variables: [Variable]

    package struct Variable: Equatable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(command: String, variables: [Variable] = []) {
        self.command = command
        self.variables = variables
    }

    /// Variables that never reach the server: it can miss them.
    static func isOwn(_ name: String) -> Bool {
        name == "MCP_METER" || name.hasPrefix("MCP_METER_") || name.hasPrefix("EVALOPS_")
    }

    /// Whether mcp-meter reads a variable. Only such ones can be added, so that taking mcp-meter out
    /// knows them again among those that are there for the server.
    package static func reads(_ name: String) -> Bool {
        let isWord = name.utf8.allSatisfy {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")) ~= $0
                || (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 || $0 == UInt8(ascii: "_")
        }
        return isWord
            && (isOwn(name)
                || ["OTEL_", "MOSAIC_TELEMETRY_", "HARPER_ANALYTICS_"].contains {
                    name.hasPrefix($0) && name != $0
                })
    }
}

/// Why a server cannot be changed.
struct Refusal: Error, Equatable {
    var reason: String
}

extension Wrapping {
    /// What must change in a document for a server to be run through mcp-meter; of one that is run
    /// so already, for the variables it lacks.
    func edits(_ server: LocatedServer, in document: Document) throws(Refusal) -> [Edit] {
        guard let table = server.node.table, let command = table["command"] else {
            throw Refusal(reason: "it has no command")
        }
        var front = ServerFront(document: document, server: server.node, table: table)
        if !server.entry.isWrapped {
            front.put(self.command, before: command)
        }
        let known = Set(server.entry.environment.map(\.name))
        let missing = variables.filter { !known.contains($0.name) }
        if !missing.isEmpty { try front.add(missing, to: command) }
        return front.finished(after: command)
    }
}

/// Collects the edits of one server's entry.
private struct ServerFront {
    let document: Document
    let server: Node
    let table: Table
    private let style: Style
    private let tools: TableEdits
    private var edits: [Edit] = []
    /// New members of the entry, to be put behind `args`, else behind `command`.
    private var members: [(key: String, value: [UInt8])] = []

    init(document: Document, server: Node, table: Table) {
        self.document = document
        self.server = server
        self.table = table
        style = Style(document)
        tools = TableEdits(document)
    }

    mutating func put(_ meter: String, before command: Member) {
        let original = Array(document.text(command.node.range))
        edits.append(Edit(command.node.range, Style.quoted(meter)))
        let needsDashes = MeterCommand.needsDashes(command.node.string ?? "")
        let words = (needsDashes ? [Style.quoted("--")] : []) + [original]
        if let arguments = table["args"] {
            edits += tools.insertFirst(
                words, into: arguments.node, isDense: style.isDense(arguments))
        } else {
            let comma = style.isDense(command) ? "," : ", "
            let list = Array(words.joined(separator: Array(comma.utf8)))
            members.append(("args", [UInt8(ascii: "[")] + list + [UInt8(ascii: "]")]))
        }
    }

    mutating func add(_ variables: [Wrapping.Variable], to command: Member) throws(Refusal) {
        guard let environment = table["env"], let present = environment.node.table else {
            let texts = variables.map {
                style.member($0.name, Style.quoted($0.value), like: command)
            }
            let isInline = table.form == .inline
            members.append(
                (
                    "env",
                    style.table(
                        texts, separator: isInline ? separator(command) : [UInt8(ascii: " ")],
                        around: server)
                ))
            return
        }
        // Of a dotted key only what comes last is a name that another can take the place of.
        let last = present.members.last { $0.node.table == nil && $0.isStatement }
        let texts = variables.map { variable in
            style.member(
                variable.name, Style.quoted(variable.value),
                like: (present.form == .inline ? present.members.last : last) ?? command)
        }
        switch present.form {
        case .inline:
            if let last = present.members.last {
                edits += tools.insert(
                    texts, after: last, separator: style.separator(at: last, in: present))
            } else {
                insert(texts, intoEmpty: environment)
            }
        case .section, .implied:
            if let last {
                edits.append(tools.insertLines(texts, after: last))
            } else if present.form == .section, present.members.isEmpty {
                edits.append(
                    tools.insertLines(texts, after: environment.node.range.upperBound))
            } else {
                throw Refusal(reason: "its `env` is written in a way mcp-meter cannot add to")
            }
        }
    }

    private mutating func insert(_ texts: [[UInt8]], intoEmpty environment: Member) {
        let outer = separator(environment)
        if document.format == .json, outer.contains(UInt8(ascii: "\n")) {
            edits += tools.insertFirst(
                texts, into: environment.node,
                separator: outer + style.unit(of: outer, in: server), closing: Array(outer))
        } else {
            let space = style.isDense(environment) ? [] : [UInt8(ascii: " ")][...]
            edits += tools.insertFirst(
                texts, into: environment.node, separator: space, closing: Array(space))
        }
    }

    private func separator(_ member: Member) -> ArraySlice<UInt8> {
        style.separator(at: member, in: table)
    }

    mutating func finished(after command: Member) -> [Edit] {
        guard !members.isEmpty else { return edits }
        let texts = members.map { style.member($0.key, $0.value, like: command) }
        let neighbour = table["args"] ?? command
        if neighbour.isStatement {
            edits.append(tools.insertLines(texts, after: neighbour))
        } else {
            edits += tools.insert(texts, after: neighbour, separator: separator(neighbour))
        }
        return edits
    }
}
