import Foundation
import Posix
import Records
import Reports
import Synchronization
import Testing

@testable import Policy

private final class FixedOracle: BudgetOracle {
    let verdict: BudgetVerdict?
    let estimates = Mutex<[Int64]>([])
    init(_ verdict: BudgetVerdict?) { self.verdict = verdict }

    func verdict(on request: PolicyRequest, estimatedNanodollars: Int64) -> BudgetVerdict? {
        estimates.withLock { $0.append(estimatedNanodollars) }
        return verdict
    }
}

struct OracleTests {
    private func admit(
        _ oracle: FixedOracle, _ budgets: String? = "5/day", _ action: BudgetAction = .block
    ) -> Admission {
        let machine = Machine()
        let rules = AccountRules(
            budgets: budgets.flatMap { Budget.parse($0).budgets } ?? [], budgetAction: action)
        return machine.accounts(rules, oracle: oracle).admit(machine.request(), waited: 0)
    }

    @Test func `who is not allowed by the oracle is refused with its reason`() {
        let oracle = FixedOracle(BudgetVerdict(isAllowed: false, reason: "team budget is spent"))
        let refused = admit(oracle)
        #expect(
            refused.note
                == PolicyNote(action: .blocked, reason: .evalops, rule: "team budget is spent"))
        #expect(
            refused.text
                == "mcp-meter did not send this call: EvalOps does not allow it by its budgets: "
                + "team budget is spent. Do not retry; go on without this tool, or tell the user, "
                + "who can change the budget in EvalOps.")
        #expect(oracle.estimates.withLock { $0 } == [11_250_000])
    }

    @Test func `with the action warn the call goes on and says so`() {
        let admission = admit(
            FixedOracle(BudgetVerdict(isAllowed: false)), "5/day", .warn)
        #expect(admission == .admitted(PolicyNote(action: .warned, reason: .evalops), marks: []))
    }

    @Test func `no answer, and one that allows it, change nothing`() {
        for verdict in [nil, BudgetVerdict(isAllowed: true)] {
            #expect(admit(FixedOracle(verdict)) == .admitted(nil, marks: []))
        }
    }

    @Test func `without a budget of our own it is not asked`() {
        let oracle = FixedOracle(BudgetVerdict(isAllowed: false))
        #expect(admit(oracle, nil).isAdmitted)
        #expect(oracle.estimates.withLock { $0 } == [])
    }

    @Test func `an answer is kept for a while, for each model`() {
        let asked = Mutex<[String?]>([])
        let machine = Machine()
        let oracle = CachedOracle {
            { request, _ in
                asked.withLock { $0.append(request.model) }
                return BudgetVerdict(isAllowed: request.model != "grok-4")
            }
        }
        for _ in 0..<3 {
            for (model, isAllowed) in [("gpt-5", true), ("grok-4", false), (nil, true)] {
                let verdict = oracle.verdict(
                    on: machine.request(model: model), estimatedNanodollars: 0)
                #expect(verdict?.isAllowed == isAllowed)
            }
        }
        #expect(asked.withLock { $0 } == ["gpt-5", "grok-4", nil])
    }

    @Test func `a slow oracle is waited for once, and not for long`() {
        let gate = BoundedQueue<Bool>(capacity: 1)
        let machine = Machine()
        let oracle = CachedOracle {
            { _, _ in
                _ = gate.pop(until: nil)
                return BudgetVerdict(isAllowed: false)
            }
        }
        let start = MonotonicClock.now()
        for model in ["gpt-5", "gpt-5", "grok-4"] {
            let request = machine.request(model: model)
            #expect(oracle.verdict(on: request, estimatedNanodollars: 0) == nil)
        }
        let milliseconds = (MonotonicClock.now() - start) / 1_000_000
        // The first waited; the second knew; the third was not asked while the first was.
        #expect(milliseconds >= 300)
        #expect(milliseconds < 590)
        gate.close()
    }
}
