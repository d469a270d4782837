import Metering
import Records
import Testing
import Wire

/// What is metered without reported usage, as what, and what is not metered at all.
@Suite struct UsageEstimateTests {
    @Test(
        arguments: [
            // 31 Latin scalars each way, by provider.
            ("openai", "gpt-5", 8), ("google", "gemini-2.5-pro", 8), ("xai", "grok-4", 8),
            ("deepseek", "deepseek-chat", 9), ("anthropic", "claude-opus-4-6", 10),
            ("anthropic", "claude-opus-4-7", 13), ("anthropic", "claude-opus-4-7-20260401", 13),
            ("anthropic", "claude-3-7-sonnet-20250219", 10), ("anthropic", "claude-sonnet-5", 13),
            ("mistral", "mistral-large-latest", 9), ("ollama", "llama3.2", 9),
            ("openrouter", "anthropic/claude-opus-4.7", 13), ("openrouter", "x/y", 8),
            ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", 10), ("multi", "zzz", 8),
        ] as [(String, String, UInt64)])
    func weights(_ provider: String, _ model: String, _ output: UInt64) throws {
        let usage = try Exchange(
            arguments: #"{"prompt":"hi","model":"\#(model)"}"#,
            answer: Exchange.text("Paris is the capital of France."), provider: provider
        ).usages.first
        #expect(usage?.usage?.output == output)
        #expect(usage?.usage?.input == 1)
        #expect(usage?.model == model)
        #expect(usage?.modelSource == .argument)
    }

    @Test func otherScripts() throws {
        let usage = try Exchange(
            arguments: #"{"prompt":"法国的首都是哪里？"}"#, answer: Exchange.text("Καλημέρα"),
            provider: "google"
        ).usages.first?.usage
        #expect(usage?.input == 7)
        #expect(usage?.output == 4)
    }

