package import Metering
package import Records
package import Reports
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
        /// When it was asked about first, and so its place among those that wait.
        fileprivate var came: Timestamp?
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
    private let router: Router?
    /// Of the rules that go by the time of day.
    private let zone: Zone

    package init(
        _ previewer: CallPreviewer, accounts: (any Admitting)?, router: Router?, zone: Zone
    ) {
        self.previewer = previewer
        self.accounts = accounts
        self.router = router
        self.zone = zone
    }

    /// What can be told of a message; nil if it is no call to rule on.
    package mutating func preview(_ message: Observation) -> CallPreview? {
        previewer.preview(message)
    }

    /// Rules on a call. Mutating for the sake of an owner that is an object: what it holds is used
    /// in its place then, and not copied for the time of the call.
    ///
    /// - Parameters:
    ///   - preview: of the message that `line` is.
    ///   - candidate: the same one each time a call that waits is asked about.
    ///   - now: by the clock that accounts go by.
    ///   - waited: how long it has been held, in milliseconds.
    package mutating func rule(
        on preview: CallPreview, line: UnsafeRawBufferPointer, _ candidate: inout Candidate,
        now: Timestamp, waited: Double
    ) -> CallRuling {
        let came = candidate.came ?? now
        candidate.came = came
        var request = PolicyRequest(preview, id: candidate.id, time: came)
        let route = route(&request, preview, line)
        var ruling = admit(request, preview, line, &candidate, waited)
        if ruling.verdict == .forward {
            if let edited = route.edited { ruling.verdict = .replace(edited.line) }
            ruling.note = route.note.map { $0.joined(with: ruling.note) } ?? ruling.note
        }
        if waited > 0 { ruling.note?.waitedMilliseconds = waited }
        return ruling
    }

    /// Applies the routes.
    ///
    /// - Parameter request: gets the model that the call is to be sent with.
    private func route(
        _ request: inout PolicyRequest, _ preview: CallPreview, _ line: UnsafeRawBufferPointer
    ) -> Router.Outcome {
        guard let router else { return Router.Outcome() }
        let frame = line.bindMemory(to: UInt8.self).span
        let facts = Router.Facts(
            request: request,
            argument: ModelArgument(of: preview.tool, profile: preview.known.profile),
            content: router.readsContent ? ContentFacts(argumentsOf: frame) : nil,
            budgetLeft: router.readsBudget ? accounts?.budgetLeft(request) : nil,
            time: LocalTime(request.time, in: zone))
        let outcome = router.route(frame, facts)
        if outcome.edited != nil, let model = outcome.note?.routedModel {
            request.model = model
            request.provider = ModelFamily.provider(of: model) ?? request.provider
        }
        return outcome
    }

    /// A call that waited will not be sent.
    package func withdraw(_ candidate: Candidate) { accounts?.withdraw(candidate.id) }

    private func admit(
        _ request: PolicyRequest, _ preview: CallPreview, _ line: UnsafeRawBufferPointer,
        _ candidate: inout Candidate, _ waited: Double
    ) -> CallRuling {
        guard let accounts else { return CallRuling(.forward) }
        switch accounts.admit(request, waited: waited) {
        case .admitted(let note, let marks):
            var ruling = CallRuling(.forward, note: waited > 0 ? candidate.note : note)
            ruling.marks = marks
            return ruling
        case .refused(let note, let text, let marks):
            let answer = Answer.line(refusing: preview.requestID, text, of: line)
            var ruling = CallRuling(.answer(answer), note: note)
            ruling.marks = marks
            return ruling
        case .wait(let until, let note):
            candidate.note = note
            candidate.note?.action = .delayed
            return CallRuling(.hold(until: until), note: candidate.note)
        }
    }
}

extension PolicyNote {
    /// Both in one: the stronger action with its reason, and the models.
    fileprivate func joined(with other: PolicyNote?) -> PolicyNote {
        guard var note = other else { return self }
        let order = Action.allCases
        let isStronger =
            (order.firstIndex(of: action) ?? 0) <= (order.firstIndex(of: note.action) ?? 0)
        guard !isStronger else { return self }
        note.askedModel = askedModel
        note.routedModel = routedModel
        return note
    }
}

extension PolicyRequest {
    /// - Parameter id: the one its record will have.
    package init(_ preview: CallPreview, id: String, time: Timestamp) {
        self.init(
            id: id, time: time, tool: preview.tool, mayUseModel: preview.mayUseModel,
            inputTokens: preview.inputTokens)
        server = preview.server
        agentID = preview.agentID
        provider = preview.provider
        model = preview.model
    }
}
