import Foundation
import Testing

@testable import Records

@Suite struct PriceFiles {
    private func table(_ text: String) throws -> PriceTable {
        try PriceTable(overriding: Array(text.utf8))
    }

    private func nanodollars(
        _ table: PriceTable, _ provider: String?, _ model: String, input: UInt64 = 1000,
        output: UInt64 = 0, at time: String = "2026-11-21T12:00:00Z"
    ) -> Int64? {
        table.price(
            provider: provider, model: model,
            usage: TokenUsage(source: .reported, input: input, output: output),
            at: Timestamp(rfc3339: time) ?? Timestamp(microseconds: 0)
        ).nanodollars
    }

    @Test func readsTheExample() throws {
        let file = URL(filePath: #filePath).appending(path: "../../../examples/prices.json")
            .standardized
        let table = try PriceTable(overriding: Array(Data(contentsOf: file)))
        // Replaces the built-in entry, for dated aliases and for Bedrock's name too.
        for name in [
            "claude-opus-4-7", "claude-opus-4-7-20260401", "us.anthropic.claude-opus-4-7-v1:0",
        ] {
            #expect(nanodollars(table, "anthropic", name) == 4_500_000)
        }
        #expect(nanodollars(table, "anthropic", "claude-opus-4-8") == 5_000_000)
        #expect(nanodollars(table, "google", "gemini-9-preview-05") == 1_250_000)
        #expect(nanodollars(table, "google", "gemini-9", input: 200_000) == 250_000_000)
        #expect(nanodollars(table, "google", "gemini-9", input: 200_001) == 500_002_500)
        #expect(nanodollars(table, "google", "gemini-9", at: "2027-01-01T00:00:00Z") == 1_000_000)
        #expect(nanodollars(table, "acme", "night-owl", output: 1000) == 13_000_000)
        #expect(
            nanodollars(table, "acme", "night-owl", at: "2026-11-21T23:30:00Z") == 6_000_000)
        #expect(
            nanodollars(table, "acme", "night-owl", at: "2026-11-21T05:59:59Z") == 6_000_000)
        #expect(
            nanodollars(table, "acme", "night-owl", at: "2026-11-21T06:00:00Z") == 7_000_000)
        #expect(nanodollars(table, "whoever", "our-own-finetune") == 3625)
        #expect(nanodollars(table, nil, "our-own-finetune") == 3625)
        #expect(nanodollars(table, "whoever", "our-other-finetune") == nil)
        #expect(
            table.match(provider: "anthropic", model: "claude-opus-4-7")?.source
                == "contract of May 2026")
    }

    @Test func readsLiteLLMAsItIs() throws {
        let table = try table(
            """
            {"sample_spec": {"input_cost_per_token": "what it costs", "max_tokens": "LEGACY"},
             "gemini/gemini-2.5-pro": {"litellm_provider": "gemini", "mode": "chat",
               "input_cost_per_token": 1.3e-06, "input_cost_per_token_above_200k_tokens": 2.6e-06,
               "output_cost_per_token": 1.1e-05, "output_cost_per_token_above_200k_tokens": 1.6e-05,
               "cache_read_input_token_cost": 1.3e-07, "supports_vision": true,
               "cache_read_input_token_cost_above_200k_tokens": 2.6e-07,
               "output_cost_per_reasoning_token": 1.2e-05, "input_cost_per_audio_token": 7e-06,
               "input_cost_per_token_batches": 9e-1, "input_cost_per_token_priority": 9e-1,
               "input_cost_per_token_above_200k_tokens_priority": 9e-1, "above_200k_tokens": 1,
               "supported_modalities": ["text", "image"], "rpm": null},
             "xai/grok-9": {"litellm_provider": "xai", "input_cost_per_token": 2e-06,
               "output_cost_per_token": "0.00001", "cache_read_input_token_cost": null,
               "input_cost_per_token_above_128k_tokens": 4e-06},
             "claude-opus-9": {"litellm_provider": "anthropic", "input_cost_per_token": 5e-06,
               "output_cost_per_token": 2.5e-05, "cache_creation_input_token_cost": 6.25e-06,
               "cache_creation_input_token_cost_above_1hr": 1e-05,
               "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 2e-05},
             "openrouter/acme/owl": {"litellm_provider": "openrouter", "input_cost_per_token": 1e-06},
             "azure/eu/gpt-5": {"litellm_provider": "azure", "input_cost_per_token": 1.375e-06},
             "odd/price": {"litellm_provider": "acme", "input_cost_per_token": 2.9999999999999997e-06},
             "dall-e-3": {"litellm_provider": "openai", "output_cost_per_image": 0.04},
             "bedrock/*/anthropic.claude-v1": {"litellm_provider": "bedrock", "input_cost_per_second": 0.011}}
            """)
        #expect(table.entries.count == 6 + PriceTable.builtIn.entries.count)
        #expect(nanodollars(table, "google", "models/gemini-2.5-pro") == 1_300_000)
        #expect(nanodollars(table, "google", "gemini-2.5-pro", input: 200_000) == 260_000_000)
        #expect(nanodollars(table, "google", "gemini-2.5-pro", input: 200_001) == 520_002_600)
        #expect(nanodollars(table, "google", "gemini-2.5-flash") == 300_000)
        #expect(nanodollars(table, "xai", "grok-9-latest", input: 128_001) == 512_004_000)
        #expect(nanodollars(table, nil, "xai/grok-9", input: 0, output: 3) == 30_000)
        #expect(nanodollars(table, "openrouter", "acme/owl") == 1_000_000)
        #expect(nanodollars(table, "azure", "eu/gpt-5") == 1_375_000)
        #expect(nanodollars(table, "acme", "odd/price") == 3_000_000)
        #expect(nanodollars(table, "openai", "dall-e-3") == nil)
        let opus = try #require(table.match(provider: "anthropic", model: "claude-opus-9-20270101"))
        let usage = TokenUsage(
            source: .reported, input: 1000, cachedInput: 100, cacheWrite: 500, cacheWrite1h: 200,
            output: 10)
        // 400 plain, 100 read at the price of input, 300 for 5 minutes, 200 for an hour, 10 out.
        let cost = opus.cost(of: usage, at: Timestamp(microseconds: 0))
        #expect(cost.nanodollars == 6_625_000)
        #expect(opus.source == "LiteLLM")
    }

    @Test(arguments: [
        ("", "1:1: expected an object, found the end of the text"),
        ("[]", "1:1: expected an object, found '['"),
        (
            "{}",
            "1:1: no price in the file: expected \"prices\": […] or models as in LiteLLM's file"
        ),
        (
            #"{"prices":[]}"#,
            "1:1: no price in the file: expected \"prices\": […] or models as in LiteLLM's file"
        ),
        (#"{"prices":{}}"#, "1:11: \"prices\": expected an array, found an object"),
        (
            #"{"gpt-5":[]}"#,
            "1:10: \"gpt-5\": expected an object with a model's prices, found an array"
        ),
        ("{\"prices\":[\n  {\"input\":1}]}", "2:3: the price names no \"model\""),
        (
            "{\"prices\":[\n  {\"model\":\"m\"}]}",
            "2:3: the price of \"m\" has neither \"input\" nor \"output\""
        ),
        (
            "{\"prices\":[\n  {\"model\":\"m\",\n   \"ouput\":1}]}",
            "3:4: \"ouput\" is no part of a price; there are provider, model, match, input, cache_read, cache_write, cache_write_1h, output, reasoning, thousand_requests, over, from, between, source, note"
        ),
        (
            #"{"prices":[{"model":"m","input":-1}]}"#,
            "1:33: \"input\": expected a price in dollars, 0 or more, found -1"
        ),
        (
            #"{"prices":[{"model":"m","input":"a lot"}]}"#,
            "1:33: \"input\": expected a price in dollars, 0 or more, found a lot"
        ),
        (
            #"{"prices":[{"model":"m","input":null}]}"#,
            "1:33: \"input\": expected a price in dollars, found null"
        ),
        (
            #"{"prices":[{"model":"m","input":1e30}]}"#,
            "1:33: \"input\": expected a price in dollars, 0 or more, found 1e30"
        ),
        (#"{"prices":[{"model":7}]}"#, "1:21: expected a string, found '7'"),
        (
            #"{"prices":[{"model":"m","from":"May"}]}"#,
            "1:32: \"from\": expected a day such as 2026-03-13"
        ),
        (
            #"{"prices":[{"model":"m","from":"2026-02-30"}]}"#,
            "1:32: \"from\": expected a day such as 2026-03-13"
        ),
        (
            #"{"prices":[{"model":"m","between":["1"]}]}"#,
            "1:35: \"between\": expected two times such as [\"00:30\", \"16:30\"]"
        ),
        (
            #"{"prices":[{"model":"m","between":["10:00","24:00"]}]}"#,
            "1:35: \"between\": expected two times such as [\"00:30\", \"16:30\"]"
        ),
        (
            #"{"prices":[{"model":"m","over":{"input":1}}]}"#,
            "1:32: \"over\" has no \"input_tokens\""
        ),
        (
            #"{"prices":[{"model":"m","over":{"input_tokens":1.5}}]}"#,
            "1:48: expected a whole number of 0…18446744073709551615"
        ),
        (
            #"{"prices":[{"model":"m","over":{"from":1}}]}"#,
            "1:33: \"from\" is no part of \"over\": it has \"input_tokens\" and prices"
        ),
        (
            #"{"prices":[{"model":"m","over":[{"input_tokens":2},{"input_tokens":2}]}]}"#,
            "1:52: \"over\": expected rising \"input_tokens\""
        ),
        (
            #"{"m":{"input_cost_per_token":"free"}}"#,
            "1:30: \"input_cost_per_token\": expected a price in dollars, 0 or more, found free"
        ),
        (
            #"{"m":{"input_cost_per_token":1e-6}"#,
            "1:35: expected ',' or '}', found the end of the text"
        ),
    ])
    func saysWhatIsWrong(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try table(text) }
        #expect(error?.description == message)
    }

    @Test func listsInColumns() throws {
        let table = try table(
            #"""
            {"prices":[
              {"provider":"google","model":"gemini-9","input":1.25,"cache_read":0.125,"output":10,"source":"contract",
               "over":{"input_tokens":200000,"input":2.5,"output":15},"note":"new"},
              {"provider":"google","model":"gemini-9","from":"2027-01-01","between":["22:00","06:00"],"input":1,"output":8},
              {"model":"own","input":"0.003625","cache_write":1,"cache_write_1h":2,"reasoning":3,"thousand_requests":5}]}
            """#)
        #expect(
            table.listing(filter: "GEMINI-9") == """
                MODEL            WHEN                             INPUT  CACHE READ  WRITE 5M  WRITE 1H  OUTPUT  SOURCE    NOTE
                google/gemini-9                                    1.25       0.125         -         -      10  contract  new
                                 over 200000 in                     2.5           -         -         -      15
                                 from 2027-01-01 22:00-06:00 UTC      1           -         -         -       8

                """)
        #expect(
            table.listing(filter: "*/own") == """
                MODEL  WHEN     INPUT  CACHE READ  WRITE 5M  WRITE 1H  OUTPUT  SOURCE    NOTE
                */own        0.003625           -         1         2       -  override  thinking 3; and 5 per 1,000 calls

                """)
        #expect(table.listing(filter: "no such model") == "")
        #expect(table.listing(filter: "disagree").contains("xai/grok-code-fast-1"))
        #expect(table.listing().split(separator: "\n").count > table.entries.count)
    }

    @Test func survivesDamage() throws {
        let text = Array(
            #"{"prices":[{"model":"m","input":1e-3,"over":{"input_tokens":5,"input":2},"from":"2026-01-01","between":["00:30","16:30"]}],"x/y":{"litellm_provider":"x","input_cost_per_token_above_200k_tokens":1e-06,"input_cost_per_token":2e-7}}"#
                .utf8)
        _ = try PriceTable(overriding: text)
        var random = SeededGenerator(seed: 8)
        for _ in 0..<5000 {
            var damaged = text
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(
                    in: 0x20...0x7E, using: &random)
            }
            _ = try? PriceTable(overriding: damaged)
        }
    }
}
