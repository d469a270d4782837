import Records
import Testing

@testable import Metering

/// How many model calls an answer stands for, by a profile's rule.
struct ModelCallsTests {
    private static let failed = "Exploration encountered errors"

    private func result(_ depth: String, insights: [String]) -> String {
        let insights = insights.map(Frame.quoted).joined(separator: ",")
        return #"""
            {"hypothesis":{"id":"h","theory":"a race","testApproach":"x","category":"c"},
            "sessionId":"3f2b1c9e-0000-4000-8000-000000000000","evidence":[{"type":"code",
            "confidence":0.4,"description":"\#(String(repeating: "evidence ", count: 40))"}],
            "overallConfidence":0.4,"explorationDepth":\#(depth),"keyInsights":[\#(insights)]}
            """#
    }

    private func tournament(_ rounds: [[String]]) -> String {
        let rounds = rounds.enumerated().map { number, results in
            #"""
            {"roundNumber":\#(number + 1),"hypotheses":[{"id":"h","theory":"a race"}],"results":[
            \#(results.joined(separator: ","))],"eliminatedHypotheses":["h"],"insights":[]}
            """#
        }
        return #"""
            {"issue":"totals drift","totalHypotheses":20,"rounds":[
            \#(rounds.joined(separator: ","))],"winner":{"sessionId":"w","overallConfidence":0.66},
            "allFindings":[],"duration":3,"parallelEfficiency":0.9}
            """#
    }

    private func play(_ text: String) -> Script {
        var script = Deep.script()
        script.client(Frame.tool(1, "run_hypothesis_tournament", Deep.context))
        script.server(Frame.text(1, text.replacing("\n", with: " ")))
        return script
    }

    @Test(
        arguments: [
            // What was counted at the provider: two hypotheses, one round, depth two each.
            ([[("2", ["a"]), ("2", ["b"])]], 7),
            ([[("1", []), ("2", [failed]), ("3", ["a", failed])]], 1 + 2 + 2 + 4),
            ([[("2", ["a"])], [("3", ["b"])]], 8),
            ([[("0", [failed])]], nil), ([[]], nil), ([], nil),
            ([[("-1", ["a"])]], nil), ([[("1e999", ["a"])]], nil), ([[("\"2\"", ["a"])]], nil),
            ([[("null", ["a"]), ("99999999999999999999", ["a"])]], nil), ([[("1.5", ["a"])]], 3),
        ] as [([[(String, [String])]], UInt64?)])
    func `a tournament is one call, and each exploration its depth and one`(
        rounds: [[(depth: String, insights: [String])]], calls: UInt64?
    ) {
        let script = play(
            tournament(rounds.map { $0.map { result($0.depth, insights: $0.insights) } }))
        #expect(script.call(1)?.modelCalls == calls)
        #expect(script.call(1)?.quality == 0.66)
        // The client's turn is one more.
        #expect(script.traces.first?.modelCalls == (calls ?? 1) + 1)
        #expect(script.traces.first?.turns == 1)
    }

    @Test func `the longest there can be is counted whole, with its winner`() {
        let insights = (0..<5).map { "\($0): " + String(repeating: "an insight ", count: 80) }
        let rounds = (0..<5).map { _ in (0..<20).map { _ in result("4", insights: insights) } }
        let script = play(tournament(rounds))
        #expect(script.call(1)?.modelCalls == 1 + 100 * 5)
        #expect(script.call(1)?.quality == 0.66)
        // An estimate is one of what can be seen, and so a floor.
        #expect(script.call(1)?.usage?.source == .estimated)
    }

    @Test(
        arguments: [
            (Frame.error(1, -32603, "no"), nil), (Frame.text(1, #"{"rounds":7}"#), nil),
            (Frame.text(1, "prose"), nil), (Frame.text(1, #"{"rounds":[{"results":[]}]}"#), nil),
            (Frame.text(1, #"{"rounds":[{"results":[[],3,{"explorationDepth":[1,2]}]}]}"#), 3),
        ] as [(String, UInt64?)])
    func `what is no exploration is not counted`(answer: String, calls: UInt64?) {
        var script = Deep.script(client: nil, model: nil)
        script.client(Frame.tool(1, "run_hypothesis_tournament", Deep.context))
        script.server(answer)
        #expect(script.call(1)?.modelCalls == calls)
        #expect(script.traces.map(\.modelCalls) == [calls ?? 1])
    }

    @Test func `what only a tournament has is looked for nowhere else`() {
        // A list of thousands under so common a word must not push out the usage behind it.
        let items = Array(repeating: #"{"name":"n","status":"s"}"#, count: 5000)
            .joined(separator: ",")
        var script = Script("npx some-server")
        script.client(Frame.tool(1, "chat", #"{"prompt":"x"}"#))
        script.server(
            Frame.result(
                1,
                #"""
                {"content":[],"structuredContent":{"results":[\#(items)],"model":"gpt-4o","usage":{
                "prompt_tokens":10,"completion_tokens":2,"total_tokens":12}}}
                """#
            ))
        #expect(script.call(1)?.usage?.input == 10)
    }
}
