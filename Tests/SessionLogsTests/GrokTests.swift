import Records
import Testing

@testable import SessionLogs

/// Every shape of line of Grok Build, with totals worked out by hand.
struct GrokTests {
    private let path = ".grok/sessions/%2Fw/K1/updates.jsonl"
    private let counts =
        #""inputTokens":1000,"outputTokens":50,"cachedReadTokens":900,"#
        + #""cacheCreationTokens":0,"reasoningTokens":20,"modelCalls":3,"costUsdTicks":125117780005"#

    @Test func `a turn counts as what it reports`() throws {
        let desk = try Desk()
        try desk.write(
            path,
            [
                #"{"method":"session/update","params":{"_meta":{"totalTokens":71784}}}"#,
                Lines.grok("p0", usage: counts, method: "session/update"),
                Lines.grok("p1", usage: counts + #","modelUsage":{"grok-4.6-build":{\#(counts)}}"#),
                Lines.grok("p1", usage: counts + #","modelUsage":{"grok-4.6-build":{\#(counts)}}"#),
            ])
        try desk.runImport()
        #expect(try desk.tokens() == ["grok-4.6-build 1000/900/0/-/50/20"])
        let record = try #require(try desk.records().first)
        #expect(record.cost == Cost(source: .reported, nanodollars: 12_511_778_001))
        #expect(record.modelCalls == 3 && record.session == "K1" && record.provider == "xai")
        #expect(record.project == "d1bb8ca354673cd5")
        #expect(record.time.rfc3339 == "2026-08-14T16:26:13.589000Z")
    }

    @Test func `a turn of two models is two calls`() throws {
        let desk = try Desk()
        let a = #""inputTokens":10,"outputTokens":5,"costUsdTicks":100"#
        let b = #""inputTokens":20,"outputTokens":6"#
        try desk.write(
            path,
            [
                Lines.grok(
                    "p1", usage: counts + #","modelUsage":{"grok-a":{\#(a)},"grok-b":{\#(b)}}"#)
            ])
        try desk.runImport()
        #expect(try desk.tokens() == ["grok-a 10/-/-/-/5/-", "grok-b 20/-/-/-/6/-"])
    }

    @Test func `a turn that names no model has the session's`() throws {
        let desk = try Desk()
        try desk.write(path, [Lines.grok("p1", usage: counts)])
        try desk.write(".grok/sessions/%2Fw/K1/signals.json", [#"{"primaryModelId":"grok-4.5"}"#])
        try desk.runImport()
        #expect(try desk.records().map(\.model) == ["grok-4.5"])
    }
}
