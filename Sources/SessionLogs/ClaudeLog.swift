import Records

/// A session log of Claude Code: `<session>.jsonl`, or `agent-<id>.jsonl` of a subagent.
///
/// One line an event; only those of type `assistant` have `message.usage`, the Messages API's usage
/// object, whose `input_tokens` leave out what went through the cache. One answer gives several
/// lines, see `LoggedMessage.merge`. The format is internal to Claude Code and only grows.
struct ClaudeLog: LogLineReader {
    static let needle = Needle("\"usage\"", probes: (4, 6))
    static let isStateless = true

    /// The session of lines that name none.
    let fallbackSession: String
    /// Also look for the ids of the tool uses in a message, which takes longer.
    let wantsTools: Bool

    mutating func read(_ line: LineReader.Line, into output: inout LogOutput) {
        // Two lines in three have no usage: they cost this search and no more.
        guard Self.needle.isIn(line.bytes, line.count) else { return }
        guard let entry = ClaudeEntry(line, wantsTools: wantsTools) else {
            if line.isWhole { output.malformed += 1 }
            return
        }
        take(entry, at: line.offset, into: &output)
    }

    /// Takes the message a line is about, if it is about one.
    func take(_ entry: ClaudeEntry, at offset: UInt64, into output: inout LogOutput) {
        guard entry.isAssistant, let usage = entry.usage else { return }
        if entry.model == "<synthetic>" { return output.skip(entry.isError ? .error : .synthetic) }
        if entry.isError { return output.skip(.error) }
        guard let time = entry.time, usage.input != nil, usage.output != nil else {
            return output.skip(.incomplete)
        }
        let tokens = usage.tokens
        if tokens.isEmpty { return output.skip(.empty) }
        let session = entry.session ?? fallbackSession
        var message = LoggedMessage(
            client: .claudeCode, key: entry.key(session: session), session: session, time: time,
            usage: tokens)
        message.requestID = entry.requestID
        message.model = entry.model
        message.serviceTier = usage.isFast ? "fast" : usage.serviceTier
        message.nanodollars = entry.nanodollars
        message.directory = entry.directory.map(LoggedMessage.Directory.path)
        message.isSidechain = entry.isSidechain
        message.isUsingTools = entry.stopReason == "tool_use"
        message.toolUseIDs = entry.toolUses
        output.messages.append((message, offset))
    }
}

/// A line of Claude Code's, as far as it matters here.
struct ClaudeEntry {
    var type: String?
    var uuid: String?
    var session: String?
    var time: Timestamp?
    var directory: String?
    var requestID: String?
    var isSidechain = false
    var isError = false
    var nanodollars: Int64?
    var messageID: String?
    var model: String?
    var usage: ClaudeUsage?
    var agentID: String?
    /// The answer came to its end; null in lines that were written before.
    var stopReason: String?
    /// Ids of the `tool_use` blocks, and of those whose `tool_result` the line has.
    var toolUses: [String] = []
    var toolResults: [String] = []

    /// Nil when the line is no JSON object.
    ///
    /// - Parameter wantsTools: also look into the content for the ids of tool uses.
    init?(_ line: LineReader.Line, wantsTools: Bool) {
        var walker = LineWalker(line.bytes, line.count)
        guard walker.enterObject() else { return nil }
        while walker.nextKey() {
            if walker.isKey("message") {
                readMessage(&walker, wantsTools)
            } else if walker.isKey("type") {
                type = walker.string()
            } else if walker.isKey("sessionId") {
                session = walker.string()
            } else if walker.isKey("timestamp") {
                time = walker.timestamp()
            } else if walker.isKey("cwd") {
                directory = walker.string()
            } else if walker.isKey("requestId") {
                requestID = walker.string()
            } else if walker.isKey("uuid") {
                uuid = walker.string()
            } else if walker.isKey("isSidechain") {
                isSidechain = walker.isTrue()
            } else if walker.isKey("isApiErrorMessage") {
                isError = walker.isTrue()
            } else if walker.isKey("agentId") {
                agentID = walker.string()
            } else if walker.isKey("costUSD") {
                nanodollars = walker.decimal().flatMap(Self.nanodollars)
            } else {
                walker.skip()
            }
        }
        guard walker.isAtEnd() else { return nil }
    }

