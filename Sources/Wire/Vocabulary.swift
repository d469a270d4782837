/// The spellings the scanner looks for, and what each means: the one table of keys.
///
/// Grows by the path segments of server profiles before a session starts; read-only afterwards, so
/// both directions share one.
package struct Vocabulary: Sendable {
    /// What a look-up found.
    package struct Entry: Sendable, Equatable {
        package let key: Key
        package let traits: KeyTraits
    }

    /// The longest spelling that can be known, in bytes; longer keys are unknown without a look-up.
    package static let spellingBytesMax = 64

    /// Open addressing: the entries, and their spellings at 64 bytes a slot, zero-padded.
    private var slots: [Slot]
    private var spellings: [UInt8]
    private var count = 0

    private static let slotCount = 1024

    private struct Slot: Sendable {
        /// 0 is an empty slot.
        var length: UInt8 = 0
        var entry = Entry(key: .unknown, traits: [])
    }

    /// The built-in keys and the given path segments of profiles.
    ///
    /// - Parameters:
    ///   - pathSegments: keys that profiles ask for, in `arguments` or in results.
    ///   - innerSegments: keys that they ask for below one of those in results, and nowhere else.
    package init(
        pathSegments: some Sequence<String> = [String](),
        innerSegments: some Sequence<String> = [String]()
    ) {
        slots = Array(repeating: Slot(), count: Self.slotCount)
        spellings = Array(repeating: 0, count: Self.slotCount * Self.spellingBytesMax)
        for row in Self.rows { insert(row.spelling, row.key, row.traits) }
        for segment in pathSegments { insert(segment, .named, .path) }
        for segment in innerSegments { insert(segment, .named, .inner) }
    }

    /// What a key is; `.unknown` without traits for one that is not in the table.
    @inline(__always)
    package func lookup(_ bytes: UnsafeRawBufferPointer) -> Entry {
        let (slot, isFound) = find(bytes)
        return isFound ? slots[slot].entry : Entry(key: .unknown, traits: [])
    }

    /// The slot of a spelling, or the free one where it would go.
    @inline(__always)
    private func find(_ bytes: UnsafeRawBufferPointer) -> (slot: Int, isFound: Bool) {
        let length = bytes.count
        var slot = Self.hash(bytes) & (Self.slotCount - 1)
        guard length > 0, length <= Self.spellingBytesMax else { return (slot, false) }
        while slots[slot].length != 0 {
            if Int(slots[slot].length) == length, isSpelled(slot, bytes) { return (slot, true) }
            slot = (slot &+ 1) & (Self.slotCount - 1)
        }
        return (slot, false)
    }

    @inline(__always)
    private func isSpelled(_ slot: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let start = slot &* Self.spellingBytesMax
        for i in 0..<bytes.count where spellings[start &+ i] != bytes[i] { return false }
        return true
    }

    /// What a spelling means; for tests, profiles and tables, not for the scanner's loop.
    package func lookup(_ spelling: String) -> Entry {
        Array(spelling.utf8).withUnsafeBytes { lookup($0) }
    }

    private mutating func insert(_ spelling: String, _ key: Key, _ traits: KeyTraits) {
        let bytes = Array(spelling.utf8)
        guard !bytes.isEmpty, bytes.count <= Self.spellingBytesMax else { return }
        let (slot, isFound) = bytes.withUnsafeBytes { find($0) }
        if isFound {
            let known = slots[slot].entry
            let isSegment = !traits.isDisjoint(with: [.path, .inner])
            let key = known.key == .unknown && isSegment ? .named : known.key
            slots[slot].entry = Entry(key: key, traits: known.traits.union(traits))
            return
        }
        // Half full at most, so that a look-up always ends; a profile cannot exhaust it.
        guard count < Self.slotCount / 2 else { return }
        count += 1
        slots[slot] = Slot(
            length: UInt8(bytes.count), entry: Entry(key: key, traits: traits))
        let start = slot * Self.spellingBytesMax
        spellings.replaceSubrange(start..<(start + bytes.count), with: bytes)
    }

    /// Mixes the length with the first and the last bytes: enough to tell the table's rows apart.
    @inline(__always)
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        let length = bytes.count
        guard length > 0 else { return 0 }
        let first = UInt64(bytes[0])
        let middle = UInt64(bytes[length >> 1])
        let last = UInt64(bytes[length &- 1])
        let almost = UInt64(bytes[length > 1 ? length &- 2 : 0])
        let third = UInt64(bytes[length > 3 ? 3 : 0])
        let packed =
            first | middle << 8 | last << 16 | almost << 24 | third << 32
            | UInt64(truncatingIfNeeded: length) << 40
        return Int(truncatingIfNeeded: (packed &* 0x9e37_79b9_7f4a_7c15) >> 44)
    }
}

