package import Records

/// A `tools/call` of the client's that has not been sent on: what rules may look at.
///
/// Made by `Metering`, which knows servers and models; nothing of what was said is in it but the
/// names.
package struct PolicyRequest: Sendable, Equatable {
    /// The id its record has, a UUIDv7.
    package var id: String
    /// When it was read.
    package var time: Timestamp
    package var server: String?
    package var agentID: String?
    package var tool: String
    package var provider: String?
    /// The model it will use as far as can be told before the answer: asked for, or the server's
    /// default.
    package var model: String?
    /// Whether there is a reason to think that it uses a model at all: a profile, a setting, a name.
    package var mayUseModel: Bool
    /// Of its arguments, estimated from their size.
    package var inputTokens: UInt64

    package init(
        id: String, time: Timestamp, tool: String, mayUseModel: Bool, inputTokens: UInt64
    ) {
        self.id = id
        self.time = time
        self.tool = tool
        self.mayUseModel = mayUseModel
        self.inputTokens = inputTokens
    }
}
