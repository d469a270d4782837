import Records

/// A rollout of the Codex CLI: `rollout-<time>-<uuid>.jsonl`.
///
/// Lines are `{timestamp, type, payload}`. `session_meta` comes first, `turn_context` names the
/// model, and an `event_msg` of payload type `token_count` follows each model call, with the tokens
/// of that call (`last_token_usage`) and of the session so far (`total_token_usage`). Cached tokens
/// are part of the input, reasoning tokens of the output.
struct CodexLog: LogLineReader {
    static let needle = Needle("token_count", probes: (2, 5))
    /// Model, totals and session come from earlier lines.
    static let isStateless = false

    private var session: String
    private var hasSession = false
    private var model: String?
    private var provider: String?
    private var directory: String?
    private var totals: CodexTokens?
    private let modified: Timestamp
    private let now: Timestamp
    /// Turns of a headless run, which have no time and no id.
    private var turns = 0
    private var fork = Fork.no

    /// A forked session begins with its parent's lines, all written in one second: token counts
    /// from the first on that share it are the parent's.
    private enum Fork {
        case no
        case waiting
        /// The first count, which is the parent's if the next has its second.
        case first(LoggedMessage, UInt64)
        case replaying(second: Int64)
    }

    /// - Parameters:
    ///   - fallbackSession: the session of a file that does not name it.
    ///   - modified: the time of lines that have none.
    ///   - now: the present moment.
    init(fallbackSession: String, modified: Timestamp, now: Timestamp) {
        session = fallbackSession
        self.modified = modified
        self.now = now
    }

    mutating func read(_ line: LineReader.Line, into output: inout LogOutput) {
        guard let kind = Self.kind(of: line) else { return }
        if kind == .event, !Self.needle.isIn(line.bytes, line.count) { return }
        guard let entry = CodexEntry(line) else {
            if line.isWhole { output.malformed += 1 }
            return
        }
        switch kind {
        case .meta: begin(entry)
        case .context:
            model = entry.model ?? model
            directory = entry.directory ?? directory
        case .event: count(entry, line.offset, &output)
        case .thread: session = entry.thread ?? session
        case .turn: turn(entry, line.offset, &output)
        }
    }

    mutating func finish(into output: inout LogOutput) -> Bool {
        guard case .first(let message, let offset) = fork else { return false }
        // More of the same second may be on its way.
        guard now.microseconds - 2_000_000 > message.time.microseconds else { return true }
        output.messages.append((message, offset))
        fork = .no
        return false
    }

    private enum Kind { case meta, context, event, thread, turn }

    /// Looks at the keys of the object until its type is found: the rest of most lines, which are
    /// long, is not looked at.
    private static func kind(of line: LineReader.Line) -> Kind? {
        var walker = LineWalker(line.bytes, line.count)
        guard walker.enterObject() else { return nil }
        while walker.nextKey() {
            guard walker.isKey("type") else {
                walker.skip()
                continue
            }
            switch walker.string() {
            case "session_meta": return .meta
            case "turn_context": return .context
            case "event_msg": return .event
            case "thread.started": return .thread
            case "turn.completed": return .turn
            default: return nil
            }
        }
        return nil
    }

    private mutating func begin(_ entry: CodexEntry) {
        // A fork repeats its parent's too.
        guard !hasSession else { return }
        hasSession = true
        session = entry.id ?? session
        provider = entry.provider
        directory = entry.directory
        if entry.isFork { fork = .waiting }
    }

    private mutating func count(
        _ entry: CodexEntry, _ offset: UInt64, _ output: inout LogOutput
    ) {
        // Without info it only tells the rate limits.
        guard entry.isTokenCount, entry.last != nil || entry.total != nil else { return }
        // The same total again: the same call again.
        let isRepeated = entry.total != nil && entry.total == totals
        let tokens = entry.last ?? entry.total?.since(totals)
        totals = entry.total ?? totals
        guard !isRepeated, let tokens else { return }
        guard let time = entry.time else { return output.skip(.incomplete) }
        guard tokens.input != nil || tokens.output != nil, !tokens.usage.isEmpty else {
            return output.skip(.empty)
        }
        let sum = entry.total ?? tokens
        var message = message(
            key: "\(session)/\(time.microseconds)/\(sum.input ?? 0)/\(sum.output ?? 0)", time,
            tokens)
        message.model = entry.model ?? model
        settle(message, offset, &output)
    }

    private mutating func settle(
        _ message: LoggedMessage, _ offset: UInt64, _ output: inout LogOutput
    ) {
        let second = message.time.microseconds / 1_000_000
        switch fork {
        case .no: break
        case .waiting:
            fork = .first(message, offset)
            return
        case .first(let first, let place):
            if first.time.microseconds / 1_000_000 == second {
                fork = .replaying(second: second)
                output.skip(.replayed)
                return output.skip(.replayed)
            }
            output.messages.append((first, place))
            fork = .no
        case .replaying(let shared):
            if shared == second { return output.skip(.replayed) }
            fork = .no
        }
        output.messages.append((message, offset))
    }

