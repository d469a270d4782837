package import Records
package import Wire

/// What a session's metering is told before it starts. Everything the meter knows of the world
/// outside the messages is in here.
package struct MeterConfiguration: Sendable {
    /// The session's id, a UUIDv7.
    package var session: String
    /// The relay's process id.
    package var pid: Int
    package var clock: SessionClock
    /// Where its ids come from.
    package var identifiers: IdentifierSource
    /// The server's command, program first.
    package var command: [String]
    /// The scanner's keys, `Profiles.pathSegments` and those of `profiles` among them.
    package var vocabulary: Vocabulary
    /// Nil: the built-in table, which is read when the first call is priced and not before.
    package var prices: PriceTable?
    /// A variable of the child's environment; asked for names of models and keys only when needed.
    package var environment: @Sendable (String) -> String? = { _ in nil }
    /// Profiles of the user's own, tried before the built-in ones.
    package var profiles: [Profile] = []
    /// `MCP_METER_PROVIDER`
    package var provider: String?
    /// `MCP_METER_MODEL`
    package var model: String?
    /// `MCP_METER_CLIENT_MODEL`
    package var clientModel: String?
    /// `EVALOPS_AGENT_ID`
    package var agentID: String?
    /// `EVALOPS_SURFACE`
    package var surface: String?
    /// `MCP_METER_REASON`
    package var reasonMode = ReasonMode.text
    /// The client may keep a session log that tells of its own turns: calls that name the tool use
    /// they were made by wait for it (`Meter.told`).
    package var joinsLog = false
    /// Where the meter puts what it learns of the server; nil: nobody asks.
    package var findings: ServerFindings?
    /// `TRACEPARENT`
    package var traceparent: String?
    /// Requests in flight at most; beyond them the oldest is given up.
    package var openCallsMax = 10_000

    package init(
        session: String, pid: Int, clock: SessionClock, identifiers: IdentifierSource,
        command: [String], vocabulary: Vocabulary
    ) {
        self.session = session
        self.pid = pid
        self.clock = clock
        self.identifiers = identifiers
        self.command = command
        self.vocabulary = vocabulary
    }
}
