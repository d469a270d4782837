package import Records
package import Wire

/// Makes the `begin` line of a request from the request alone, so that the thread that relays it
/// can write the line at once, before the meter has seen it. The call's record has the same id:
/// give it to `Meter.observed` with the observation.
package struct BeginFactory: Sendable {
    private let session: String
    private let server: String?
    private let clock: SessionClock

    /// - Parameter server: the server's name by its command (`ServerName`).
    package init(session: String, server: String?, clock: SessionClock) {
        self.session = session
        self.server = server
        self.clock = clock
    }

    /// The line of a request; nil for a message that is none.
    ///
    /// - Parameters:
    ///   - sender: the direction the message went.
    ///   - id: a new UUIDv7.
    package func begin(
        _ message: Observation, sender: CallRecord.Direction, id: String
    ) -> BeginRecord? {
        guard message.kind == .request, let requestID = message.id, let method = message.method
        else { return nil }
        return BeginRecord(
            id: id, time: clock.time(at: message.lastStamp), session: session, direction: sender,
            method: method, tool: message.tool(of: method), requestID: RecordID(requestID),
            server: server)
    }
}

extension RecordID {
    /// The id as a record holds it.
    init(_ id: RequestID) {
        switch id.form {
        case .number: self = .number(id.text)
        case .string: self = .string(id.text)
        }
    }
}

extension CallRecord.Direction {
    var opposite: Self { self == .clientToServer ? .serverToClient : .clientToServer }
}

/// What a request says, by its keys.
extension Observation {
    private var params: Int? { sketch.child(.params, of: 0) }
    var arguments: Int? { sketch.find(.params, .arguments) }

    /// The tool or prompt that a request of a method asks for.
    func tool(of method: String) -> String? {
        guard method == "tools/call" || method == "prompts/get", let params else { return nil }
        return sketch.string(sketch.child(.name, of: params))
    }

    /// `params._meta[key]`, a string.
    func requestMeta(_ key: Key) -> String? { sketch.string(sketch.find(.params, .meta, key)) }

    /// `params.taskId`
    var taskID: String? { sketch.string(sketch.find(.params, .taskId)) }

    /// The task a request was sent because of (MCP 2025-11-25, "Tasks").
    var relatedTask: String? {
        sketch.string(sketch.find(.params, .meta, .relatedTask, .taskId))
    }

    /// `params.requestState`, as something to compare.
    var requestState: String? { sketch.digest(sketch.find(.params, .requestState)) }

    /// The client's name: of `initialize`, or of `_meta` since MCP 2026-07-28.
    func clientName(in method: String) -> String? {
        name(
            at: method == "initialize"
                ? sketch.find(.params, .clientInfo, .name)
                : sketch.find(.params, .meta, .clientInfo, .name))
    }

    /// The server's name: of the answer to `initialize`, or of `_meta` since 2026-07-28.
    func serverName(answering method: String) -> String? {
        name(
            at: method == "initialize"
                ? sketch.find(.result, .serverInfo, .name)
                : sketch.find(.result, .meta, .serverInfo, .name))
    }

    private func name(at node: Int?) -> String? {
        sketch.string(node).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The model the arguments ask for, as written.
    func modelAsked(_ paths: [FieldPath], _ vocabulary: borrowing Vocabulary) -> String? {
        guard let arguments else { return nil }
        for path in paths {
            for node in path.nodes(in: sketch, below: arguments, vocabulary) {
                if let model = sketch.string(node), !model.isEmpty { return model }
            }
        }
        let node =
            sketch.child(.model, of: arguments)
            ?? sketch.find(.request, .model, from: arguments)
        if let model = sketch.string(node), !model.isEmpty { return model }
        // `["openai:gpt-4o"]`: one model asked for by provider and name; several are no answer.
        guard let names = sketch.child(.models, of: arguments) else { return nil }
        let all = sketch.children(of: names).compactMap { sketch.string($0) }
        guard all.count == 1, let only = all.first else { return nil }
        return only.firstIndex(of: ":").map { String(only[only.index(after: $0)...]) } ?? only
    }

    /// The first text at one of the paths in the arguments; the texts of an array joined.
    func argument(_ paths: [FieldPath], _ vocabulary: borrowing Vocabulary) -> String? {
        guard let arguments else { return nil }
        for path in paths {
            let texts = path.nodes(in: sketch, below: arguments, vocabulary)
                .compactMap { sketch.string($0) }.filter { !$0.isEmpty }
            if !texts.isEmpty { return texts.joined(separator: "; ") }
        }
        return nil
    }
}
