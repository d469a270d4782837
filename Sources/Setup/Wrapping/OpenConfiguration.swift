import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A configuration that was read, ready to be changed.
package struct OpenConfiguration: Sendable {
    package let file: ConfigurationFile
    let content: Content?

    /// What there is where nothing is wrong with the file.
    struct Content: Sendable {
        let snapshot: FileSnapshot
        /// Its servers are in the order of `file.entries`.
        let document: ServerDocument
    }

    /// Reads a configuration. What is wrong with it is its file's `problem`.
    package init(_ place: Place, meter: MeterCommand) {
        let path = place.path
        func failed(_ problem: ConfigurationProblem) -> ConfigurationFile {
            ConfigurationFile(path: path, client: place.client, entries: [], problem: problem)
        }
        let snapshot: FileSnapshot
        do throws(SystemError) {
            snapshot = try FileSnapshot(path)
        } catch {
            content = nil
            let isMissing = error.code == ENOENT || error.code == ENOTDIR
            file = failed(
                isMissing ? .missing(path: path) : .unreadable(path: path, reason: error.reason))
            return
        }
        do throws(TextError) {
            let document = try ServerDocument(
                Document(snapshot.bytes, path: path), place.client, meter)
            content = Content(snapshot: snapshot, document: document)
            file = ConfigurationFile(
                path: path, client: place.client, entries: document.servers.map(\.entry),
                problem: nil)
        } catch {
            content = nil
            file = failed(
                .malformed(
                    path: path, line: error.line, column: error.column, reason: error.reason))
        }
    }

    /// The file, whatever name it was found by.
    var identity: FileIdentity? {
        content?.snapshot.identity ?? (try? FileStatus(path: file.path))?.identity
    }
}
