package import Records

/// What budgets and limits say of a call.
package enum Admission: Sendable, Equatable {
    /// It may go on; what it is expected to cost and use is reserved until it is settled.
    ///
    /// - Parameters:
    ///   - note: why it goes on all the same, where a rule is exceeded that only warns, or could
    ///     not be judged.
    ///   - marks: shares of budgets and limits that were reached for the first time: to be said
    ///     once and put into the ledger.
    case admitted(PolicyNote?, marks: [MarkRecord])
    /// It may not. The note says why and until when; the text is for the model that reads it.
    case refused(PolicyNote, text: String, marks: [MarkRecord])
    /// It is to be asked again at this time, or when it is taken back.
    case wait(until: Timestamp, PolicyNote)
}

/// Budgets and limits of the whole machine, as one relay sees them. All calls are from the pump
/// that reads the client, but `settle`, which the metering thread calls.
package protocol Admitting: Sendable {
    /// Decides on a call, and reserves for it what it may cost.
    ///
    /// - Parameter waited: how long it has been held back already, in milliseconds.
    func admit(_ request: PolicyRequest, waited: Double) -> Admission

    /// Takes back a reservation, or the place of a call that waits: it was never sent on.
    func withdraw(_ id: String)

    /// The records are in the ledger: their reservations end.
    func settle(_ records: [Record])

    /// What is left of the tightest budget that holds for a call, 0 … 1; nil without any.
    func budgetLeft(_ request: PolicyRequest) -> Double?
}