    /// Lines without a type are what other tools made of Claude Code's.
    var isAssistant: Bool { type == nil || type == "assistant" }

    /// The message's id; without one, as some gateways leave it, the request's, then the line's,
    /// and last what the line says.
    func key(session: String) -> String {
        if let messageID, !messageID.isEmpty { return messageID }
        if let requestID, !requestID.isEmpty { return "request/" + requestID }
        if let uuid, !uuid.isEmpty { return "line/" + uuid }
        let tokens = "\(usage?.tokens.input ?? 0)/\(usage?.tokens.output ?? 0)"
        return "session/\(session)/\(time?.microseconds ?? 0)/" + tokens
    }

    private mutating func readMessage(_ walker: inout LineWalker, _ wantsTools: Bool) {
        guard walker.enterObject() else { return }
        while walker.nextKey() {
            if walker.isKey("usage") {
                usage = ClaudeUsage(&walker)
            } else if walker.isKey("id") {
                messageID = walker.string()
            } else if walker.isKey("model") {
                model = walker.string()
            } else if walker.isKey("stop_reason") {
                stopReason = walker.string()
            } else if wantsTools, walker.isKey("content") {
                readContent(&walker)
            } else {
                walker.skip()
            }
        }
    }

    private mutating func readContent(_ walker: inout LineWalker) {
        guard walker.enterArray() else { return }
        while walker.nextElement() {
            guard walker.enterObject() else { continue }
            var type: String?
            var id: String?
            var result: String?
            while walker.nextKey() {
                if walker.isKey("type") {
                    type = walker.string()
                } else if walker.isKey("id") {
                    id = walker.string()
                } else if walker.isKey("tool_use_id") {
                    result = walker.string()
                } else {
                    walker.skip()
                }
            }
            if type == "tool_use", let id { toolUses.append(id) }
            if type == "tool_result", let result { toolResults.append(result) }
        }
    }

    private static func nanodollars(_ value: (whole: UInt64, billionths: UInt64)) -> Int64? {
        let (nanos, overflow) = value.whole.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return nil }
        return Int64(exactly: saturatingSum(nanos, value.billionths))
    }
}

/// The usage object of the Anthropic Messages API.
struct ClaudeUsage {
    /// What did not go through the cache.
    var input: UInt64?
    var output: UInt64?
    var cacheRead: UInt64?
    var cacheWrite: UInt64?
    var write5m: UInt64?
    var write1h: UInt64?
    var serviceTier: String?
    var isFast = false

    /// Nil when the value is no object.
    init?(_ walker: inout LineWalker) {
        guard walker.enterObject() else { return nil }
        while walker.nextKey() {
            if walker.isKey("input_tokens") {
                input = walker.tokens()
            } else if walker.isKey("output_tokens") {
                output = walker.tokens()
            } else if walker.isKey("cache_read_input_tokens") {
                cacheRead = walker.tokens()
            } else if walker.isKey("cache_creation_input_tokens") {
                cacheWrite = walker.tokens()
            } else if walker.isKey("cache_creation") {
                readCacheCreation(&walker)
            } else if walker.isKey("service_tier") {
                serviceTier = walker.string()
            } else if walker.isKey("speed") {
                isFast = walker.isString("fast")
            } else {
                walker.skip()
            }
        }
    }

    private mutating func readCacheCreation(_ walker: inout LineWalker) {
        guard walker.enterObject() else { return }
        while walker.nextKey() {
            if walker.isKey("ephemeral_5m_input_tokens") {
                write5m = walker.tokens()
            } else if walker.isKey("ephemeral_1h_input_tokens") {
                write1h = walker.tokens()
            } else {
                walker.skip()
            }
        }
    }

    /// In the ledger's terms: the input holds what went through the cache.
    var tokens: TokenUsage {
        let split = write5m == nil && write1h == nil ? nil : saturatingSum(write5m, write1h)
        // Where the two disagree, the larger is what is charged.
        let write = cacheWrite.map { max($0, split ?? 0) } ?? split
        return TokenUsage(
            logged: saturatingSum(input, cacheRead, write), cached: cacheRead, cacheWrite: write,
            cacheWrite1h: write1h, output: output)
    }
}
