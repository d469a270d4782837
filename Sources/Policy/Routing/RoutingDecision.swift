/// What a rule of `MCP_METER_ROUTES` says of a call.
package struct RoutingDecision: Sendable, Equatable {
    /// The rule's name, or its place in the file.
    package var rule: String
    /// The name the server takes for the model, as it is to stand in the argument.
    package var argument: String
    /// The model that name means.
    package var model: String

    package init(rule: String, argument: String, model: String) {
        self.rule = rule
        self.argument = argument
        self.model = model
    }
}
