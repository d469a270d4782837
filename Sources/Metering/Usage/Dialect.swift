import Wire

/// One way in which providers and libraries write usage down: a row of the one table.
struct Dialect: Sendable {
    /// Who is speaking, as far as it decides what a number includes.
    struct Speaker {
        /// The ledger's name of the provider.
        var provider: String?
        var model: String?
    }

    /// The API or library that writes so.
    var name: String
    /// The object speaks this dialect if one of these is there and not null …
    var marks: [Field]
    /// … and, unless empty, one of these too.
    var needs: [Field] = []
    // Where the numbers are; of several places the first that holds a count.
    var input: [Field]
    /// Input that is never part of `input`.
    var extraInput: [Field] = []
    var cached: [Field] = []
    var write: [Field] = []
    var output: [Field] = []
    var reasoning: [Field] = []
    var total: [Field] = []
    /// Whether cache reads and writes come on top of `input`, when the numbers do not tell.
    var addsCaches: @Sendable (Speaker) -> Bool = { _ in false }
    /// Whether reasoning comes on top of `output`, when the numbers do not tell.
    var addsReasoning: @Sendable (Speaker) -> Bool = { _ in false }
    /// The company whose own API this is.
    var provider: String?

    func isSpoken(by object: Int, in sketch: Sketch) -> Bool {
        func has(_ fields: [Field]) -> Bool {
            fields.contains { field in
                guard let node = field.node(of: object, in: sketch) else { return false }
                return sketch.nodes[node].kind != .null
            }
        }
        return has(marks) && (needs.isEmpty || has(needs))
    }

    private static let always: @Sendable (Speaker) -> Bool = { _ in true }
}

extension Dialect {
    /// Every dialect, most specific first.
    static let all: [Dialect] = native + libraries + general

    // Keys that only one API uses.
    private static let native: [Dialect] = [
        Dialect(
            name: "LiteLLM",
            marks: [Field(.promptTokens)],
            needs: [Field(.cacheReadInputTokens), Field(.cacheCreationInputTokens)],
            input: [Field(.promptTokens)],
            cached: [Field(.cacheReadInputTokens), Field(.promptTokensDetails, .cachedTokens)],
            write: [Field(.cacheCreationInputTokens)],
            output: [Field(.completionTokens)],
            reasoning: [Field(.completionTokensDetails, .reasoningTokens)],
            total: [Field(.totalTokens)]),
        Dialect(
            name: "Anthropic Messages",
            marks: [
                Field(.cacheReadInputTokens), Field(.cacheCreationInputTokens),
                Field(.cacheCreation), Field(.iterations),
            ],
            input: [Field(.inputTokens)], cached: [Field(.cacheReadInputTokens)],
            write: [Field(.cacheCreationInputTokens)], output: [Field(.outputTokens)],
            reasoning: [Field(.outputTokensDetails, .thinkingTokens), Field(.thinkingTokens)],
            total: [Field(.totalTokens)],
            addsCaches: always, provider: "anthropic"),
        Dialect(
            name: "xAI SDK",
            marks: [Field(.promptTextTokens), Field(.cachedPromptTextTokens)],
            input: [Field(.promptTokens), Field(.promptTextTokens)],
            cached: [Field(.cachedPromptTextTokens)], output: [Field(.completionTokens)],
            reasoning: [Field(.reasoningTokens)], total: [Field(.totalTokens)],
            addsReasoning: always, provider: "xai"),
        Dialect(
            // Billed units are what is paid for; `tokens` also counts a preamble that is not.
            name: "Cohere",
            marks: [Field(.billedUnits, .inputTokens), Field(.billedUnits, .outputTokens)],
            input: [Field(.billedUnits, .inputTokens)],
            output: [Field(.billedUnits, .outputTokens)], provider: "cohere"),
        Dialect(
            name: "Cohere, raw",
            marks: [Field(.tokens, .inputTokens)],
            input: [Field(.tokens, .inputTokens)], cached: [Field(.cachedTokens)],
            output: [Field(.tokens, .outputTokens)], provider: "cohere"),
        Dialect(
            name: "Gemini generateContent",
            marks: [
                Field(.promptTokenCount), Field(.candidatesTokenCount), Field(.responseTokenCount),
                Field(.thoughtsTokenCount),
            ],
            input: [Field(.promptTokenCount)], extraInput: [Field(.toolUsePromptTokenCount)],
            cached: [Field(.cachedContentTokenCount)],
            output: [Field(.candidatesTokenCount), Field(.responseTokenCount)],
            reasoning: [Field(.thoughtsTokenCount)], total: [Field(.totalTokenCount)],
            addsReasoning: always, provider: "google"),
        Dialect(
            name: "Gemini Interactions",
            marks: [Field(.totalInputTokens), Field(.totalOutputTokens)],
            input: [Field(.totalInputTokens)], extraInput: [Field(.totalToolUseTokens)],
            cached: [Field(.totalCachedTokens)], output: [Field(.totalOutputTokens)],
            reasoning: [Field(.totalThoughtTokens)], total: [Field(.totalTokens)],
            addsReasoning: always, provider: "google"),
        Dialect(
            name: "Gemini CLI statistics",
            marks: [Field(.candidates)], needs: [Field(.prompt)],
            input: [Field(.prompt)], extraInput: [Field(.tool)], cached: [Field(.cached)],
            output: [Field(.candidates)], reasoning: [Field(.thoughts)], total: [Field(.total)],
            addsReasoning: always, provider: "google"),
        Dialect(
            // Its `input` is the prompt less what was cached.
            name: "Gemini CLI statistics without prompt",
            marks: [Field(.candidates)], needs: [Field(.input)],
            input: [Field(.input)], extraInput: [Field(.tool)], cached: [Field(.cached)],
            output: [Field(.candidates)], reasoning: [Field(.thoughts)], total: [Field(.total)],
            addsCaches: always, addsReasoning: always, provider: "google"),
        Dialect(
            name: "Ollama",
            marks: [Field(.promptEvalCount), Field(.evalCount)],
            input: [Field(.promptEvalCount)], output: [Field(.evalCount)], provider: "ollama"),
        Dialect(
            name: "DeepSeek",
            marks: [Field(.promptCacheHitTokens), Field(.promptCacheMissTokens)],
            input: [Field(.promptTokens)],
            cached: [Field(.promptCacheHitTokens), Field(.promptTokensDetails, .cachedTokens)],
            output: [Field(.completionTokens)],
            reasoning: [Field(.completionTokensDetails, .reasoningTokens)],
            total: [Field(.totalTokens)], provider: "deepseek"),
        Dialect(
            name: "Vertex embeddings",
            marks: [Field(.statistics, .tokenCount)], input: [Field(.statistics, .tokenCount)],
            provider: "google"),
    ]

