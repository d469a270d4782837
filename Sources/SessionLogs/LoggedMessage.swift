package import Records

/// One model call as a session log tells it.
package struct LoggedMessage: Equatable, Sendable {
    package var client: LogClient
    /// What the record's id is made of: the provider's message id where there is one. Two lines
    /// with the same key are about the same call.
    package var key: String
    /// The provider's id of the request, if the log has it.
    package var requestID: String?
    /// The log's id of the session.
    package var session: String
    package var time: Timestamp
    /// Who served the call, if the log says it; else it follows from the model.
    package var provider: String?
    package var model: String?
    package var serviceTier: String?
    /// Its source is `session_log`.
    package var usage: TokenUsage
    /// Billionths of a dollar that the client says the call cost.
    package var nanodollars: Int64?
    /// The directory the client worked in.
    package var directory: Directory?
    /// How many model calls this stands for, if known and not 1.
    package var modelCalls: UInt64?
    /// The line belongs to a subagent, or is a replay for one.
    package var isSidechain = false
    /// It ended in order to use tools, whose answers are to come.
    package var isUsingTools = false
    /// The tool uses in it, where somebody asked for them.
    package var toolUseIDs: [String] = []

    package enum Directory: Equatable, Sendable {
        case path(String)
        /// Only the SHA-256 of the path is known, in hexadecimal digits.
        case hash(String)
    }

    package init(
        client: LogClient, key: String, session: String, time: Timestamp, usage: TokenUsage
    ) {
        self.client = client
        self.key = key
        self.session = session
        self.time = time
        self.usage = usage
    }

    /// The id of its record.
    package var id: String { DerivedID.make(ofMessage: key, of: client.rawValue) }

    /// Takes in another line about the same call.
    ///
    /// Claude Code writes one line a content block, the earlier ones with the tokens so far, and
    /// replays the parent's messages in the logs of subagents under new request ids: the parent's
    /// line comes before a replay, then the largest output. Elsewhere the last line is right. The
    /// first time is when the call was made.
    package mutating func merge(_ other: LoggedMessage) {
        let first = min(time, other.time)
        let (winner, left) = other.replaces(self) ? (other, self) : (self, other)
        var right = winner
        right.time = first
        right.model = right.model ?? left.model
        right.requestID = right.requestID ?? left.requestID
        right.serviceTier = right.serviceTier ?? left.serviceTier
        right.directory = right.directory ?? left.directory
        right.isUsingTools = isUsingTools || other.isUsingTools
        right.toolUseIDs = toolUseIDs + other.toolUseIDs.filter { !toolUseIDs.contains($0) }
        // How the cache was written is the same in all lines, if they tell.
        if right.usage.cacheWrite == left.usage.cacheWrite, right.usage.cacheWrite1h == nil {
            right.usage.cacheWrite1h = left.usage.cacheWrite1h
        }
        self = right
    }

    private func replaces(_ earlier: LoggedMessage) -> Bool {
        guard client == .claudeCode else { return true }
        if isSidechain != earlier.isSidechain { return earlier.isSidechain }
        return (usage.output ?? 0) > (earlier.usage.output ?? 0)
    }
}

/// Why a line that tells of a model call gives no record.
package enum SkipReason: String, Sendable, CaseIterable {
    /// Written by the client itself: no model was asked (`<synthetic>`).
    case synthetic
    /// An error of the provider's, which costs nothing.
    case error
    /// No tokens were counted.
    case empty
    /// A forked session repeats what its parent did.
    case replayed
    /// Before the moment asked for.
    case old
    /// A time or a count that must be there is not.
    case incomplete

    /// For a person, after a number of them.
    package var meaning: String {
        switch self {
        case .synthetic: "written by the client itself"
        case .error: "errors of the provider"
        case .empty: "without tokens"
        case .replayed: "replays of a parent session"
        case .old: "before --since"
        case .incomplete: "without a time or a count"
        }
    }
}
