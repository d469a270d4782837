import Testing

@testable import mcp_meter

struct PolicySettingsTests {
    @Test(
        arguments: [
            ([:], ""),
            (["MCP_METER_BUDGET_ACTION": "block", "MCP_METER_RATE_LIMIT_ACTION": "so"], ""),
            (["MCP_METER_BUDGET": "10/day,gemini-2.5-pro=5/week"], "2 budgets, which warn"),
            (
                ["MCP_METER_BUDGET": "10/day", "MCP_METER_BUDGET_ACTION": "block"],
                "1 budget, which block"
            ),
            (["MCP_METER_RATE_LIMIT": "60/min"], "1 rate limit"),
            (
                ["MCP_METER_RATE_LIMIT": "60/min;a=1/s", "MCP_METER_RATE_LIMIT_ACTION": "wait:30"],
                "2 rate limits"
            ),
            (
                ["MCP_METER_BUDGET": "1/day", "MCP_METER_ROUTES": "/r.json"],
                "1 budget, which warn, routes of /r.json"
            ),
        ] as [([String: String], String)])
    func `what is set is in force`(variables: [String: String], sentence: String) {
        let configuration = Configuration(variables)
        #expect(configuration.complaints.isEmpty)
        #expect(configuration.policy?.sentence ?? "" == sentence)
    }

    /// Half a policy would let through what its owner thinks is held.
    @Test(
        arguments: [
            ("MCP_METER_BUDGET", "10/day,5/fortnight", "5/fortnight", [:]),
            ("MCP_METER_BUDGET_ACTION", "stop", "warn or block", ["MCP_METER_BUDGET": "1/day"]),
            ("MCP_METER_RATE_LIMIT", "60/min;x", "60/min;gemini-2.5-pro=10/min", [:]),
            (
                "MCP_METER_RATE_LIMIT_ACTION", "wait:0", "block, warn or wait:SECONDS",
                ["MCP_METER_RATE_LIMIT": "60/min"]
            ),
        ] as [(String, String, String, [String: String])])
    func `a bad value is named in one line, and that policy is off`(
        name: String, value: String, expected: String, others: [String: String]
    ) {
        var variables = others
        variables[name] = value
        let configuration = Configuration(variables)
        #expect(configuration.complaints.count == 1)
        let complaint = configuration.complaints.first ?? ""
        #expect(complaint.hasPrefix("\(name) is `\(value)`"))
        #expect(complaint.contains(expected), "\(complaint)")
        #expect(configuration.policy == nil)
        // The other policy is not its business.
        variables["MCP_METER_ROUTES"] = "/r.json"
        #expect(Configuration(variables).policy?.sentence == "routes of /r.json")
    }

    @Test(arguments: [
        ("MCP_METER_BUDGET", "1/day", ",", "32 budgets, which warn"),
        ("MCP_METER_RATE_LIMIT", "60/min", ";", "32 rate limits"),
    ])
    func `of more than can be told apart none holds, and one line says so`(
        name: String, rule: String, separator: String, sentence: String
    ) {
        func configuration(_ count: Int) -> Configuration {
            let rules = [String](repeating: rule, count: count)
            return Configuration([name: rules.joined(separator: separator)])
        }
        #expect(configuration(32).policy?.sentence == sentence)
        #expect(configuration(32).complaints.isEmpty)
        let tooMany = configuration(33)
        #expect(tooMany.policy == nil)
        #expect(tooMany.complaints.count == 1)
        #expect(tooMany.complaints.first?.contains("expected 32 at most") == true)
    }

    @Test func `off is off, policies too`() {
        let variables = ["MCP_METER": "off", "MCP_METER_BUDGET": "1/day"]
        #expect(Configuration(variables).policy == nil)
    }
}
