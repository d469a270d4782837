internal import Records
internal import Wire

/// A task of either side: MCP 2025-11-25 "Tasks", 2026-07-28 `io.modelcontextprotocol/tasks`.
struct TaskKey: Hashable, Sendable {
    /// The direction of the request that made it, and of those that ask about it.
    let direction: CallRecord.Direction
    let id: String
}

/// The request that a later one goes on with.
struct Origin: Sendable {
    /// The id of its record.
    let id: String
    let tool: String?
    let facts: RequestFacts
    let traceID: String
    let spanID: String
    let reason: String?
    let conversation: String?
    let toolUseID: String?
    /// What its escalation goes by, if it has one of its own.
    let escalation: UInt64?
    /// Its usage stands in a record already.
    var isMetered = false

    init(_ call: OpenCall) {
        id = call.id
        tool = call.tool
        facts = call.facts
        traceID = call.traceID
        spanID = call.spanID
        reason = call.reason
        conversation = call.conversation
        toolUseID = call.toolUseID
        escalation = call.escalation
    }
}

/// What a result is, when it may not be the last word.
enum Interim: Equatable {
    /// The answer itself.
    case none
    /// A task was made; its answer comes with `tasks/result` or `tasks/get`.
    case task(String)
    /// The server needs something first; the client asks again with this `requestState`.
    case inputRequired(String?)

    init(_ answer: Observation) {
        let sketch = answer.sketch
        self = .none
        guard let result = sketch.child(.result, of: 0) else { return }
        let type = sketch.string(sketch.child(.resultType, of: result))
        if type == "input_required" {
            self = .inputRequired(sketch.digest(sketch.child(.requestState, of: result)))
        } else if let id = sketch.string(sketch.find(.task, .taskId, from: result)) {
            self = .task(id)
        } else if type == "task", let id = sketch.string(sketch.child(.taskId, of: result)) {
            self = .task(id)
        }
    }
}

extension Interim {
    /// Whether the request that brings the answer can be known by what this one hands out.
    var isFollowed: Bool {
        switch self {
        case .none, .inputRequired(nil): false
        case .task, .inputRequired: true
        }
    }
}

extension OpenCall {
    /// Whether an answer is the last word on what was asked: not so for a task's handle or state,
    /// nor for `input_required`.
    func isFinal(_ answer: Observation) -> Bool {
        guard task != nil else { return Interim(answer) == .none }
        // `tasks/result` waits for the answer; `tasks/get` has it inside when there is one.
        guard answer.kind == .result else { return method == "tasks/result" }
        return method == "tasks/result" || answer.sketch.find(.result, .result) != nil
    }

    /// Whether what is said at its end is not the last word, and another request may bring that.
    func goesOn(_ end: CallEnd) -> Bool {
        guard let answer = end.answer else { return task != nil && !end.isUnsent }
        return task == nil ? Interim(answer).isFollowed : !isFinal(answer)
    }
}
