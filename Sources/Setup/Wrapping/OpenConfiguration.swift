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
        let document: Document
        /// In the order of `file.entries`.
        let servers: [LocatedServer]
        let finder: ServerFinder
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
            let document = try Document(snapshot.bytes, path: path)
            let finder = ServerFinder(document: document, client: place.client, meter: meter)
            let servers = try finder.servers()
            content = Content(
                snapshot: snapshot, document: document, servers: servers, finder: finder)
            file = ConfigurationFile(
                path: path, client: place.client, entries: servers.map(\.entry), problem: nil)
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
