/// Takes mcp-meter out of a document again.
struct Unwrapping {
    let document: Document
    /// The document from before mcp-meter was put in: what an entry had then tells what was added.
    /// Nil where that is gone.
    let original: ServerDocument?

    /// The variables that leave a server's entry with mcp-meter.
    ///
    /// Where the entry from before is known these are the ones of mcp-meter's that it did not have;
    /// else those that the server never gets to see.
    func variables(of server: LocatedServer) -> [String] {
        let names = server.entry.environment.map(\.name)
        guard let before = original?.entry(of: server) else { return names.filter(Wrapping.isOwn) }
        let known = Set(before.entry.environment.map(\.name))
        return names.filter { Wrapping.reads($0) && !known.contains($0) }
    }

    func edits(_ server: LocatedServer) -> [Edit] {
        guard let words = server.entry.wrapped, let table = server.node.table,
            let command = table["command"], let arguments = table["args"],
            let elements = arguments.node.elements
        else { return [] }
        let tools = TableEdits(document)
        let before = original?.entry(of: server)
        // `--` is mcp-meter's, and the command is the first of the words behind it.
        let count = elements.count - words.count + 1
        guard elements.indices.contains(count - 1) else { return [] }
        var edits = [
            Edit(command.node.range, Array(document.text(elements[count - 1].range)))
        ]
        var removed: [Member] = []
        if elements.count == count, before?.node["args"] == nil {
            removed.append(arguments)
        } else {
            edits += tools.removeFirst(count, from: arguments.node)
        }
        edits += takeOut(variables(of: server), before, table, tools, also: &removed)
        let statements = removed.filter(\.isStatement)
        edits += tools.removeLines(of: statements)
        let inline = removed.filter { !$0.isStatement }
        if !inline.isEmpty { edits += tools.remove(inline, from: table) }
        return edits
    }

    private func takeOut(
        _ names: [String], _ before: LocatedServer?, _ table: Table, _ tools: TableEdits,
        also removed: inout [Member]
    ) -> [Edit] {
        guard !names.isEmpty, let environment = table["env"],
            let present = environment.node.table
        else { return [] }
        let leaving = present.members.filter { names.contains($0.key) }
        guard present.form == .inline else {
            removed += leaving
            return []
        }
        let edits = tools.remove(leaving, from: present)
        guard leaving.count == present.members.count else { return edits }
        guard let old = before?.node["env"], let original else {
            removed.append(environment)
            return []
        }
        // It was empty: the blanks that were inside it stand there again. A comment is the user's.
        let place = environment.node.range
        let gone = edits.map(\.range)
        let isBlank = (place.lowerBound + 1..<place.upperBound - 1).allSatisfy { index in
            Trivia.isSpace(document.bytes[index]) || gone.contains { $0.contains(index) }
        }
        guard isBlank, old.table?.members.isEmpty == true else { return edits }
        return [Edit(place, Array(original.document.text(old.range)))]
    }
}
