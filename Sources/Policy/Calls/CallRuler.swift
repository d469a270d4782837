package import Metering
package import Records
package import Wire

/// What becomes of a `tools/call` that has not been sent.
package struct CallRuling: Sendable, Equatable {
    package enum Verdict: Sendable, Equatable {
        /// It is sent as it is.
        case forward
        /// This line is sent instead.
        case replace([UInt8])
        /// It is not sent; this line answers it.
        case answer([UInt8])
        /// It waits, and is asked about again then.
        case hold(until: Timestamp)
    }

    package var verdict: Verdict
    /// What its record says; nil: no rule touched it.
    package var note: PolicyNote?
    /// What is to be put into the ledger and said once.
    package var marks: [MarkRecord] = []

    package init(_ verdict: Verdict, note: PolicyNote? = nil) {
        self.verdict = verdict
        self.note = note
    }
}

/// Applies routes, budgets and limits to the calls of one client: routes first, for what a call
/// costs depends on the model it is sent with.
///
/// Owned by the thread that reads the client.
package struct CallRuler: Sendable {
    /// A call that waits, or has just come.
    package struct Candidate: Sendable {
        /// The id its record will have.
        package let id: String
        package let requestID: RequestID
        /// Why it was held so far.
        package fileprivate(set) var note: PolicyNote?

        package init(id: String, requestID: RequestID) {
            self.id = id
            self.requestID = requestID
        }

        /// What its record says if it is not sent at all.
        ///
        /// - Parameter waited: how long it was held, in milliseconds.
        package func noteOfWithdrawal(waited: Double) -> PolicyNote? {
            var note = note
            note?.waitedMilliseconds = waited
            return note
        }
    }

    private var previewer: CallPreviewer
    private let accounts: (any Admitting)?

    package init(_ previewer: CallPreviewer, accounts: (any Admitting)?) {
        self.previewer = previewer
        self.accounts = accounts
    }

    /// What can be told of a message; nil if it is no call to rule on.
    package mutating func preview(_ message: Observation) -> CallPreview? {
        previewer.preview(message)
    }

    /// Rules on a call.
    ///
    /// - Parameters:
    ///   - preview: of the message that `line` is.
    ///   - candidate: the same one each time a call that waits is asked about.
    ///   - now: by the clock that accounts go by.
    ///   - waited: how long it has been held, in milliseconds.
    package func rule(
        on preview: CallPreview, line: UnsafeRawBufferPointer, _ candidate: inout Candidate,
        now: Timestamp, waited: Double
    ) -> CallRuling {
        let request = PolicyRequest(preview, id: candidate.id, time: now)
        var ruling = admit(request, preview, &candidate, waited)
        if waited > 0 { ruling.note?.waitedMilliseconds = waited }
        return ruling
    }

    /// A call that waited will not be sent.
    package func withdraw(_ candidate: Candidate) { accounts?.withdraw(candidate.id) }

    private func admit(
        _ request: PolicyRequest, _ preview: CallPreview, _ candidate: inout Candidate,
        _ waited: Double
    ) -> CallRuling {
        guard let accounts else { return CallRuling(.forward) }
        switch accounts.admit(request, waited: waited) {
        case .admitted(let note, let marks):
            var ruling = CallRuling(.forward, note: waited > 0 ? candidate.note : note)
            ruling.marks = marks
            return ruling
        case .refused(let note, let text, let marks):
            let answer = preview.isTask ? Answer.error : Answer.toolResult
            var ruling = CallRuling(.answer(answer(preview.requestID, text)), note: note)
            ruling.marks = marks
            return ruling
        case .wait(let until, let note):
            candidate.note = note
            candidate.note?.action = .delayed
            return CallRuling(.hold(until: until), note: candidate.note)
        }
    }
}

extension PolicyRequest {
    fileprivate init(_ preview: CallPreview, id: String, time: Timestamp) {
        self.init(
            id: id, time: time, tool: preview.tool, mayUseModel: preview.mayUseModel,
            inputTokens: preview.inputTokens)
        server = preview.server
        agentID = preview.agentID
        provider = preview.provider
        model = preview.model
    }
}
