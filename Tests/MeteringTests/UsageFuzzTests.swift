import Metering
import NaiveWire
import Records
import Testing
import Wire

/// Whatever an answer holds, its reading does not trap and its numbers stay sane.
@Suite struct UsageFuzzTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func numbersStaySane(_ seed: UInt64) throws {
        var maker = AnswerMaker(seed: seed)
        let providers = [nil, "openai", "google", "anthropic", "xai", "ollama", "multi"]
        var reported = 0
        for _ in 0..<200 {
            let line = maker.answer()
            let (messages, malformed) = NaiveScanner.scan(Array(line.utf8))
            #expect(malformed == 0, "\(line)")
            guard let answer = messages.first else { continue }
            var request = RequestFacts(
                method: maker.pick(["tools/call", "sampling/createMessage", "tasks/get"]),
                tool: "ask")
            request.hasPromptArgument = maker.chance(2)
            request.argumentSize = TextSize(
                latin: maker.size(), cjk: maker.size(), other: maker.size())
            request.promptSize = request.argumentSize
            var server = ServerFacts()
            server.provider = maker.pick(providers)
            server.mayEstimate = server.provider != nil
            let usages = UsageReader.read(answer, request: request, server: server)
            for usage in usages { check(usage, line) }
            if usages.contains(where: { $0.usage?.source == .reported }) { reported += 1 }
            _ = ErrorReader.classify(answer, request: request)
            _ = UsageReader.read(codexEvent: answer)
            _ = UsageReader.read(inputResponses: answer)
        }
        #expect(reported > 5, "the generator misses its target: \(reported)")
    }

    private func check(_ usage: ModelUsage, _ line: String) {
        let max: UInt64 = 20_000_000_000
        let tokens = usage.usage
        let input = tokens?.input ?? 0
        let output = tokens?.output ?? 0
        #expect(input <= max && output <= max, "\(line)")
        let inside = (tokens?.cachedInput ?? 0) + (tokens?.cacheWrite ?? 0)
        #expect(tokens?.input == nil || inside <= input, "\(line)")
        #expect(tokens?.output == nil || (tokens?.reasoning ?? 0) <= output, "\(line)")
        #expect((tokens?.cacheWrite1h ?? 0) <= tokens?.cacheWrite ?? 0, "\(line)")
        #expect((0...1_000_000_000_000_000).contains(usage.reportedNanodollars ?? 0), "\(line)")
        #expect(usage.provider != "multi" && usage.model != "", "\(line)")
    }
}

/// Makes answers out of the keys and values that readers look for.
private struct AnswerMaker {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