    /// A turn of `codex exec --json`, whose output somebody kept as a file.
    private mutating func turn(_ entry: CodexEntry, _ offset: UInt64, _ output: inout LogOutput) {
        turns += 1
        guard let tokens = entry.turn, !tokens.usage.isEmpty else { return output.skip(.empty) }
        var message = message(key: "\(session)/turn/\(turns)", entry.time ?? modified, tokens)
        message.model = entry.model ?? model
        output.messages.append((message, offset))
    }

    private func message(
        key: String, _ time: Timestamp, _ tokens: CodexTokens
    ) -> LoggedMessage {
        var message = LoggedMessage(
            client: .codex, key: key, session: session, time: time, usage: tokens.usage)
        message.provider = provider
        message.directory = directory.map(LoggedMessage.Directory.path)
        return message
    }
}

/// A line of Codex's, as far as it matters here.
private struct CodexEntry {
    var time: Timestamp?
    var id: String?
    var thread: String?
    var model: String?
    var provider: String?
    var directory: String?
    var isFork = false
    var isTokenCount = false
    var last: CodexTokens?
    var total: CodexTokens?
    /// The usage of a headless turn.
    var turn: CodexTokens?

    /// Nil when the line is no JSON object.
    init?(_ line: LineReader.Line) {
        var walker = LineWalker(line.bytes, line.count)
        guard walker.enterObject() else { return nil }
        while walker.nextKey() {
            if walker.isKey("timestamp") {
                time = walker.timestamp()
            } else if walker.isKey("payload") {
                readPayload(&walker)
            } else if walker.isKey("thread_id") {
                thread = walker.string()
            } else if walker.isKey("model") {
                model = walker.string()
            } else if walker.isKey("usage") {
                turn = CodexTokens(&walker)
            } else {
                walker.skip()
            }
        }
        guard walker.isAtEnd() else { return nil }
    }

    private mutating func readPayload(_ walker: inout LineWalker) {
        guard walker.enterObject() else { return }
        while walker.nextKey() {
            if walker.isKey("type") {
                isTokenCount = walker.isString("token_count")
            } else if walker.isKey("info") {
                readInfo(&walker)
            } else if walker.isKey("id") {
                id = walker.string()
            } else if walker.isKey("cwd") {
                directory = walker.string()
            } else if walker.isKey("model") {
                model = walker.string()
            } else if walker.isKey("model_provider") {
                provider = walker.string()
            } else if walker.isKey("forked_from_id") {
                if walker.string() != nil { isFork = true }
            } else if walker.isKey("source") {
                readSource(&walker)
            } else {
                walker.skip()
            }
        }
    }

    /// `{"subagent":{"thread_spawn":{…}}}` for a session another one started, else a word.
    private mutating func readSource(_ walker: inout LineWalker) {
        guard walker.enterObject() else { return }
        while walker.nextKey() {
            guard walker.isKey("subagent"), walker.enterObject() else {
                walker.skip()
                continue
            }
            while walker.nextKey() {
                if walker.isKey("thread_spawn") { isFork = true }
                walker.skip()
            }
        }
    }

    private mutating func readInfo(_ walker: inout LineWalker) {
        guard walker.enterObject() else { return }
        while walker.nextKey() {
            if walker.isKey("last_token_usage") {
                last = CodexTokens(&walker)
            } else if walker.isKey("total_token_usage") {
                total = CodexTokens(&walker)
            } else if walker.isKey("model") {
                model = walker.string()
            } else {
                walker.skip()
            }
        }
    }
}

/// Codex's token usage: cached is part of input, reasoning of output.
private struct CodexTokens: Equatable {
    var input: UInt64?
    var cached: UInt64?
    var output: UInt64?
    var reasoning: UInt64?

    /// Nil when the value is no object.
    init?(_ walker: inout LineWalker) {
        guard walker.enterObject() else { return nil }
        while walker.nextKey() {
            if walker.isKey("input_tokens") {
                input = walker.tokens()
            } else if walker.isKey("cached_input_tokens") {
                cached = walker.tokens()
            } else if walker.isKey("output_tokens") {
                output = walker.tokens()
            } else if walker.isKey("reasoning_output_tokens") {
                reasoning = walker.tokens()
            } else {
                walker.skip()
            }
        }
    }

    /// What was added to an earlier total; all of it where the counting began anew.
    func since(_ earlier: CodexTokens?) -> CodexTokens {
        guard let earlier, (input ?? 0) >= (earlier.input ?? 0),
            (output ?? 0) >= (earlier.output ?? 0)
        else { return self }
        var difference = self
        difference.input = Self.less(input, earlier.input)
        difference.cached = Self.less(cached, earlier.cached)
        difference.output = Self.less(output, earlier.output)
        difference.reasoning = Self.less(reasoning, earlier.reasoning)
        return difference
    }

    private static func less(_ count: UInt64?, _ earlier: UInt64?) -> UInt64? {
        count.map { $0 > (earlier ?? 0) ? $0 - (earlier ?? 0) : 0 }
    }

    var usage: TokenUsage {
        TokenUsage(
            logged: input, cached: cached.map { min($0, input ?? 0) }, output: output,
            reasoning: reasoning.map { min($0, output ?? 0) })
    }
}