    /// What was reported in part is kept, the rest estimated.
    @Test(
        arguments: [
            (#"{"eval_count":42}"#, 8, 42), (#"{"prompt_tokens":42}"#, 42, 2),
            (#"{"total_tokens":100}"#, 8, 92), (#"{"total_tokens":4}"#, 3, 1),
            (#"{"totalTokens":100}"#, 8, 92), (#"{"tokens":100}"#, 8, 92),
            (#"{"tokens":{"total":100}}"#, 8, 92),
            (#"{"prompt_tokens":8,"total_tokens":20}"#, 8, 12),
            (#"{"completion_tokens":8,"total_tokens":20}"#, 12, 8),
        ] as [(String, UInt64, UInt64)])
    func parts(_ usage: String, _ input: UInt64, _ output: UInt64) throws {
        for answer in [
            #""result":{"content":[{"type":"text","text":"Paris."}],"_meta":{"usage":\#(usage)}}"#,
            #""result":{"content":[{"type":"text","text":"Paris."}],"metadata":\#(usage)}"#,
        ] {
            let read = try Exchange(answer: answer, provider: "google").usages.first?.usage
            #expect(Tokens(read) == Tokens(input, output), "\(answer)")
            let isWhole = usage.contains("prompt_tokens\":8,") || usage.contains("completion")
            #expect(read?.source == (isWhole ? .reported : .estimated))
        }
    }

    @Test func embeddingsAreAllInput() throws {
        for usage in [#"{"total_tokens":100}"#, #"{"prompt_tokens":100}"#] {
            let read = try Exchange(
                tool: "embed_text", arguments: #"{"text":"hello"}"#,
                answer: #""result":{"content":[],"_meta":{"usage":\#(usage)}}"#, provider: "google"
            ).usages.first?.usage
            #expect(Tokens(read) == Tokens(100, 0))
            #expect(read?.source == .reported)
        }
        let estimated = try Exchange(
            tool: "embed_text", arguments: #"{"text":"hello"}"#,
            answer: Exchange.text("[[0.1,0.2,0.3,0.4,0.5]]"), provider: "google"
        ).usages.first?.usage
        #expect(Tokens(estimated) == Tokens(2, 0))
    }

    @Test func otherCompanysModelByTheServersWord() throws {
        let usage = try Exchange(
            answer:
                #""result":{"content":[],"_meta":{"model":"gpt-5","usage":{"prompt_tokens":9,"completion_tokens":2}}}"#,
            provider: "google"
        ).usages.first
        #expect(usage?.provider == "openai")
    }

    @Test(arguments: [
        ("count_tokens", #"{"text":"lorem"}"#), ("countTokens", #"{"text":"lorem"}"#),
        ("gemini-count-tokens", #"{"text":"lorem"}"#), ("get-usage-stats", "{}"),
        ("grok_estimate_cost", #"{"prompt":"x"}"#),
        ("fetch-chunk", #"{"cacheKey":"a","chunkIndex":1}"#),
        ("gemini_createCache", #"{"contents":"long text"}"#), ("check_files", #"{"text":"x"}"#),
        ("list_models", #"{"query":"pro"}"#), ("ask", #"{"path":"/tmp/x"}"#),
        ("get_quota", #"{"query":"x"}"#), ("ping", #"{"message":"x"}"#),
    ])
    func notMetered(_ tool: String, _ arguments: String) throws {
        let usages = try Exchange(
            tool: tool, arguments: arguments, answer: Exchange.text("Token count: 5123"),
            provider: "google"
        ).usages
        #expect(usages.isEmpty)
    }

    @Test(arguments: [
        (#""result":{"tools":[{"name":"usage"}]}"#, "tools/list"),
        (
            #""result":{"contents":[{"uri":"usage://current-session","text":"{\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":5}}"}]}"#,
            "resources/read"
        ),
        (#""result":{"messages":[]}"#, "prompts/get"), (#""result":{}"#, "ping"),
        (#""result":{"task":{"taskId":"t","status":"working"}}"#, "tools/call"),
        (#""result":{"resultType":"input_required","inputRequests":{"a":{}}}"#, "tools/call"),
        (#""result":{"taskId":"t","status":"working"}"#, "tasks/get"),
        // A task is asked for with the facts of the call that made it.
        (#""result":{"taskId":"t","status":"working"}"#, "tools/call"),
        (#""result":{"taskId":"t","status":"completed"}"#, "tools/call"),
    ])
    func notAnAnswer(_ answer: String, _ method: String) throws {
        #expect(try Exchange(method: method, answer: answer).usages.isEmpty)
    }

    @Test func finishedTaskIsMetered() throws {
        let result =
            #"{"content":[{"type":"text","text":"Paris."}],"structuredContent":{"usage":{"prompt_tokens":9,"completion_tokens":2}}}"#
        for (method, answer) in [
            ("tasks/result", #""result":\#(result)"#),
            ("tasks/get", #""result":{"taskId":"t","status":"completed","result":\#(result)}"#),
        ] {
            let usages = try Exchange(method: method, answer: answer).usages
            #expect(usages.map { Tokens($0.usage) } == [Tokens(9, 2)], "\(method)")
        }
    }

    @Test func profilesDecide() throws {
        var call = try Exchange(
            tool: "list_ideas", arguments: "{}", answer: Exchange.text("Paris."), provider: "google"
        )
        #expect(call.usages.isEmpty)
        call.server.toolCallsModel = true
        #expect(call.usages.first?.usage?.output == 2)
        call.server.toolCallsModel = false
        call.request.hasPromptArgument = true
        #expect(call.usages.isEmpty)
    }

    @Test func modelSources() throws {
        var call = try Exchange(
            arguments: #"{"prompt":"hi","model":"pro"}"#, answer: Exchange.text("Paris."),
            provider: "google")
        #expect(call.usages.first?.model == nil)
        call.server.model = "gemini-2.5-pro"
        call.server.modelSource = .env
        #expect(call.usages.first?.model == "gemini-2.5-pro")
        #expect(call.usages.first?.modelSource == .env)
        call.request.model = "models/gemini-2.5-flash"
        #expect(call.usages.first?.model == "gemini-2.5-flash")
        #expect(call.usages.first?.modelSource == .argument)
        let served = try Exchange(
            arguments: #"{"prompt":"hi","model":"gemini-2.5-pro"}"#,
            answer: Exchange.structured(
                #"{"modelVersion":"gemini-2.5-flash","response":"Paris."}"#),
            provider: "google")
        #expect(served.usages.first?.model == "gemini-2.5-flash")
        #expect(served.usages.first?.modelSource == .response)
        // What a model writes in its answer is no model's name.
        let prose = try Exchange(
            answer: Exchange.text(#"{"model":"T-1000","response":"Paris."}"#), provider: "google")
        #expect(prose.usages.first?.model == nil)
    }

    @Test(arguments: [
        (#"{"prompt":"x","model_name":"gpt-4o"}"#, "ask", "gpt-4o"),
        (
            #"{"request":{"model":"gpt-4o","messages":[{"role":"user","content":"x"}]}}"#, "chat",
            "gpt-4o"
        ),
        (
            #"{"text":"x","models_prefixed_by_provider":["openai:gpt-4o","google:g"]}"#, "prompt",
            "gpt-4o"
        ),
        (#"{"name":"llama3.2:3b","prompt":"x"}"#, "run", "llama3.2:3b"),
    ])
    func askedModel(_ arguments: String, _ tool: String, _ model: String) throws {
        let call = try Exchange(
            tool: tool, arguments: arguments, answer: Exchange.text("Paris."), provider: "multi")
        #expect(call.usages.first?.model == model)
    }

    @Test func samplingIsTheClients() throws {
        let request = try scan(
            #"{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"type":"text","text":"What is the capital of France?"}}],"systemPrompt":"You are a helpful assistant.","maxTokens":100}}"#
        )
        let answer = try scan(
            #"{"jsonrpc":"2.0","id":7,"result":{"role":"assistant","content":{"type":"text","text":"Paris is the capital of France."},"model":"claude-sonnet-4-5-20250929","stopReason":"endTurn"}}"#
        )
        var server = ServerFacts()
        server.provider = "google"
        server.model = "gemini-2.5-pro"
        let usages = UsageReader.read(answer, request: RequestFacts(request), server: server)
        #expect(usages.map { Tokens($0.usage) } == [Tokens(18, 10)])
        #expect(usages.first?.provider == "anthropic")
        #expect(usages.first?.model == "claude-sonnet-4-5-20250929")
    }

    @Test func inputResponses() throws {
        let request = try scan(
            #"{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"ask","arguments":{},"inputResponses":{"a":{"result":{"role":"assistant","content":{"type":"text","text":"Paris is the capital of France."},"model":"claude-opus-4-7"}}},"requestState":"s"}}"#
        )
        let usages = UsageReader.read(inputResponses: request)
        #expect(usages.map(\.model) == ["claude-opus-4-7"])
        #expect(usages.map(\.provider) == ["anthropic"])
        #expect(usages.map { Tokens($0.usage) } == [Tokens(nil, 13)])
    }

    @Test func codexEvents() throws {
        func event(_ message: String) throws -> CodexEvent? {
            UsageReader.read(
                codexEvent: try scan(
                    #"{"jsonrpc":"2.0","method":"codex/event","params":{"_meta":{"requestId":"r3"},"id":"1","msg":\#(message)}}"#
                ))
        }
        let count = try event(
            #"{"type":"token_count","info":{"total_token_usage":{"input_tokens":9,"output_tokens":9},"last_token_usage":{"input_tokens":5,"cached_input_tokens":1,"output_tokens":4,"total_tokens":9}}}"#
        )
        #expect(count?.requestID == RequestID(form: .string, text: "r3"))
        #expect(Tokens(count?.usage) == Tokens(5, 4, cached: 1))
        #expect(
            try event(#"{"type":"session_configured","model":"gpt-5-codex"}"#)?.model
                == "gpt-5-codex")
        #expect(try event(#"{"type":"token_count","info":null}"#) == nil)
        #expect(try event(#"{"type":"agent_message","message":"hello"}"#) == nil)
    }

    @Test func failuresNameTheModelAndKeepReportedUsage() throws {
        let plain = try Exchange(
            arguments: #"{"prompt":"hi","model":"gpt-5"}"#,
            answer: Exchange.text("Error: 429 Too Many Requests", extra: #","isError":true"#))
        #expect(plain.usages.map(\.model) == ["gpt-5"])
        #expect(plain.usages.first?.usage == nil)
        let usage = #"{"prompt_tokens":9,"completion_tokens":0,"total_tokens":9}"#
        for answer in [
            #""error":{"code":-32603,"message":"upstream failed","data":{"details":{"usage":\#(usage)}}}"#,
            Exchange.text(
                "failed",
                extra:
                    #","isError":true,"_meta":{"code":"UPSTREAM_HTTP","details":{"usage":\#(usage)}}"#
            ),
        ] {
            let exchange = try Exchange(answer: answer)
            #expect(exchange.usages.first?.usage?.input == 9, "\(answer)")
            #expect(exchange.errorType == .providerError)
        }
    }

    @Test(
        arguments: [
            ("claude-opus-4-6", "anthropic"), ("gemini-2.5-pro", "google"), ("gemma-3", "google"),
            ("gpt-5.2", "openai"), ("o3-mini", "openai"), ("codex-mini-latest", "openai"),
            ("text-embedding-3-small", "openai"), ("text-embedding-004", "google"),
            ("grok-4", "xai"), ("deepseek-chat", "deepseek"), ("sonar-pro", "perplexity"),
            ("command-a-03-2025", "cohere"), ("mistral-large-latest", "mistral"),
            ("google/gemini-2.5-flash", "google"), ("x-ai/grok-4", "xai"),
            ("openai:gpt-4o", "openai"), ("anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock"),
            ("us.anthropic.claude-opus-4-6-v1", "bedrock"), ("llama3.2:latest", "ollama"),
            ("gpt-oss:20b", "ollama"), ("gpt-oss-120b", nil), ("whatever-1", nil), ("", nil),
        ] as [(String, String?)])
    func families(_ model: String, _ provider: String?) {
        #expect(ModelFamily.provider(of: model) == provider)
    }
}
