import Records

/// A chat of the Gemini CLI: `session-<time>-<id8>.jsonl`, or an older `.json` with the same
/// messages in an array.
///
/// Messages of type `gemini` have `model` and `tokens`. A message is written again, with the same
/// id, when its tokens arrive: the last line is right. `input` holds the cached part; thoughts and
/// tool-use prompts are counted beside output and input.
struct GeminiLog: LogLineReader {
    static let needle = Needle("\"tokens\"", probes: (3, 7))
    /// The session's id is in the first line.
    static let isStateless = false

    private var session: String
    private var model: String?
    private let directory: LoggedMessage.Directory?
    private var linesRead = 0

    init(fallbackSession: String, directory: LoggedMessage.Directory?) {
        session = fallbackSession
        self.directory = directory
    }

    mutating func read(_ line: LineReader.Line, into output: inout LogOutput) {
        linesRead += 1
        guard linesRead == 1 || Self.needle.isIn(line.bytes, line.count) else { return }
        var walker = LineWalker(line.bytes, line.count)
        guard walker.enterObject() else { return malformed(line, &output) }
        let entry = GeminiEntry(&walker)
        guard walker.isAtEnd() else { return malformed(line, &output) }
        take(entry, line.offset, &output)
    }

    /// Reads a file that is one JSON object.
    mutating func read(document: UnsafeBufferPointer<UInt8>, into output: inout LogOutput) {
        guard let start = document.baseAddress else { return }
        var walker = LineWalker(start, document.count)
        guard walker.enterObject() else { return output.malformed += 1 }
        var entries: [GeminiEntry] = []
        while walker.nextKey() {
            if walker.isKey("sessionId") {
                session = walker.string() ?? session
            } else if walker.isKey("messages"), walker.enterArray() {
                while walker.nextElement() {
                    guard walker.enterObject() else { continue }
                    let entry = GeminiEntry(&walker)
                    if entry.isGemini { entries.append(entry) }
                }
            } else {
                walker.skip()
            }
        }
        guard walker.isAtEnd() else { return output.malformed += 1 }
        for entry in entries { take(entry, 0, &output) }
    }

    private func malformed(_ line: LineReader.Line, _ output: inout LogOutput) {
        if line.isWhole { output.malformed += 1 }
    }

    private mutating func take(
        _ entry: GeminiEntry, _ offset: UInt64, _ output: inout LogOutput
    ) {
        session = entry.session ?? session
        model = entry.model ?? model
        guard entry.isGemini, let tokens = entry.tokens else { return }
        guard let time = entry.time else { return output.skip(.incomplete) }
        if tokens.isEmpty { return output.skip(.empty) }
        let key = entry.id ?? "\(session)/\(time.microseconds)"
        var message = LoggedMessage(
            client: .gemini, key: key, session: session, time: time, usage: tokens)
        message.model = entry.model ?? model
        message.provider = "google"
        message.directory = directory
        output.messages.append((message, offset))
    }
}

/// A record of the Gemini CLI's, as far as it matters here.
private struct GeminiEntry {
    var id: String?
    var session: String?
    var time: Timestamp?
    var isGemini = false
    var model: String?
    var tokens: TokenUsage?

    /// Reads the members of an object that was entered.
    init(_ walker: inout LineWalker) {
        while walker.nextKey() {
            if walker.isKey("type") {
                isGemini = walker.isString("gemini")
            } else if walker.isKey("id") {
                id = walker.string()
            } else if walker.isKey("timestamp") {
                time = walker.timestamp()
            } else if walker.isKey("model") {
                model = walker.string()
            } else if walker.isKey("sessionId") {
                session = walker.string()
            } else if walker.isKey("tokens") {
                tokens = Self.tokens(&walker)
            } else {
                walker.skip()
            }
        }
    }

    private static func tokens(_ walker: inout LineWalker) -> TokenUsage? {
        guard walker.enterObject() else { return nil }
        var input: UInt64?
        var output: UInt64?
        var cached: UInt64?
        var thoughts: UInt64?
        var tool: UInt64?
        while walker.nextKey() {
            if walker.isKey("input") {
                input = walker.tokens()
            } else if walker.isKey("output") {
                output = walker.tokens()
            } else if walker.isKey("cached") {
                cached = walker.tokens()
            } else if walker.isKey("thoughts") {
                thoughts = walker.tokens()
            } else if walker.isKey("tool") {
                tool = walker.tokens()
            } else {
                walker.skip()
            }
        }
        guard input != nil || output != nil || thoughts != nil else { return nil }
        let whole = saturatingSum(input, tool)
        return TokenUsage(
            logged: whole, cached: cached.map { min($0, whole) },
            output: saturatingSum(output, thoughts), reasoning: thoughts)
    }
}
