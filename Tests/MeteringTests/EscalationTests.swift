import Records
import Testing

@testable import Metering

/// deep-code-reasoning-mcp: what is read of an escalation beside its usage.
struct EscalationTests {
    private static let command = "node /x/deep-code-reasoning-mcp/dist/index.js"

    private func context(_ reason: String) -> String {
        #"""
        "claude_context":{"attempted_approaches":["bisected"],"partial_findings":[],
        "stuck_description":"\#(reason)","code_scope":{"files":["a.ts"]}},"analysis_type":
        "performance"
        """#
    }

    private func escalate(_ id: Int, _ reason: String = "totals drift by one cent") -> String {
        Frame.tool(id, "escalate_analysis", "{\(context(reason)),\"depth_level\":3}")
    }

    private func analysis(_ status: String, _ confidences: [Double], _ more: String = "") -> String
    {
        let causes = confidences.map {
            #"{"type":"x","evidence":[{"file":"a","line":3}],"confidence":\#($0)}"#
        }
        let findings = #"{"rootCauses":[\#(causes.joined(separator: ","))],"executionPaths":[]}"#
        return #"{"status":"\#(status)","findings":\#(findings),"recommendations":{}\#(more)}"#
    }

    @Test func `an escalation has model, reason, kind and quality`() throws {
        var script = Script(Self.command)
        script.client(escalate(11))
        script.wait(18_342)
        script.server(Frame.text(11, analysis("success", [0.4, 0.85, 0.2])))
        let call = try #require(script.call(11))
        #expect(call.eventType == "escalation")
        #expect(call.escalationReason == "totals drift by one cent")
        #expect(call.quality == 0.85)
        #expect(call.provider == "google")
        #expect(call.model == "gemini-2.5-pro-preview-06-05")
        #expect(call.modelSource == .profile)
        #expect(call.usage?.source == .estimated)
        #expect(call.agentID == "deep-code-reasoner")
        #expect(call.conversation == nil)
        #expect(call.outcome == .ok)
    }

    @Test func `an exported model is not the server's, which reads none`() {
        var script = Script(Self.command) {
            $0.environment = { $0 == "GEMINI_MODEL" ? "gemini-2.5-flash" : "k" }
        }
        script.client(escalate(1))
        script.server(Frame.text(1, analysis("success", [])))
        #expect(script.call(1)?.model == "gemini-2.5-pro-preview-06-05")
        #expect(script.call(1)?.quality == 0.5)
    }

    @Test func `a failure in a success frame is a failure, and not billed`() {
        var script = Script(Self.command)
        script.client(escalate(14))
        script.server(
            Frame.text(
                14,
                analysis(
                    "partial", [],
                    #"""
                    ,"metadata":{"errorType":"RateLimitError","errorCode":
                    "RATE_LIMIT_ERROR","errorSource":"external_api"}
                    """#
                )))
        let call = script.call(14)
        #expect(call?.outcome == .error)
        #expect(call?.errorType == .rateLimit)
        #expect(call?.usage == nil)
        #expect(call?.quality == nil)
        #expect(call?.model == "gemini-2.5-pro-preview-06-05")
    }

    @Test func `a partial analysis without an error is one that was billed`() {
        var script = Script(Self.command)
        script.client(escalate(1))
        script.server(Frame.text(1, analysis("partial", [])))
        #expect(script.call(1)?.outcome == .ok)
        #expect(script.call(1)?.usage?.source == .estimated)
        #expect(script.call(1)?.quality == 0.25)
    }

    @Test(
        arguments: [
            (.text, "key [masked] leaks"), (.hash, "68ee244e79275de9"), (.off, nil),
        ] as [(ReasonMode, String?)])
    func `the reason is kept as it was asked`(mode: ReasonMode, kept: String?) {
        var script = Script(Self.command) { $0.reasonMode = mode }
        script.client(escalate(1, "key sk-0123456789abcdef leaks"))
        script.end()
        #expect(script.call(1)?.escalationReason == kept)
    }

    @Test(
        arguments: [
            ("trace_execution_path", #"{"entry_point":{"file":"a.ts","line":1}}"#, "analysis", nil),
            (
                "hypothesis_test", #"{"hypothesis":"a race","test_approach":"x"}"#, "analysis",
                "a race"
            ),
            (
                "performance_bottleneck",
                #"{"code_path":{"entry_point":{"file":"a"},"suspected_issues":["n+1","locks"]}}"#,
                "analysis", "n+1; locks"
            ),
            ("get_conversation_status", #"{"session_id":"s"}"#, nil, nil),
        ] as [(String, String, String?, String?)])
    func `each tool has its kind and its reason`(
        tool: String, arguments: String, kind: String?, reason: String?
    ) {
        var script = Script(Self.command)
        script.client(Frame.tool(1, tool, arguments))
        script.server(Frame.text(1, #"{"analysis":"it is so","filesAnalyzed":[]}"#))
        #expect(script.call(1)?.eventType == kind)
        #expect(script.call(1)?.escalationReason == reason)
        #expect((script.call(1)?.usage != nil) == (kind != nil))
        #expect(script.call(1)?.quality == nil)
    }

    @Test func `a tournament is as good as its winner`() {
        var script = Script(Self.command)
        script.client(
            Frame.tool(1, "run_hypothesis_tournament", "{\(context("lost")),\"issue\":\"x\"}"))
        script.server(
            Frame.text(
                1,
                #"""
                {"issue":"x","totalHypotheses":2,"rounds":[{"results":[{
                "overallConfidence":0.2}]}],"winner":{"sessionId":"w",
                "overallConfidence":0.66}}
                """#
            ))
        #expect(script.call(1)?.quality == 0.66)
        #expect(script.call(1)?.conversation == nil)
    }

    private func start(_ id: Int, _ reason: String) -> String {
        Frame.tool(id, "start_conversation", "{\(context(reason))}")
    }

    private func started(_ id: Int, _ session: String) -> String {
        Frame.text(
            id,
            #"""
            {"sessionId":"\#(session)","initialResponse":"…","suggestedFollowUps":[],
            "status":"active"}
            """#
        )
    }

    private func go(_ id: Int, _ session: String) -> String {
        Frame.tool(
            id, "continue_conversation", #"{"session_id":"\#(session)","message":"Yes, but."}"#)
    }

    private func finalize(_ id: Int, _ session: String) -> String {
        Frame.tool(id, "finalize_conversation", #"{"session_id":"\#(session)"}"#)
    }

    @Test func `interleaved conversations are a trace each, with the reason they began with`() {
        var script = Script(Self.command)
        script.client(start(1, "first"))
        script.client(start(2, "second"))
        script.server(started(2, "B"))
        script.server(started(1, "A"))
        for (id, session) in [(3, "A"), (4, "B"), (5, "A")] {
            script.client(go(id, session))
            script.server(
                Frame.text(
                    id,
                    #"""
                    {"response":"…","analysisProgress":0.3,"canFinalize":false,"status":
                    "processing"}
                    """#
                ))
        }
        script.client(finalize(6, "A"))
        script.server(
            Frame.text(
                6, analysis("success", [0.9], #","metadata":{"sessionId":"A","totalTurns":3}"#)))
        script.client(go(7, "A"))
        script.server(Frame.error(7, -32600, "MCP error -32600: Session A not found or expired"))
        func all(_ session: String) -> [CallRecord] {
            script.calls.filter { $0.conversation == session && $0.requestID != .number("7") }
        }
        #expect(all("A").map(\.tool).count == 4)
        #expect(all("B").count == 2)
        #expect(Set(all("A").map(\.traceID)).count == 1)
        #expect(Set(all("B").map(\.traceID)).count == 1)
        #expect(all("A").first?.traceID != all("B").first?.traceID)
        #expect(all("A").allSatisfy { $0.escalationReason == "first" })
        #expect(all("B").allSatisfy { $0.escalationReason == "second" })
        for session in ["A", "B"] {
            // A root of its own, which is none of the calls.
            let roots = Set(all(session).map(\.parentSpanID))
            #expect(roots.count == 1)
            #expect(!script.calls.contains { roots.contains($0.spanID) })
        }
        #expect(script.call(6)?.quality == 0.9)
        #expect(script.call(7)?.traceID != script.call(6)?.traceID)
        #expect(script.call(7)?.outcome == .error)
    }

    @Test func `a conversation nobody goes on with for half an hour is over`() {
        var script = Script(Self.command)
        script.client(start(1, "first"))
        script.server(started(1, "A"))
        script.wait(29 * 60_000)
        script.client(go(2, "A"))
        script.server(Frame.text(2, "{}"))
        script.wait(31 * 60_000)
        script.client(go(3, "A"))
        script.server(Frame.text(3, "{}"))
        #expect(script.call(2)?.traceID == script.call(1)?.traceID)
        #expect(script.call(3)?.traceID != script.call(1)?.traceID)
        #expect(script.call(3)?.escalationReason == nil)
        script.wait(31 * 60_000)
        script.tick()
        #expect(script.meter.escalations.number(of: "A") == nil)
    }

    @Test func `a failed finalize leaves the conversation open`() {
        var script = Script(Self.command)
        script.client(start(1, "first"))
        script.server(started(1, "A"))
        script.client(finalize(2, "A"))
        script.server(Frame.error(2, -32603, "MCP error -32603: Internal error: No JSON found"))
        script.client(finalize(3, "A"))
        script.server(Frame.text(3, analysis("success", [0.7])))
        #expect(Set(script.calls.map(\.traceID)).count == 1)
        #expect(script.meter.escalations.number(of: "A") == nil)
    }
}
