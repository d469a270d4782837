import Records
import Testing

@testable import Metering
@testable import Wire

struct ProfileTests {
    @Test func `every built-in row can be read and is found by each of its names`() throws {
        for text in Profiles.builtInTexts {
            let profiles = try ProfileFile.read(Array(text.utf8))
            for profile in profiles {
                for name in profile.servers {
                    let found = Profiles.builtIn([name])
                    #expect(found == profile, "\(name) is another row's too")
                }
            }
        }
    }

    @Test func `the path segments written down are those of the rows`() throws {
        var segments: Set<String> = []
        var inner: Set<String> = []
        for text in Profiles.builtInTexts {
            for profile in try ProfileFile.read(Array(text.utf8)) {
                segments.formUnion(profile.pathSegments)
                inner.formUnion(profile.innerSegments)
            }
        }
        #expect(Set(Profiles.pathSegments) == segments)
        #expect(Set(Profiles.innerSegments) == inner)
    }

    @Test(arguments: [
        "deep-code-reasoning-mcp", "Deep-Code-Reasoning-MCP", "gemini-mcp-tool", "ask-gemini-mcp",
        "zen-server", "Grok MCP Server", "grok-mcp", "perplexity-ai", "ai.perplexity/mcp-server",
        "codex-mcp-server", "deepseek-mcp-server", "openrouter-mcp-multimodal", "openrouter-mcp",
        "gemini-mcp-rust", "openai-server", "ollama-mcp", "unigrok", "gemini-mcp",
        "mcp-server-gemini-enhanced", "ollama-mcp-server", "perplexity-mcp", "gemini-mcp-pro",
        "claude-code-gemini-mcp", "grok-mcp-gateway", "just-prompt",
    ])
    func `a server of the survey has a profile`(name: String) {
        #expect(Profiles.builtIn([name])?.provider != nil)
    }

    @Test(arguments: ["mcp-server-git", "filesystem", "", "\"", "gemini-docs", "servers"])
    func `a stranger has none`(name: String) {
        #expect(Profiles.builtIn([name]) == nil)
    }

