package import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A file that looks like a session log, by its name and place.
package struct LogFile: Sendable {
    package var client: LogClient
    package var path: String
    package var status: FileStatus
}

/// A file or directory that could not be read, or not wholly.
package struct LogProblem: Equatable, Sendable {
    package var path: String
    /// A sentence's end, such as `Permission denied`.
    package var reason: String
}

/// Finds the logs below the clients' directories.
///
/// Symbolic links are followed, and each directory and file is taken once, whatever its names: a
/// link to a directory above ends there.
package struct LogFinder {
    package private(set) var files: [LogFile] = []
    package private(set) var problems: [LogProblem] = []
    private var seenDirectories: Set<FileIdentity> = []
    private var seenFiles: Set<FileIdentity> = []
    /// Names of Codex's files: an archived copy has the name of the active one.
    private var rollouts: Set<String> = []

    private let roots: [String]

    package init(_ places: LogPlaces) {
        roots = places.roots.map { $0.path + "/" }
        for root in places.roots {
            let first = files.count
            walk(root.path, depth: 0, root.client)
            // A session before the subagents it started, whose logs repeat some of its messages.
            let found = files[first...].map { (order: isSubagent($0.path) ? 1 : 0, file: $0) }
                .sorted { ($0.order, $0.file.path) < ($1.order, $1.file.path) }
            files.replaceSubrange(first..., with: found.map(\.file))
        }
    }

    /// Whether a path is below one of the directories that were looked through.
    func covers(_ path: String) -> Bool { roots.contains { path.hasPrefix($0) } }

    private mutating func walk(_ directory: String, depth: Int, _ client: LogClient) {
        guard let status = status(directory, isRoot: depth == 0), status.kind == .directory,
            seenDirectories.insert(status.identity).inserted
        else { return }
        let names: [String]
        do throws(SystemError) {
            names = try directoryEntries(directory)
        } catch {
            problems.append(LogProblem(path: directory, reason: error.reason))
            return
        }
        guard depth < LogLimits.directoryDepthMax else {
            problems.append(LogProblem(path: directory, reason: "too many directories deep"))
            return
        }
        for name in names {
            let path = directory + "/" + name
            let mayBeLog = isLog(name, path, client)
            guard let status = self.status(path, isRoot: false) else { continue }
            if status.kind == .directory {
                walk(path, depth: depth + 1, client)
            } else if mayBeLog {
                add(LogFile(client: client, path: path, status: status), name)
            }
        }
    }

    private mutating func add(_ file: LogFile, _ name: String) {
        guard file.status.kind == .regular else {
            problems.append(LogProblem(path: file.path, reason: "no regular file"))
            return
        }
        guard seenFiles.insert(file.status.identity).inserted else { return }
        if file.client == .codex, !rollouts.insert(name).inserted { return }
        files.append(file)
    }

    private func isLog(_ name: String, _ path: String, _ client: LogClient) -> Bool {
        switch client {
        case .claudeCode, .codex: name.hasSuffix(".jsonl")
        case .gemini: isInChats(path) && (name.hasSuffix(".jsonl") || name.hasSuffix(".json"))
        case .grok: name == "updates.jsonl"
        }
    }

    private func isInChats(_ path: String) -> Bool {
        path.split(separator: "/").dropLast().contains("chats")
    }

    private func isSubagent(_ path: String) -> Bool {
        path.split(separator: "/").dropLast().contains("subagents")
            || (path.split(separator: "/").last ?? "").hasPrefix("agent-")
    }

    /// Nil when there is nothing, or nothing that can be looked at.
    private mutating func status(_ path: String, isRoot: Bool) -> FileStatus? {
        do throws(SystemError) {
            return try FileStatus(path: path)
        } catch {
            // Deleted meanwhile, a link to nowhere, or a client nobody uses here.
            if error.code != ENOENT, !(isRoot && error.code == ENOTDIR) {
                problems.append(LogProblem(path: path, reason: error.reason))
            }
            return nil
        }
    }
}
