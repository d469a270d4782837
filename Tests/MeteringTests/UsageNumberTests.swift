import Metering
import Records
import Testing
import Wire

@Suite struct UsageNumberTests {
    /// A count as written, and what it is; nil: the call is estimated.
    @Test(
        arguments: [
            ("14", 14), ("14.0", 14), ("14.9", 14), ("1e3", 1000), ("1.5E+2", 150), ("120e-1", 12),
            (#""14""#, 14), (#""14.0""#, 14), ("10000000000", 10_000_000_000), ("true", nil),
            ("-1", nil), ("-0.5", nil), ("null", nil), (#""NaN""#, nil), (#""many""#, nil),
            (#""""#, nil), ("10000000001", nil), ("1e400", nil), ("99999999999999999999999", nil),
            ("{}", nil), ("[14]", nil), (#""14 tokens""#, nil), (#""0x10""#, nil),
        ] as [(String, UInt64?)])
    func count(_ literal: String, _ expected: UInt64?) throws {
        let usage = try Exchange(
            answer: Exchange.structured(
                #"{"usage":{"prompt_tokens":\#(literal),"completion_tokens":\#(literal)}}"#)
        ).usages.first?.usage
        if let expected {
            #expect(usage?.input == expected)
            #expect(usage?.source == .reported)
        } else {
            #expect(usage?.source == .estimated)
        }
    }

    @Test func allZeroesAreNothing() throws {
        let usage = try Exchange(
            answer: Exchange.structured(
                #"{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#)
        ).usages.first?.usage
        #expect(usage?.source == .estimated)
        #expect(usage?.input == 8)
    }

    /// Dollars as written, in nanodollars.
    @Test(
        arguments: [
            ("0.011913", 11_913_000), ("3.3e-05", 33_000), ("1E-9", 1), ("4e-10", 0), ("5e-10", 1),
            ("12", 12_000_000_000), ("0", 0), (#""0.5""#, 500_000_000),
            ("0.1234567894", 123_456_789), ("-0.5", nil), ("1e9", nil), ("true", nil),
            ("null", nil),
        ] as [(String, Int64?)])
    func dollars(_ literal: String, _ expected: Int64?) throws {
        let usage = try Exchange(
            answer: Exchange.structured(
                #"{"usage":{"prompt_tokens":14,"completion_tokens":8,"cost":\#(literal)}}"#)
        ).usages.first
        #expect(usage?.reportedNanodollars == expected)
    }

    /// A subset beyond its set, totals that tell and totals that do not.
    @Test(
        arguments: [
            // input, cached, output, reasoning, total → input, output, reasoning
            (100, 50, 20, 5, 120, 100, 20, 5),
            (100, 50, 20, 5, 125, 100, 25, 5),
            (100, 50, 20, 5, 170, 150, 20, 5),
            (100, 50, 20, 5, 175, 150, 25, 5),
            (100, 500, 20, 5, 620, 600, 20, 5),
            (100, 500, 20, 5, 120, 600, 20, 5),
            (100, 50, 20, 90, 120, 100, 110, 90),
            (100, 50, 20, 5, 420, 100, 320, 305),
            (100, 50, 20, 5, 90, 100, 20, 5),
        ] as [(Int, Int, Int, Int, Int, Int, Int, Int)])
    func reconciliation(
        _ input: Int, _ cached: Int, _ output: Int, _ reasoning: Int, _ total: Int,
        _ wantedInput: Int,
        _ wantedOutput: Int, _ wantedReasoning: Int
    ) throws {
        let usage = try Exchange(
            answer: Exchange.structured(
                """
                {"usage":{"prompt_tokens":\(input),"completion_tokens":\(output),\
                "total_tokens":\(total),"prompt_tokens_details":{"cached_tokens":\(cached)},\
                "completion_tokens_details":{"reasoning_tokens":\(reasoning)}}}
                """)
        ).usages.first?.usage
        #expect(
            Tokens(usage)
                == Tokens(
                    UInt64(wantedInput), UInt64(wantedOutput), cached: UInt64(cached),
                    reasoning: UInt64(wantedReasoning)))
    }

    /// Anthropic's caches come on top unless a total says that they do not.
    @Test(arguments: [("", 150), (#","total_tokens":120"#, 100), (#","total_tokens":170"#, 150)])
    func exclusiveCaches(_ total: String, _ input: UInt64) throws {
        let usage = try Exchange(
            answer: Exchange.structured(
                #"{"usage":{"input_tokens":100,"cache_read_input_tokens":50,"output_tokens":20\#(total)}}"#
            ), provider: "anthropic"
        ).usages.first?.usage
        #expect(usage?.input == input)
    }
}
