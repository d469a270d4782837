import Metering
import Policy
import Records

/// What was read of a call, what each rule says of it, and what comes of it.
struct RouteExplanation {
    private let facts: Router.Facts
    /// Each rule with the condition that does not hold; nil where all do. Ends with the first such.
    private let rules: [(rule: RouteRule, failure: String?)]
    private let ruleCount: Int
    private let outcome: Router.Outcome
    /// The bytes that make way.
    private let removed: String

    init(_ frame: [UInt8], _ facts: Router.Facts, _ router: Router) {
        self.facts = facts
        ruleCount = router.rules.count
        let failures = router.failures(facts)
        let last = failures.firstIndex { $0.failure == nil } ?? failures.count - 1
        rules = Array(failures[...last])
        outcome = router.route(frame.span, facts)
        let old = outcome.edited.map { $0.changed.lowerBound..<$0.changed.lowerBound + $0.replaced }
        removed = old.map { Self.text(frame[$0.clamped(to: 0..<frame.count)]) } ?? ""
    }

    /// The frame as it is sent; nil: as it came.
    var edited: FrameEdit.Edited? { outcome.edited }

    /// Why a rule that holds was not followed.
    var why: String? {
        guard let why = outcome.why, let rule = outcome.note?.rule else { return nil }
        return "`\(rule)` cannot be followed: \(why)"
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    private var inserted: String {
        edited.map { Self.text($0.line[$0.changed.clamped(to: 0..<$0.line.count)]) } ?? ""
    }

    // MARK: Text

    func text() -> String {
        let request = facts.request
        var lines = [
            "tool         \(request.tool)" + (request.server.map { " of \($0)" } ?? ""),
            "model        \(request.model ?? "not known")"
                + (request.provider.map { ", \($0)" } ?? ""),
            "takes        \(accepted)",
            "tokens       about \(request.inputTokens)",
        ]
        if let content = facts.content {
            lines += [
                "class        \(content.classes.names.joined(separator: ", "))",
                "  code       \(percent(content.codeShare)) of \(content.bytes) bytes, "
                    + "\(content.codeLines) lines, \(content.fences) fenced blocks, "
                    + "\(content.programming) points for words",
                "  math       \(content.mathematics) points for words and formulas",
                "  reasoning  \(content.reasoning) points for words",
                "  (in \(content.words) words outside code)",
                "files        \(content.files)",
            ]
        }
        lines += [
            "budget left  \(facts.budgetLeft.map { percent($0) } ?? "not known")",
            "time         \(facts.time.text)", "",
        ]
        for (place, (rule, failure)) in rules.enumerated() {
            lines.append("\(place + 1). \(rule.name): \(failure ?? "holds")")
        }
        if rules.count < ruleCount { lines.append("   (later rules are not asked)") }
        lines += ["", decision]
        if edited != nil {
            if !removed.isEmpty { lines.append("- \(removed)") }
            lines.append("+ \(inserted)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var accepted: String {
        let argument = facts.argument
        if argument.isRefused { return "no model: it asks none" }
        let paths = argument.paths.map { $0.segments.joined(separator: ".") }
        let place =
            argument.isKnown
            ? "a model in `\(paths.first ?? "")`"
            : "a model if the call has one (`\(paths.joined(separator: "`, `"))`)"
        return argument.accepted.isEmpty
            ? place : place + ": " + argument.accepted.joined(separator: ", ")
    }

    private var decision: String {
        switch outcome.verdict {
        case .unmatched: return "No rule holds: the call is sent as it is."
        case .kept(let rule): return "`\(rule)` keeps the call as it is."
        case .agreed(let rule): return "The call asks for the model of `\(rule)` already."
        case .impossible: return (why ?? "") + ". The call is sent as it is."
        case .routed(let decision):
            if let why { return why + ". The call is sent as it is." }
            let meant = decision.model == decision.argument ? "" : ", \(decision.model)"
            return "`\(decision.rule)` sends the call with `\(decision.argument)`\(meant)."
        }
    }

    private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

    // MARK: JSON

    func json() -> String {
        var json = JSONWriter()
        json.beginObject()
        let request = facts.request
        json.member("tool", request.tool)
        json.member("server", request.server)
        json.member("provider", request.provider)
        json.member("model", request.model)
        json.member("tokens", request.inputTokens)
        if let content = facts.content { write(content, &json) }
        json.member("budget_left", facts.budgetLeft)
        json.member("time", facts.time.text)
        json.key("rules")
        json.beginArray()
        for (rule, failure) in rules {
            json.beginObject()
            json.member("name", rule.name)
            json.member("holds", failure == nil)
            json.member("failure", failure)
            json.endObject()
        }
        json.endArray()
        writeDecision(&json)
        json.endObject()
        json.newline()
        return String(decoding: json.finish(), as: UTF8.self)
    }

    private func write(_ content: ContentFacts, _ json: inout JSONWriter) {
        json.key("content")
        json.beginObject()
        json.key("classes")
        json.beginArray()
        for name in content.classes.names { json.string(name) }
        json.endArray()
        json.member("bytes", content.bytes)
        json.member("code_bytes", content.codeBytes)
        json.member("code_lines", content.codeLines)
        json.member("fenced_blocks", content.fences)
        json.member("words", content.words)
        json.member("programming", content.programming)
        json.member("math", content.mathematics)
        json.member("reasoning", content.reasoning)
        json.member("files", content.files)
        json.endObject()
    }

    private func writeDecision(_ json: inout JSONWriter) {
        json.key("decision")
        json.beginObject()
        switch outcome.verdict {
        case .unmatched: json.member("outcome", "unmatched")
        case .kept(let rule):
            json.member("outcome", "kept")
            json.member("rule", rule)
        case .agreed(let rule):
            json.member("outcome", "agreed")
            json.member("rule", rule)
        case .impossible(let rule, _):
            json.member("outcome", "passed")
            json.member("rule", rule)
        case .routed(let decision):
            json.member("outcome", edited == nil ? "passed" : "routed")
            json.member("rule", decision.rule)
            json.member("argument", decision.argument)
            json.member("model", decision.model)
        }
        json.member("why", why)
        if let edited {
            json.key("change")
            json.beginObject()
            json.member("offset", UInt64(edited.changed.lowerBound))
            json.member("removed", removed)
            json.member("inserted", inserted)
            json.endObject()
        }
        json.endObject()
    }
}
