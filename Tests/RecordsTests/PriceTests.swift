import Testing

@testable import Records

@Suite struct Pricing {
    private func cost(
        _ provider: String?, _ model: String, _ usage: TokenUsage,
        at time: String = "2026-11-21T12:00:00Z", in table: PriceTable = .builtIn
    ) throws -> Cost {
        table.price(
            provider: provider, model: model, usage: usage,
            at: try #require(Timestamp(rfc3339: time)))
    }

    /// Dollars that genai-prices 0.2.3 computed, checked by hand.
    @Test(
        arguments: [
            ("anthropic", "claude-opus-4-7", 1000, 0, 0, 500, "", 17_500_000),
            ("anthropic", "claude-opus-4-7", 10000, 6000, 3000, 500, "", 39_250_000),
            ("anthropic", "claude-sonnet-4-5-20250929", 150, 0, 0, 300, "", 4_950_000),
            ("anthropic", "claude-sonnet-4-5", 250_000, 0, 0, 1000, "", 1_522_500_000),
            (
                "anthropic", "claude-sonnet-4-6", 250_000, 0, 0, 1000, "2026-01-15T12:00:00Z",
                1_522_500_000
            ),
            ("anthropic", "claude-sonnet-4-6", 250_000, 0, 0, 1000, "", 765_000_000),
            ("anthropic", "claude-haiku-4-5-20251001", 1000, 0, 0, 1000, "", 6_000_000),
            ("anthropic", "claude-opus-4-1-20250805", 1000, 0, 0, 1000, "", 90_000_000),
            ("google", "gemini-2.5-pro", 200_000, 0, 0, 1000, "", 260_000_000),
            ("google", "gemini-2.5-pro", 200_001, 0, 0, 1000, "", 515_002_500),
            ("google", "gemini-2.5-pro", 150, 0, 0, 500, "", 5_187_500),
            ("google", "gemini-2.5-flash", 1000, 0, 0, 1000, "", 2_800_000),
            ("google", "gemini-2.5-flash-lite", 1000, 0, 0, 1000, "", 500_000),
            ("google", "gemini-3-pro-preview", 1000, 0, 0, 1000, "", 14_000_000),
            ("google", "gemini-3.1-pro-preview", 1000, 0, 0, 1000, "", 14_000_000),
            ("openai", "gpt-4o", 1000, 400, 0, 1000, "", 12_000_000),
            ("openai", "gpt-5", 1000, 0, 0, 1000, "", 11_250_000),
            ("openai", "gpt-5-mini", 1000, 0, 0, 1000, "", 2_250_000),
            ("openai", "o3", 1000, 0, 0, 1000, "", 10_000_000),
            ("openai", "o4-mini", 1000, 0, 0, 1000, "", 5_500_000),
            ("xai", "grok-4-0709", 1000, 0, 0, 1000, "", 18_000_000),
            ("xai", "grok-4-fast-reasoning", 1000, 0, 0, 1000, "", 700_000),
            ("xai", "grok-4.3", 200_000, 0, 0, 1000, "", 505_000_000),
            ("xai", "grok-code-fast-1", 1500, 0, 0, 800, "", 1_500_000),
            ("deepseek", "deepseek-chat", 1000, 0, 0, 1000, "", 1_370_000),
            ("deepseek", "deepseek-chat", 1000, 0, 0, 1000, "2026-11-21T20:00:00Z", 685_000),
            ("deepseek", "deepseek-reasoner", 1000, 0, 0, 1000, "", 2_740_000),
            ("mistral", "mistral-large-latest", 1000, 0, 0, 1000, "", 8_000_000),
        ] as [(String, String, UInt64, UInt64, UInt64, UInt64, String, Int64)])
    func matchesTheOracle(
        provider: String, model: String, input: UInt64, read: UInt64, write: UInt64,
        output: UInt64, time: String, nanodollars: Int64
    ) throws {
        let usage = TokenUsage(
            source: .reported, input: input, cachedInput: read, cacheWrite: write, output: output)
        let cost = try cost(
            provider, model, usage, at: time.isEmpty ? "2026-11-21T12:00:00Z" : time)
        #expect(cost == Cost(source: .priced, nanodollars: nanodollars))
    }

    /// What is not listed apart costs what it is a part of.
    @Test func fallsBackToTheWhole() throws {
        // gpt-4.1: no price for cache writes; claude-opus-4-7: five minutes 6.25, an hour 10.
        #expect(
            try cost(
                "openai", "gpt-4.1",
                TokenUsage(source: .reported, input: 1000, cacheWrite: 400, cacheWrite1h: 100))
                == Cost(source: .priced, nanodollars: 2_000_000))
        #expect(
            try cost(
                "anthropic", "claude-opus-4-7",
                TokenUsage(source: .reported, input: 1000, cacheWrite: 400, cacheWrite1h: 100))
                == Cost(source: .priced, nanodollars: 5_875_000))
        // gpt-5-pro: no price for cache reads. gpt-5.6-sol: none for an hour, 5 for five minutes.
        #expect(
            try cost(
                "openai", "gpt-5-pro", TokenUsage(source: .reported, input: 10, cachedInput: 4))
                == Cost(source: .priced, nanodollars: 150_000))
        #expect(
            try cost(
                "openai", "gpt-5.6-sol",
                TokenUsage(source: .reported, input: 10, cacheWrite: 10, cacheWrite1h: 10))
                == Cost(source: .priced, nanodollars: 50_000))
        // Thinking is output, except where it has a price.
        let thinking = TokenUsage(source: .reported, input: 0, output: 10, reasoning: 10)
        #expect(
            try cost("openai", "o3", thinking) == Cost(source: .priced, nanodollars: 80_000))
        #expect(
            try cost("perplexity", "sonar-deep-research", thinking)
                == Cost(source: .priced, nanodollars: 30_000))
        // A fee for the call itself.
        #expect(
            try cost("perplexity", "sonar", TokenUsage(source: .reported, input: 1, output: 1))
                == Cost(source: .priced, nanodollars: 12_002_000))
    }

    @Test func needsACountOfSomething() throws {
        let none = TokenUsage(source: .reported, cachedInput: 5, reasoning: 5)
        #expect(try cost("openai", "gpt-5", none) == Cost(source: .unpriced))
        let output = TokenUsage(source: .reported, output: 5)
        #expect(
            try cost("openai", "gpt-5", output) == Cost(source: .priced, nanodollars: 50_000))
    }

    @Test func costsNothingLocally() throws {
        let usage = TokenUsage(source: .reported, input: 5000, output: 5000)
        #expect(try cost("ollama", "llama3.1", usage) == Cost(source: .priced, nanodollars: 0))
        #expect(PriceTable.builtIn.match(provider: "ollama", model: "llama3.1")?.source == "local")
        #expect(try cost("ollama", "gpt-oss:120b-cloud", usage) == Cost(source: .unpriced))
    }

    @Test func roundsOnceHalfUp() throws {
        // 0.0001 dollars per million tokens: a tenth of a nanodollar each.
        let table = try PriceTable(
            overriding: Array(#"{"prices":[{"model":"m","input":0.0001,"output":0.0004}]}"#.utf8))
        for (input, output, expected) in [
            (4, 0, 0), (5, 0, 1), (14, 0, 1), (15, 0, 2), (1, 1, 1), (0, 1, 0), (4, 0, 0),
            (0, 0, 0),
            (2, 2, 1),
        ] as [(UInt64, UInt64, Int64)] {
            let usage = TokenUsage(source: .reported, input: input, output: output)
            #expect(try cost(nil, "m", usage, in: table).nanodollars == expected)
        }
    }

    @Test func isUnpricedBeyondWhatFits() throws {
        let most = TokenUsage(
            source: .reported, input: .max, cachedInput: .max, cacheWrite: .max,
            cacheWrite1h: .max, output: .max, reasoning: .max)
        let table = try PriceTable(
            overriding: Array(
                #"{"prices":[{"model":"dear","input":18000000,"output":18000000},{"model":"cheap","input":0.0005,"output":0}]}"#
                    .utf8))
        #expect(try cost(nil, "dear", most, in: table) == Cost(source: .unpriced))
        #expect(
            try cost(nil, "dear", TokenUsage(source: .reported, input: .max), in: table)
                == Cost(source: .unpriced))
        #expect(
            try cost(nil, "cheap", TokenUsage(source: .reported, input: .max - 1), in: table)
                == Cost(source: .priced, nanodollars: .max - 0))
    }

    /// More tokens of any kind never cost less, and nothing costs less than nothing. (A tier prices
    /// the whole request, so splitting one may well change the sum.)
    @Test func risesWithTokens() throws {
        var random = SeededGenerator(seed: 42)
        let entries = PriceTable.builtIn.entries
        for _ in 0..<20_000 {
            let entry = entries[Int.random(in: 0..<entries.count, using: &random)]
            let time = Timestamp(
                microseconds: Int64.random(in: 1_700_000_000...1_850_000_000, using: &random)
                    * 1_000_000)
            let plain = UInt64.random(in: 0...300_000, using: &random)
            let read = UInt64.random(in: 0...300_000, using: &random)
            var usage = TokenUsage(
                source: .reported, input: plain + read, cachedInput: read,
                output: UInt64.random(in: 0...100_000, using: &random))
            let before = try #require(entry.cost(of: usage, at: time).nanodollars)
            let more = UInt64.random(in: 1...100_000, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: usage.input = usage.input.map { $0 + more }
            case 1: usage.output = usage.output.map { $0 + more }
            default:
                usage.input = usage.input.map { $0 + more }
                usage.cachedInput = usage.cachedInput.map { $0 + more }
            }
            let after = try #require(entry.cost(of: usage, at: time).nanodollars)
            if before < 0 || after < before {
                Issue.record("\(entry.id) \(usage) \(time.rfc3339): \(before), then \(after)")
            }
        }
    }

    @Test func survivesAnyCounts() throws {
        var generator = RecordGenerator(seed: 5)
        let entries = PriceTable.builtIn.entries
        for index in 0..<5000 {
            let cost = entries[index % entries.count].cost(
                of: generator.usage(), at: Timestamp(microseconds: index % 2 == 0 ? .min : .max))
            if cost.source == .priced, cost.nanodollars ?? -1 < 0 {
                Issue.record("\(entries[index % entries.count].id): \(cost)")
            }
        }
    }

    /// The generated text follows the format to the letter; the parser passes over what does not.
    @Test func readsEveryBuiltInLine() throws {
        let lines = BuiltInPrices.text.description.split(separator: "\n")
        let models = lines.filter { !$0.hasPrefix("=") }
        let entries = PriceTable.builtIn.entries
        #expect(entries.count == models.count)
        for (line, entry) in zip(models, entries) {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            var words = 0
            for (text, period) in zip(fields[2].split(separator: ";"), entry.periods) {
                for word in text.split(separator: " ") {
                    words += 1
                    let tier = period.tiers.first
                    let isRead =
                        switch word.first {
                        case "@": period.start != nil
                        case "~": period.timeOfDay != nil
                        case ">": tier != nil
                        case "i": period.rates.input != nil
                        case "r": period.rates.cacheRead != nil
                        case "w": period.rates.cacheWrite != nil
                        case "h": period.rates.cacheWrite1h != nil
                        case "o": period.rates.output != nil
                        case "t": period.rates.reasoning != nil
                        case "q": period.rates.request != nil
                        default: false
                        }
                    #expect(isRead, "\(word) in \(line)")
                    #expect(!word.contains("/") || tier != nil)
                }
            }
            #expect(words > 0)
            #expect(entry.periods.count == fields[2].split(separator: ";").count)
            #expect(!entry.provider.isEmpty)
        }
        #expect(
            Set(entries.map(\.provider)) == [
                "anthropic", "cohere", "deepseek", "google", "groq", "mistral", "moonshotai",
                "openai", "perplexity", "xai",
            ])
    }
}
