import Records

/// Which records are a call of a model, for receivers that count those and nothing else.
enum ModelCalls {
    /// The call, or the client's own turn; nil for a record of another kind, for a request that
    /// asked no model, and for one that was held back before it could.
    ///
    /// A trace is none: its turns are.
    static func call(of record: Record) -> CallRecord? {
        switch record {
        case .call(let call), .usage(let call):
            let asksModel = call.model != nil || call.usage != nil || call.provider != nil
            return asksModel && call.outcome != .blocked ? call : nil
        case .session, .begin, .trace, .mark: return nil
        }
    }
}
