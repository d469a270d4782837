import Records
import Reports

extension MarkRecord {
    /// What is said on standard error when a share of a budget or limit was reached.
    var sentence: String {
        let kind = policy.reason == .budget ? "budget" : "limit"
        var text = kind + (policy.rule.map { " \($0)" } ?? "") + ":"
        if let percent = policy.percent { text += " \(percent) % " }
        text += policy.reason == .budget ? "spent" : "used"
        if let spent = policy.spentNanodollars, let limit = policy.limitNanodollars {
            text += " (\(Figures.dollars(spent)) of \(Figures.dollars(limit)))"
        }
        if let until = policy.until { text += ", resets \(until.rfc3339)" }
        return text
    }
}
