import Posix
package import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Follows the logs of Claude Code while they grow, for the messages that made or read certain tool
/// uses. Of what is said in them nothing is kept but ids and numbers.
///
/// A message is told once it is whole: when the next one of its agent begins, or when it has come
/// to its end, or a tool it used has answered, and nothing more of it came for a second.
package struct ClaudeWatch {
    /// A message, as an import would record it.
    package struct Turn: Equatable, Sendable {
        package var record: CallRecord
        package var toolUses: [String]
        package var readToolUses: [String]
    }

    private let places: LogPlaces
    private let session: String?
    /// Without a session's id: files that nobody touched since are left alone.
    private let since: Timestamp
    private var recorder: UsageRecorder
    private var logs: [String: FollowedLog] = [:]
    private var wanted: Set<String> = []
    /// Of those wanted, the ones that were not at the last look.
    private var fresh: Set<String> = []
    private var nextFind: UInt64 = 0

    /// Directories are looked through again after so long: a session or a subagent may be new.
    private static let findNanoseconds: UInt64 = 1_000_000_000

    /// - Parameters:
    ///   - session: what `CLAUDE_CODE_SESSION_ID` says; nil looks into every log that grows.
    ///   - since: when those who are interested began.
    package init(
        _ places: LogPlaces, session: String?, since: Timestamp, prices: PriceTable,
        project: ProjectMode
    ) {
        self.places = places
        self.session = session
        self.since = since
        recorder = UsageRecorder(prices: prices, project: project)
    }

    /// Whether there is a directory that logs could be in.
    package var isPossible: Bool {
        places.roots.contains { root in
            guard root.client == .claudeCode, let status = try? FileStatus(path: root.path) else {
                return false
            }
            return status.kind == .directory
        }
    }

    /// Says which tool uses are of interest from now on.
    package mutating func want(_ toolUses: [String]) {
        let all = Set(toolUses)
        fresh.formUnion(all.subtracting(wanted))
        wanted = all
        fresh.formIntersection(all)
    }

    /// Reads what is new.
    ///
    /// - Parameters:
    ///   - now: monotonic nanoseconds.
    ///   - isLast: there will be no other look: what seems whole is taken for it at once.
    package mutating func look(
        at now: UInt64, isLast: Bool, _ lines: inout LogLines
    ) -> [Turn] {
        if now >= nextFind || isLast { find(at: now) }
        var told: [ClaudeTurn] = []
        for path in logs.keys.sorted() {
            logs[path]?.read(at: now, &lines.reader)
            told += logs[path]?.take(wanted, fresh, at: now, isLast: isLast) ?? []
        }
        fresh = []
        return told.map { turn in
            Turn(
                record: recorder.record(of: turn.message, id: turn.message.id),
                toolUses: turn.toolUseIDs, readToolUses: turn.readToolUseIDs)
        }
    }

    private mutating func find(at now: UInt64) {
        nextFind = now &+ Self.findNanoseconds
        for file in places.claudeLogs(ofSession: session) where logs[file.path] == nil {
            if session == nil, file.status.modifiedTime < since { continue }
            logs[file.path] = FollowedLog(file)
        }
    }
}

/// What lines are read with: a buffer, held only while somebody looks.
package struct LogLines: ~Copyable {
    fileprivate var reader = LineReader()
    package init() {}
}

/// One log, and how far it was read.
private struct FollowedLog {
    /// The end of a log is enough: what is wanted was written a moment ago.
    private static let tailBytes: UInt64 = 16 << 20
    /// Messages that are remembered, for calls that end later than others.
    private static let turnsMax = 64
    private static let quietNanoseconds: UInt64 = 1_000_000_000

    private let path: String
    private var identity: FileIdentity
    private var offset: UInt64
    private var reader: ClaudeLog
    private var turns = ClaudeTurns(wanting: nil)
    /// Keys of the messages that were told.
    private var told: Set<String> = []

    init(_ file: LogFile) {
        path = file.path
        let name = file.path.split(separator: "/").last ?? ""
        reader = ClaudeLog(fallbackSession: String(name.prefix { $0 != "." }), wantsTools: true)
        identity = file.status.identity
        offset = file.status.size > Self.tailBytes ? file.status.size - Self.tailBytes : 0
    }

    mutating func read(at now: UInt64, _ lines: inout LineReader) {
        guard let status = try? FileStatus(path: path), status.kind == .regular else { return }
        if status.identity != identity || status.size < offset {
            identity = status.identity
            offset = 0
        }
        guard status.size > offset, let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK)
        else { return }
        let reading = try? lines.forEachLine(
            of: file, from: offset, missing: ClaudeLog.needle, progress: { _ in }
        ) { line in
            if line.isWhole { turns.take(line, &reader, at: now) }
        }
        offset = reading?.nextOffset ?? offset
    }

    /// The messages that are whole and of interest, and have not been told since they are.
    mutating func take(
        _ wanted: Set<String>, _ fresh: Set<String>, at now: UInt64, isLast: Bool
    ) -> [ClaudeTurn] {
        let quiet = now > Self.quietNanoseconds ? now - Self.quietNanoseconds : 0
        let whole = turns.turns + turns.complete(before: isLast ? .max : quiet)
        turns.keepLast(Self.turnsMax)
        let due = whole.filter { turn in
            let ids = turn.toolUseIDs + turn.readToolUseIDs
            return ids.contains(where: fresh.contains)
                || !told.contains(turn.message.key) && ids.contains(where: wanted.contains)
        }
        told = told.intersection(whole.map(\.message.key)).union(due.map(\.message.key))
        return due
    }
}