    @Test(arguments: [
        ("", "1:1"), ("[]", "1:1: expected an object"), ("{", "1:2"),
        (#"{"profile":[]}"#, "1:2: 'profile' is no field of the file"),
        (#"{"profiles":{}}"#, "1:13: 'profiles': expected an array"),
        (#"{"profiles":[{}]}"#, "'servers' is missing"),
        (
            "{\"profiles\":[\n {\"servers\":[\"x\"],\n  \"modle\":\"y\"}]}",
            "3:3: 'modle' is no field of a profile"
        ),
        (#"{"profiles":[{"servers":"x"}]}"#, "'servers': expected an array"),
        (#"{"profiles":[{"servers":[1]}]}"#, "'servers': expected a string"),
        (#"{"profiles":[{"servers":[""]}]}"#, "'servers': the string is empty"),
        (
            #"{"profiles":[{"servers":["x"],"tools":{"t":{"calls_model":"yes"}}}]}"#,
            "'calls_model': expected true or false"
        ),
        (#"{"profiles":[{"servers":["x"],"tools":{"t":{"reason":"a..b"}}}]}"#, "'a..b' is no path"),
        (#"{"profiles":[{"servers":["x"],"tools":{"t":{"quality":[{}]}}}]}"#, "'path' is missing"),
        (
            #"""
            {"profiles":[{"servers":["x"],"tools":{"t":{"quality":[{"path":"a","take":
            "sum"}]}}}]}
            """#,
            "'take' is one of max, mean, min, first"
        ),
        (
            #"""
            {"profiles":[{"servers":["x"],"tools":{"t":{"quality":[{"path":"a","values":{
            "b":2}}]}}}]}
            """#,
            "'values': expected a number of 0…1"
        ),
        (
            #"""
            {"profiles":[{"servers":["x"],"tools":{"t":{"failure":{"path":"a","types":{"b":
            "bad"}}}}}]}
            """#,
            "'bad' is no error type"
        ),
        (
            #"{"profiles":[{"servers":["x"],"tools":{"t":{"modle":"y"}}}]}"#,
            "'modle' is no field of a tool"
        ),
        (
            #"{"profiles":[{"servers":["x"],"tools":{"t":{"model_calls":{"count":"a"}}}}]}"#,
            "'each' is missing"
        ),
        (
            #"{"profiles":[{"servers":["x"],"tools":{"t":{"model_calls":{"each":"a"}}}}]}"#,
            "'count' is missing"
        ),
        (
            #"""
            {"profiles":[{"servers":["x"],"tools":{"t":{"model_calls":{"each":"a","count":"b",
            "base":1.5}}}}]}
            """#,
            "'base': expected a whole number of 0…1000"
        ),
        (
            #"""
            {"profiles":[{"servers":["x"],"tools":{"t":{"model_calls":{"each":"a","count":"b",
            "plus":-1}}}}]}
            """#,
            "'plus': expected a whole number of 0…1000"
        ),
        (
            #"""
            {"profiles":[{"servers":["x"],"tools":{"t":{"model_calls":{"each":"a","count":"b",
            "failed":{"path":"c"}}}}}]}
            """#,
            "'values' is missing"
        ),
        (
            #"""
            {"profiles":[{"servers":["x"],"tools":{"t":{"model_calls":{"each":"a","count":"b",
            "times":2}}}}]}
            """#,
            "'times' is no field of a rule of model calls"
        ),
        (
            #"{"profiles":[{"servers":["x"],"tools":{"t":{"gone":{}}}}]}"#,
            "'messages' is missing, or 'path' and 'values'"
        ),
        (
            #"{"profiles":[{"servers":["x"],"tools":{"t":{"gone":{"path":"status"}}}}]}"#,
            "'path' and 'values' go together"
        ),
        (#"{"profiles":[{"servers":["x"]}]} x"#, "1:34"),
        ("\u{FEFF}{}", "byte order mark"),
    ])
    func `a bad file says where and what`(text: String, says: String) {
        let error = #expect(throws: JSONError.self) { try ProfileFile.read(Array(text.utf8)) }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }

    @Test func `a rule's segments are looked for where they can stand, and nowhere else`() throws {
        let text =
            #"""
            {"profiles":[{"servers":["x"],"tools":{"t":{"model_calls":{"each":
            "metadata.runs.steps","count":"n","failed":{"path":"state.word","values":["no"]}},
            "gone":{"path":"a.b","values":["gone"]}}}}]}
            """#
        let profile = try #require(ProfileFile.read(Array(text.utf8)).first)
        #expect(profile.pathSegments == ["metadata", "runs", "a", "b"])
        #expect(profile.innerSegments == ["steps", "n", "state", "word"])
    }

    @Test func `paths go through arrays, known keys and unknown ones`() throws {
        let text =
            #"""
            {"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"a":[{"b":1},{"b":[2,3]},
            {"c":4}],"status":"ok","message":{"id":"x"}}}}
            """#
        let vocabulary = Vocabulary(pathSegments: ["a", "b", "status", "message", "id"])
        let message = try #require(scan(text, vocabulary))
        func values(_ path: String) throws -> [String] {
            let root = try #require(message.sketch.find(.result, .structuredContent))
            let path = try #require(FieldPath(path))
            return path.nodes(in: message.sketch, below: root, vocabulary)
                .compactMap { message.sketch.literal($0) ?? message.sketch.string($0) }
        }
        #expect(try values("a.b") == ["1", "2", "3"])
        #expect(try values("status") == ["ok"])
        #expect(try values("message.id") == ["x"])
        #expect(try values("nothing.there") == [])
    }

    private func scan(_ text: String, _ vocabulary: Vocabulary) -> Observation? {
        struct Sink: FrameSink {
            var last: Observation?
            mutating func finished(_ observation: Observation) -> Observation {
                last = observation
                return Observation()
            }
        }
        var scanner = FrameScanner(vocabulary: vocabulary, sink: Sink())
        let line = text.replacing("\n", with: " ") + "\n"
        Array(line.utf8).withUnsafeBytes { scanner.feed($0, stamp: 0) }
        return scanner.sink.last
    }

    @Test(arguments: [
        ("The model to use. Defaults to gemini-2.5-pro.", "gemini-2.5-pro"),
        ("Model (default: grok-4)", "grok-4"), ("default is `sonar-pro`", "sonar-pro"),
        ("model=x, default=llama3.2:3b", "llama3.2:3b"), ("Default model: gpt-4.1", "gpt-4.1"),
        ("Defaults to pro", nil), ("the default", nil), ("Which model; see docs", nil),
        ("defaults to the server's choice", nil), ("", nil),
    ])
    func `a description may name the default model`(description: String, model: String?) {
        #expect(ToolSchemas.modelNamedDefault(description) == model)
    }

    @Test(arguments: [
        ("Gemini", "google"), ("mcp-server-gemini-enhanced", "google"), ("grok_ask", "xai"),
        ("askGrok", "xai"), ("Grok MCP Server", "xai"), ("perplexity_ask", "perplexity"),
        ("openai-docs-mcp", nil), ("claude-history", nil), ("mcp-server-git", nil), ("", nil),
        ("grokking-algorithms", nil), ("openrouter-gemini", "openrouter"), ("gemini-git", nil),
        ("update_claude_md", nil), ("minecraft-bedrock", nil), ("zen_mode", nil),
    ])
    func `a name speaks of a provider`(name: String, provider: String?) {
        #expect(ProviderNames.provider(in: name) == provider)
    }
}
