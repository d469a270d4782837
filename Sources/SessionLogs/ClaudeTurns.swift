package import Posix
import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A message of Claude's, with what joins it to tool calls.
package struct ClaudeTurn: Equatable, Sendable {
    /// Its key is the provider's message id, its record's id is `message.id`, and its time that of
    /// its first line.
    package var message: LoggedMessage
    /// The subagent it belongs to; nil for the main conversation.
    package var agentID: String?
    /// Why the answer ended; nil as long as it may go on.
    package var stopReason: String?
    /// The `tool_use` blocks in it: what `_meta["claudecode/toolUseId"]` of a request names.
    package var toolUseIDs: [String]
    /// The tool uses whose results it is the first message to read.
    package var readToolUseIDs: [String]
}

/// Finds the messages that made tool calls and those that read their results.
package struct ClaudeTurns {
    /// In the order of their first lines; those asked for.
    package private(set) var turns: [ClaudeTurn] = []
    private let wanted: Set<String>?
    /// The message each agent is at, which may get more lines, and when the last one came.
    private var current: [String: ClaudeTurn] = [:]
    private var touched: [String: UInt64] = [:]
    /// Results that no message of the agent has read yet.
    private var unread: [String: [String]] = [:]

    private static let result = Needle("\"tool_result\"", probes: (5, 6))

    /// - Parameter wanted: ids of tool uses; messages that neither made nor read one of them are
    ///   left out. Nil takes every message.
    package init(wanting wanted: Set<String>?) { self.wanted = wanted }

    /// Reads a session's log, or a subagent's, from its beginning to its present end.
    package mutating func read(_ path: String) throws(SystemError) {
        let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
        let name = path.split(separator: "/").last ?? ""
        var reader = ClaudeLog(
            fallbackSession: String(name.prefix { $0 != "." }), wantsTools: true)
        var lines = LineReader()
        _ = try lines.forEachLine(
            of: file, from: 0, missing: ClaudeLog.needle, progress: { _ in }
        ) { line in
            take(line, &reader, at: 0)
        }
        for agent in current.keys.sorted() { finish(agent) }
        turns.sort { $0.message.time < $1.message.time }
    }

    /// The message that made a tool call, and the one that read its result.
    package func turns(of toolUse: String) -> (made: ClaudeTurn?, read: ClaudeTurn?) {
        (
            turns.first { $0.toolUseIDs.contains(toolUse) },
            turns.first { $0.readToolUseIDs.contains(toolUse) }
        )
    }

    /// The messages that get no more lines as far as can be told: they have come to their end, or
    /// a tool they used has answered, and the last line came before a moment.
    func complete(before limit: UInt64) -> [ClaudeTurn] {
        current.filter { agent, turn in
            let isAnswered = unread[agent]?.contains(where: turn.toolUseIDs.contains) ?? false
            return (turn.stopReason != nil || isAnswered) && (touched[agent] ?? 0) < limit
        }.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Forgets all but the last messages.
    mutating func keepLast(_ count: Int) {
        if turns.count > count { turns.removeFirst(turns.count - count) }
    }

    /// - Parameter now: when it was read.
    mutating func take(_ line: LineReader.Line, _ reader: inout ClaudeLog, at now: UInt64) {
        let hasUsage = ClaudeLog.needle.isIn(line.bytes, line.count)
        guard hasUsage || Self.result.isIn(line.bytes, line.count),
            let entry = ClaudeEntry(line, wantsTools: true)
        else { return }
        let agent = entry.agentID ?? (entry.isSidechain ? "sidechain" : "")
        unread[agent, default: []] += entry.toolResults
        var output = LogOutput()
        reader.take(entry, at: line.offset, into: &output)
        guard let message = output.messages.first?.message else { return }
        if current[agent]?.message.key == message.key {
            current[agent]?.message.merge(message)
            current[agent]?.toolUseIDs += entry.toolUses
            touched[agent] = now
            if let reason = entry.stopReason { current[agent]?.stopReason = reason }
            return
        }
        finish(agent)
        touched[agent] = now
        current[agent] = ClaudeTurn(
            message: message, agentID: entry.agentID, stopReason: entry.stopReason,
            toolUseIDs: entry.toolUses, readToolUseIDs: unread.removeValue(forKey: agent) ?? [])
    }

    private mutating func finish(_ agent: String) {
        guard let turn = current.removeValue(forKey: agent) else { return }
        let isWanted =
            wanted.map { wanted in
                (turn.toolUseIDs + turn.readToolUseIDs).contains { wanted.contains($0) }
            } ?? true
        if isWanted { turns.append(turn) }
    }
}

extension LogPlaces {
    /// The logs a session of Claude Code may be in: its own, and those of its subagents.
    ///
    /// - Parameter session: what `CLAUDE_CODE_SESSION_ID` says; nil takes every log.
    package func claudeLogs(ofSession session: String?) -> [LogFile] {
        var places = self
        places.roots = roots.filter { $0.client == .claudeCode }
        return LogFinder(places).files.filter { file in
            guard let session else { return true }
            let parts = file.path.split(separator: "/")
            return parts.last.map(String.init) == session + ".jsonl"
                || parts.dropLast().contains { $0 == session }
        }
    }
}