    // Libraries and command lines with objects of their own: camel case.
    private static let libraries: [Dialect] = [
        Dialect(
            name: "AI SDK provider V4",
            marks: [Field(.inputTokensCamel, .total), Field(.outputTokensCamel, .total)],
            input: [Field(.inputTokensCamel, .total)],
            cached: [Field(.inputTokensCamel, .cacheReadCamel)],
            write: [Field(.inputTokensCamel, .cacheWriteCamel)],
            output: [Field(.outputTokensCamel, .total)],
            reasoning: [Field(.outputTokensCamel, .reasoning)]),
        Dialect(
            name: "AI SDK v6",
            marks: [Field(.inputTokenDetailsCamel), Field(.outputTokenDetailsCamel)],
            input: [Field(.inputTokensCamel)],
            cached: [Field(.inputTokenDetailsCamel, .cacheReadTokens)],
            write: [Field(.inputTokenDetailsCamel, .cacheWriteTokensCamel)],
            output: [Field(.outputTokensCamel)],
            reasoning: [Field(.outputTokenDetailsCamel, .reasoningTokensCamel)],
            total: [Field(.totalTokensCamel)]),
        Dialect(
            name: "Bedrock Converse, Claude Code modelUsage",
            marks: [
                Field(.cacheReadInputTokensCamel), Field(.cacheWriteInputTokensCamel),
                Field(.cacheCreationInputTokensCamel),
            ],
            input: [Field(.inputTokensCamel)], cached: [Field(.cacheReadInputTokensCamel)],
            write: [
                Field(.cacheWriteInputTokensCamel), Field(.cacheCreationInputTokensCamel),
            ],
            output: [Field(.outputTokensCamel)], reasoning: [Field(.reasoningTokensCamel)],
            total: [Field(.totalTokensCamel)], addsCaches: always),
        Dialect(
            name: "Grok Build, Agent Client Protocol",
            marks: [
                Field(.cachedReadTokens), Field(.cacheCreationTokens), Field(.costTicksCamel),
            ],
            input: [Field(.inputTokensCamel)], cached: [Field(.cachedReadTokens)],
            write: [Field(.cacheCreationTokens)], output: [Field(.outputTokensCamel)],
            reasoning: [Field(.reasoningTokensCamel), Field(.thinkingTokensCamel)],
            total: [Field(.totalTokensCamel)]),
        Dialect(
            // One shape, two meanings: Gemini's numbers are copied from the CLI's statistics, which
            // count neither cached input nor thinking; Codex's hold both.
            name: "ask-gemini-mcp",
            marks: [Field(.cachedTokensCamel), Field(.thinkingTokensCamel)],
            input: [Field(.inputTokensCamel)], cached: [Field(.cachedTokensCamel)],
            output: [Field(.outputTokensCamel)], reasoning: [Field(.thinkingTokensCamel)],
            total: [Field(.totalTokensCamel)],
            addsCaches: { $0.provider == "google" }, addsReasoning: { $0.provider == "google" }),
        Dialect(
            name: "AI SDK v5",
            marks: [Field(.cachedInputTokensCamel), Field(.reasoningTokensCamel)],
            needs: [Field(.inputTokensCamel), Field(.outputTokensCamel)],
            input: [Field(.inputTokensCamel)], cached: [Field(.cachedInputTokensCamel)],
            output: [Field(.outputTokensCamel)], reasoning: [Field(.reasoningTokensCamel)],
            total: [Field(.totalTokensCamel)],
            addsCaches: { $0.provider == "anthropic" || $0.provider == "bedrock" }),
    ]

