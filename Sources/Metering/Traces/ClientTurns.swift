internal import Records
internal import Wire

extension Meter {
    /// The model call of the client's that led to a request and read its answer: a turn of its own,
    /// which never passes here and is estimated from what did. It wrote the arguments; it read the
    /// answer, if that was good for anything. So each text of an escalation is counted once on this
    /// side.
    ///
    /// Nil where nothing says that a model is at work in the client, and for a tool use that was
    /// called before: one turn wrote both.
    mutating func clientTurn(
        _ call: OpenCall, _ record: CallRecord, _ answer: Observation, in escalation: Escalation
    ) -> CallRecord? {
        guard configuration.clientModel != nil || ClientNames.isAgent(clientName) else {
            return nil
        }
        if let id = call.toolUseID {
            guard !toolUses.contains(id) else { return nil }
            toolUses.insert(id)
        }
        var part = ModelUsage()
        part.model = configuration.clientModel
        part.modelSource = .config
        part.provider =
            part.model.flatMap(ModelFamily.provider(of:)) ?? ClientNames.provider(of: clientName)
        func tokens(_ size: TextSize) -> UInt64 {
            Estimate.tokens(size, provider: part.provider, model: part.model)
        }
        part.usage = TokenUsage(
            source: .estimated,
            input: record.outcome == .ok ? tokens(AnswerSize(answer).whole) : nil,
            output: tokens(call.facts.argumentSize))

        let isConversation = escalation.conversation != nil
        let wrote = isConversation ? call.stamp : escalation.start
        let began = min(call.lastAnswer ?? wrote, wrote)
        var turn = CallRecord(
            id: call.toolUseID.map(CallRecord.clientTurnID(toolUseID:))
                ?? DerivedID.make(from: call.id, purpose: "client", index: 0),
            time: configuration.clock.time(at: began),
            durationMilliseconds: SessionClock.milliseconds(from: began, to: wrote),
            session: configuration.session, direction: .client, method: "chat",
            requestID: record.requestID, outcome: .ok, traceID: record.traceID,
            spanID: identifiers.spanID(), requestBytes: 0)
        turn.parentSpanID = escalation.spanToHangUnder(of: record)
        turn.server = record.server
        turn.client = record.client
        turn.agentID = record.agentID
        turn.surface = record.surface
        turn.eventType = record.eventType
        turn.conversation = record.conversation
        turn.toolUseID = call.toolUseID
        apply(part, to: &turn)
        return turn
    }
}

/// What is known of clients by the name they give in the handshake (`clientInfo.name`).
enum ClientNames {
    /// Whether a client is one in which a model writes the calls. Of any other, such as an inspector
    /// or a program of somebody's own, nothing is guessed.
    static func isAgent(_ name: String?) -> Bool {
        guard let name else { return false }
        let folded = FoldedText(name)
        return agents.contains { agent in
            guard folded.hasPrefix(agent) else { return false }
            let rest = folded.bytes.dropFirst(agent.utf8CodeUnitCount)
            return rest.first.map { !(97...122).contains($0) } ?? true
        }
    }

    /// Whose model it is, where there is no choice.
    static func provider(of name: String?) -> String? {
        name.map { FoldedText($0).has("claude") } == true ? "anthropic" : nil
    }

    /// Beginnings, up to the end of a word, in lower case: `claude-code`, `claude-ai`,
    /// `codex-mcp-client`, `cursor-vscode`, `gemini-cli-mcp-client`, `Visual Studio Code` …
    private static let agents: [StaticString] = [
        "claude", "cline", "codex", "cursor", "gemini-cli", "github-copilot", "goose", "opencode",
        "qwen", "roo code", "visual studio code", "windsurf", "zed",
    ]
}
