import Delivery
import Policy
import Records

/// EvalOps' budgets, asked about calls where its meter is configured and a budget is set here.
enum EvalOpsOracle {
    /// Nil where there is no meter. libcurl is loaded with the first question.
    static func make(_ environment: [String: String]) -> (any BudgetOracle)? {
        guard let check = EvalOps.budgetCheck(environment) else { return nil }
        return CachedOracle {
            let transport = CurlTransport(
                version: Version.text, environment: environment, stop: StopFlag())
            return { request, nanodollars in
                let question = check.request(
                    id: request.id, agentID: request.agentID, provider: request.provider,
                    model: request.model, nanodollars: nanodollars)
                guard case .success(let answer) = transport.send(question),
                    let verdict = check.verdict(answer)
                else { return nil }
                return BudgetVerdict(isAllowed: verdict.isAllowed, reason: verdict.reason)
            }
        }
    }
}
