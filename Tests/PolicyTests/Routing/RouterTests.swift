import Metering
import Records
import Reports
import Testing

@testable import Policy

struct RouterTests {
    private func router(_ rules: String) throws -> Router {
        Router(rules: try RouteFile.read(Array(#"{"routes": [\#(rules)]}"#.utf8)))
    }

    private func profile(_ text: String) throws -> Profile? {
        try ProfileFile.read(Array(#"{"profiles": [\#(text)]}"#.utf8)).first
    }

    private func facts(
        tool: String = "ask", server: String? = "s", provider: String? = "google",
        model: String? = "gemini-2.5-pro", tokens: UInt64 = 100, mayUseModel: Bool = true,
        profile: Profile? = nil, content: ContentFacts? = ContentFacts(), left: Double? = nil,
        time: String = "2026-11-21T12:00"
    ) throws -> Router.Facts {
        var request = PolicyRequest(
            id: "0", time: Timestamp(microseconds: 0), tool: tool, mayUseModel: mayUseModel,
            inputTokens: tokens)
        request.server = server
        request.provider = provider
        request.model = model
        return Router.Facts(
            request: request, argument: ModelArgument(of: tool, profile: profile),
            content: content, budgetLeft: left, time: try #require(LocalTime(time)))
    }

    private let flash = RoutingDecision(
        rule: "rule 1", argument: "gemini-2.5-flash", model: "gemini-2.5-flash")

    // MARK: Conditions

    @Test(arguments: [
        (#""tool": "as*""#, true), (#""tool": ["x", "ask"]"#, true), (#""tool": "asks""#, false),
        (#""server": "S""#, true), (#""server": "t""#, false),
        (#""model": "*-pro""#, true), (#""model": "gpt*""#, false),
        (#""tokens": {"min": 100}"#, true), (#""tokens": {"max": 100}"#, true),
        (#""tokens": {"min": 101}"#, false), (#""tokens": {"max": 99}"#, false),
        (#""class": "text""#, true), (#""class": "code""#, false),
        (#""class": ["code", "text"]"#, true),
        (#""files": {"max": 0}"#, true), (#""files": {"min": 1}"#, false),
        (#""budget_left": {"below": 0.5}"#, true), (#""budget_left": {"below": 0.25}"#, false),
        (#""budget_left": {"above": 0.2}"#, true), (#""budget_left": {"above": 0.25}"#, false),
        (#""time": "12:00-13:00""#, true), (#""time": "11:00-12:00""#, false),
        (#""time": "22:00-12:01""#, true), (#""time": "00:00-24:00""#, true),
        (#""weekdays": "sat""#, true), (#""weekdays": ["mon", "sun"]"#, false),
        (#""tool": "ask", "server": "t""#, false), ("", true),
    ])
    func `a condition holds`(condition: String, holds: Bool) throws {
        let router = try router(#"{"when": {\#(condition)}, "model": "gemini-2.5-flash"}"#)
        let verdict = router.decide(try facts(left: 0.25))
        #expect(verdict == (holds ? .routed(flash) : .unmatched))
        #expect((router.failures(try facts(left: 0.25))[0].failure == nil) == holds)
    }

    @Test(arguments: [
        // A Friday's night is a Friday's, on Saturday morning too.
        ("2026-11-20T21:59", false), ("2026-11-20T22:00", true), ("2026-11-20T23:59", true),
        ("2026-11-21T00:00", true), ("2026-11-21T05:59", true), ("2026-11-21T06:00", false),
        ("2026-11-21T22:00", false), ("2026-11-20T05:00", false),
    ])
    func `a night belongs to the day it begins on`(time: String, holds: Bool) throws {
        let router = try router(
            #"{"when": {"time": "22:00-06:00", "weekdays": "fri"}, "model": "gemini-2.5-flash"}"#)
        #expect(router.decide(try facts(time: time)) == (holds ? .routed(flash) : .unmatched))
    }

    @Test func `what is not known holds for nothing`() throws {
        for condition in [
            #""server": "*""#, #""model": "*""#, #""class": "text""#, #""files": {"max": 9}"#,
            #""budget_left": {"below": 1}"#,
        ] {
            let router = try router(#"{"when": {\#(condition)}, "model": "keep"}"#)
            let verdict = router.decide(try facts(server: nil, model: nil, content: nil))
            #expect(verdict == .unmatched, "\(condition)")
        }
    }

    @Test func `only what rules ask for has to be found out`() throws {
        #expect(try !router(#"{"model": "keep"}"#).readsContent)
        #expect(try router(#"{"when": {"files": {"min": 1}}, "model": "keep"}"#).readsContent)
        #expect(try router(#"{"when": {"class": "code"}, "model": "keep"}"#).readsContent)
        #expect(
            try router(#"{"when": {"budget_left": {"below": 1}}, "model": "keep"}"#).readsBudget)
    }

    @Test(arguments: [
        ("Europe/Berlin", "2026-11-21T22:30:00Z", "sat 23:30"),
        ("Europe/Berlin", "2026-11-21T23:30:00Z", "sun 00:30"),
        ("Europe/Berlin", "2026-10-25T00:30:00Z", "sun 02:30"),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "sun 02:30"),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", "sun 03:00"),
        ("America/New_York", "2026-03-01T04:59:00Z", "sat 23:59"),
        ("UTC", "1969-12-31T23:59:00Z", "wed 23:59"),
    ])
    func `time is what clocks on the wall show`(zone: String, time: String, text: String) throws {
        let moment = try #require(Timestamp(rfc3339: time))
        let second = moment.microseconds / 1_000_000
        let zone = try #require(Zone(zone, span: second - 86_400...second + 86_400))
        #expect(LocalTime(moment, in: zone).text == text)
    }

    // MARK: Results

    @Test func `the first rule that holds decides`() throws {
        let router = try router(
            #"""
            {"when": {"tool": "other"}, "model": "gemini-2.0-flash"},
            {"name": "stay", "when": {"tokens": {"max": 50}}, "model": "keep"},
            {"model": "gemini-2.5-flash"}, {"model": "gemini-2.0-flash"}
            """#)
        #expect(router.decide(try facts(tokens: 50)) == .kept(rule: "stay"))
        var wanted = flash
        wanted.rule = "rule 3"
        #expect(router.decide(try facts(tokens: 51)) == .routed(wanted))
        #expect(router.decide(try facts(model: "gemini-2.5-flash")) == .agreed(rule: "rule 3"))
    }

    @Test(arguments: [
        // Its own names are used, and understood.
        (#""models": ["pro", "flash"]"#, "gemini-2.5-flash", "flash"),
        (#""models": ["pro", "flash"]"#, "flash", "flash"),
        ("", "gemini-2.5-flash", "flash"), ("", "gemini-2.0-flash", "gemini-2.0-flash"),
        (#""models": ["pro"]"#, "gemini-2.5-flash", nil),
        (#""models": ["pro", "flash"]"#, "gemini-2.0-flash", nil),
        ("", "lite", nil), ("", "gpt-4o", nil),
    ])
    func `a model is named as the server names it`(
        models: String, model: String, argument: String?
    ) throws {
        let fields = models.isEmpty ? "" : ", " + models
        let profile = try profile(
            #"""
            {"servers": ["s"], "aliases": {"pro": "gemini-2.5-pro", "flash": "gemini-2.5-flash"}
            \#(fields)}
            """#)
        let verdict = try router(#"{"model": "\#(model)"}"#).decide(try facts(profile: profile))
        if let argument {
            let meant = argument == "flash" ? "gemini-2.5-flash" : argument
            #expect(
                verdict
                    == .routed(RoutingDecision(rule: "rule 1", argument: argument, model: meant)))
        } else {
            guard case .impossible("rule 1", _) = verdict else {
                Issue.record("\(verdict)")
                return
            }
        }
    }

    @Test(arguments: [
        ("google", "gemini-2.5-flash", true), ("google", "grok-4", false),
        ("google", "gpt-4o", false), ("google", "sonar", false), ("google", "llama3.2", false),
        ("xai", "grok-3-mini", true), ("openrouter", "google/gemini-2.5-flash", true),
        ("ollama", "llama3.2:3b", true), ("ollama", "gpt-4o", false), ("ollama", "mine", true),
        ("groq", "llama-3.3-70b", true), ("google", "tuned-model-7", true),
    ])
    func `a call stays with its provider`(provider: String, model: String, goes: Bool) throws {
        let verdict = try router(#"{"model": "\#(model)"}"#).decide(try facts(provider: provider))
        if goes {
            #expect(
                verdict
                    == .routed(RoutingDecision(rule: "rule 1", argument: model, model: model)))
        } else {
            #expect(
                verdict
                    == .impossible(rule: "rule 1", why: "`\(model)` is no model of \(provider)'s"))
        }
    }

    @Test func `a server of several providers may be given any`() throws {
        let profile = try profile(#"{"servers": ["zen"], "provider": "multi"}"#)
        let router = try router(#"{"model": "grok-4"}"#)
        let routed = RoutingDecision(rule: "rule 1", argument: "grok-4", model: "grok-4")
        #expect(router.decide(try facts(profile: profile)) == .routed(routed))
        #expect(router.decide(try facts(provider: nil, profile: profile)) == .routed(routed))
    }

    @Test func `of several models the first that the tool takes counts`() throws {
        let router = try router(#"{"model": ["grok-3-mini", "gemini-2.5-flash", "sonar"]}"#)
        #expect(router.decide(try facts()) == .routed(flash))
        guard case .impossible(_, let why) = router.decide(try facts(provider: "openai")) else {
            Issue.record("went to another provider")
            return
        }
        #expect(why.hasPrefix("`grok-3-mini` is no model of openai's; `gemini"))
    }

    @Test func `a call that asks no model is left alone`() throws {
        let router = try router(#"{"model": "gemini-2.5-flash"}"#)
        let profile = try profile(#"{"servers": ["s"], "no_model": ["ask"]}"#)
        let cases = [
            (try facts(profile: profile), "the tool asks no model"),
            (try facts(mayUseModel: false), "nothing says that the tool asks a model"),
            (
                try facts(provider: nil, model: nil),
                "the server's provider is not known, so neither is what it takes"
            ),
        ]
        for (facts, why) in cases {
            #expect(router.decide(facts) == .impossible(rule: "rule 1", why: why))
        }
    }

    // MARK: Frames

    @Test func `with no rule for it a frame is not touched`() throws {
        let line = Array(
            #"{"method":"tools/call","params":{"name":"ask","arguments":{"model":"x"}}}"#.utf8)
        for rules in [#"{"when": {"tool": "no"}, "model": "a"}"#, #"{"model": "keep"}"#, ""] {
            let outcome = try router(rules).route(line.span, try facts())
            #expect(outcome.edited == nil)
            #expect(outcome.note == nil)
        }
    }

    @Test func `a routed frame says so in its record`() throws {
        let line = Array(
            #"{"method":"tools/call","params":{"name":"ask","arguments":{"model":"x"}}}"#.utf8)
        let router = try router(#"{"name": "cheap", "model": "gemini-2.5-flash"}"#)
        let outcome = router.route(line.span, try facts())
        #expect(
            outcome.edited.map { String(decoding: $0.line, as: UTF8.self) }
                == #"{"method":"tools/call","params":{"name":"ask","arguments":{"model":"gemini-2.5-flash"}}}"#
        )
        var note = PolicyNote(action: .routed, reason: .route, rule: "cheap")
        note.askedModel = "gemini-2.5-pro"
        note.routedModel = "gemini-2.5-flash"
        #expect(outcome.note == note)
    }

    @Test func `a frame that cannot be changed passes, and its record says why`() throws {
        let router = try router(#"{"name": "cheap", "model": "gemini-2.5-flash"}"#)
        for (line, reason) in [
            ("[]", PolicyNote.Reason.batch), ("{", .malformed),
            (#"{"method":"tools/call","params":{"arguments":{}}}"#, .route),
        ] {
            let outcome = router.route(Array(line.utf8).span, try facts())
            #expect(outcome.edited == nil)
            #expect(
                outcome.note == PolicyNote(action: .passed, reason: reason, rule: "cheap"))
            #expect(outcome.why != nil)
        }
    }
}
