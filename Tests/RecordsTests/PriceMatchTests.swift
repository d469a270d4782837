import Testing

@testable import Records

/// Which model an id means, beyond what the oracle covers: paths, hosts, dates, and above all what
/// must stay unknown.
@Suite struct PriceMatching {
    @Test(
        arguments: [
            // As vendors write them.
            ("google", "models/gemini-2.5-pro", "google", "gemini-2.5-pro"),
            ("google", "GEMINI-2.5-Pro", "google", "gemini-2.5-pro"),
            ("google", " gemini-2.5-pro\n", "google", "gemini-2.5-pro"),
            ("google", "publishers/google/models/gemini-2.5-flash", "google", "gemini-2.5-flash"),
            (
                "google",
                "projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-4-7",
                "google", "claude-opus-4-7"
            ),
            ("google", "claude-sonnet-4-5@20250929", "google", "claude-sonnet-4-5"),
            ("anthropic", "claude-sonnet-4-5@20250929", "anthropic", "claude-sonnet-4-5"),
            ("anthropic", "claude-fable-5@20260401", "anthropic", "claude-fable-5"),
            ("anthropic", "claude-fable-5@default", "anthropic", "claude-fable-5"),
            ("anthropic", "claude-opus-4-7-20260401", "anthropic", "claude-opus-4-7"),
            ("anthropic", "claude-opus-4.1", "anthropic", "claude-opus-4-1"),
            ("anthropic", "claude-fable-5-latest", "anthropic", "claude-fable-5"),
            ("openai", "gpt-5-2025-08-07", "openai", "gpt-5"),
            ("openai", "gpt-5-20250807", "openai", "gpt-5"),
            ("openai", "gpt-5.1-codex-mini-2025-11-13", "openai", "gpt-5.1-codex-mini"),
            // A snapshot that has a price of its own keeps it, however its date is written.
            ("openai", "gpt-4o-2024-05-13", "openai", "gpt-4o-2024-05-13"),
            ("openai", "gpt-4o-20240513", "openai", "gpt-4o-2024-05-13"),
            ("xai", "grok-4-latest", "xai", "grok-4-0709"),
            ("mistral", "mistral-medium-latest", "mistral", "mistral-medium-latest"),
            ("openai", "ft:gpt-4o-mini-2024-07-18:acme::abc", "openai", "ft:gpt-4o-mini"),
            // Providers by other names.
            ("gcp.gemini", "gemini-2.5-pro", "google", "gemini-2.5-pro"),
            ("gemini", "gemini-2.5-pro", "google", "gemini-2.5-pro"),
            ("Grok", "grok-4.3", "xai", "grok-4.3"), ("x_ai", "grok-4.3", "xai", "grok-4.3"),
            ("mistral_ai", "mistral-embed", "mistral", "mistral-embed"),
            ("vertex_ai-anthropic_models", "claude-opus-4-7", "google", "claude-opus-4-7"),
            // Nobody says who: the id does, or the family.
            (nil, "claude-opus-4-7", "anthropic", "claude-opus-4-7"),
            (nil, "anthropic/claude-opus-4.7", "anthropic", "claude-opus-4-7"),
            (nil, "x-ai/grok-4.3", "xai", "grok-4.3"), (nil, "xai/grok-4", "xai", "grok-4-0709"),
            (nil, "gemini/gemini-2.5-pro", "google", "gemini-2.5-pro"),
            (nil, "o3", "openai", "o3"), (nil, "gpt-5", "openai", "gpt-5"),
            (nil, "deepseek-chat", "deepseek", "deepseek-chat"),
            (nil, "deepseek/deepseek-chat-v3-0324", "deepseek", "deepseek-chat"),
            (nil, "sonar-pro", "perplexity", "sonar-pro"),
            (nil, "text-embedding-3-small", "openai", "text-embedding-3-small"),
            (nil, "kimi-k3", "moonshotai", "kimi-k3"),
            (nil, "command-a-03-2025", "cohere", "command-a"),
            (nil, "groq/openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
            // Resellers.
            ("openrouter", "anthropic/claude-sonnet-4.5", "anthropic", "claude-sonnet-4-5"),
            ("openrouter", "openrouter/x-ai/grok-4.3", "xai", "grok-4.3"),
            (
                "openrouter", "google/gemini-2.5-flash-preview:thinking", "google",
                "gemini-2.5-flash-preview"
            ),
            ("openrouter", "openai/gpt-5:nitro", "openai", "gpt-5"),
            (
                "openrouter", "google/gemini-2.0-flash-exp:free", "openrouter",
                "google/gemini-2.0-flash-exp:free"
            ),
            ("openrouter", "meta-llama/llama-4:free", "openrouter", "meta-llama/llama-4:free"),
            (
                "bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic",
                "claude-sonnet-4-5"
            ),
            (
                "bedrock", "us.anthropic.claude-opus-4-1-20250805-v1:0", "anthropic",
                "claude-opus-4-1"
            ),
            (
                "anthropic", "eu.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic",
                "claude-haiku-4-5"
            ),
            (
                "aws.bedrock", "us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0:200k", "anthropic",
                "claude-3-5-sonnet"
            ),
            (nil, "global.anthropic.claude-opus-5-20260301-v1:0", "anthropic", "claude-opus-5"),
            ("bedrock", "anthropic.claude-opus-5-v1", "anthropic", "claude-opus-5"),
            (
                "bedrock",
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-7-v1:0",
                "anthropic", "claude-opus-4-7"
            ),
            (nil, "bedrock/anthropic.claude-opus-4-7-v1:0", "anthropic", "claude-opus-4-7"),
            ("azure", "gpt-5", "openai", "gpt-5"), ("multi", "grok-4.3", "xai", "grok-4.3"),
            // A vendor's own interface spoken by someone else, who says so in the id.
            ("openai", "anthropic/claude-opus-4.7", "anthropic", "claude-opus-4-7"),
            ("groq", "openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
            ("perplexity", "perplexity/sonar", "perplexity", "perplexity/sonar"),
            // Local.
            ("ollama", "llama3.1", "ollama", "llama3.1"),
            ("ollama", "gpt-oss:20b", "ollama", "gpt-oss:20b"),
            ("ollama", "hf.co/org/model:Q4", "ollama", "hf.co/org/model:q4"),
            (nil, "ollama/qwen3:4b", "ollama", "ollama/qwen3:4b"),
        ] as [(String?, String, String, String)])
    func finds(provider: String?, model: String, vendor: String, id: String) throws {
        let entry = try #require(PriceTable.builtIn.match(provider: provider, model: model))
        #expect(entry.provider == vendor)
        #expect(entry.id == id)
    }

    @Test(
        arguments: [
            ("anthropic", "claude-opus-4-99"), ("anthropic", "claude-opus-4-10"),
            ("anthropic", "claude-opus-6"),
            ("anthropic", "claude-fable-5-3"), ("anthropic", "claude-fable-5-3-20260401"),
            (nil, "claude-opus-4-99"),
            ("google", "gemini-9"), (nil, "gemini-9"), ("google", "models/gemini-9"),
            ("google", "gemini"),
            ("openai", "gpt-7"), ("openai", "gpt-5-2025-13-07"), ("openai", "gpt-5-19990807"),
            ("xai", "grok-9"),
            ("openai", "gpt-5-20250807-20250807"), ("openai", "gpt"), ("google", ""), (nil, " "),
            (nil, nil),
            ("google", nil), ("ollama", nil), ("ollama", ""),
            // Another vendor's model under a vendor's name, and companies whose prices nobody gave.
            ("google", "gpt-5"), ("anthropic", "gemini-2.5-pro"), ("groq", "gpt-5"),
            ("groq", "anthropic/claude-opus-4-7"),
            ("together", "deepseek-chat"), ("acme", "gpt-5"), (nil, "together/deepseek-chat"),
            (nil, "acme/gpt-5"),
            ("openrouter", "acme/gpt-5"), ("perplexity", "gpt-5"),
            // Open weights cost what their host asks.
            (nil, "deepseek-r1:8b"), (nil, "deepseek-r1"), (nil, "gpt-oss-120b"),
            (nil, "gemma-3-27b-it"), (nil, "llama3.1"),
            (nil, "mixtral-8x7b-32768"), (nil, "grok-1:latest"),
            ("bedrock", "mistral.mistral-large-2407-v1:0"), ("bedrock", "us.deepseek.r1-v1:0"),
            ("bedrock", "amazon.nova-pro-v1:0"),
            ("bedrock", "mistral-large-2407"), ("bedrock", "us.anthropic.claude-opus-4-99-v1:0"),
            ("ollama", "gpt-oss:120b-cloud"), ("ollama", "glm-4.6:cloud"),
            (nil, "ollama/kimi-k2:1t-cloud"),
            (nil, "/"), (nil, "//"), (nil, "models/"),
            (nil, ":"), (nil, ":free"),
            (nil, "@"), (nil, "arn:/"), (nil, "arn:aws:bedrock"), (nil, "anthropic."),
            (nil, ".anthropic."), (nil, "-latest"),
            (nil, "\u{0}"), (nil, "été"),
            // Sound and pictures are not billed by text tokens.
            ("openai", "whisper-1"), ("mistral", "mistral-ocr-latest"),
            ("xai", "grok-voice-latest"),
        ] as [(String?, String?)])
    func leavesUnknown(provider: String?, model: String?) {
        #expect(PriceTable.builtIn.match(provider: provider, model: model) == nil)
        let usage = TokenUsage(source: .reported, input: 10, output: 10)
        #expect(
            PriceTable.builtIn.price(
                provider: provider, model: model, usage: usage, at: Timestamp(microseconds: 0))
                == Cost(source: .unpriced))
    }

    @Test func survivesAnyID() {
        var random = SeededGenerator(seed: 11)
        let pieces = [
            "claude", "-", "/", ":", ".", "@", "models", "anthropic", "us", "-v1:0", "20250929",
            "2025-09-29",
            "-latest", ":free", "arn:", "*", "#", "!", "é", "\u{0}", "gpt-5", "ft:", "openrouter",
            "publishers",
        ]
        let providers = [nil, "", "google", "bedrock", "openrouter", "groq", "ollama", "x", "Ä"]
        for _ in 0..<5000 {
            let count = Int.random(in: 0...6, using: &random)
            let id = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined()
            _ = PriceTable.builtIn.match(
                provider: providers[Int.random(in: 0..<providers.count, using: &random)], model: id)
        }
        _ = PriceTable.builtIn.match(
            provider: nil, model: String(repeating: "claude/", count: 20_000))
    }
}
