import Records
import Testing
import Wire

@testable import Metering

/// What is told of a call before it is sent is what its record will say.
struct CallPreviewTests {
    /// A meter and a previewer of one session.
    private struct Pair {
        var script: Script
        var previewer: CallPreviewer
        let vocabulary: Vocabulary

        init(
            _ command: String = "npx -y some-server",
            _ change: (inout MeterConfiguration) -> Void = { _ in }
        ) {
            let findings = ServerFindings()
            var kept: MeterConfiguration?
            script = Script(command) {
                change(&$0)
                $0.findings = findings
                kept = $0
            }
            vocabulary = Vocabulary(
                pathSegments: Profiles.pathSegments, innerSegments: Profiles.innerSegments)
            var configuration = kept ?? script.meter.configuration
            configuration.vocabulary = vocabulary
            previewer = CallPreviewer(configuration, findings: findings)
        }

        mutating func preview(_ line: String) -> CallPreview? {
            var scanner = FrameScanner(vocabulary: vocabulary, sink: One())
            let bytes = Array(line.replacing("\n", with: " ").utf8)
            bytes.withUnsafeBytes { scanner.feed($0, stamp: 0) }
            return scanner.sink.message.flatMap { previewer.preview($0) }
        }
    }

    private struct One: FrameSink {
        var message: Observation?
        mutating func finished(_ observation: Observation) -> Observation {
            message = observation
            return Observation()
        }
    }

    @Test(arguments: [
        Frame.request(1, "ping"), Frame.request(1, "prompts/get", #"{"name":"x"}"#),
        Frame.notify("tools/call", #"{"name":"x"}"#), Frame.result(1),
        Frame.request(1, "tools/call", "{}"),
    ])
    func `only a tool call is one`(line: String) {
        var pair = Pair()
        #expect(pair.preview(line) == nil)
    }

    @Test func `asked for, then the variables, the settings`() throws {
        let ask = #"{"prompt":"why?"}"#
        let asked = #"{"prompt":"why?","model":"gemini-2.5-flash"}"#
        let alias = #"{"prompt":"why?","model":"auto"}"#
        var pair = Pair {
            $0.provider = "google"
            $0.model = "gemini-1.5-pro"
            $0.environment = { $0 == "GEMINI_MODEL" ? "gemini-2.5-pro" : nil }
        }
        #expect(pair.preview(Frame.tool(1, "ask", asked))?.model == "gemini-2.5-flash")
        #expect(pair.preview(Frame.tool(1, "ask", ask))?.model == "gemini-2.5-pro")
        #expect(pair.preview(Frame.tool(1, "ask", alias))?.model == "gemini-2.5-pro")
        var other = Pair {
            $0.provider = "google"
            $0.model = "gemini-1.5-pro"
        }
        let found = other.preview(Frame.tool(1, "ask", ask))
        let preview = try #require(found)
        #expect(preview.model == "gemini-1.5-pro" && preview.provider == "google")
        #expect(preview.mayUseModel && preview.isAnswerable)
        #expect(preview.inputTokens == 1)
    }

    @Test func `the name the server gives itself, and the schemas of its tools`() throws {
        var pair = Pair()
        let ask = Frame.tool(3, "consult", #"{"prompt":"why?"}"#)
        #expect(pair.preview(ask)?.mayUseModel == false)
        pair.script.client(Frame.hello(1))
        pair.script.server(Frame.welcome(1, "my-gemini-thing"))
        pair.script.client(Frame.request(2, "tools/list"))
        pair.script.server(
            Frame.result(
                2,
                #"""
                {"tools":[{"name":"consult","inputSchema":{"type":"object","properties":{
                "model":{"type":"string","default":"gemini-2.5-pro"}}}}]}
                """#))
        let found = pair.preview(ask)
        let preview = try #require(found)
        #expect(preview.mayUseModel && preview.server == "my-gemini-thing")
        #expect(preview.model == "gemini-2.5-pro" && preview.provider == "google")
    }

    @Test func `a tool whose answers tell of a model is known by them`() throws {
        var pair = Pair()
        let ask = Frame.tool(1, "consult", #"{"prompt":"why?"}"#)
        #expect(pair.preview(ask)?.mayUseModel == false)
        pair.script.client(ask)
        pair.script.server(Frame.usage(1, model: "gpt-5", input: 10, output: 5))
        let found = pair.preview(ask)
        let preview = try #require(found)
        #expect(preview.mayUseModel)
        #expect(preview.model == "gpt-5" && preview.provider == "openai")
        #expect(pair.preview(Frame.tool(2, "other", "{}"))?.mayUseModel == false)
    }

    @Test func `housekeeping is no work of a model`() {
        var pair = Pair { $0.provider = "google" }
        for tool in ["list_models", "count_tokens", "get-usage-stats"] {
            #expect(pair.preview(Frame.tool(1, tool))?.mayUseModel == false, "\(tool)")
        }
    }

    @Test func `an id that is not kept whole cannot be answered`() {
        var pair = Pair()
        let id = Frame.quoted(String(repeating: "x", count: 5000))
        let line =
            #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"ask"}}"#
        #expect(pair.preview(line)?.isAnswerable == false)
    }
}