extension Vocabulary {
    /// Whether documents put a key around more of themselves (`metadata`), so that what is below it
    /// is read as if it stood beside it.
    package static func isWrapper(_ spelling: String) -> Bool {
        rows.contains { $0.spelling == spelling && $0.traits.contains(.wrapper) }
    }

    struct Row {
        let spelling: String
        let key: Key
        let traits: KeyTraits

        init(_ spelling: String, _ key: Key, _ traits: KeyTraits = []) {
            self.spelling = spelling
            self.key = key
            self.traits = traits
        }
    }

    /// Every built-in spelling; for tests.
    package static var spellings: [String] { rows.map(\.spelling) }

    static let rows: [Row] = protocolRows + envelopeRows + argumentRows + usageRows + moneyRows

    // MCP schema 2024-11-05 … 2026-07-28.
    private static let protocolRows: [Row] = [
        Row("id", .id, [.scalar, .uncounted]), Row("method", .method), Row("params", .params),
        Row("result", .result, .wrapper), Row("error", .error, .scalar),
        Row("code", .code, .scalar), Row("message", .message, [.wrapper, .answer]),
        Row("data", .data, .wrapper), Row("name", .name, .argument),
        Row("arguments", .arguments), Row("_meta", .meta, .wrapper), Row("meta", .meta, .wrapper),
        Row("requestId", .requestId, .uncounted), Row("reason", .reason),
        Row("progressToken", .progressToken), Row("task", .task),
        Row("taskId", .taskId, .uncounted),
        Row("requestState", .requestState), Row("inputResponses", .inputResponses),
        Row("inputRequests", .inputRequests), Row("resultType", .resultType),
        Row("clientInfo", .clientInfo), Row("serverInfo", .serverInfo), Row("version", .version),
        Row("protocolVersion", .protocolVersion),
        Row("io.modelcontextprotocol/clientInfo", .clientInfo),
        Row("io.modelcontextprotocol/serverInfo", .serverInfo),
        Row("io.modelcontextprotocol/protocolVersion", .protocolVersion),
        Row("io.modelcontextprotocol/related-task", .relatedTask),
        Row("messages", .messages), Row("systemPrompt", .systemPrompt), Row("msg", .msg),
        Row("content", .content, .answer), Row("contents", .contents),
        Row("structuredContent", .structuredContent), Row("isError", .isError, .scalar),
        Row("role", .role, .uncounted), Row("stopReason", .stopReason),
        Row("type", .type, [.scalar, .uncounted]), Row("text", .text, .answer),
        Row("resource", .resource), Row("tools", .tools), Row("inputSchema", .inputSchema),
        Row("properties", .properties), Row("default", .defaultValue),
        Row("description", .description), Row("traceparent", .traceparent),
        Row("claudecode/toolUseId", .toolUseId),
    ]

    // Around usage and beside it: what MCP servers are seen to wrap it in.
    private static let envelopeRows: [Row] = [
        Row("model", .model, [.scalar, .argument, .uncounted]),
        Row("model_used", .model, .scalar), Row("modelUsed", .model, .scalar),
        Row("actual_model", .model, .scalar), Row("modelVersion", .model, .scalar),
        Row("model_version", .model, .scalar),
        Row("model_name", .model, [.scalar, .argument, .uncounted]),
        Row("modelName", .model, [.scalar, .argument, .uncounted]),
        Row("modelId", .model, [.scalar, .argument, .uncounted]),
        Row("model_id", .model, [.scalar, .argument, .uncounted]),
        Row("models_prefixed_by_provider", .models, [.argument, .uncounted]),
        Row("provider", .provider, [.scalar, .uncounted]),
        Row("provider_used", .provider, .scalar),
        Row("status", .status, .scalar), Row("success", .success, .scalar),
        Row("object", .object, .scalar), Row("errorType", .errorType, .scalar),
        Row("errorCode", .errorCode, .scalar), Row("done", .done, .scalar),
        Row("retryDelay", .retryAfter, .scalar), Row("retryAfter", .retryAfter, .scalar),
        Row("retry_after", .retryAfter, .scalar),
        Row("retryAfterMs", .retryAfterMilliseconds, .scalar),
        Row("retry_after_ms", .retryAfterMilliseconds, .scalar),
        Row("metadata", .metadata, .wrapper), Row("response", .response, [.wrapper, .answer]),
        Row("raw_response", .rawResponse, .wrapper), Row("raw", .raw, .wrapper),
        Row("x_groq", .details, .wrapper), Row("embeddings", .data, .wrapper),
        Row("predictions", .data, .wrapper), Row("is_error", .isError, .scalar),
        Row("info", .info, .wrapper), Row("completion", .completion, [.wrapper, .answer]),
        Row("details", .details, .wrapper), Row("stats", .stats, .wrapper),
        Row("request", .request), Row("answer", .answer, .answer),
        Row("choices", .choices, .answer), Row("candidates", .candidates, [.answer, .scalar]),
        Row("output", .output, .answer), Row("output_text", .answer, .answer),
    ]

