import Posix
import Synchronization

/// Asks somebody on a thread of its own, does not wait for longer than 300 ms, and asks again only
/// after 5 s, of each model: a call is not held up by the network, but once in a while and shortly.
package final class CachedOracle: BudgetOracle {
    /// Asks, however long that takes; nil for no answer. Made and called on the thread.
    package typealias Ask = (PolicyRequest, Int64) -> BudgetVerdict?

    private struct Question: Sendable {
        var request: PolicyRequest
        var nanodollars: Int64
        var answer: BoundedQueue<BudgetVerdict?>
    }

    private struct Known {
        var verdict: BudgetVerdict?
        /// Monotonic nanoseconds.
        var until: UInt64
    }

    /// One that a thread can hold without the oracle.
    private final class Flag: Sendable { let value = Atomic<Bool>(false) }

    private static let patienceNanoseconds: UInt64 = 300_000_000
    private static let lifetimeNanoseconds: UInt64 = 5_000_000_000
    private static let modelsMax = 64

    private let questions = BoundedQueue<Question>(capacity: 1)
    private let known = Mutex<[String: Known]>([:])
    private let isAsking = Flag()
    private let isStarted = Atomic<Bool>(false)
    private let makeAsk: @Sendable () -> Ask

    /// - Parameter makeAsk: called once, on the thread that asks, when the first question is there.
    package init(_ makeAsk: @escaping @Sendable () -> Ask) { self.makeAsk = makeAsk }

    deinit { questions.close() }

    package func verdict(
        on request: PolicyRequest, estimatedNanodollars: Int64
    ) -> BudgetVerdict? {
        let (model, now) = (request.model ?? "", MonotonicClock.now())
        if let known = known.withLock({ $0[model] }), known.until > now { return known.verdict }
        // Nobody waits behind an earlier question: the other side is slow.
        guard start(), !isAsking.value.exchange(true, ordering: .acquiring) else { return nil }
        let answer = BoundedQueue<BudgetVerdict?>(capacity: 1)
        let question = Question(
            request: request, nanodollars: estimatedNanodollars, answer: answer)
        var verdict: BudgetVerdict?
        if questions.tryPush(question),
            case .element(let given) = answer.pop(until: now &+ Self.patienceNanoseconds)
        {
            verdict = given
        }
        // No answer is kept as long as one: the next calls are not to wait for it, too.
        keep(verdict, of: model)
        return verdict
    }

    private func keep(_ verdict: BudgetVerdict?, of model: String) {
        let until = MonotonicClock.now() &+ Self.lifetimeNanoseconds
        known.withLock { known in
            if known.count >= Self.modelsMax, known[model] == nil { known.removeAll() }
            known[model] = Known(verdict: verdict, until: until)
        }
    }

    private func start() -> Bool {
        if isStarted.exchange(true, ordering: .relaxed) { return true }
        do throws(SystemError) {
            // It holds the queue and not this value, which may end before it.
            try Thread.start(name: "budgets") { [questions, isAsking, makeAsk] in
                let ask = makeAsk()
                while case .element(let question) = questions.pop(until: nil) {
                    let verdict = ask(question.request, question.nanodollars)
                    isAsking.value.store(false, ordering: .releasing)
                    _ = question.answer.tryPush(verdict)
                }
            }.detach()
            return true
        } catch {
            isStarted.store(false, ordering: .relaxed)
            return false
        }
    }
}
