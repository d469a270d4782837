import Foundation
import Ledger
import Posix
import Records
import Reports
import Testing

@testable import Policy

struct BudgetTests {
    @Test func `a call goes on until the budget is reached, and not one longer`() throws {
        let relay = try Machine().relay("1/day")
        for _ in 0..<4 { #expect(try relay.call(cost: dollar / 4).isAdmitted) }
        let refused = try relay.call(cost: dollar / 4)
        #expect(refused.note?.action == .blocked)
        #expect(refused.note?.reason == .budget)
        #expect(refused.note?.rule == "1/day")
        #expect(refused.note?.spentNanodollars == dollar)
        #expect(refused.note?.limitNanodollars == dollar)
        #expect(refused.note?.until?.microseconds == morning + 14 * hour)
        #expect(
            refused.text
                == "mcp-meter did not send this call: the budget 1/day is used up. $1.00 of $1.00 "
                + "are spent, calls under way included. It resets at 2026-11-22 00:00 +00:00. Do "
                + "not retry before then; go on without this tool, or tell the user, who can "
                + "raise MCP_METER_BUDGET or set MCP_METER_BUDGET_ACTION=warn.")
    }

    @Test(
        arguments: [
            (2_250_000, "0.001/day", "$0.00225 of $0.001 "),
            (1_500_000_000, "1/day", "$1.50 of $1.00 "),
            (999_999_999, "0.5/day", "$0.999999 of $0.50 "),
            (12_345_678_901, "12/day", "$12.34 of $12.00 "),
        ] as [(Int64, String, String)])
    func `amounts are told as exactly as it takes`(
        spent: Int64, budget: String, words: String
    ) throws {
        let machine = Machine()
        let relay = try machine.relay(budget)
        try relay.call(cost: spent)
        #expect(relay.admit(machine.request()).text?.contains(words) == true)
    }

    @Test func `what was spent before, by others, counts`() throws {
        let machine = Machine()
        let other = try machine.relay()
        try other.write([.call(machine.record(machine.request(), cost: 3 * dollar))])
        let relay = try machine.relay("3/day")
        #expect(!relay.admit(machine.request()).isAdmitted)
    }

    @Test func `what others spend while a relay runs counts at once`() throws {
        let machine = Machine()
        let relay = try machine.relay("1/day")
        #expect(try relay.call(cost: 0).isAdmitted)
        // One whose file is there already, and one that comes.
        let early = try machine.relay()
        try early.write([.call(machine.record(machine.request(), cost: dollar / 2))])
        #expect(try relay.call(cost: 0).isAdmitted)
        try early.write([.call(machine.record(machine.request(), cost: dollar / 4))])
        let late = try machine.relay()
        try late.write([.usage(machine.record(machine.request(), cost: dollar / 4))])
        #expect(relay.admit(machine.request()).note?.spentNanodollars == dollar)
    }

    @Test func `calls under way are reserved at what the last ones cost`() throws {
        let machine = Machine()
        let (one, two) = (try machine.relay("1/day"), try machine.relay("1/day"))
        for _ in 0..<2 { try one.call(cost: dollar / 5) }
        // 0.40 spent; 0.20 each.
        var under: [PolicyRequest] = []
        for relay in [one, two, one] {
            let request = machine.request()
            #expect(relay.admit(request).isAdmitted)
            under.append(request)
        }
        #expect(two.admit(machine.request()).note?.spentNanodollars == dollar)
        #expect(!one.admit(machine.request()).isAdmitted)
        // One of them cost nothing after all.
        try two.end(under[1], cost: 0)
        #expect(one.admit(machine.request()).isAdmitted)
    }

    @Test func `without earlier calls the estimate is the input and a typical answer`() throws {
        let machine = Machine()
        let (one, two) = (try machine.relay("0.01/day"), try machine.relay("0.01/day"))
        // Gemini 2.5 Pro: 1,000 tokens at 1.25 and 1,000 at 10 dollars a million.
        #expect(one.admit(machine.request()).isAdmitted)
        #expect(two.admit(machine.request()).note?.spentNanodollars == 11_250_000)
    }

    @Test func `a reservation ends when the call was never sent`() throws {
        let machine = Machine()
        let (one, two) = (try machine.relay("0.01/day"), try machine.relay("0.01/day"))
        let request = machine.request()
        #expect(one.admit(request).isAdmitted)
        #expect(!two.admit(machine.request()).isAdmitted)
        one.accounts.withdraw(request.id)
        #expect(two.admit(machine.request()).isAdmitted)
    }

