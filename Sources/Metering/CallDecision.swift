package import Records

/// What was decided of a request before it was sent on. It goes with the request to the meter.
///
/// An object, so that the many requests nothing was decided of carry one word.
package final class CallDecision: Sendable {
    package enum Fate: Sendable {
        /// The server got it.
        case sent
        /// The client was answered in the server's place.
        case blocked
        /// It was held, and taken back before it was sent.
        case withdrawn
    }

    package let fate: Fate
    package let note: PolicyNote?
    /// The length of what the client was answered, if it was blocked.
    package let answerBytes: UInt64?

    package init(_ fate: Fate, _ note: PolicyNote?, answerBytes: UInt64? = nil) {
        self.fate = fate
        self.note = note
        self.answerBytes = answerBytes
    }

    /// How a call ends that the server never got; nil for one that it got.
    var unsentOutcome: CallRecord.Outcome? {
        switch fate {
        case .sent: nil
        case .blocked: .blocked
        case .withdrawn: .cancelled
        }
    }

    /// How long it was held, in nanoseconds.
    var waited: UInt64 {
        let milliseconds = note?.waitedMilliseconds ?? 0
        return milliseconds > 0 && milliseconds < 1e12 ? UInt64(milliseconds * 1e6) : 0
    }

    /// What kind of failure it is for the client.
    var errorType: CallRecord.ErrorType? {
        switch (fate, note?.reason) {
        case (.withdrawn, _): .cancelled
        case (.blocked, .rateLimit), (.blocked, .retryAfter): .rateLimit
        default: nil
        }
    }
}

extension CallRecord {
    /// The answer said that a model was used.
    var tellsOfModel: Bool { usage?.source == .reported || modelSource == .response }
}

extension Meter {
    /// What a record says of the decision on its call.
    mutating func note(_ decision: CallDecision, on record: inout CallRecord) {
        record.responseBytes = record.responseBytes ?? decision.answerBytes
        guard var note = decision.note else { return }
        if note.routedModel != nil {
            note.savedNanodollars = saved(by: record, askedModel: note.askedModel)
        }
        record.policy = note
    }

    /// What the same usage would have cost with the model asked for, less what it did cost; nil if
    /// either has no price.
    private mutating func saved(by record: CallRecord, askedModel: String?) -> Int64? {
        guard let askedModel, let usage = record.usage, let cost = record.cost?.nanodollars
        else { return nil }
        let entry = priced.entry(
            provider: ModelFamily.provider(of: askedModel) ?? record.provider, model: askedModel,
            in: configuration.prices)
        guard let asked = entry?.cost(of: usage, at: record.time).nanodollars else { return nil }
        let (difference, overflow) = asked.subtractingReportingOverflow(cost)
        return overflow ? nil : difference
    }
}