    // Arguments whose strings are no prompt: ids, roles, tuning knobs.
    private static let argumentRows: [Row] = [
        "session_id", "sessionId", "conversation_id", "conversationId", "continuation_id",
        "continuationId", "thread_id", "threadId", "response_id", "previous_response_id",
        "cacheKey", "cache_key", "cacheName", "user_id", "temperature", "effort",
        "reasoning_effort", "format", "response_format", "aspect_ratio", "size", "quality", "style",
        "detail", "mime_type", "mimeType", "imageBase64", "image_base64", "voice", "language_code",
        "thinking_mode", "thinkingLevel", "thinking_level", "verbosity", "tool_choice", "cli_name",
    ].map { Row($0, .unknown, .uncounted) }

    // Provider usage, by dialect.
    private static let usageRows: [Row] = [
        Row("usage", .usage, .usage), Row("token_usage", .usage, .usage),
        Row("tokenUsage", .usage, .usage), Row("usage_info", .usage, .usage),
        Row("usageMetadata", .usageMetadata, .usage), Row("usage_metadata", .usageMetadata, .usage),
        Row("tokens", .tokens, [.usage, .scalar]), Row("billed_units", .billedUnits, .usage),
        Row("last_token_usage", .lastTokenUsage, .usage),
        Row("total_token_usage", .totalTokenUsage),
        Row("modelUsage", .modelUsage, .models), Row("model_usage", .modelUsage, .models),
        Row("models", .models, .models), Row("iterations", .iterations),
        // Anthropic, OpenAI Responses, xAI Responses, Codex, LangChain
        Row("input_tokens", .inputTokens, .scalar), Row("output_tokens", .outputTokens, .scalar),
        Row("total_tokens", .totalTokens, .scalar),
        Row("cache_read_input_tokens", .cacheReadInputTokens, .scalar),
        Row("cache_creation_input_tokens", .cacheCreationInputTokens, .scalar),
        Row("cache_creation", .cacheCreation, .scalar),
        Row("ephemeral_5m_input_tokens", .ephemeral5m),
        Row("ephemeral_1h_input_tokens", .ephemeral1h),
        Row("server_tool_use", .serverToolUse),
        Row("input_tokens_details", .inputTokensDetails),
        Row("output_tokens_details", .outputTokensDetails),
        Row("input_token_details", .inputTokenDetails),
        Row("output_token_details", .outputTokenDetails),
        Row("thinking_tokens", .thinkingTokens, .scalar), Row("cache_read", .cacheRead),
        Row("reasoning", .reasoning), Row("cached_input_tokens", .cachedInputTokens, .scalar),
        Row("reasoning_output_tokens", .reasoningOutputTokens, .scalar),
        // OpenAI Chat and everything that copies it
        Row("prompt_tokens", .promptTokens, .scalar),
        Row("completion_tokens", .completionTokens, .scalar),
        Row("prompt_tokens_details", .promptTokensDetails),
        Row("prompt_token_details", .promptTokensDetails),
        Row("completion_tokens_details", .completionTokensDetails),
        Row("cached_tokens", .cachedTokens, .scalar),
        Row("cache_write_tokens", .cacheWriteTokens, .scalar),
        Row("reasoning_tokens", .reasoningTokens, .scalar),
        Row("num_cached_tokens", .numCachedTokens, .scalar),
        Row("prompt_cache_hit_tokens", .promptCacheHitTokens, .scalar),
        Row("prompt_cache_miss_tokens", .promptCacheMissTokens, .scalar),
        Row("prompt_text_tokens", .promptTextTokens, .scalar),
        Row("cached_prompt_text_tokens", .cachedPromptTextTokens, .scalar),
        Row("citation_tokens", .citationTokens, .scalar),
        Row("response_tokens", .responseTokens, .scalar),
        // Gemini generateContent, camel and snake
        Row("promptTokenCount", .promptTokenCount, .scalar),
        Row("prompt_token_count", .promptTokenCount, .scalar),
        Row("candidatesTokenCount", .candidatesTokenCount, .scalar),
        Row("candidates_token_count", .candidatesTokenCount, .scalar),
        Row("responseTokenCount", .responseTokenCount, .scalar),
        Row("response_token_count", .responseTokenCount, .scalar),
        Row("cachedContentTokenCount", .cachedContentTokenCount, .scalar),
        Row("cached_content_token_count", .cachedContentTokenCount, .scalar),
        Row("toolUsePromptTokenCount", .toolUsePromptTokenCount, .scalar),
        Row("tool_use_prompt_token_count", .toolUsePromptTokenCount, .scalar),
        Row("thoughtsTokenCount", .thoughtsTokenCount, .scalar),
        Row("thoughts_token_count", .thoughtsTokenCount, .scalar),
        Row("totalTokenCount", .totalTokenCount, .scalar),
        Row("total_token_count", .totalTokenCount, .scalar),
        // Gemini Interactions
        Row("total_input_tokens", .totalInputTokens, .scalar),
        Row("total_output_tokens", .totalOutputTokens, .scalar),
        Row("total_cached_tokens", .totalCachedTokens, .scalar),
        Row("total_tool_use_tokens", .totalToolUseTokens, .scalar),
        Row("total_thought_tokens", .totalThoughtTokens, .scalar),
        // Ollama native
        Row("prompt_eval_count", .promptEvalCount, .scalar), Row("eval_count", .evalCount, .scalar),
        // Bedrock Converse, AI SDK, Claude modelUsage, Grok Build
        Row("inputTokens", .inputTokensCamel, .scalar),
        Row("outputTokens", .outputTokensCamel, .scalar),
        Row("totalTokens", .totalTokensCamel, .scalar),
        Row("promptTokens", .promptTokensCamel, .scalar),
        Row("completionTokens", .completionTokensCamel, .scalar),
        Row("cacheReadInputTokens", .cacheReadInputTokensCamel, .scalar),
        Row("cacheReadInputTokenCount", .cacheReadInputTokensCamel, .scalar),
        Row("cacheWriteInputTokens", .cacheWriteInputTokensCamel, .scalar),
        Row("cacheWriteInputTokenCount", .cacheWriteInputTokensCamel, .scalar),
        Row("cacheCreationInputTokens", .cacheCreationInputTokensCamel, .scalar),
        Row("cachedInputTokens", .cachedInputTokensCamel, .scalar),
        Row("reasoningTokens", .reasoningTokensCamel, .scalar),
        Row("inputTokenDetails", .inputTokenDetailsCamel),
        Row("outputTokenDetails", .outputTokenDetailsCamel),
        Row("noCacheTokens", .noCacheTokens), Row("cacheReadTokens", .cacheReadTokens, .scalar),
        Row("cacheWriteTokens", .cacheWriteTokensCamel, .scalar),
        Row("total", .total, .scalar), Row("noCache", .noCache),
        Row("cacheRead", .cacheReadCamel), Row("cacheWrite", .cacheWriteCamel),
        Row("cachedReadTokens", .cachedReadTokens, .scalar),
        Row("cacheCreationTokens", .cacheCreationTokens, .scalar),
        // Gemini CLI stats, ask-gemini-mcp
        Row("prompt", .prompt, .scalar), Row("input", .input, .scalar),
        Row("cached", .cached, .scalar), Row("thoughts", .thoughts, .scalar),
        Row("tool", .tool, .scalar), Row("cachedTokens", .cachedTokensCamel, .scalar),
        Row("thinkingTokens", .thinkingTokensCamel, .scalar),
        Row("thoughtTokens", .thinkingTokensCamel, .scalar),
        Row("cachedWriteTokens", .cacheCreationTokens, .scalar),
        Row("cache_creation_tokens", .cacheCreationTokens, .scalar),
        // Vertex embeddings
        Row("statistics", .statistics, .usage),
        // Totals alone, and the marks of cumulative reports
        Row("tokensUsed", .tokensUsed, .scalar), Row("tokens_used", .tokensUsed, .scalar),
        Row("tokenCount", .tokenCount, .scalar), Row("token_count", .tokenCount, .scalar),
        Row("calls", .calls, .scalar), Row("totalCalls", .totalCalls, .scalar),
        Row("total_calls", .totalCalls, .scalar), Row("totalRequests", .totalCalls, .scalar),
        Row("total_requests", .totalCalls, .scalar),
        Row("totalInputTokens", .totalInputTokensCamel, .scalar),
        Row("totalOutputTokens", .totalOutputTokensCamel, .scalar),
        Row("speed", .speed, .scalar), Row("service_tier", .serviceTier, .scalar),
    ]

    // Costs that providers and servers report.
    private static let moneyRows: [Row] = [
        Row("cost", .cost, [.usage, .scalar]), Row("total_cost", .totalCost, .scalar),
        Row("cost_usd", .costUSD, .scalar), Row("costUSD", .costUSDCamel, .scalar),
        Row("total_cost_usd", .totalCostUSD, .scalar),
        Row("cost_in_usd_ticks", .costTicks, .scalar),
        Row("costUsdTicks", .costTicksCamel, .scalar),
        Row("currency", .currency, .scalar), Row("usageTotalUsd", .usageTotalUSD, .scalar),
    ]
}
