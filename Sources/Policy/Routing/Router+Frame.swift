package import Records

extension Router {
    /// What becomes of a held frame.
    package struct Outcome: Sendable {
        package var verdict = Verdict.unmatched
        /// The frame to send instead; nil: the one that is held, as it is.
        package var edited: FrameEdit.Edited?
        /// For the call's record; nil where no rule was for it, or none wanted a change.
        package var note: PolicyNote?
        /// Why a rule that was for the call was not followed, for people.
        package var why: String?
    }

    /// Applies the rules to a frame.
    ///
    /// - Parameter line: a `tools/call`, with its line end or without; `facts` are its own.
    package func route(_ line: Span<UInt8>, _ facts: Facts) -> Outcome {
        let verdict = decide(facts)
        var outcome = Outcome(verdict: verdict)
        switch verdict {
        case .unmatched, .kept, .agreed: break
        case .impossible(let rule, let why):
            outcome.note = PolicyNote(action: .passed, reason: .route, rule: rule)
            outcome.why = why
        case .routed(let decision):
            do throws(FrameEdit.Obstacle) {
                outcome.edited = try FrameEdit.setModel(
                    decision.argument, at: facts.argument, in: line)
                var note = PolicyNote(action: .routed, reason: .route, rule: decision.rule)
                note.askedModel = facts.request.model
                note.routedModel = decision.model
                outcome.note = note
            } catch {
                outcome.note = PolicyNote(
                    action: .passed, reason: error.reason, rule: decision.rule)
                outcome.why = error.text
            }
        }
        return outcome
    }
}