    @Test func `a call that is in the ledger is not reserved any more, whatever its relay says`()
        throws
    {
        let machine = Machine()
        let (one, two) = (try machine.relay("1/day"), try machine.relay("1/day"))
        try one.call(cost: dollar / 4)
        let request = machine.request()
        #expect(one.admit(request).isAdmitted)
        // Written, and then the relay was stopped: it takes nothing back.
        try one.write([.call(machine.record(request, cost: dollar / 4))])
        for _ in 0..<3 { #expect(try two.call(cost: 0).isAdmitted) }
        #expect(two.accounts.budgetLeft(machine.request()) == 0.5)
        #expect(one.accounts.budgetLeft(machine.request()) == 0.5)
    }

    @Test func `a reservation whose record never comes ends by itself`() throws {
        let machine = Machine()
        let (one, two) = (try machine.relay("0.01/day"), try machine.relay("0.01/day"))
        #expect(one.admit(machine.request()).isAdmitted)
        machine.now += Reservations.lifetimeMicroseconds - 1
        #expect(!two.admit(machine.request()).isAdmitted)
        machine.now += 1
        #expect(two.admit(machine.request()).isAdmitted)
    }

    @Test(arguments: [
        ("gemini-2.5-pro=1/day", "gemini-2.5-pro", nil, false),
        ("gemini-2.5-pro=1/day", "GEMINI-2.5-Pro", nil, false),
        ("gemini-2.5-pro=1/day", "gemini-2.5-flash", nil, true),
        ("gemini-2.5-pro=1/day", nil, nil, true),
        ("gemini-*=1/day", "gemini-2.5-flash", nil, false),
        ("agent:deep=1/day", "gemini-2.5-pro", "deep", false),
        ("agent:deep=1/day", "gemini-2.5-pro", "other", true),
        ("agent:deep=1/day", "gemini-2.5-pro", nil, true),
        ("9/day,agent:*=1/day", nil, "anybody", false),
    ])
    func `a budget of a model or an agent holds for its calls only`(
        budget: String, model: String?, agent: String?, isAdmitted: Bool
    ) throws {
        let machine = Machine()
        let relay = try machine.relay(budget)
        let spender = machine.request(model: model, agent: agent)
        try relay.write([.call(machine.record(spender, cost: dollar))])
        // The same names are refused by it, others are not.
        let request = machine.request(model: model, agent: agent)
        #expect(relay.admit(request).isAdmitted == isAdmitted)
        #expect(relay.admit(machine.request(model: "else", agent: nil)).isAdmitted)
    }

    @Test func `a call that uses no model is nobody's business`() throws {
        let machine = Machine()
        let relay = try machine.relay("1/day", limits: "1/day")
        try relay.call(cost: dollar)
        var request = machine.request()
        request.mayUseModel = false
        #expect(relay.admit(request) == .admitted(nil, marks: []))
    }

    @Test func `the action warn never refuses, and says so on the call`() throws {
        let machine = Machine()
        let relay = try machine.relay("1/day", action: .warn)
        try relay.call(cost: 2 * dollar)
        let admission = relay.admit(machine.request())
        #expect(admission.isAdmitted)
        #expect(admission.note?.action == .warned)
        #expect(admission.note?.percent == 100)
    }

    @Test func `of several budgets that are used up the last to reset is told`() throws {
        let machine = Machine()
        let relay = try machine.relay("1/month,1/day,1/hour")
        try relay.call(cost: dollar)
        #expect(relay.admit(machine.request()).note?.rule == "1/month")
    }

    @Test func `marks are made once a budget, stretch and share, for the machine`() throws {
        let machine = Machine()
        let relays = [try machine.relay("1/day"), try machine.relay("1/day")]
        var percents: [UInt64?] = []
        for step in 0..<12 {
            let marks = try relays[step % 2].call(cost: dollar / 10).marks
            percents += marks.map(\.policy.percent)
        }
        #expect(percents == [50, 80, 100])
        let late = try machine.relay("1/day")
        let refused = late.admit(machine.request())
        #expect(refused.text != nil)
        #expect(refused.marks.isEmpty)
    }

    @Test func `a refused call can be the one that finds a share`() throws {
        let machine = Machine()
        let relay = try machine.relay("1/day")
        try machine.relay().write([.call(machine.record(machine.request(), cost: dollar))])
        let refused = relay.admit(machine.request())
        #expect(refused.text != nil)
        let mark = try #require(refused.marks.first)
        #expect(mark.policy.percent == 100)
        #expect(mark.policy.spentNanodollars == dollar)
        #expect(refused.marks.count == 1)
        // Another relay would have made the same one.
        let other = try machine.relay("1/day").admit(machine.request())
        #expect(other.marks.map(\.id) == [mark.id])
        try relay.write([.mark(mark)])
        #expect(try machine.relay("1/day").admit(machine.request()).marks.isEmpty)
        // The next day they are told anew.
        machine.now += 24 * hour
        try relay.write([.call(machine.record(machine.request(), cost: dollar / 2))])
        #expect(relay.admit(machine.request()).marks.map(\.policy.percent) == [50])
    }

    @Test func `what is left is told of the tightest budget`() throws {
        let machine = Machine()
        let relay = try machine.relay("10/day,agent:deep=1/day")
        try relay.call(machine.request(agent: "deep"), cost: dollar / 4)
        #expect(relay.accounts.budgetLeft(machine.request(agent: "deep")) == 0.75)
        #expect(relay.accounts.budgetLeft(machine.request(agent: "other")) == 0.975)
        #expect(try machine.relay(limits: "1/s").accounts.budgetLeft(machine.request()) == nil)
    }
}
