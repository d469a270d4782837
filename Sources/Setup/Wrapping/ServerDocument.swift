/// A document and the servers in it: what is changed, without any file.
struct ServerDocument: Sendable {
    let document: Document
    let client: Client?
    let meter: MeterCommand
    let servers: [LocatedServer]

    var bytes: [UInt8] { document.bytes }

    init(_ document: Document, _ client: Client?, _ meter: MeterCommand) throws(TextError) {
        self.document = document
        self.client = client
        self.meter = meter
        servers = try ServerFinder(document: document, client: client, meter: meter).servers()
    }

    /// Another text of the same file.
    func reading(_ bytes: [UInt8]) throws(TextError) -> ServerDocument {
        try ServerDocument(Document(bytes, document.format), client, meter)
    }

    /// The document after some edits, which must leave it one.
    private func edited(_ edits: [Edit]) throws(Refusal) -> ServerDocument {
        do throws(TextError) {
            return try reading(edits.applied(to: bytes))
        } catch {
            throw Refusal(
                reason: "the change would break it (\(error.line):\(error.column): "
                    + "\(error.reason))")
        }
    }

    /// The entry as it was before mcp-meter was put into it, in the document from then.
    func entry(of server: LocatedServer) -> LocatedServer? {
        servers.first { $0.path == server.path && !$0.entry.isWrapped }
    }

    /// The document with mcp-meter in front of some servers, and what to keep so that `unwrapped`
    /// can give back what was there before any was put in.
    ///
    /// - Parameters:
    ///   - wrappings: what to put where, by index in `servers`.
    ///   - original: what was kept the last time.
    func wrapped(
        _ wrappings: [Int: Wrapping], original: ServerDocument?
    ) throws(Refusal) -> (after: ServerDocument, original: ServerDocument) {
        var edits: [Int: [Edit]] = [:]
        for (index, server) in servers.enumerated() {
            guard let wrapping = wrappings[index] else { continue }
            do throws(Refusal) {
                edits[index] = try wrapping.edits(server, in: document)
            } catch {
                throw Refusal(reason: "\(server.entry.name): \(error.reason)")
            }
        }
        // What is added to an entry that was wrapped by hand is the user's from now on.
        let known = Set(additions(to: original))
        let byHand = edits.filter { servers[$0.key].entry.isWrapped && !known.contains($0.key) }
        let base = try edited(byHand.values.flatMap(\.self)).withoutAdditions(original)
        let after = try edited(edits.values.flatMap(\.self))
        // Nothing is written that cannot be taken back to the byte, or that says anything else.
        let back = try after.withoutAdditions(base)
        guard back.bytes == base.bytes, isSame(as: after, but: wrappings) else {
            throw Refusal(
                reason: "it is written in a way that mcp-meter cannot change without a trace: put "
                    + "mcp-meter in front of the command by hand")
        }
        return (after, base)
    }

    /// The document without mcp-meter in front of some servers.
    ///
    /// - Parameter indices: of servers, in `servers`; those that are not wrapped stay as they are.
    func unwrapped(
        _ indices: [Int], original: ServerDocument?
    ) throws(Refusal) -> ServerDocument {
        let unwrapping = Unwrapping(document: document, original: original)
        return try edited(
            indices.filter(servers.indices.contains).flatMap { unwrapping.edits(servers[$0]) })
    }

    /// The document without what was put in since the original: what was wrapped in it already was
    /// so by hand, and is the user's.
    private func withoutAdditions(_ original: ServerDocument?) throws(Refusal) -> ServerDocument {
        try unwrapped(additions(to: original), original: original)
    }

    /// The servers that are wrapped, and were not in the original.
    func additions(to original: ServerDocument?) -> [Int] {
        guard let original else { return [] }
        return servers.indices.filter {
            servers[$0].entry.isWrapped && original.entry(of: servers[$0]) != nil
        }
    }

    /// Whether another document has the same servers, but for mcp-meter in front of some of them.
    private func isSame(as other: ServerDocument, but wrappings: [Int: Wrapping]) -> Bool {
        guard servers.count == other.servers.count else { return false }
        return zip(servers, other.servers).enumerated().allSatisfy { index, pair in
            let (old, new) = pair
            let known = Set(old.entry.environment.map(\.name))
            let added = (wrappings[index]?.variables ?? []).filter { !known.contains($0.name) }
            let environment =
                old.entry.environment
                + added.map { ServerEntry.Variable(name: $0.name, value: $0.value) }
            return old.path == new.path
                && old.entry.serverCommand == new.entry.serverCommand
                && new.entry.isWrapped == (old.entry.isWrapped || wrappings[index] != nil)
                && new.entry.environment == environment
        }
    }
}
