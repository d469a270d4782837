import Foundation
import Testing

@testable import mcp_meter

/// `mcp-meter route` with the rules of `examples/`, as a user tries them.
struct RouteTests {
    private static let example: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return root.appendingPathComponent("examples/routes.json").path
    }()

    private func request(_ prompt: String, model: String? = nil) throws -> String {
        var arguments: [String: Any] = ["prompt": prompt]
        arguments["model"] = model
        let message: [String: Any] = [
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": ["name": "ask-gemini", "arguments": arguments],
        ]
        let data = try JSONSerialization.data(
            withJSONObject: message, options: [.sortedKeys, .prettyPrinted])
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    private func explain(_ request: String, _ options: [String] = []) throws -> [String: Any] {
        let run = try Program.run(
            ["route", "--explain", "--json", "--routes", Self.example] + options
                + ["--", "npx", "-y", "gemini-mcp-tool"], input: request)
        #expect(run.status == 0, "\(run.errors)")
        let value = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        return try #require(value as? [String: Any])
    }

    @Test(arguments: [
        ("What is the capital of France?", "simple", "gemini-2.5-flash-lite"),
        (
            "Rename x:\n```swift\nfunc f(x: Int) -> Int {\n    return x * 2\n}\n```",
            "code or mathematics", "gemini-2.5-flash"
        ),
        ("Solve for x: x^2 + 3x - 10 = 0", "code or mathematics", "gemini-2.5-flash"),
        (
            "Why does the cache lose writes? Find the root cause, and weigh the trade-offs.",
            "reasoning", "gemini-2.5-pro"
        ),
    ])
    func `the example sends each class where it says`(
        prompt: String, rule: String, model: String
    ) throws {
        let found = try explain(request(prompt, model: "gemini-2.0-flash"))
        let decision = try #require(found["decision"] as? [String: Any])
        #expect(decision["outcome"] as? String == "routed", "\(found)")
        #expect(decision["rule"] as? String == rule)
        #expect(decision["model"] as? String == model)
        let change = try #require(decision["change"] as? [String: Any])
        #expect(change["removed"] as? String == #""gemini-2.0-flash""#)
        #expect(change["inserted"] as? String == "\"\(model)\"")
    }

    @Test func `a long text is for no rule of the example`() throws {
        let found = try explain(request(String(repeating: "The rain fell. ", count: 200)))
        #expect((found["decision"] as? [String: Any])?["outcome"] as? String == "unmatched")
        let rules = try #require(found["rules"] as? [[String: Any]])
        #expect(rules.map { $0["holds"] as? Bool } == [false, false, false])
        #expect((rules[2]["failure"] as? String)?.hasSuffix("not 499 or less") == true)
    }

    @Test func `a call goes out with that model and else as it came`() throws {
        let before = try request("What is the capital of France?", model: "gemini-2.5-pro")
        let run = try Program.run(
            ["route", "--routes", Self.example, "--server", "gemini-mcp-tool"], input: before)
        #expect(run.status == 0)
        let after = before.replacingOccurrences(of: "gemini-2.5-pro", with: "gemini-2.5-flash-lite")
        #expect(run.output == after)
        #expect(run.errors.isEmpty)
    }

    @Test func `a call no rule is for goes out as it came`() throws {
        let before = try request(String(repeating: "The rain fell. ", count: 200))
        let run = try Program.run(
            ["route"], environment: ["MCP_METER_ROUTES": Self.example], input: before)
        #expect(run.output == before)
        #expect(run.errors.isEmpty)
    }

    @Test func `a rule that cannot be followed is told of`() throws {
        let run = try Program.run(
            ["route", "--routes", Self.example, "--", "openai-mcp-server"],
            input: request("What is the capital of France?"))
        #expect(run.status == 0)
        #expect(run.output == (try request("What is the capital of France?")))
        #expect(run.errors.hasPrefix("mcp-meter: `simple` cannot be followed: "))
    }

    @Test func `a batch goes out as it came`() throws {
        let batch = "[" + (try request("What is the capital of France?")) + "]"
        let run = try Program.run(
            ["route", "--routes", Self.example, "--server", "gemini-mcp-tool"], input: batch)
        #expect(run.output == batch)
        #expect(run.errors.contains("the frame is a batch"))
    }

    @Test func `people read why`() throws {
        let run = try Program.run(
            [
                "route", "--explain", "--routes", Self.example, "--time", "2026-11-21T23:00",
                "--budget-left", "0.25", "--", "npx", "gemini-mcp-tool",
            ], input: request("Solve for x: x^2 + 3x - 10 = 0"))
        for part in [
            "tool         ask-gemini of gemini-mcp-tool\n", "model        gemini-2.5-pro, google\n",
            "takes        a model in `model`\n", "class        math\n", "budget left  25 %\n",
            "time         sat 23:00\n", "1. reasoning: class is math, not reasoning\n",
            "2. code or mathematics: holds\n", "(later rules are not asked)",
            "`code or mathematics` sends the call with `gemini-2.5-flash`.\n",
            "\"model\" : \"gemini-2.5-flash\"",
        ] {
            #expect(run.output.contains(part), "\(part) is not in:\n\(run.output)")
        }
    }

    @Test func `a file of rules can be checked`() throws {
        let run = try Program.run(["route", "--check", Self.example])
        #expect(run.status == 0)
        #expect(run.output == "\(Self.example): 3 rules, ready for MCP_METER_ROUTES\n")
    }

    @Test func `what is wrong has a status of its own`() throws {
        let directory = try TemporaryDirectory()
        let bad = directory.url.appendingPathComponent("bad.json").path
        try "{\"routes\": [\n  {}\n]}".write(toFile: bad, atomically: true, encoding: .utf8)
        let call = try request("x")
        let missing = bad + ".none"
        let cases: [([String], [String: String], String, Int32, String)] = [
            (["--check", bad], [:], "", 65, "\(bad):2:3: 'model' is missing"),
            (["--check", missing], [:], "", 66, missing),
            (["--routes", bad], [:], call, 65, "\(bad):2:3: "),
            ([], ["MCP_METER_ROUTES": bad], call, 78, "\(bad):2:3: "),
            ([], [:], call, 64, "no rules"),
            (["--routes", Self.example], [:], "", 65, "standard input:1:1: "),
            (["--routes", Self.example], [:], "{\"a\":1}", 65, "holds no `tools/call`"),
            (["--json"], [:], call, 64, "goes with `--explain`"),
            (["--budget-left", "2"], [:], call, 64, "from 0 to 1"),
            (["--time", "noon"], [:], call, 64, "a local time such as"),
            (["--check", bad, "--explain"], [:], "", 64, "stands alone"),
            (["--explian"], [:], call, 64, "Did you mean `--explain`?"),
        ]
        for (words, environment, input, status, part) in cases {
            let run = try Program.run(["route"] + words, environment: environment, input: input)
            #expect(run.status == status, "\(words): \(run.errors)")
            #expect(run.errors.contains(part), "\(words): \(run.errors)")
            #expect(run.output.isEmpty)
        }
    }
}
