import Posix

/// What is to become of a configuration, worked out and checked; nothing is written yet.
package struct PlannedChange: Sendable {
    /// The file as it was found.
    package let path: String
    let before: OpenConfiguration.Content
    let after: Document
    private let backup: Backup

    private enum Backup: Sendable {
        case write([UInt8])
        /// Nothing is left for it to bring back.
        case remove
        case keep
    }

    /// Whether any byte changes.
    package var changesFile: Bool { after.bytes != before.document.bytes }

    /// Where the text from before stays although nothing is wrapped any more, because it is not the
    /// text that there is now; nil if it does not.
    package let leftBackup: String?

    /// Writes the file, at once, and its backup.
    package func write() throws(WriteError) {
        guard changesFile else { return }
        let snapshot = before.snapshot
        if case .write(let bytes) = backup { try snapshot.writeBackup(bytes) }
        try snapshot.replace(with: after.bytes)
        if case .remove = backup { snapshot.removeBackup() }
    }
}

/// Why a configuration is left as it is.
package struct PlanError: Error, Sendable, CustomStringConvertible {
    package let description: String
}

extension PlannedChange {
    /// The file with mcp-meter in front of some servers.
    ///
    /// - Parameter wrappings: what to put where, by index in `open.file.entries`.
    package init(
        wrapping wrappings: [Int: Wrapping], in open: OpenConfiguration
    ) throws(PlanError) {
        let content = try Self.content(open)
        var edits: [Edit] = []
        for (index, server) in content.servers.enumerated() {
            guard let wrapping = wrappings[index] else { continue }
            do throws(Refusal) {
                edits += try wrapping.edits(server, in: content.document)
            } catch {
                throw PlanError(
                    description: "\(open.file.path): \(server.entry.name): \(error.reason)")
            }
        }
        let base = try Self.unwrapped(content, original: content.original)
        let after = try Self.reread(edits.applied(to: content.document.bytes), content)
        // Nothing is written that cannot be taken back to the byte, or that says anything else.
        let back = try Self.unwrapped(after, original: (base.document, base.servers))
        guard back.document.bytes == base.document.bytes,
            Self.isSame(content, after, but: wrappings)
        else {
            throw PlanError(
                description: "\(open.file.path): it is written in a way that mcp-meter cannot "
                    + "change without a trace: put mcp-meter in front of the command by hand")
        }
        path = open.file.path
        before = content
        self.after = after.document
        backup = .write(base.document.bytes)
        leftBackup = nil
    }

    /// The file with mcp-meter taken out again.
    ///
    /// - Parameter indices: of the servers in `open.file.entries`.
    package init(unwrapping indices: [Int], in open: OpenConfiguration) throws(PlanError) {
        let content = try Self.content(open)
        let original = content.original
        let unwrapping = Unwrapping(content.document, original: original)
        let edits = indices.filter(content.servers.indices.contains)
            .flatMap { unwrapping.edits(content.servers[$0]) }
        let after = try Self.reread(edits.applied(to: content.document.bytes), content)
        path = open.file.path
        before = content
        self.after = after.document
        let isOver = !after.servers.contains { $0.entry.isWrapped }
        let kept = content.snapshot.backup
        backup = isOver && kept == after.document.bytes ? .remove : .keep
        leftBackup =
            isOver && kept != nil && kept != after.document.bytes
            ? content.snapshot.backupPath : nil
    }

    private static func content(
        _ open: OpenConfiguration
    ) throws(PlanError) -> OpenConfiguration.Content {
        guard let content = open.content else {
            throw PlanError(description: open.file.problem?.description ?? open.file.path)
        }
        return content
    }

    /// The document without any mcp-meter.
    private static func unwrapped(
        _ content: OpenConfiguration.Content, original: (Document, [LocatedServer])?
    ) throws(PlanError) -> OpenConfiguration.Content {
        let unwrapping = Unwrapping(content.document, original: original)
        let edits = content.servers.flatMap { unwrapping.edits($0) }
        return try reread(edits.applied(to: content.document.bytes), content)
    }

    private static func reread(
        _ bytes: [UInt8], _ content: OpenConfiguration.Content
    ) throws(PlanError) -> OpenConfiguration.Content {
        do throws(TextError) {
            return try content.rereading(bytes)
        } catch {
            throw PlanError(
                description: "\(content.snapshot.path): the change would break it "
                    + "(\(error.line):\(error.column): \(error.reason)), so it was left alone")
        }
    }

    /// Whether the servers are the same, but for mcp-meter in front of some of them.
    private static func isSame(
        _ before: OpenConfiguration.Content, _ after: OpenConfiguration.Content,
        but wrappings: [Int: Wrapping]
    ) -> Bool {
        guard before.servers.count == after.servers.count else { return false }
        for (index, (old, new)) in zip(before.servers, after.servers).enumerated() {
            guard old.path == new.path, old.entry.serverCommand == new.entry.serverCommand,
                new.entry.isWrapped == (old.entry.isWrapped || wrappings[index] != nil)
            else { return false }
            let known = Set(old.entry.environment.map(\.name))
            let added = wrappings[index]?.variables ?? []
            let expected =
                old.entry.environment
                + added.filter { !known.contains($0.name) }.map {
                    ServerEntry.Variable(name: $0.name, value: $0.value)
                }
            guard expected == new.entry.environment else { return false }
        }
        return true
    }
}

extension OpenConfiguration.Content {
    /// The same file with another text.
    fileprivate func rereading(_ bytes: [UInt8]) throws(TextError) -> Self {
        let document = try Document(bytes, document.format)
        let finder = ServerFinder(
            document: document, client: finder.client, meter: finder.meter)
        return Self(
            snapshot: snapshot, document: document, servers: try finder.servers(), finder: finder)
    }

    /// The document from before mcp-meter was put in, if its backup is there and can be read.
    fileprivate var original: (Document, [LocatedServer])? {
        guard let bytes = snapshot.backup, let old = try? rereading(bytes) else { return nil }
        return (old.document, old.servers)
    }
}
