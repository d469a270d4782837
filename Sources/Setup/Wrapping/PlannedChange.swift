import Posix

/// What is to become of a configuration, worked out and checked; nothing is written yet.
package struct PlannedChange: Sendable {
    /// The file as it was found.
    package let path: String
    let before: ServerDocument
    let after: ServerDocument
    /// Where the text from before stays although nothing is wrapped any more, because it is not the
    /// text that there is now; nil if it does not.
    package let leftBackup: String?
    private let snapshot: FileSnapshot
    private let backup: Backup

    private enum Backup: Sendable {
        case write([UInt8])
        /// Nothing is left for it to bring back.
        case remove
        case keep
    }

    /// The file with mcp-meter in front of some servers.
    ///
    /// - Parameter wrappings: what to put where, by index in `open.file.entries`.
    package init(
        wrapping wrappings: [Int: Wrapping], in open: OpenConfiguration
    ) throws(PlanError) {
        let content = try Self.content(open)
        do throws(Refusal) {
            let (after, original) = try content.document.wrapped(
                wrappings, original: content.original)
            self.after = after
            backup = .write(original.bytes)
        } catch {
            throw PlanError(description: "\(open.file.path): \(error.reason)")
        }
        path = open.file.path
        snapshot = content.snapshot
        before = content.document
        leftBackup = nil
    }

    /// The file with mcp-meter taken out again.
    ///
    /// - Parameter indices: of the servers in `open.file.entries`.
    package init(unwrapping indices: [Int], in open: OpenConfiguration) throws(PlanError) {
        let content = try Self.content(open)
        let original = content.original
        do throws(Refusal) {
            after = try content.document.unwrapped(indices, original: original)
        } catch {
            throw PlanError(description: "\(open.file.path): \(error.reason)")
        }
        path = open.file.path
        snapshot = content.snapshot
        before = content.document
        let isOver = after.additions(to: original).isEmpty
        let isRestored = snapshot.backup == after.bytes
        backup = isOver && isRestored ? .remove : .keep
        leftBackup =
            isOver && !isRestored && original != nil ? snapshot.backupPath : nil
    }

    private static func content(
        _ open: OpenConfiguration
    ) throws(PlanError) -> OpenConfiguration.Content {
        guard let content = open.content else {
            throw PlanError(description: open.file.problem?.description ?? open.file.path)
        }
        return content
    }

    /// Writes the file, at once, and its backup.
    package func write() throws(WriteError) {
        guard after.bytes != before.bytes else { return }
        if case .write(let bytes) = backup { try snapshot.writeBackup(bytes) }
        try snapshot.replace(with: after.bytes)
        if case .remove = backup { snapshot.removeBackup() }
    }

    /// What changes, as `diff -u` shows it, every value masked but commands and arguments.
    package var diff: String {
        Diff.unified(
            Redaction.text(before.document, before.servers),
            Redaction.text(after.document, after.servers), names: (path, path))
    }
}

/// Why a configuration is left as it is.
package struct PlanError: Error, Sendable, CustomStringConvertible {
    package let description: String
}

extension OpenConfiguration.Content {
    /// The document from before mcp-meter was put in, if its backup is there and can be read.
    fileprivate var original: ServerDocument? {
        snapshot.backup.flatMap { try? document.reading($0) }
    }
}
