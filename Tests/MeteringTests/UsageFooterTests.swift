import Metering
import Records
import Testing
import Wire

/// Footers as servers word them, and lines that only look like them.
@Suite struct UsageFooterTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var footer: String
        var tokens: Tokens
        var provider: String
        var model: String?
        var nanodollars: Int64?
        var testDescription: String { footer }

        init(
            _ footer: String, _ tokens: Tokens, _ provider: String, model: String? = "asked",
            nanodollars: Int64? = nil
        ) {
            self.footer = footer
            self.tokens = tokens
            self.provider = provider
            self.model = model
            self.nanodollars = nanodollars
        }
    }

    @Test(arguments: [
        Row(
            "- **Tokens:** 1430 (1200 prompt + 230 completion)\n- **Model:** deepseek-chat\n- **Cost:** $0.0004",
            Tokens(1200, 230), "deepseek", model: "deepseek-chat", nanodollars: 400_000),
        Row("- **Tokens:** 1430 (1200 prompt + 230 completion)", Tokens(1200, 230), "deepseek"),
        Row(
            "_deepseek · model=deepseek-v4-flash  latency=1.0s  tokens=850+2210    cost=$0.0047_",
            Tokens(850, 2210), "deepseek", model: "deepseek-v4-flash", nanodollars: 4_700_000),
        Row(
            "_deepseek · model=deepseek-v4-pro·high  tokens=1,850+10_", Tokens(1850, 10),
            "deepseek", model: "deepseek-v4-pro"),
        Row(
            "[Codex stats: 24,763 input tokens, 122 output tokens, 64 thinking tokens, 24,448 cached, model: gpt-5.3-codex]",
            Tokens(24763, 122, cached: 24448, reasoning: 64), "openai", model: "gpt-5.3-codex"),
        Row(
            "[Ollama stats: 11 input tokens, 18 output tokens, model: llama3.2]", Tokens(11, 18),
            "ollama", model: "llama3.2"),
        Row("[Gemini stats: 9.000 input tokens, 40 output tokens]", Tokens(9000, 40), "google"),
        Row(
            "[Gemini stats: 1\u{202f}234\u{202f}567 input tokens, 40 output tokens, 8\u{202f}000 cached]",
            Tokens(1_242_567, 40, cached: 8000), "google"),
        Row(
            "[Gemini stats: 3\u{a0}000 input tokens, 4\u{a0}000 output tokens]", Tokens(3000, 4000),
            "google"),
        Row("[Gemini stats: 3 000 input tokens, 40 output tokens]", Tokens(3000, 40), "google"),
        Row("[Gemini stats: 3’000 input tokens, 40 output tokens]", Tokens(3000, 40), "google"),
        Row(
            "[Gemini stats: 12,34,567 input tokens, 40 output tokens]", Tokens(1_234_567, 40),
            "google"),
        Row(
            "**Token Usage:**\n- Total: 12150\n- Cached: 11800\n- New prompt: 12000\n- Response: 150",
            Tokens(12000, 150, cached: 11800), "google"),
        Row(
            "Tokens: 12,345 input, 6,789 output | Cost: $0.12", Tokens(12345, 6789), "openai",
            nanodollars: 120_000_000),
        Row("Tokens: 12,345 input, 6,789 output", Tokens(12345, 6789), "openai"),
        Row("Tokens: 12,345 input, 6,789 output   \r\n\r\n", Tokens(12345, 6789), "openai"),
    ])
    func reported(_ row: Row) throws {
        for answer in ["Paris.\n\n---\n", "```sh\nls\n```\nParis.\n\n"] {
            let usage = try usage(answer + row.footer, row.provider)
            #expect(Tokens(usage?.usage) == row.tokens)
            #expect(usage?.usage?.source == .reported)
            #expect(usage?.model == row.model)
            #expect(usage?.reportedNanodollars == row.nanodollars)
        }
    }

    /// Footers that tell a sum only: it is divided, and the parts add up to it.
    @Test(
        arguments: [
            ("*Model: sonar-pro | Tokens: 403*", 403, "sonar-pro"),
            ("*Model: sonar-pro / Tokens: 1,403*", 1403, "sonar-pro"),
            ("*Total tokens used: 48,213 / 1,048,576 available*", 48213, "asked"),
            ("*Total tokens used: 48,213*", 48213, "asked"),
        ] as [(String, UInt64, String)])
    func totals(_ footer: String, _ total: UInt64, _ model: String) throws {
        let usage = try usage("Paris.\n\n\(footer)", "perplexity")
        #expect(usage?.usage?.source == .estimated)
        #expect((usage?.usage?.input ?? 0) + (usage?.usage?.output ?? 0) == total)
        #expect(usage?.usage?.input == 8)
        #expect(usage?.model == model)
    }

    @Test(arguments: ["*Thinking tokens: 1,412*", "*Thinking tokens used: 1,412*"])
    func thinkingOnly(_ footer: String) throws {
        let usage = try usage("Paris.\n\n\(footer)", "google")?.usage
        #expect(usage?.source == .estimated)
        #expect(usage?.reasoning == 1412)
        #expect(usage.map { ($0.output ?? 0) > 1412 } == true)
    }

    @Test(arguments: [
        ("Paris.\n\n*Model: `gemini-3.1-pro-preview`*", "gemini-3.1-pro-preview"),
        ("Paris.\n\n[Model: gemini-2.5-flash]", "gemini-2.5-flash"),
        ("**Model Used:** gemini-2.5-pro\n\nParis.", "gemini-2.5-pro"),
        ("Paris.\n\n---\nWorking directory: /w\nModel: gemini-2.5-flash", "gemini-2.5-flash"),
        ("Model: google:gemini-2.5-flash\nResponse: Paris.", "gemini-2.5-flash"),
        // Not a model of this server, or no model at all.
        ("Paris.\n\nModel: T", "asked"), ("Paris.\n\nModel: gpt-4o", "asked"),
        ("Paris.\n\nModel: a fine one", "asked"), ("Paris.\n\n[Model: auto]", "asked"),
    ])
    func models(_ text: String, _ model: String) throws {
        #expect(try usage(text, "google")?.model == model)
    }

    @Test(arguments: [
        "> *Total tokens used: 48,213 / 1,048,576 available*",
        "    Tokens: 12,345 input, 6,789 output", " Tokens: 12,345 input, 6,789 output",
        "```\nTokens: 12,345 input, 6,789 output\n```",
        "~~~\nTokens: 12,345 input, 6,789 output\n~~~",
        "Tokens: 12,345 input, 6,789 output, or so", "It said Tokens: 12,345 input, 6,789 output",
        "Tokens: many input, 6,789 output", "Tokens: 12.5 input, 6,789 output",
        "Tokens: 1234,567 input, 6,789 output", "Tokens: 12,345 input, 6,789 output | Cost: free",
        "- Total: 12150\n- Response: 150", "[Gemini stats: some input tokens]",
        "[Gemini stats: 5 input tokens, 6 apples]", "[Gemini stats: ]",
        "- **Tokens:** 1430 (1200 prompt and 230 completion)",
        "_deepseek · model=deepseek-chat tokens=lots_", "*Thinking tokens: none*",
        "```python\n# open\nTokens: 10 input, 20 output",
        "Tokens: 10 input, 20 output\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12",
    ])
    func nearMisses(_ text: String) throws {
        let usage = try usage("The tool prints:\n\n\(text)", "google")?.usage
        #expect(usage?.source == .estimated)
        #expect(usage?.reasoning == nil)
        #expect((usage?.output ?? 0) < 200)
    }

    /// Below a long answer only the end of the text is kept, and its first line may be torn.
    @Test func belowALongAnswer() throws {
        let line = "Tokens: 1 input, 2 output and a lot more of the same\n"
        let text = String(repeating: line, count: 400) + "\nTokens: 12,345 input, 6,789 output"
        #expect(Tokens(try usage(text, "openai")?.usage) == Tokens(12345, 6789))
    }

    private func usage(_ text: String, _ provider: String) throws -> ModelUsage? {
        let exchange = try Exchange(
            arguments: #"{"prompt":"What is the capital of France?","model":"asked"}"#,
            answer: Exchange.text(text), provider: provider)
        #expect(exchange.usages.count == 1)
        return exchange.usages.first
    }
}
