import Testing

@testable import Records

@Suite struct Rates {
    @Test(
        arguments: [
            ("1", Rate.Unit.millionTokens, 1_000_000_000_000),
            ("0.003625", .millionTokens, 3_625_000_000),
            ("1.25", .millionTokens, 1_250_000_000_000), ("0", .token, 0), ("0.0", .token, 0),
            ("1.25e-06", .token, 1_250_000_000_000), ("1.25E-6", .token, 1_250_000_000_000),
            ("2.5e-7", .token, 250_000_000_000), ("0.00000125", .token, 1_250_000_000_000),
            ("125e-8", .token, 1_250_000_000_000), ("1e0", .token, 1_000_000_000_000_000_000),
            ("1e+1", .token, 10_000_000_000_000_000_000),
            ("12", .thousandRequests, 12_000_000_000_000_000),
            ("1e-18", .token, 1), ("5e-19", .token, 1), ("4.9e-19", .token, 0),
            ("1e-400", .token, 0),
            ("1e-999999999999999999999", .token, 0), ("0e999999999", .token, 0),
            // What a binary fraction turns into is the price that was meant.
            ("2.9999999999999997e-06", .token, 3_000_000_000_000),
            ("0.1250000000000000000000000000000000001", .millionTokens, 125_000_000_000),
            ("1000000", .millionTokens, 1_000_000_000_000_000_000),
            ("10000000000000000000000e-22", .millionTokens, 1_000_000_000_000),
        ] as [(String, Rate.Unit, UInt64)])
    func readsDecimals(text: String, unit: Rate.Unit, attodollars: UInt64) {
        #expect(Rate(usd: text, per: unit)?.attodollars == attodollars)
    }

    @Test(arguments: [
        "", "-1", "-0", "+1", ".5", "e5", "1e", "1e+", "1e--5", "1.2.3", "1e5e5", "NaN", "1,5",
        " 1", "1 ", "0x1",
        "100", "1e999999999999999999999", "18446744073709551616",
    ])
    func refuses(text: String) {
        #expect(Rate(usd: text, per: .token) == nil)
    }

    @Test(arguments: ["0", "1", "0.003625", "1.25", "15", "120", "0.0000001", "600.5"])
    func writesDecimals(text: String) {
        #expect(Rate(usd: text, per: .millionTokens)?.usd(per: .millionTokens) == text)
    }
}

@Suite struct ModelPatterns {
    @Test(arguments: [
        ("gpt-5", "gpt-5", true), ("gpt-5", "gpt-5-mini", false), ("gpt-5", "gpt-", false),
        ("GPT-5", "gpt-5", true), ("gpt-5*", "gpt-5-mini", true), ("gpt-5*", "gpt-5", true),
        ("gpt-5*", "xgpt-5", false), ("*opus-5", "claude-opus-5", true),
        ("*opus-5", "opus-5-1", false),
        ("*v2*", "claude-v2", true), ("*v2*", "claude-v2:1", true), ("*v2*", "claude-v3", false),
        ("*aa*", "ba", false), ("a-####", "a-2026", true), ("a-####", "a-202", false),
        ("a-####", "a-20266", false), ("a-####", "a-20x6", false), ("a-#*", "a-7b", true),
        ("a-#*", "a-b", false),
        // One or two more digits after a digit are another version.
        ("claude-opus-4-1*", "claude-opus-4-1-20250805", true),
        ("claude-opus-4-1*", "claude-opus-4-10", false),
        ("claude-opus-4-1*", "claude-opus-4-12-20270101", false), ("flash-0*", "flash-001", true),
        ("sonnet-4-2025*", "sonnet-4-20250514", true), ("*opus-4.1*", "claude-opus-4.15", false),
        ("g-pro*!-tts", "g-pro", true), ("g-pro*!-tts", "g-pro-tts", false),
        ("g-pro*!-tts", "g-pro-tts-2", false),
        ("g-pro*!-tts", "g-pro-ttsx", true), ("g-pro*!-tts", "g-pro-ttsx-tts", false),
        ("", "", true), ("*", "anything", true), ("**", "anything", true), ("*", "", true),
        ("!x", "", true),
    ])
    func matches(pattern: String, id: String, expected: Bool) {
        #expect(ModelPattern(pattern).matches(Array(id.utf8)) == expected)
    }

    @Test func takesLiteralsAsTheyAre() {
        #expect(ModelPattern(literal: "a*b!c#").matches(Array("a*b!c#".utf8)))
        #expect(!ModelPattern(literal: "a*").matches(Array("ab".utf8)))
    }
}
