package import Records

/// What a task was for, in Mosaic's words.
///
/// Only the members that its public documents show; the list there may be longer. What fits none of
/// them has none: nothing is made up.
package enum TaskType: String, Sendable, CaseIterable {
    case planning
    case implementation
    case codeReview = "code_review"
    case debugging

    /// From the words of the tool's name, the first row that has one of them; else from the
    /// profile's event type. Prompts and answers are not looked at.
    package init?(of call: CallRecord) {
        let words = ToolWords(call.tool)
        for (type, stems) in Self.stems where words.hasOne(beginningWith: stems) {
            self = type
            return
        }
        guard let event = call.eventType, let type = Self.eventTypes[event] else { return nil }
        self = type
    }

    /// The beginnings of words that tell. `debug` before `code`: a code debugger debugs.
    static let stems: [(TaskType, [String])] = [
        (.codeReview, ["review", "codereview", "audit", "secaudit", "critique", "precommit"]),
        (
            .debugging,
            [
                "debug", "bug", "diagnos", "troubleshoot", "trace", "hypothes", "bottleneck",
                "escalat", "fix", "crash", "rootcause",
            ]
        ),
        (
            .planning,
            [
                "plan", "design", "architect", "brainstorm", "consensus", "think", "challenge",
                "roadmap", "strateg",
            ]
        ),
        (
            .implementation,
            ["implement", "code", "refactor", "testgen", "docgen", "codegen", "edit"]
        ),
    ]

    /// The event types of the built-in profiles, all three deep-code-reasoning-mcp's, which is asked
    /// when a client is stuck.
    static let eventTypes: [String: TaskType] = [
        "escalation": .debugging, "analysis": .debugging, "conversation": .debugging,
    ]
}

/// How much went to and fro, in Mosaic's words for how hard a task was: a class of size, which is
/// what can be known without reading prompts.
package enum TaskComplexity: String, Sendable, CaseIterable {
    case low, medium, high

    /// By tokens of both sides: below 2,000 low, below 20,000 medium. Where tokens are unknown a
    /// token is taken for four bytes of what went over the wire.
    package init(of call: CallRecord) {
        let tokens: UInt64
        if call.usage?.input != nil || call.usage?.output != nil {
            tokens = Self.sum(call.usage?.input ?? 0, call.usage?.output ?? 0)
        } else {
            tokens = Self.sum(call.requestBytes, call.responseBytes ?? 0) / 4
        }
        self = tokens < 2000 ? .low : tokens < 20_000 ? .medium : .high
    }

    private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}
