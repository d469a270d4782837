/// How companies behind models are recognised by the names people give to servers, tools and
/// variables.
enum ProviderNames {
    /// The provider a server's or a tool's name speaks of, such as `xai` for `grok-mcp` or
    /// `grok_ask`; nil when no word of it is known, or when it is about documents, logs or bills of
    /// the provider and not about asking its models.
    static func provider(in name: String?) -> String? {
        guard let name else { return nil }
        let words = words(of: name)
        guard words.allSatisfy({ !otherBusiness.contains($0) }) else { return nil }
        let found = words.compactMap { providersByWord[$0] }
        // `openrouter-gemini`: who sells the call comes first, wherever it stands.
        return found.first { $0 == "openrouter" } ?? found.first
    }

    /// Lower-case words of a name: parts between punctuation and at changes of case.
    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var wasLower = false
        for scalar in name.unicodeScalars.prefix(128) {
            let isUpper = ("A"..."Z").contains(scalar)
            let isLetter = isUpper || ("a"..."z").contains(scalar)
            if !isLetter || (isUpper && wasLower) {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if isLetter { word.unicodeScalars.append(isUpper ? lowercase(scalar) : scalar) }
            wasLower = isLetter && !isUpper
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    private static func lowercase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value) | 0x20)
    }

    /// Words that name models or who sells them and little else. Not `claude`, which names files,
    /// memories and clients too, nor `bedrock` and `zen`, which are words of their own.
    private static let providersByWord: [String: String] = [
        "gemini": "google", "grok": "xai", "unigrok": "xai", "xai": "xai", "openai": "openai",
        "chatgpt": "openai", "gpt": "openai", "codex": "openai", "anthropic": "anthropic",
        "ollama": "ollama", "perplexity": "perplexity", "deepseek": "deepseek",
        "mistral": "mistral", "cohere": "cohere", "groq": "groq", "openrouter": "openrouter",
    ]

    /// Words of servers that deal with a provider's things without asking its models.
    private static let otherBusiness: Set<String> = [
        "docs", "doc", "documentation", "history", "logs", "log", "usage", "billing", "cost",
        "costs", "admin", "status", "import", "export", "sessions", "session", "config", "settings",
        "skills", "memory", "git", "github", "filesystem",
    ]

    /// The variables that hold keys, or addresses, of services.
    static let keyVariables: [(provider: String, variables: [String])] = [
        ("google", ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"]),
        ("xai", ["XAI_API_KEY", "GROK_API_KEY"]),
        ("openai", ["OPENAI_API_KEY"]),
        ("anthropic", ["ANTHROPIC_API_KEY"]),
        ("ollama", ["OLLAMA_HOST", "OLLAMA_BASE_URL"]),
        ("perplexity", ["PERPLEXITY_API_KEY"]),
        ("deepseek", ["DEEPSEEK_API_KEY"]),
        ("mistral", ["MISTRAL_API_KEY"]),
        ("cohere", ["COHERE_API_KEY", "CO_API_KEY"]),
        ("groq", ["GROQ_API_KEY"]),
        ("openrouter", ["OPENROUTER_API_KEY"]),
    ]

    /// The variables in which servers of a provider look for their model.
    static func modelVariables(of provider: String?) -> [String] {
        switch provider {
        case "google": ["GEMINI_MODEL", "GEMINI_DEFAULT_MODEL", "GOOGLE_GEMINI_MODEL"]
        case "xai": ["XAI_MODEL", "XAI_DEFAULT_MODEL", "GROK_MODEL", "GROK_CLI_MODEL"]
        case "openai":
            ["OPENAI_MODEL", "OPENAI_DEFAULT_MODEL", "CODEX_DEFAULT_MODEL", "ASK_CODEX_MODEL"]
        case "ollama": ["OLLAMA_MODEL", "OLLAMA_DEFAULT_MODEL"]
        case "perplexity": ["PERPLEXITY_MODEL"]
        case "deepseek": ["DEEPSEEK_MODEL", "DEEPSEEK_DEFAULT_MODEL"]
        case "openrouter": ["OPENROUTER_MODEL", "OPENROUTER_DEFAULT_MODEL"]
        case "multi": ["DEFAULT_MODEL", "DEFAULT_MODELS"]
        default: []
        }
    }
}
