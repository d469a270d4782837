import Metering
import Records
import Testing
import Wire

/// Where usage may stand, which place wins, and what is not believed.
@Suite struct UsageCarrierTests {
    private static let small = #"{"prompt_tokens":11,"completion_tokens":1}"#
    private static let big = #"{"prompt_tokens":22,"completion_tokens":2}"#

    private func input(_ answer: String, provider: String? = "openai") throws -> UInt64? {
        let usages = try Exchange(answer: answer, provider: provider).usages
        #expect(usages.count == 1)
        return usages.first?.usage?.source == .reported ? usages.first?.usage?.input : nil
    }

    @Test func earlierCarriersWin() throws {
        let text = quoted(#"{"usage":{"prompt_tokens":55,"completion_tokens":5}}"#)
        let places = [
            #""_meta":{"usage":{"prompt_tokens":11,"completion_tokens":1}}"#,
            #""structuredContent":{"usage":{"prompt_tokens":22,"completion_tokens":1}}"#,
            #""metadata":{"usage":{"prompt_tokens":33,"completion_tokens":1}}"#,
            #""content":[{"type":"text","text":\#(text),"_meta":{"usage":{"prompt_tokens":44,"completion_tokens":1}}}]"#,
        ]
        for first in places.indices {
            let answer = #""result":{\#(places[first...].reversed().joined(separator: ","))}"#
            #expect(try input(answer) == UInt64(11 * (first + 1)), "\(answer)")
        }
        #expect(
            try input(
                #""result":{"content":[{"type":"text","text":\#(text)},{"type":"resource","resource":{"uri":"u:x","text":"{\"usage\":{\"prompt_tokens\":66,\"completion_tokens\":1}}"}}]}"#
            ) == 55)
    }

