import Records

/// A session of Grok Build: `updates.jsonl`, JSON-RPC notifications of the Agent Client Protocol.
///
/// Only `turn_completed` updates of the method `_x.ai/session/update` have usage, of a whole turn
/// and by model. `_meta.totalTokens` of other lines is the size of the context and no usage. Cached
/// tokens are part of the input, reasoning tokens of the output; 10¹⁰ ticks are a dollar.
struct GrokLog: LogLineReader {
    static let needle = Needle("turn_completed", probes: (4, 7))
    static let isStateless = true

    let fallbackSession: String
    let directory: LoggedMessage.Directory?
    /// The session's model, for turns that do not name theirs; asked for when needed.
    let sessionModel: () -> String?

    mutating func read(_ line: LineReader.Line, into output: inout LogOutput) {
        guard Self.needle.isIn(line.bytes, line.count) else { return }
        guard let entry = GrokEntry(line) else {
            if line.isWhole { output.malformed += 1 }
            return
        }
        guard entry.isTurn, let usage = entry.usage else { return }
        guard let time = entry.time else { return output.skip(.incomplete) }
        let session = entry.session ?? fallbackSession
        var key = "\(session)/\(entry.prompt ?? "")/\(entry.event ?? "")"
        if entry.prompt == nil, entry.event == nil { key = "\(session)/\(time.microseconds)" }
        // A turn of several models is as many calls.
        let parts = usage.models.count > 1 ? usage.models : [(usage.models.first?.name, usage)]
        for (name, part) in parts {
            if part.tokens.isEmpty {
                output.skip(.empty)
                continue
            }
            var message = LoggedMessage(
                client: .grok, key: parts.count > 1 ? "\(key)/\(name ?? "")" : key,
                session: session, time: time, usage: part.tokens)
            message.provider = "xai"
            message.model = name ?? sessionModel()
            message.requestID = entry.prompt
            message.nanodollars = part.nanodollars
            message.modelCalls = part.calls == 1 ? nil : part.calls
            message.directory = directory
            output.messages.append((message, line.offset))
        }
    }
}

/// A line of Grok's, as far as it matters here.
private struct GrokEntry {
    var isTurn = false
    var session: String?
    var prompt: String?
    var event: String?
    var usage: GrokUsage?
    private var isUpdate = false
    private var isCompleted = false
    private var lineTime: Timestamp?
    private var agentTime: Timestamp?

    /// Nil when the line is no JSON object.
    init?(_ line: LineReader.Line) {
        var walker = LineWalker(line.bytes, line.count)
        guard walker.enterObject() else { return nil }
        while walker.nextKey() {
            if walker.isKey("method") {
                isUpdate = walker.isString("_x.ai/session/update")
            } else if walker.isKey("params") {
                readParameters(&walker)
            } else if walker.isKey("timestamp") {
                lineTime = Self.time(&walker)
            } else {
                walker.skip()
            }
        }
        guard walker.isAtEnd() else { return nil }
        isTurn = isUpdate && isCompleted
    }

    var time: Timestamp? { agentTime ?? lineTime }

    private mutating func readParameters(_ walker: inout LineWalker) {
        guard walker.enterObject() else { return }
        while walker.nextKey() {
            if walker.isKey("sessionId") {
                session = walker.string()
            } else if walker.isKey("update") {
                readUpdate(&walker)
            } else if walker.isKey("_meta") {
                readMeta(&walker)
            } else {
                walker.skip()
            }
        }
    }

    private mutating func readUpdate(_ walker: inout LineWalker) {
        guard walker.enterObject() else { return }
        while walker.nextKey() {
            if walker.isKey("sessionUpdate") {
                isCompleted = walker.isString("turn_completed")
            } else if walker.isKey("prompt_id") {
                prompt = walker.string()
            } else if walker.isKey("usage") {
                usage = GrokUsage(&walker)
            } else if walker.isKey("_meta") {
                readMeta(&walker)
            } else {
                walker.skip()
            }
        }
    }

    private mutating func readMeta(_ walker: inout LineWalker) {
        guard walker.enterObject() else { return }
        while walker.nextKey() {
            if walker.isKey("eventId") {
                event = walker.string()
            } else if walker.isKey("agentTimestampMs") {
                agentTime = Self.time(&walker)
            } else {
                walker.skip()
            }
        }
    }

    /// RFC 3339, or seconds or milliseconds since 1970.
    private static func time(_ walker: inout LineWalker) -> Timestamp? {
        var copy = walker
        if let time = copy.timestamp() {
            walker = copy
            return time
        }
        guard let value = walker.decimal(), value.whole < 100_000_000_000_000 else { return nil }
        let isMilliseconds = value.whole >= 100_000_000_000
        let whole = Int64(clamping: value.whole)
        return Timestamp(
            microseconds: isMilliseconds
                ? whole * 1000 : whole * 1_000_000 + Int64(clamping: value.billionths / 1000))
    }
}

/// The usage of a turn, or of one model in it.
private struct GrokUsage {
    var input: UInt64?
    var output: UInt64?
    var cached: UInt64?
    var cacheWrite: UInt64?
    var reasoning: UInt64?
    var calls: UInt64?
    var nanodollars: Int64?
    /// In the order of the line.
    var models: [(name: String?, usage: GrokUsage)] = []

    /// Nil when the value is no object.
    init?(_ walker: inout LineWalker) {
        guard walker.enterObject() else { return nil }
        while walker.nextKey() {
            if walker.isKey("inputTokens") {
                input = walker.tokens()
            } else if walker.isKey("outputTokens") {
                output = walker.tokens()
            } else if walker.isKey("cachedReadTokens") {
                cached = walker.tokens()
            } else if walker.isKey("cacheCreationTokens") {
                cacheWrite = walker.tokens()
            } else if walker.isKey("reasoningTokens") {
                reasoning = walker.tokens()
            } else if walker.isKey("modelCalls") {
                calls = walker.tokens()
            } else if walker.isKey("costUsdTicks") {
                // Ten ticks a nanodollar, rounded half up.
                nanodollars = walker.decimal().flatMap {
                    Int64(exactly: $0.whole / 10 + ($0.whole % 10 >= 5 ? 1 : 0))
                }
            } else if walker.isKey("modelUsage") {
                readModels(&walker)
            } else {
                walker.skip()
            }
        }
    }

    private mutating func readModels(_ walker: inout LineWalker) {
        guard walker.enterObject() else { return }
        while walker.nextKey() {
            let name = walker.keyText()
            if let usage = GrokUsage(&walker) { models.append((name, usage)) }
        }
    }

    var tokens: TokenUsage {
        TokenUsage(
            logged: input, cached: cached, cacheWrite: cacheWrite, output: output,
            reasoning: reasoning)
    }
}
