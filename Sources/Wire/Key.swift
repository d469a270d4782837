/// The object keys the scanner knows, each a small number so that rules are table look-ups.
///
/// Spellings and what each key is used for stand in `Vocabulary`; several spellings may mean one
/// key (`usageMetadata`, `usage_metadata`). A key that matters only to a server profile has no case
/// of its own: its node is `.named` and carries its bytes.
package enum Key: UInt16, CaseIterable, Sendable {
    /// A key nobody asked for; never in a sketch.
    case unknown
    /// The root of a frame, an element of an array, a JSON document found inside a string.
    case root, element, document
    /// A key kept by its own bytes: a model's name in a usage map, a profile's field.
    case named

    // JSON-RPC 2.0 and MCP.
    case id, method, params, result, error, code, message, data
    case name, arguments, meta, requestId, reason, progressToken
    case task, taskId, requestState, inputResponses, inputRequests, resultType
    case clientInfo, serverInfo, version, protocolVersion, relatedTask
    case messages, systemPrompt, msg, content, contents, structuredContent, isError
    case role, stopReason, type, text, resource, tools, inputSchema, properties
    case defaultValue, description, traceparent, toolUseId

    // Who answered, and whether it worked.
    case model, provider, status, success, object, errorType, errorCode, done
    case retryAfter, retryAfterMilliseconds

    // Wrappers that documents put around the interesting part.
    case metadata, response, rawResponse, raw, info, completion, details, stats, request

    // Answers: their strings are counted, never kept.
    case answer, choices, output

    // Objects that hold usage, and maps from a model to usage.
    case usage, usageMetadata, tokens, billedUnits, statistics, lastTokenUsage, totalTokenUsage
    case modelUsage, models, iterations

    // Counts. The comment of each row in `Vocabulary` names the dialect.
    case inputTokens, outputTokens, totalTokens
    case inputTokensCamel, outputTokensCamel, totalTokensCamel
    case promptTokens, completionTokens
    case promptTokensCamel, completionTokensCamel
    case responseTokens
    case cacheReadInputTokens, cacheCreationInputTokens, cacheCreation
    case ephemeral5m, ephemeral1h
    case inputTokensDetails, outputTokensDetails, inputTokenDetails, outputTokenDetails
    case promptTokensDetails, completionTokensDetails
    case inputTokenDetailsCamel, outputTokenDetailsCamel
    case cachedTokens, cacheWriteTokens, reasoningTokens, thinkingTokens
    case noCacheTokens, cacheReadTokens, cacheWriteTokensCamel, reasoningTokensCamel
    case cacheRead, reasoning, noCache, cacheReadCamel, cacheWriteCamel, total
    case promptTokenCount, candidatesTokenCount, responseTokenCount
    case cachedContentTokenCount, toolUsePromptTokenCount, thoughtsTokenCount, totalTokenCount
    case totalInputTokens, totalOutputTokens, totalCachedTokens
    case totalToolUseTokens, totalThoughtTokens
    case promptTextTokens, cachedPromptTextTokens
    case promptEvalCount, evalCount
    case promptCacheHitTokens, promptCacheMissTokens, numCachedTokens
    case cacheReadInputTokensCamel, cacheWriteInputTokensCamel, cacheCreationInputTokensCamel
    case cachedInputTokens, cachedInputTokensCamel, reasoningOutputTokens
    case cachedReadTokens, cacheCreationTokens, cachedTokensCamel, thinkingTokensCamel
    case prompt, input, candidates, cached, thoughts, tool
    case tokensUsed, tokenCount, citationTokens, serverToolUse, speed, serviceTier
    case calls, totalCalls, totalInputTokensCamel, totalOutputTokensCamel

    // Reported money.
    case cost, totalCost, costUSD, costUSDCamel, totalCostUSD, costTicks, costTicksCamel, currency
    case usageTotalUSD
}

/// What a key means in the places where meaning depends on the key alone.
package struct KeyTraits: OptionSet, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// In a document: a scalar that is kept.
    package static let scalar = KeyTraits(rawValue: 1 << 0)
    /// In a document: an object or array that is entered as more of the document.
    package static let wrapper = KeyTraits(rawValue: 1 << 1)
    /// In a document: an object (or array of objects) that is entered as usage.
    package static let usage = KeyTraits(rawValue: 1 << 2)
    /// In a document: an object whose keys are model names, each holding usage.
    package static let models = KeyTraits(rawValue: 1 << 3)
    /// In a document: its strings are the visible answer, counted and never kept.
    package static let answer = KeyTraits(rawValue: 1 << 4)
    /// In `arguments`: a scalar that is kept (the model asked for).
    package static let argument = KeyTraits(rawValue: 1 << 5)
    /// In `arguments`: its strings are not prompt text (ids, model, role, tuning knobs).
    package static let uncounted = KeyTraits(rawValue: 1 << 6)
    /// A segment of a path some server profile asks for; kept or entered wherever it stands.
    package static let path = KeyTraits(rawValue: 1 << 7)
    /// A segment that such a path has only below another one; kept or entered only there, for it may
    /// be a word as common as `results`.
    package static let inner = KeyTraits(rawValue: 1 << 8)
}
