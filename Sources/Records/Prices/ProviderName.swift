/// The companies and hosts whose prices are told apart.
///
/// Names arrive in the spellings of clients, of OpenTelemetry and of LiteLLM; the ledger's own are
/// lower-case company names.
package enum ProviderName {
    /// How a price is found from a provider's name.
    enum Kind {
        /// Has a price list and makes the models on it. Another vendor's model under its name is
        /// priced only if the model's id says whose it is.
        case vendor
        /// Has a price list for other vendors' models. Its list alone counts.
        case host
        /// Passes on at the vendor's list price, so far as is known here.
        case reseller
        /// Runs on the user's own machine.
        case local
        /// A company without a list here: its prices are not guessed.
        case unknown
    }

    /// The ledger's name for a provider.
    package static func canonical(_ name: String) -> String {
        let name = name.lowercased()
        switch name {
        case "claude": return "anthropic"
        case "gemini", "vertex", "vertexai", "google_genai", "google_ai_studio", "gcp.gemini",
            "gcp.vertex_ai", "gcp.gen_ai", "google-vertex", "google_vertexai":
            return "google"
        case "azure_openai", "azure_ai", "azure.ai.openai", "az.ai.openai", "az.ai.inference",
            "azure.ai.inference":
            return "azure"
        case "grok", "x-ai", "x_ai", "x.ai": return "xai"
        case "mistralai", "mistral_ai": return "mistral"
        case "cohere_chat": return "cohere"
        case "pplx": return "perplexity"
        case "moonshot": return "moonshotai"
        case "ollama_chat": return "ollama"
        case "aws", "aws.bedrock", "aws_bedrock", "amazon-bedrock", "amazon", "bedrock_converse":
            return "bedrock"
        case "litellm", "litellm_proxy": return "multi"
        default: return name.hasPrefix("vertex_ai") ? "google" : name
        }
    }

    /// `name` as `canonical` gives it.
    static func kind(_ name: String) -> Kind {
        switch name {
        case "anthropic", "google", "openai", "xai", "deepseek", "mistral", "cohere", "moonshotai":
            .vendor
        case "groq", "perplexity": .host
        case "openrouter", "bedrock", "azure", "multi": .reseller
        case "ollama": .local
        default: .unknown
        }
    }

    /// Whose a model is, by what its name begins with, where that leaves no doubt. Models with open
    /// weights are left out, since they cost what their host asks: gemma, gpt-oss, llama, mixtral,
    /// deepseek-r1 and its distillates.
    static func vendor(ofModel name: ArraySlice<UInt8>) -> String? {
        families.first { family in
            name.starts(with: family.prefix.utf8) && !name.starts(with: "gpt-oss".utf8)
        }?.vendor
    }

    private static let families: [(prefix: String, vendor: String)] = [
        ("claude", "anthropic"), ("gemini", "google"), ("grok", "xai"),
        ("gpt-", "openai"), ("chatgpt-", "openai"), ("o1", "openai"), ("o3", "openai"),
        ("o4", "openai"), ("codex-", "openai"), ("computer-use", "openai"), ("ft:gpt-", "openai"),
        ("text-embedding-", "openai"), ("chat-latest", "openai"), ("omni-moderation", "openai"),
        ("deepseek-chat", "deepseek"), ("deepseek-reasoner", "deepseek"),
        ("deepseek-v4-", "deepseek"), ("deepseek-flash", "deepseek"),
        ("mistral-large", "mistral"), ("mistral-medium", "mistral"), ("mistral-embed", "mistral"),
        ("mistral-small-latest", "mistral"), ("mistral-tiny", "mistral"),
        ("codestral-", "mistral"), ("magistral-medium", "mistral"), ("pixtral-large", "mistral"),
        ("command", "cohere"), ("embed-v4", "cohere"),
        ("sonar", "perplexity"), ("pplx-", "perplexity"),
        ("kimi-", "moonshotai"), ("moonshot-", "moonshotai"),
    ]
}
