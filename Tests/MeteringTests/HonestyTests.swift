import Records
import Testing

@testable import Metering

/// A call that uses no model has no provider, no model, no usage and no cost, whatever hangs
/// around in the environment; a call that does has the best that is known.
struct HonestyTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var name: String
        var command: String
        var tool: String
        var arguments: String
        var environment: [String: String] = [:]
        var provider: String?
        var model: String?
        var isMetered: Bool
        var testDescription: String { name }
    }

    private static let git = #"{"repo_path":"/x","message":"fix the build"}"#
    private static let ask = #"{"prompt":"what is it?"}"#

    static let rows: [Row] = [
        Row(
            name: "git beside an exported key", command: "uvx mcp-server-git", tool: "git_commit",
            arguments: git, environment: ["GEMINI_API_KEY": "k", "GEMINI_MODEL": "gemini-2.5-pro"],
            isMetered: false),
        Row(
            name: "a search beside four keys", command: "npx -y some-search", tool: "search",
            arguments: #"{"query":"cats"}"#,
            environment: ["GEMINI_API_KEY": "k", "OPENAI_API_KEY": "k", "XAI_API_KEY": "k"],
            isMetered: false),
        Row(
            name: "documents about a provider", command: "npx -y openai-docs-mcp", tool: "search",
            arguments: #"{"query":"cats"}"#, environment: ["OPENAI_API_KEY": "k"],
            isMetered: false),
        Row(
            name: "a default model alone", command: "uvx mcp-server-git", tool: "git_commit",
            arguments: git, model: "gpt-4o", isMetered: false),
        Row(
            name: "a tool of a wrapper without a prompt", command: "npx -y grok-mcp",
            tool: "show_settings", arguments: #"{"session_id":"3"}"#, isMetered: false),
        Row(
            name: "a counter of a wrapper", command: "npx mcp-server-gemini",
            tool: "count_tokens", arguments: #"{"text":"how long is this"}"#, isMetered: false),
        Row(
            name: "a page of an earlier answer", command: "npx -y gemini-mcp-tool",
            tool: "fetch-chunk", arguments: #"{"prompt":"x"}"#, isMetered: false),
        Row(
            name: "a setting", command: "uvx my-thing", tool: "go", arguments: ask,
            provider: "google", model: "gemini-2.5-pro", isMetered: true),
        Row(
            name: "a profile", command: "npx -y gemini-mcp-tool", tool: "ask-gemini",
            arguments: ask, isMetered: true),
        Row(
            name: "a server's name", command: "uvx my-grok-thing", tool: "go", arguments: ask,
            isMetered: true),
        Row(
            name: "a tool's name", command: "uvx my-thing", tool: "ask_gemini", arguments: ask,
            isMetered: true),
        Row(
            name: "a model asked for", command: "uvx my-thing", tool: "go",
            arguments: #"{"prompt":"x","model":"gpt-4o-mini"}"#, isMetered: true),
    ]

    @Test(arguments: rows)
    func `plain answers`(row: Row) throws {
        var script = Script(row.command) {
            let environment = row.environment
            $0.environment = { environment[$0] }
            $0.provider = row.provider
            $0.model = row.model
        }
        script.client(Frame.tool(1, row.tool, row.arguments))
        script.server(Frame.text(1, "here you are"))
        let call = try #require(script.call(1))
        #expect((call.provider != nil) == row.isMetered)
        #expect((call.usage != nil) == row.isMetered)
        #expect((call.cost != nil) == row.isMetered)
        if !row.isMetered { #expect(call.model == nil && call.modelSource == nil) }
    }

    @Test func `reported usage is always taken, and a lone key says who was paid`() throws {
        for (environment, provider) in [
            (["PERPLEXITY_API_KEY": "k"], "perplexity"),
            (["PERPLEXITY_API_KEY": "k", "OPENAI_API_KEY": "k"], nil),
        ] as [([String: String], String?)] {
            var script = Script("uvx my-thing") { $0.environment = { environment[$0] } }
            script.client(Frame.tool(1, "go", #"{"prompt":"x"}"#))
            script.server(Frame.usage(1, model: nil, input: 10, output: 4))
            let call = try #require(script.call(1))
            #expect(call.usage?.source == .reported)
            #expect(call.usage?.input == 10)
            #expect(call.provider == provider)
        }
    }

    @Test func `a model that contradicts a mere key is believed`() throws {
        var script = Script("uvx my-thing") {
            $0.environment = { $0 == "GEMINI_API_KEY" ? "k" : nil }
        }
        script.client(Frame.tool(1, "go", #"{"prompt":"x"}"#))
        script.server(Frame.usage(1, model: "gpt-4o", input: 10, output: 4))
        #expect(script.call(1)?.provider == "openai")
        #expect(script.call(1)?.usage?.source == .reported)
    }

    static let sources: [(String, CallRecord.ModelSource?, String?)] = [
        ("response", .response, "gemini-3-pro-preview"),
        ("argument", .argument, "gemini-2.5-flash"),
        ("env", .env, "gemini-2.0-flash"), ("schema", .profile, "gemini-1.5-pro"),
        ("config", .config, "gemini-1.0-pro"), ("none", nil, nil),
    ]

    @Test(arguments: sources)
    func `the model is the first that is known`(
        from: String, source: CallRecord.ModelSource?, model: String?
    ) throws {
        let rank = try #require(Self.sources.firstIndex { $0.0 == from })
        var script = Script("uvx my-gemini-thing") {
            if rank <= 2 { $0.environment = { $0 == "GEMINI_MODEL" ? "gemini-2.0-flash" : nil } }
            if rank <= 4 { $0.model = "gemini-1.0-pro" }
        }
        if rank <= 3 {
            script.client(Frame.request(9, "tools/list"))
            script.server(
                Frame.result(
                    9,
                    #"""
                    {"tools":[{"name":"go","inputSchema":{"type":"object","properties":{
                    "model":{"type":"string","description":
                    "Defaults to gemini-1.5-pro."}}}}]}
                    """#
                ))
        }
        let asked = rank <= 1 ? "gemini-2.5-flash" : "pro"
        script.client(Frame.tool(1, "go", #"{"prompt":"what is it?","model":"\#(asked)"}"#))
        script.server(
            rank == 0
                ? Frame.usage(1, model: "gemini-3-pro-preview", input: 20, output: 9)
                : Frame.text(1, "well"))
        #expect(script.call(1)?.model == model)
        #expect(script.call(1)?.modelSource == source)
        #expect(script.call(1)?.provider == "google")
    }

    @Test func `a user's profile says what the frames do not`() throws {
        let text = #"""
            {"profiles": [{"servers": ["house"], "provider": "ollama", "model": "qwen3:8b",
              "model_env": ["HOUSE_MODEL"], "aliases": {"big": "qwen3:70b"},
              "agent_id": "butler", "surface": "home",
              "no_model": ["lights"],
              "tools": {"think": {"calls_model": true, "event_type": "thought",
                "reason": "why", "model_argument": "brain",
                "quality": [{"path": "score", "take": "first"}]}}}]}
            """#
        let profiles = try ProfileFile.read(Array(text.utf8))
        func call(_ tool: String, _ arguments: String, _ answer: String, _ variable: String? = nil)
            throws
            -> CallRecord
        {
            var script = Script("/opt/house/server.py") {
                $0.profiles = profiles
                $0.environment = { $0 == "HOUSE_MODEL" ? variable : nil }
            }
            script.client(Frame.tool(1, tool, arguments))
            script.server(answer)
            return try #require(script.call(1))
        }
        let thought = try call(
            "think", #"{"why":["tired","bored"],"brain":"big","n":1}"#,
            Frame.text(1, #"{"answer":"ok","score":0.7}"#))
        #expect(thought.model == "qwen3:70b")
        #expect(thought.modelSource == .argument)
        #expect(thought.provider == "ollama")
        #expect(thought.eventType == "thought")
        #expect(thought.escalationReason == "tired; bored")
        #expect(thought.quality == 0.7)
        #expect(thought.agentID == "butler")
        #expect(thought.surface == "home")
        #expect(try call("think", "{}", Frame.text(1, "x")).model == "qwen3:8b")
        #expect(try call("think", "{}", Frame.text(1, "x")).modelSource == .profile)
        #expect(try call("think", "{}", Frame.text(1, "x"), "phi4:14b").model == "phi4:14b")
        #expect(try call("think", "{}", Frame.text(1, "x"), "big").model == "qwen3:70b")
        #expect(try call("lights", #"{"prompt":"on"}"#, Frame.text(1, "x")).provider == nil)
    }

    @Test func `identity from the environment wins`() {
        var script = Script("node /x/deep-code-reasoning-mcp/dist/index.js") {
            $0.agentID = "me"
            $0.surface = "here"
        }
        script.client(Frame.request(1, "ping"))
        script.end()
        #expect(script.calls.first?.agentID == "me")
        #expect(script.calls.first?.surface == "here")
    }
}
