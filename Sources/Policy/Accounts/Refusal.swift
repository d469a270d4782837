import Records
import Reports

/// Why a call was not sent, for the record and for the model that reads the answer: which rule, how
/// much is used, when to come back, and what to do meanwhile.
struct Refusal {
    var note: PolicyNote
    var text: String

    static func byBudget(_ note: PolicyNote, _ calendar: Calendar) -> Refusal {
        let spent = dollars(note.spentNanodollars ?? 0)
        let limit = dollars(note.limitNanodollars ?? 0)
        var text =
            "mcp-meter did not send this call: the budget \(note.rule ?? "") is used up. "
            + "\(spent) of \(limit) are spent, calls under way included."
        if let until = note.until {
            text += " It resets at \(moment(until, calendar)). Do not retry before then"
        } else {
            text += " Do not retry"
        }
        text +=
            "; go on without this tool, or tell the user, who can raise MCP_METER_BUDGET or set "
            + "MCP_METER_BUDGET_ACTION=warn."
        return Refusal(note: note, text: text)
    }

    static func byLimit(
        _ note: PolicyNote, at now: Int64, _ calendar: Calendar
    ) -> Refusal {
        let why =
            note.reason == .retryAfter
            ? "the model's provider asked to be left alone for a while"
            : "the rate limit \(note.rule ?? "") is reached"
        var text = "mcp-meter did not send this call: \(why)."
        if let until = note.until {
            let seconds = max(1, (until.microseconds &- now &+ 999_999) / 1_000_000)
            text +=
                " Retry in \(seconds) s (after \(moment(until, calendar, seconds: true))), "
                + "not before"
        } else {
            text += " Retry later"
        }
        text += "; the user can change MCP_METER_RATE_LIMIT."
        return Refusal(note: note, text: text)
    }

    /// What EvalOps says.
    static func byOracle(_ verdict: BudgetVerdict) -> Refusal {
        var note = PolicyNote(action: .blocked, reason: .evalops)
        note.rule = verdict.reason
        let why = verdict.reason.map { ": \($0)" } ?? ""
        let text =
            "mcp-meter did not send this call: EvalOps does not allow it by its budgets\(why). Do "
            + "not retry; go on without this tool, or tell the user, who can change the budget in "
            + "EvalOps."
        return Refusal(note: note, text: text)
    }

    /// `2026-11-22 00:00 +01:00`.
    private static func moment(
        _ time: Timestamp, _ calendar: Calendar, seconds: Bool = false
    ) -> String {
        // Up, not down: a moment earlier the call would be refused again.
        let second = (time.microseconds &+ 999_999) / 1_000_000
        var text = calendar.minuteText(second)
        if seconds {
            let (_, ofDay) = calendar.zone.local(second)
            let rest = ofDay % 60
            text += ":" + (rest < 10 ? "0" : "") + "\(rest)"
        }
        return "\(text) \(calendar.zone.offsetText(at: second))"
    }

    /// `$5.02`; below a dollar as many decimals as it takes, up to six: `$0.00225`.
    private static func dollars(_ nanodollars: Int64) -> String {
        let isSmall = nanodollars.magnitude < 1_000_000_000
        let (scale, decimals): (UInt64, Int) = isSmall ? (1_000_000, 6) : (100, 2)
        let rounded = nanodollars.magnitude / (1_000_000_000 / scale)
        let digits = String(rounded % scale)
        var fraction = String(repeating: "0", count: max(0, decimals - digits.utf8.count)) + digits
        while fraction.utf8.count > 2, fraction.utf8.last == UInt8(ascii: "0") {
            fraction.removeLast()
        }
        return "\(nanodollars < 0 ? "-" : "")$\(rounded / scale).\(fraction)"
    }
}
