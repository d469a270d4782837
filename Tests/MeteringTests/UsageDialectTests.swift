import Metering
import Records
import Testing
import Wire

/// Every provider's and library's way to write usage down, and what it comes to.
@Suite struct UsageDialectTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        /// The structured content of the answer.
        var json: String
        var tokens: Tokens
        var provider: String?
        var dollars: Int64?
        var testDescription: String { name }

        init(
            _ name: String, _ json: String, _ tokens: Tokens, provider: String? = "openai",
            nanodollars: Int64? = nil
        ) {
            self.name = name
            self.json = json
            self.tokens = tokens
            self.provider = provider
            dollars = nanodollars
        }
    }

    static let providers: [Row] = [
        Row(
            "Anthropic, thinking tokens",
            #"{"model":"claude-sonnet-4-6","usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":90,"output_tokens_details":{"thinking_tokens":60}}}"#,
            Tokens(15, 90, cached: 5, reasoning: 60), provider: "anthropic"),
        Row(
            "Anthropic, lifetimes only",
            #"{"usage":{"input_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":40,"ephemeral_1h_input_tokens":60},"output_tokens":9}}"#,
            Tokens(101, 9, write: 100), provider: "anthropic"),
        Row(
            "OpenAI, rejected predictions are in the output",
            #"{"usage":{"prompt_tokens":20,"completion_tokens":30,"total_tokens":50,"completion_tokens_details":{"reasoning_tokens":0,"rejected_prediction_tokens":12}}}"#,
            Tokens(20, 30, reasoning: 0)),
        Row(
            "OpenAI realtime, singular details",
            #"{"usage":{"total_tokens":253,"input_tokens":132,"output_tokens":121,"input_token_details":{"text_tokens":119,"audio_tokens":13,"cached_tokens":64},"output_token_details":{"text_tokens":30,"audio_tokens":91}}}"#,
            Tokens(132, 121, cached: 64)),
        Row(
            "OpenAI images",
            #"{"created":1,"usage":{"input_tokens":50,"input_tokens_details":{"image_tokens":40,"text_tokens":10},"output_tokens":1056,"total_tokens":1106}}"#,
            Tokens(50, 1056)),
        Row(
            "Gemini, thinking used the whole output",
            #"{"usageMetadata":{"promptTokenCount":10,"thoughtsTokenCount":90,"totalTokenCount":100}}"#,
            Tokens(10, 90, reasoning: 90), provider: "google"),
        Row(
            "Gemini, thinking without a total",
            #"{"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":7,"thoughtsTokenCount":90}}"#,
            Tokens(10, 97, reasoning: 90), provider: "google"),
        Row(
            "Gemini Live",
            #"{"usageMetadata":{"promptTokenCount":45,"responseTokenCount":300,"totalTokenCount":345}}"#,
            Tokens(45, 300), provider: "google"),
        Row(
            "Gemini Interactions, cached",
            #"{"usage":{"total_input_tokens":100,"total_cached_tokens":80,"total_output_tokens":10,"total_thought_tokens":5,"total_tokens":115}}"#,
            Tokens(100, 15, cached: 80, reasoning: 5), provider: "google"),
        Row(
            "Vertex embeddings",
            #"{"predictions":[{"embeddings":{"statistics":{"truncated":false,"token_count":6.0},"values":[0.1,0.2]}},{"embeddings":{"statistics":{"truncated":false,"token_count":4.0},"values":[0.1]}}]}"#,
            Tokens(10, 0), provider: "google"),
        Row(
            "xAI chat without a total is exclusive",
            #"{"model":"grok-4","usage":{"prompt_tokens":12,"completion_tokens":100,"completion_tokens_details":{"reasoning_tokens":28}}}"#,
            Tokens(12, 128, reasoning: 28), provider: "xai"),
        Row(
            "xAI chat, three counts only: the rest is thinking",
            #"{"model":"grok-4","usage":{"prompt_tokens":12,"completion_tokens":1,"total_tokens":241},"cost_usd":0.0012}"#,
            Tokens(12, 229, reasoning: 228), provider: "xai", nanodollars: 1_200_000),
        Row(
            "xAI ticks beyond any count",
            #"{"model":"grok-4","usage":{"input_tokens":12851663,"output_tokens":1000,"total_tokens":12852663,"cost_in_usd_ticks":125117780000}}"#,
            Tokens(12_851_663, 1000), provider: "xai", nanodollars: 12_511_778_000),
        Row(
            "Ollama, OpenAI-compatible",
            #"{"model":"llama3.2","usage":{"prompt_tokens":26,"completion_tokens":298,"total_tokens":324}}"#,
            Tokens(26, 298), provider: "ollama"),
        Row(
            "DeepSeek, hits and misses only",
            #"{"usage":{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}}"#,
            Tokens(100, 5, cached: 64), provider: "deepseek"),
        Row(
            "Mistral, singular prompt details",
            #"{"usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_token_details":{"cached_tokens":40}}}"#,
            Tokens(100, 50, cached: 40), provider: "mistral"),
        Row(
            "Groq, seconds beside the counts",
            #"{"usage":{"queue_time":0.05,"prompt_tokens":24,"prompt_time":0.001,"completion_tokens":377,"completion_time":0.6,"total_tokens":401,"total_time":0.7}}"#,
            Tokens(24, 377), provider: "groq"),
        Row(
            "Groq, old streams",
            #"{"object":"chat.completion.chunk","x_groq":{"id":"r","usage":{"prompt_tokens":24,"completion_tokens":3,"total_tokens":27}}}"#,
            Tokens(24, 3), provider: "groq"),
        Row(
            "Cohere v1",
            #"{"text":"Paris","meta":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":70,"output_tokens":3}}}"#,
            Tokens(5, 2), provider: "cohere"),
        Row(
            "Cohere without billed units",
            #"{"usage":{"tokens":{"input_tokens":507.0,"output_tokens":10.0},"cached_tokens":448}}"#,
            Tokens(507, 10, cached: 448), provider: "cohere"),
        Row(
            "Bedrock, twins",
            #"{"usage":{"inputTokens":10,"outputTokens":5,"totalTokens":95,"cacheReadInputTokenCount":80,"cacheReadInputTokens":80}}"#,
            Tokens(90, 5, cached: 80), provider: "bedrock"),
        Row(
            "Perplexity Agent API",
            #"{"model":"openai/gpt-5.2","usage":{"input_tokens":30,"output_tokens":12,"total_tokens":42,"cost":{"currency":"USD","input_cost":0.00001,"total_cost":0.00023}}}"#,
            Tokens(30, 12), provider: "perplexity", nanodollars: 230_000),
        Row(
            "Perplexity, another currency",
            #"{"model":"sonar","usage":{"input_tokens":30,"output_tokens":12,"cost":{"currency":"EUR","total_cost":0.00023}}}"#,
            Tokens(30, 12), provider: "perplexity"),
        Row(
            "OpenRouter, cost in scientific notation",
            #"{"model":"openai/gpt-4o","usage":{"prompt_tokens":194,"completion_tokens":2,"total_tokens":196,"cost":9.5e-5,"cost_details":{"upstream_inference_cost":19},"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":100}}}"#,
            Tokens(194, 2, cached: 0, write: 100), provider: "openrouter", nanodollars: 95_000),
    ]

    static let libraries: [Row] = [
        Row(
            "LiteLLM, Anthropic upstream",
            #"{"model":"claude-sonnet-4-5","usage":{"prompt_tokens":17004,"completion_tokens":90,"total_tokens":17094,"cache_creation_input_tokens":5000,"cache_read_input_tokens":12000}}"#,
            Tokens(17004, 90, cached: 12000, write: 5000), provider: "anthropic"),
        Row(
            "AI SDK v5",
            #"{"usage":{"inputTokens":900,"outputTokens":300,"totalTokens":1200,"reasoningTokens":250,"cachedInputTokens":800}}"#,
            Tokens(900, 300, cached: 800, reasoning: 250)),
        Row(
            "AI SDK v5, Anthropic, no total",
            #"{"modelId":"claude-sonnet-4-5","usage":{"inputTokens":900,"outputTokens":300,"cachedInputTokens":800}}"#,
            Tokens(1700, 300, cached: 800), provider: "anthropic"),
        Row(
            "AI SDK provider V4, reasoning",
            #"{"usage":{"inputTokens":{"total":100,"noCache":40,"cacheRead":60},"outputTokens":{"total":20,"text":5,"reasoning":15}}}"#,
            Tokens(100, 20, cached: 60, reasoning: 15)),
        Row(
            "LangChain",
            #"{"usage_metadata":{"input_tokens":350,"output_tokens":240,"total_tokens":590,"input_token_details":{"audio":10,"cache_creation":200,"cache_read":100},"output_token_details":{"audio":10,"reasoning":200}}}"#,
            Tokens(350, 240, cached: 100, write: 200, reasoning: 200)),
        Row(
            "Codex",
            #"{"type":"turn.completed","usage":{"input_tokens":24763,"cached_input_tokens":24448,"output_tokens":122,"reasoning_output_tokens":64}}"#,
            Tokens(24763, 122, cached: 24448, reasoning: 64)),
        Row(
            "Claude Code's result",
            #"{"type":"result","subtype":"success","is_error":false,"result":"Paris.","total_cost_usd":0.0237,"usage":{"input_tokens":4,"cache_creation_input_tokens":5000,"cache_read_input_tokens":12000,"output_tokens":90},"modelUsage":{"claude-sonnet-4-5-20250929":{"inputTokens":4,"outputTokens":90,"cacheReadInputTokens":12000,"cacheCreationInputTokens":5000,"costUSD":0.0237}}}"#,
            Tokens(17004, 90, cached: 12000, write: 5000), provider: "anthropic",
            nanodollars: 23_700_000),
        Row(
            "Gemini CLI, tools in the prompt",
            #"{"stats":{"models":{"gemini-2.5-pro":{"tokens":{"prompt":100,"candidates":10,"total":135,"cached":0,"thoughts":20,"tool":5}}}}}"#,
            Tokens(105, 30, cached: 0, reasoning: 20), provider: "google"),
        Row(
            "Gemini CLI, input without prompt",
            #"{"stats":{"models":{"gemini-2.5-pro":{"tokens":{"input":30,"candidates":10,"cached":70,"thoughts":20}}}}}"#,
            Tokens(100, 30, cached: 70, reasoning: 20), provider: "google"),
        Row(
            "Grok Build",
            #"{"usage":{"inputTokens":1000,"outputTokens":50,"totalTokens":1050,"cachedReadTokens":900,"cacheCreationTokens":20,"reasoningTokens":30,"modelCalls":2,"apiDurationMs":9,"costUsdTicks":125000,"numTurns":1,"modelUsage":{"grok-4":{"inputTokens":1000,"outputTokens":50}}}}"#,
            Tokens(1000, 50, cached: 900, write: 20, reasoning: 30), provider: "xai",
            nanodollars: 12_500),
        Row(
            "ask-gemini, Ollama",
            #"{"provider":"ollama","usage":{"provider":"ollama","model":"llama3.2","inputTokens":11,"outputTokens":18,"cachedTokens":null,"thinkingTokens":null}}"#,
            Tokens(11, 18), provider: "ollama"),
        Row(
            "gemini-mcp-rust: flat, response_tokens, thinking in the total",
            #"{"result":"Paris","metadata":{"model_used":"gemini-2.5-pro","prompt_tokens":8,"response_tokens":9,"total_tokens":60}}"#,
            Tokens(8, 52, reasoning: 43), provider: "google"),
        Row(
            "DataForSEO-like cost beside counts",
            #"{"usage":{"input_tokens":8,"output_tokens":9,"cost_usd":"0.000001"}}"#,
            Tokens(8, 9), nanodollars: 1000),
    ]

    @Test(arguments: providers + libraries)
    func row(_ row: Row) throws {
        let exchange = try Exchange(
            answer: Exchange.structured(row.json), provider: row.provider)
        let usage = try #require(exchange.usages.first)
        #expect(exchange.usages.count == 1)
        #expect(Tokens(usage.usage) == row.tokens)
        #expect(usage.usage?.source == .reported)
        #expect(usage.provider == row.provider)
        #expect(usage.reportedNanodollars == row.dollars)
    }

    /// The same numbers come out of every carrier that holds one document.
    @Test(arguments: providers + libraries)
    func carriers(_ row: Row) throws {
        for answer in [
            #""result":{"content":[{"type":"text","text":"Paris."}],"_meta":\#(row.json)}"#,
            #""result":{"content":[{"type":"text","text":"Paris."}],"metadata":\#(row.json)}"#,
            #""result":{"content":[{"type":"text","text":"Paris.","_meta":\#(row.json)}]}"#,
            Exchange.text(row.json),
            Exchange.text("data: \(row.json)\n\ndata: [DONE]\n\n"),
            #""result":{"content":[{"type":"resource","resource":{"uri":"u:x","text":\#(quoted(row.json))}}]}"#,
        ] {
            let usage = try Exchange(answer: answer, provider: row.provider).usages.first
            #expect(Tokens(usage?.usage) == row.tokens, "\(answer)")
        }
    }

    @Test func lifetimesOfCacheWrites() throws {
        let exchange = try Exchange(
            answer: Exchange.structured(
                #"{"usage":{"input_tokens":2,"cache_creation_input_tokens":3068,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":1068,"ephemeral_1h_input_tokens":2000},"output_tokens":211}}"#
            ), provider: "anthropic")
        #expect(exchange.usages.first?.usage?.cacheWrite1h == 2000)
    }

    @Test func advisorIsARecordOfItsOwn() throws {
        let usages = try Exchange(
            answer: Exchange.structured(
                #"{"model":"claude-sonnet-4-6","usage":{"input_tokens":100,"output_tokens":20,"cache_read_input_tokens":0,"iterations":[{"type":"message","input_tokens":100,"output_tokens":20},{"type":"advisor_message","model":"claude-opus-4-7","input_tokens":2728,"output_tokens":874,"cache_read_input_tokens":10}]}}"#
            ), provider: "anthropic"
        ).usages
        #expect(usages.map(\.model) == ["claude-sonnet-4-6", "claude-opus-4-7"])
        #expect(
            usages.map { Tokens($0.usage) } == [
                Tokens(100, 20, cached: 0), Tokens(2738, 874, cached: 10),
            ])
    }

    @Test func severalModelsAreSeveralRecords() throws {
        let claude = try Exchange(
            answer: Exchange.text(
                #"{"type":"result","result":"Paris","total_cost_usd":0.03,"usage":{"input_tokens":4,"cache_read_input_tokens":0,"output_tokens":90},"modelUsage":{"claude-haiku-4-5":{"inputTokens":50,"outputTokens":10,"cacheReadInputTokens":0,"cacheCreationInputTokens":0,"costUSD":0.01},"claude-opus-4-6":{"inputTokens":4,"outputTokens":90,"cacheReadInputTokens":900,"cacheCreationInputTokens":0,"costUSD":0.02}}}"#
            ), provider: "anthropic"
        ).usages
        #expect(claude.map(\.model) == ["claude-opus-4-6", "claude-haiku-4-5"])
        #expect(claude.map { $0.usage?.input } == [904, 50])
        #expect(claude.map(\.reportedNanodollars) == [20_000_000, 10_000_000])

        let gemini = try Exchange(
            answer: Exchange.text(
                #"{"response":"Paris","stats":{"models":{"gemini-2.5-flash-lite":{"tokens":{"prompt":10,"candidates":1,"total":11,"cached":0,"thoughts":0,"tool":0}},"gemini-2.5-pro":{"tokens":{"prompt":100,"candidates":10,"total":130,"cached":0,"thoughts":20,"tool":0}}}}}"#
            ), provider: "google"
        ).usages
        #expect(gemini.map(\.model) == ["gemini-2.5-pro", "gemini-2.5-flash-lite"])
        #expect(gemini.map { $0.usage?.output } == [30, 1])
    }
}
