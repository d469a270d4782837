import Ledger
import Posix
import Records
import Reports

/// The long way: what files say now.
extension Accounts {
    /// So often a call is looked at anew because others were faster.
    private static let looksMax = 8

    /// Decides on a call, and reserves for it. With the mutex held.
    func look(
        _ request: PolicyRequest, _ waited: Double, _ verdict: BudgetVerdict?,
        _ standing: inout Standing
    ) -> Admission {
        var marks: [MarkRecord] = []
        standing.forget()
        state.looks &+= 1
        do throws(AccountTrouble) {
            for turn in 1... {
                let isLast = turn >= Self.looksMax
                let (now, ticks) = (clock(), ticks())
                // Before all else: what happens after it moves it.
                let value = standing.epochValue
                // Of another epoch than the value's: then others may have done something since.
                if try catchUp(&standing, at: now), !isLast { continue }
                guard let books = state.books else { break }
                var judge = Judge(self, request, at: now, waited: waited, state.reservations)
                judge.warning = verdict.map { Refusal.byOracle($0).note }
                guard let admission = judge.judge(books) else {
                    // The clock was set back to where the ledger was not read.
                    read()
                    break
                }
                // They count as told: another look does not find them.
                marks += admission.newMarks
                let before = standing.own.slot(of: judge.id)
                let slot = slot(admission, request, judge, now)
                try put(slot, judge.id, &standing)
                // The file was cut: the next look makes another one.
                if !standing.own.isVisible, !isLast { continue }
                let isMoved = slot != nil || before != nil
                if isMoved, !standing.publish(from: value) {
                    if slot == nil || isLast {
                        standing.moved()
                        return admission.with(marks)
                    }
                    // Somebody was faster. What he did may be what was the last to go.
                    try put(before, judge.id, &standing)
                    continue
                }
                if slot?.state != .waiting {
                    trust(
                        value, isMoved: isMoved, request, judge,
                        judge.kept(isAdmitted: slot != nil), books, (now, ticks), &standing)
                }
                return admission.with(marks)
            }
        } catch {
            complainOnce(error.description)
        }
        return unavailable()
    }

    /// What is left of the tightest budget for a call; nil without any. With the mutex held.
    func look(_ request: PolicyRequest, _ standing: inout Standing) -> Double? {
        standing.forget()
        let (now, ticks) = (clock(), ticks())
        let value = standing.epochValue
        guard let isAnother = try? catchUp(&standing, at: now), let books = state.books else {
            return nil
        }
        var judge = Judge(self, request, at: now, waited: 0, state.reservations)
        let left = judge.budgetLeft(books)
        // A call that is under way itself was left out.
        if !isAnother, standing.own.slot(of: judge.id) == nil {
            trust(
                value, isMoved: false, request, judge, judge.kept(isAdmitted: false), books,
                (now, ticks), &standing)
        }
        return left
    }

    /// Has the next calls decided by what was seen, if that is all there is to know.
    private func trust(
        _ value: UInt64, isMoved: Bool, _ request: PolicyRequest, _ judge: Judge,
        _ calls: [Tally.Kept], _ books: Books, _ time: (now: Int64, ticks: UInt64),
        _ standing: inout Standing
    ) {
        guard state.reservations.isToldOfAll, !judge.hasWaiting else { return }
        standing.learn(request, judge)
        standing.trust(value, isMoved: isMoved, books, calls, at: time.now, ticks: time.ticks)
    }

    /// What is said of a call to others; nil for one that is refused.
    private func slot(
        _ admission: Admission, _ request: PolicyRequest, _ judge: Judge, _ now: Int64
    ) -> ReservationSlot? {
        var slot = ReservationSlot(
            state: .held, id: judge.id, time: now, nanodollars: judge.estimate.nanodollars,
            tokens: judge.estimate.tokens, model: request.model, agent: request.agentID)
        switch admission {
        case .refused: return nil
        case .admitted: break
        case .wait(let until, _):
            slot.state = .waiting
            slot.time = request.time.microseconds
            slot.until = until.microseconds
        }
        return slot
    }

    private func put(
        _ slot: ReservationSlot?, _ id: Identity, _ standing: inout Standing
    ) throws(AccountTrouble) {
        guard let slot else {
            _ = standing.free(id)
            return
        }
        do throws(SystemError) {
            try standing.own.put(slot)
        } catch {
            throw AccountTrouble(directory.policy, error)
        }
    }
}

extension Admission {
    fileprivate var newMarks: [MarkRecord] {
        switch self {
        case .admitted(_, let marks), .refused(_, _, let marks): marks
        case .wait: []
        }
    }

    fileprivate func with(_ marks: [MarkRecord]) -> Admission {
        switch self {
        case .admitted(let note, _): .admitted(note, marks: marks)
        case .refused(let note, let text, _): .refused(note, text: text, marks: marks)
        case .wait: self
        }
    }
}