    @Test(
        arguments: [
            // Shallowest wins, whatever the order.
            (#"{"raw_response":{"usage":\#(big)},"usage":\#(small)}"#, 11),
            (#"{"usage":\#(small),"raw_response":{"usage":\#(big)}}"#, 11),
            (#"{"metadata":{"usage":\#(small)},"data":{"raw":{"usage":\#(big)}}}"#, 11),
            // Never in what is the model's or the user's.
            (
                #"{"choices":[{"usage":\#(big)}],"messages":[{"usage":\#(big)}],"documents":[{"usage":\#(big)}],"arguments":{"usage":\#(big)}}"#,
                nil
            ),
            (
                #"{"output":{"usage":\#(big)},"prompt":{"usage":\#(big)},"candidates":[{"usage":\#(big)}]}"#,
                nil
            ),
            // Not usage at all.
            (#"{"usage":{"limit":100,"remaining":40}}"#, nil),
            (#"{"usage":"prompt_tokens: 5"}"#, nil), (#"{"usage":[1,2,3]}"#, nil),
            (#"{"usage":null}"#, nil), (#"{"usage":{"type":"duration","seconds":5}}"#, nil),
            // Cumulative.
            (#"{"calls":9,"totalInputTokens":5,"inputTokens":52000,"outputTokens":9000}"#, nil),
            (#"{"usage":{"total_calls":3,"input_tokens":52000,"output_tokens":9000}}"#, nil),
            // Twice the same key: the last, as JSON parsers have it.
            (#"{"usage":{"prompt_tokens":5,"prompt_tokens":11,"completion_tokens":1}}"#, 11),
            // Escaped keys.
            (#"{"us\u0061ge":{"prompt\u005ftokens":11,"completion_tokens":1}}"#, 11),
            (#"{"result":[{"usage":\#(small)}]}"#, 11),
            (#"[{"usage":\#(small)}]"#, 11),
        ] as [(String, UInt64?)])
    func documents(_ json: String, _ expected: UInt64?) throws {
        #expect(try input(Exchange.structured(json)) == expected)
        #expect(try input(Exchange.text(json)) == expected)
    }

    // MARK: Streams

    @Test(arguments: [
        // Anthropic: later numbers replace earlier ones; a new sum voids the old lifetimes.
        (
            """
            event: message_start
            data: {"type":"message_start","message":{"id":"m","model":"claude-opus-4-6","usage":{"input_tokens":2,"cache_creation_input_tokens":30,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":30},"output_tokens":1}}}

            event: content_block_delta
            data: {"type":"content_block_delta","delta":{"text":"hi"}}

            event: message_delta
            data: {"type":"message_delta","usage":{"cache_creation_input_tokens":40,"output_tokens":9}}

            event: message_stop
            data: {"type":"message_stop"}
            """, "anthropic", Tokens(42, 9, cached: 0, write: 40)
        ),
        // OpenAI: only the last chunk counts.
        (
            """
            data: {"id":"c","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"delta":{"content":"Par"}}],"usage":null}

            data: {"id":"c","object":"chat.completion.chunk","model":"gpt-4o","choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29}}

            data: [DONE]
            """, "openai", Tokens(19, 10)
        ),
        // OpenAI Responses.
        (
            """
            data: {"type":"response.created","response":{"id":"r","usage":null}}

            data: {"type":"response.output_text.delta","delta":"Paris"}

            data: {"type":"response.completed","response":{"id":"r","model":"gpt-5","usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":0},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":12}}}
            """, "openai", Tokens(7, 5, cached: 0, reasoning: 3)
        ),
        // Gemini: every chunk counts from the beginning.
        (
            """
            data: {"candidates":[{"content":{"parts":[{"text":"Par"}]}}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":100,"thoughtsTokenCount":91},"modelVersion":"gemini-2.5-pro"}

            data: {"candidates":[{"content":{"parts":[{"text":"is"}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"totalTokenCount":102,"thoughtsTokenCount":91},"modelVersion":"gemini-2.5-pro"}
            """, "google", Tokens(9, 93, reasoning: 91)
        ),
        (
            """
            [{"candidates":[],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1,"totalTokenCount":10},"modelVersion":"gemini-2.5-pro"},
            {"candidates":[],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4,"totalTokenCount":13},"modelVersion":"gemini-2.5-pro"}]
            """, "google", Tokens(9, 4)
        ),
        // Ollama: JSON lines, counts in the last.
        (
            """
            {"model":"llama3.2","response":"Par","done":false}
            {"model":"llama3.2","response":"is","done":false}
            {"model":"llama3.2","response":"","done":true,"prompt_eval_count":11,"eval_count":18}
            """, "ollama", Tokens(11, 18)
        ),
        // Codex: each turn counts for itself.
        (
            """
            {"type":"thread.started","thread_id":"t"}
            {"type":"turn.completed","usage":{"input_tokens":100,"cached_input_tokens":50,"output_tokens":10}}
            {"type":"item.completed","item":{"id":"i","type":"agent_message","text":"Paris"}}
            {"type":"turn.completed","usage":{"input_tokens":200,"cached_input_tokens":150,"output_tokens":20}}
            """, "openai", Tokens(300, 30, cached: 200)
        ),
        // Claude Code: the result sums up the messages.
        (
            """
            {"type":"system","subtype":"init","model":"claude-sonnet-4-6"}
            {"type":"assistant","message":{"id":"a","model":"claude-sonnet-4-6","usage":{"input_tokens":3,"cache_read_input_tokens":0,"output_tokens":2}}}
            {"type":"assistant","message":{"id":"b","model":"claude-sonnet-4-6","usage":{"input_tokens":4,"cache_read_input_tokens":0,"output_tokens":2}}}
            {"type":"result","result":"Paris","total_cost_usd":0.01,"usage":{"input_tokens":7,"cache_read_input_tokens":0,"output_tokens":30}}
            """, "anthropic", Tokens(7, 30, cached: 0)
        ),
    ])
    func stream(_ text: String, _ provider: String, _ expected: Tokens) throws {
        let usages = try Exchange(answer: Exchange.text(text), provider: provider).usages
        #expect(usages.map { Tokens($0.usage) } == [expected])
        #expect(usages.first?.usage?.cacheWrite1h == nil)
    }

    /// The counts at both ends of a long stream are kept, however many deltas are between.
    @Test func longStreams() throws {
        let delta = #"data: {"type":"content_block_delta","index":0,"delta":{"text":"a"}}"#
        let events =
            [
                #"data: {"type":"message_start","message":{"id":"m","model":"claude-opus-4-6","usage":{"input_tokens":2,"cache_read_input_tokens":7,"output_tokens":1}}}"#
            ]
            + Array(repeating: delta, count: 500) + [
                #"data: {"type":"message_delta","usage":{"output_tokens":499}}"#,
                #"data: {"type":"message_stop"}"#,
            ]
        let usages = try Exchange(
            answer: Exchange.text(events.joined(separator: "\n\n")), provider: "anthropic"
        ).usages
        #expect(usages.map { Tokens($0.usage) } == [Tokens(9, 499, cached: 7)])
    }

    @Test func envelopesOfSeveralCallsStayApart() throws {
        let usages = try Exchange(
            answer: #"""
                "result":{"content":[
                {"type":"text","text":"{\"model\":\"gemini-2.5-pro\",\"response\":\"Paris\",\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":10}}"},
                {"type":"text","text":"{\"model\":\"grok-4\",\"response\":\"Paris\",\"usage\":{\"prompt_tokens\":22,\"completion_tokens\":15,\"total_tokens\":47}}"}]}
                """#.split(separator: "\n").joined(), provider: "multi"
        ).usages
        #expect(usages.map(\.provider) == ["google", "xai"])
        #expect(usages.map { Tokens($0.usage) } == [Tokens(20, 10), Tokens(22, 25, reasoning: 10)])
    }

    // MARK: Trust

    /// Documents that contradict what is known, in carriers that a model may have written.
    @Test(arguments: [
        (
            #"{"model":"gpt-4o","usage":{"prompt_tokens":9,"completion_tokens":12}}"#, "google",
            false
        ),
        (#"{"model":"claude-opus-5","usage":{"input_tokens":9,"output_tokens":12}}"#, "xai", false),
        (#"{"provider":"openai","usage":{"input_tokens":9,"output_tokens":12}}"#, "google", false),
        (
            #"{"model":"gpt-4o","usage":{"prompt_tokens":9,"completion_tokens":12}}"#, "ollama",
            false
        ),
        (
            #"{"model":"gpt-oss:20b","usage":{"prompt_tokens":9,"completion_tokens":12}}"#,
            "ollama", true
        ),
        (
            #"{"model":"mistral-nemo","usage":{"prompt_tokens":9,"completion_tokens":12}}"#,
            "ollama", true
        ),
        (
            #"{"model":"gpt-4o","usage":{"prompt_tokens":9,"completion_tokens":12}}"#, "openrouter",
            true
        ),
        (#"{"model":"gpt-4o","usage":{"prompt_tokens":9,"completion_tokens":12}}"#, "multi", true),
        (
            #"{"model":"google/gemini-2.5-flash","usage":{"prompt_tokens":9,"completion_tokens":12}}"#,
            "google", true
        ),
    ])
    func family(_ json: String, _ provider: String, _ isBelieved: Bool) throws {
        for answer in [Exchange.text(json), Exchange.structured(json)] {
            let exchange = try Exchange(
                arguments: #"{"prompt":"Hello?","model":"asked-model"}"#, answer: answer,
                provider: provider)
            let usage = exchange.usages.first
            #expect(usage?.usage?.source == (isBelieved ? .reported : .estimated))
            #expect((usage?.model == "asked-model") == (!isBelieved || json.contains("provider")))
        }
        // The server itself says so.
        let meta = try Exchange(
            answer: #""result":{"content":[],"_meta":\#(json)}"#, provider: provider)
        #expect(meta.usages.first?.usage?.source == .reported)
    }

    @Test func numbersMustFitTheTexts() throws {
        let long = String(repeating: "All work and no play makes Jack a dull boy. ", count: 40)
        let json = #"{"usage":{"prompt_tokens":3,"completion_tokens":4},"response":"ok"}"#
        let prompt = try Exchange(
            arguments: #"{"prompt":"\#(long)"}"#, answer: Exchange.structured(json))
        #expect(prompt.usages.first?.usage?.source == .estimated)
        let answer = try Exchange(
            answer: Exchange.text(
                #"{"usage":{"prompt_tokens":30,"completion_tokens":4},"response":"\#(long)"}"#))
        #expect(answer.usages.first?.usage?.source == .estimated)
        let embedding = try Exchange(
            tool: "embed",
            answer: Exchange.text(
                #"{"model":"text-embedding-3-small","data":"\#(long)","usage":{"prompt_tokens":8,"total_tokens":8}}"#
            ))
        #expect(Tokens(embedding.usages.first?.usage) == Tokens(8, 0))
    }

    @Test func fencedAndEmbeddedJSONIsProse() throws {
        for text in [
            "```json\n{\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12}}\n```",
            "Here it is: {\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12}}",
            "{\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12}} as you asked",
        ] {
            #expect(try input(Exchange.text(text)) == nil, "\(text)")
        }
    }

    /// A server that is no model's: a file that holds usage is only a file.
    @Test func unknownServersAreNotMetered() throws {
        let file = try Exchange(
            tool: "read_file", arguments: #"{"path":"/tmp/log.json"}"#,
            answer: Exchange.text(
                #"{"model":"gpt-4o","usage":{"prompt_tokens":9,"completion_tokens":12}}"#),
            provider: nil)
        #expect(file.usages.isEmpty)
    }
}