    mutating func next() -> UInt64 {
        state = state &+ 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func pick<T>(_ values: [T]) -> T { values[Int(next() % UInt64(values.count))] }
    mutating func chance(_ n: UInt64) -> Bool { next() % n == 0 }
    mutating func size() -> UInt64 { pick([0, 0, 0, 0, 1, 30, 30, 4000, UInt64.max]) }

    /// A document that holds usage as likely as not.
    private mutating func document() -> String {
        let keys = pick([Self.counts, Self.keys])
        let counts = (0..<Int(next() % 9 + 2)).map { _ in
            "\(quoted(pick(keys))):\(chance(6) ? value(3) : number())"
        }
        let usage = "{\(counts.joined(separator: ","))}"
        let inner = #"{"model":"gpt-5",\#(quoted(pick(Self.holders))):\#(usage),\#(member(2))}"#
        switch next() % 5 {
        case 0: return #"{\#(quoted(pick(Self.keys))):\#(inner)}"#
        case 1: return usage
        case 2: return #"{"result":[\#(inner),\#(inner)]}"#
        case 3: return value(4)
        default: return inner
        }
    }

    mutating func answer() -> String {
        let members = (0..<Int(next() % 4 + 1)).map { _ in
            switch next() % 8 {
            case 0: #""structuredContent":\#(document())"#
            case 1: #""_meta":\#(document())"#
            case 2: #""isError":\#(value(0))"#
            case 3: member(4)
            default: #""content":[\#(block()),\#(block())]"#
            }
        }
        let body = "{\(members.joined(separator: ","))}"
        switch next() % 8 {
        case 0:
            return
                #"{"jsonrpc":"2.0","id":1,"error":{"code":\#(number()),"message":\#(quoted(text())),"data":\#(body)}}"#
        case 1:
            return
                #"{"jsonrpc":"2.0","method":"codex/event","params":{"_meta":{"requestId":1},"msg":\#(body)}}"#
        default: return #"{"jsonrpc":"2.0","id":1,"result":\#(body)}"#
        }
    }

    private mutating func block() -> String {
        switch next() % 4 {
        case 0: #"{"type":"text","text":\#(quoted(text())),"_meta":\#(document())}"#
        case 1: #"{"type":"resource","resource":{"uri":"u:x","text":\#(quoted(document()))}}"#
        case 2: #"{"type":"text","text":\#(quoted("data: \(document())\ndata: \(document())\n"))}"#
        default: #"{"type":"text","text":\#(quoted(document()))}"#
        }
    }

    private mutating func text() -> String {
        let lines = [
            "Paris.", "**Token Usage:**", "- Total: \(number())", "- Cached: \(number())",
            "- New prompt: \(number())",
            "Tokens: \(number()) input, \(number()) output | Cost: $\(number())",
            "[Gemini stats: \(number()) input tokens, \(number()) output tokens, \(number()) cached, model: g]",
            "_a · tokens=\(number())+\(number())  cost=$\(number())_",
            "*Total tokens used: \(number())*",
            "*Thinking tokens: \(number())*", "```", "\u{1F600}·", "Error: HTTP \(number())",
            "- **Tokens:** \(number()) (\(number()) prompt + \(number()) completion)",
            "*Model: a / Tokens: 5*", "[]", "**", "_", "*·*", "$",
        ]
        return (0..<Int(next() % 6)).map { _ in pick(lines) }.joined(separator: "\n")
    }

    private mutating func member(_ depth: Int) -> String {
        "\(quoted(pick(Self.keys))):\(value(depth - 1))"
    }

    private mutating func value(_ depth: Int) -> String {
        switch depth > 0 ? next() % 10 : next() % 4 {
        case 0: return number()
        case 1:
            return pick(["true", "false", "null", #""USD""#, #""claude-opus-4-7""#, #""gpt-5""#])
        case 2: return quoted(number())
        case 3:
            return quoted(
                pick([
                    "compaction", "advisor_message", "message_delta", "result", "turn.completed",
                    "",
                ]))
        case 4: return "[\(value(depth - 1)),\(value(depth - 1))]"
        default:
            let members = (0..<Int(next() % 7)).map { _ in member(depth) }
            return "{\(members.joined(separator: ","))}"
        }
    }

    private mutating func number() -> String {
        switch next() % 36 {
        case 0: "0"
        case 1: "-\(next() % 100)"
        case 2: "\(next())"
        case 3: "\(next())\(next())\(next())"
        case 4: "1e\(next() % 400)"
        case 5: "1e-\(next() % 400)"
        case 6: "9.999999999999999999e9"
        case 7: "10000000000"
        case 8: "0.\(next())"
        case 9: "1E99999999"
        case 10: "\(next() % 5000).5"
        default: "\(next() % 5000)"
        }
    }

    private static let holders = [
        "usage", "usageMetadata", "billed_units", "tokens", "last_token_usage", "metadata",
    ]
    private static let counts = [
        "input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens",
        "cache_creation_input_tokens", "prompt_tokens", "completion_tokens", "reasoning_tokens",
        "cached_tokens", "inputTokens", "outputTokens", "totalTokens", "cachedInputTokens",
        "reasoningTokens", "promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount",
        "totalTokenCount", "cachedContentTokenCount", "toolUsePromptTokenCount", "cost",
        "thinkingTokens", "cachedTokens", "cacheReadInputTokens", "cacheWriteInputTokens",
    ]
    private static let keys = [
        "usage", "usageMetadata", "usage_metadata", "tokens", "billed_units", "modelUsage",
        "models",
        "stats", "metadata", "result", "response", "data", "raw", "info", "last_token_usage",
        "model",
        "provider", "id", "object", "type", "cost", "total_cost", "cost_usd", "costUSD", "currency",
        "cost_in_usd_ticks", "costUsdTicks", "iterations", "input_tokens", "output_tokens",
        "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation",
        "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens", "prompt_tokens",
        "completion_tokens", "prompt_tokens_details", "completion_tokens_details", "cached_tokens",
        "reasoning_tokens", "inputTokens", "outputTokens", "totalTokens", "cachedInputTokens",
        "reasoningTokens", "cachedTokens", "thinkingTokens", "cacheReadInputTokens",
        "cacheWriteInputTokens", "promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount",
        "toolUsePromptTokenCount", "totalTokenCount", "cachedContentTokenCount",
        "prompt_eval_count",
        "eval_count", "statistics", "token_count", "predictions", "embeddings", "prompt", "input",
        "candidates", "cached", "thoughts", "tool", "total", "calls", "total_thought_tokens",
        "total_input_tokens", "total_output_tokens", "content", "message", "status", "success",
        "error",
        "errorType", "code", "task", "taskId", "gpt-5", "grok-4", "inputResponses",
    ]
}