    // Shapes that many share.
    private static let general: [Dialect] = [
        Dialect(
            name: "Codex",
            marks: [Field(.cachedInputTokens), Field(.reasoningOutputTokens)],
            input: [Field(.inputTokens)], cached: [Field(.cachedInputTokens)],
            output: [Field(.outputTokens)], reasoning: [Field(.reasoningOutputTokens)],
            total: [Field(.totalTokens)]),
        Dialect(
            // Singular details: LangChain's `usage_metadata`, OpenAI's audio and realtime API.
            name: "LangChain",
            marks: [Field(.inputTokenDetails), Field(.outputTokenDetails)],
            input: [Field(.inputTokens)],
            cached: [
                Field(.inputTokenDetails, .cacheRead), Field(.inputTokenDetails, .cachedTokens),
            ],
            write: [Field(.inputTokenDetails, .cacheCreation)],
            output: [Field(.outputTokens)],
            reasoning: [
                Field(.outputTokenDetails, .reasoning),
                Field(.outputTokenDetails, .reasoningTokens),
            ],
            total: [Field(.totalTokens)]),
        Dialect(
            name: "OpenAI Chat Completions",
            marks: [Field(.promptTokens), Field(.completionTokens)],
            input: [Field(.promptTokens)],
            cached: [
                Field(.numCachedTokens), Field(.promptTokensDetails, .cachedTokens),
                Field(.cachedTokens), Field(.cachedInputTokens),
            ],
            write: [
                Field(.promptTokensDetails, .cacheWriteTokens),
                Field(.promptTokensDetails, .cacheCreationTokens), Field(.cacheWriteTokens),
            ],
            output: [
                Field(.completionTokens), Field(.responseTokens), Field(.outputTokens),
            ],
            reasoning: [
                Field(.completionTokensDetails, .reasoningTokens), Field(.reasoningTokens),
                Field(.thinkingTokens),
            ],
            total: [Field(.totalTokens)],
            // xAI's chat API, and Perplexity's deep research.
            addsReasoning: {
                $0.provider == "xai"
                    || ($0.model.map { FoldedText($0).has("deep-research") } ?? false)
            }),
        Dialect(
            name: "OpenAI Responses",
            marks: [Field(.inputTokens), Field(.outputTokens)],
            input: [Field(.inputTokens)],
            cached: [Field(.inputTokensDetails, .cachedTokens), Field(.cachedTokens)],
            write: [
                Field(.inputTokensDetails, .cacheWriteTokens), Field(.cacheWriteTokens),
            ],
            output: [Field(.outputTokens)],
            reasoning: [
                Field(.outputTokensDetails, .reasoningTokens),
                Field(.outputTokensDetails, .thinkingTokens), Field(.reasoningTokens),
                Field(.thinkingTokens),
            ],
            total: [Field(.totalTokens)]),
        Dialect(
            name: "AI SDK v4",
            marks: [Field(.promptTokensCamel), Field(.completionTokensCamel)],
            input: [Field(.promptTokensCamel)],
            cached: [Field(.cachedInputTokensCamel), Field(.cachedTokensCamel)],
            output: [Field(.completionTokensCamel)],
            reasoning: [Field(.reasoningTokensCamel)], total: [Field(.totalTokensCamel)]),
        Dialect(
            name: "Camel case",
            marks: [Field(.inputTokensCamel), Field(.outputTokensCamel)],
            input: [Field(.inputTokensCamel)],
            cached: [Field(.cacheReadTokens)], write: [Field(.cacheWriteTokensCamel)],
            output: [Field(.outputTokensCamel)], total: [Field(.totalTokensCamel)]),
    ]

    /// Where a sum stands that is not divided into input and output.
    static let totals: [Field] = [
        Field(.totalTokens), Field(.totalTokensCamel), Field(.tokensUsed), Field(.tokens),
    ]

    /// For each dialect, the keys of which an object must have one to speak it.
    static let markKeys: [KeySet] = all.map { dialect in
        KeySet(dialect.marks.map { $0.outer ?? $0.key })
    }

    /// The keys of which a document must have one, at any depth, to report usage or a sum of it.
    static let usageKeys: KeySet = markKeys.reduce(
        KeySet(totals.map { $0.outer ?? $0.key })
    ) { $0.union($1) }

    /// The place of a dialect in the table, by name; nil if there is none.
    static func index(named name: String) -> Int? { all.firstIndex { $0.name == name } }
}
