import Foundation
import Posix
import Records
import Reports
import Testing

@testable import Policy

private let second: Int64 = 1_000_000

struct LimitTests {
    @Test func `so many calls in a running minute, of all relays`() throws {
        let machine = Machine()
        let relays = try (0..<3).map { _ in try machine.relay(limits: "6/min") }
        for step in 0..<6 {
            #expect(try relays[step % 3].call(cost: nil).isAdmitted)
            machine.now += 5 * second
        }
        let refused = relays[0].admit(machine.request())
        #expect(refused.note?.reason == .rateLimit)
        #expect(refused.note?.rule == "6/min")
        #expect(refused.note?.until?.microseconds == morning + minute)
        #expect(
            refused.text
                == "mcp-meter did not send this call: the rate limit 6/min is reached. Retry in 30 "
                + "s (after 2026-11-21 10:01:00 +00:00), not before; the user can change "
                + "MCP_METER_RATE_LIMIT.")
        machine.now = morning + minute - 1
        #expect(!relays[1].admit(machine.request()).isAdmitted)
        machine.now = morning + minute
        #expect(try relays[1].call(cost: nil).isAdmitted)
        #expect(!relays[2].admit(machine.request()).isAdmitted)
    }

    @Test func `calls under way count as begun`() throws {
        let machine = Machine()
        let (one, two) = (try machine.relay(limits: "2/min"), try machine.relay(limits: "2/min"))
        let request = machine.request()
        #expect(one.admit(request).isAdmitted)
        #expect(two.admit(machine.request()).isAdmitted)
        #expect(!two.admit(machine.request()).isAdmitted)
        // Answered: still one that was begun.
        try one.end(request, cost: nil)
        #expect(!two.admit(machine.request()).isAdmitted)
    }

    @Test func `a limit of a model holds for its calls, one without for all that use a model`()
        throws
    {
        let machine = Machine()
        let relay = try machine.relay(limits: "gemini-2.5-pro=1/min;2/min")
        try relay.call(cost: nil)
        #expect(relay.admit(machine.request()).note?.rule == "gemini-2.5-pro=1/min")
        try relay.call(machine.request(model: "grok-4"), cost: nil)
        #expect(relay.admit(machine.request(model: "grok-4")).note?.rule == "2/min")
    }

    @Test func `tokens count with those that are expected of calls under way`() throws {
        let machine = Machine()
        let relay = try machine.relay(limits: "tokens:gemini-2.5-pro=4000/min")
        // 1,500 each, in the ledger.
        try relay.call(cost: nil)
        #expect(relay.admit(machine.request()).isAdmitted)
        // 1,500 and 2,000 (1,000 of input and 1,000 of output) and again.
        #expect(relay.admit(machine.request()).isAdmitted)
        #expect(!relay.admit(machine.request()).isAdmitted)
    }

    @Test func `what was refused, and the client's own turns, are no calls`() throws {
        let machine = Machine()
        let relay = try machine.relay(limits: "2/min")
        var blocked = machine.record(machine.request(), cost: nil, outcome: .blocked)
        blocked.usage = nil
        var sampled = machine.record(machine.request(), cost: nil)
        sampled.direction = .serverToClient
        var plain = machine.record(machine.request(model: nil), cost: nil)
        (plain.provider, plain.usage, plain.cost) = (nil, nil, nil)
        try relay.write([
            .call(blocked), .call(sampled), .call(plain),
            .usage(machine.record(machine.request(), cost: nil)),
        ])
        #expect(try relay.call(cost: nil).isAdmitted)
        #expect(try relay.call(cost: nil).isAdmitted)
        #expect(!relay.admit(machine.request()).isAdmitted)
    }

    @Test func `a mark is made at nine tenths, and not over and over`() throws {
        let machine = Machine()
        let relay = try machine.relay(limits: "10/min")
        var told: [UInt64?] = []
        for _ in 0..<40 {
            told += try relay.call(cost: nil).marks.map(\.policy.percent)
            machine.now += 4 * second
        }
        #expect(told == [90])
        #expect(try machine.relay(limits: "10/min").admit(machine.request()).marks.isEmpty)
    }

    @Test func `the action warn lets calls through, and says so on them`() throws {
        let machine = Machine()
        let relay = try machine.relay(limits: "1/min", .warn)
        try relay.call(cost: nil)
        let admission = relay.admit(machine.request())
        #expect(admission.isAdmitted)
        #expect(admission.note?.action == .warned)
        #expect(admission.note?.reason == .rateLimit)
    }

    @Test func `others see however many calls of a relay are under way`() throws {
        let machine = Machine()
        let (one, two) = (
            try machine.relay(limits: "1000/min"), try machine.relay(limits: "1000/min")
        )
        for _ in 0..<1_000 { #expect(one.admit(machine.request()).isAdmitted) }
        #expect(!two.admit(machine.request()).isAdmitted)
    }

    @Test func `a relay whose calls are not written down goes on, after a while`() throws {
        let machine = Machine()
        let relay = try machine.relay(limits: "2000/min")
        let requests = (0..<1_023).map { _ in machine.request() }
        for request in requests { #expect(relay.admit(request).isAdmitted) }
        let start = MonotonicClock.now()
        #expect(relay.admit(machine.request()).isAdmitted)
        #expect(MonotonicClock.now() - start >= 250_000_000)
    }

    @Test func `a call that waited counts from when it was sent`() throws {
        let machine = Machine()
        let relay = try machine.relay(limits: "1/min", .wait(seconds: 120))
        try relay.call(cost: nil)
        let waiting = machine.request()
        #expect(relay.admit(waiting).until != nil)
        machine.now += minute
        #expect(relay.admit(waiting, waited: 60_000).isAdmitted)
        var record = machine.record(waiting, cost: nil)
        record.policy = PolicyNote(action: .delayed, reason: .rateLimit, rule: "1/min")
        record.policy?.waitedMilliseconds = 60_000
        record.durationMilliseconds += 60_000
        try relay.write([.call(record)])
        relay.accounts.settle([.call(record)])
        let other = try machine.relay(limits: "1/min")
        machine.now = morning + 2 * minute - 1
        #expect(!other.admit(machine.request()).isAdmitted)
        machine.now = morning + 2 * minute
        #expect(other.admit(machine.request()).isAdmitted)
    }

    @Test func `who waits first goes first, and nobody is woken for nothing`() throws {
        let machine = Machine()
        let relays = try (0..<3).map { _ in try machine.relay(limits: "2/min", .wait(seconds: 90)) }
        try relays[0].call(cost: nil)
        machine.now += 10 * second
        try relays[1].call(cost: nil)
        machine.now += 10 * second
        var waiting: [(relay: Relay, request: PolicyRequest)] = []
        for relay in relays {
            waiting.append((relay, machine.request()))
            machine.now += second
        }
        let first = waiting.map { $0.relay.admit($0.request) }
        // The first calls leave the window one after the other, the third with the first waiter.
        #expect(
            first.map(\.until) == [
                morning + minute, morning + 70 * second, machine.now + minute,
            ])
        #expect(first.allSatisfy { $0.note?.action == .delayed })
        machine.now = morning + minute
        // A late one has to line up.
        let late = machine.request()
        #expect(relays[0].admit(late).until != nil)
        #expect(waiting[1].relay.admit(waiting[1].request, waited: 38_000).until != nil)
        #expect(waiting[0].relay.admit(waiting[0].request, waited: 39_000).isAdmitted)
        // One gives up; those behind it move up.
        waiting[1].relay.accounts.withdraw(waiting[1].request.id)
        machine.now = morning + 70 * second
        #expect(waiting[2].relay.admit(waiting[2].request, waited: 48_000).isAdmitted)
        #expect(relays[0].admit(late, waited: 10_000).until == morning + 2 * minute)
    }

    @Test func `who would have to wait for too long is told at once`() throws {
        let machine = Machine()
        let relay = try machine.relay(limits: "1/min", .wait(seconds: 30))
        try relay.call(cost: nil)
        #expect(relay.admit(machine.request()).text != nil)
        machine.now += 31 * second
        #expect(relay.admit(machine.request()).until == morning + minute)
        #expect(relay.admit(machine.request(), waited: 2_000).text != nil)
    }

    @Test func `a provider that asks for time gets it, from all relays`() throws {
        let machine = Machine()
        let (one, two) = (
            try machine.relay(limits: "100/min"), try machine.relay(limits: "100/min")
        )
        let request = machine.request()
        #expect(one.admit(request).isAdmitted)
        var failed = machine.record(request, cost: nil, outcome: .error)
        failed.errorType = .rateLimit
        failed.retryAfterMilliseconds = 34_000
        try one.write([.call(failed)])
        one.accounts.settle([.call(failed)])
        let refused = two.admit(machine.request())
        #expect(refused.note?.reason == .retryAfter)
        // 100 ms for the answer, and 34 s from then on.
        #expect(refused.note?.until?.microseconds == morning + 34_100_000)
        #expect(two.admit(machine.request(model: "grok-4")).isAdmitted)
        machine.now = morning + 34_100_000
        #expect(two.admit(machine.request()).isAdmitted)
    }

    @Test func `no provider is believed for longer than an hour`() throws {
        let machine = Machine()
        let relay = try machine.relay(limits: "100/min")
        var failed = machine.record(machine.request(), cost: nil, outcome: .error)
        failed.retryAfterMilliseconds = 1e12
        try relay.write([.call(failed)])
        #expect(
            relay.admit(machine.request()).note?.until?.microseconds == morning + hour + 100_000)
        // And not at all where no limit is set.
        #expect(try machine.relay("5/day").admit(machine.request()).isAdmitted)
    }

    @Test(arguments: [
        ("block", LimitAction.block), ("warn", .warn), ("wait:1", .wait(seconds: 1)),
        ("wait:600", .wait(seconds: 600)), ("wait:0", nil), ("wait:601", nil), ("wait", nil),
        ("wait:", nil), ("Block", nil), ("", nil), ("wait:5:5", nil), ("wait:-5", nil),
    ])
    func `actions are read`(text: String, action: LimitAction?) {
        #expect(LimitAction(text) == action)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `a window holds what a naive sum holds`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var window = RunningWindow(seconds: 60)
        var events: [(time: Int64, amount: UInt64)] = []
        var now = morning
        for _ in 0..<400 {
            now += Int64.random(in: 0...second, using: &random)
            // Calls are recorded when they end, and count from when they began.
            let time = now - Int64.random(in: 0...20 * second, using: &random)
            let amount = UInt64.random(in: 0...9, using: &random)
            events.append((time, amount))
            window.add(amount, at: time)
            let inside = events.filter { $0.time > now - 60 * second }
            #expect(window.total(at: now) == inside.reduce(0) { $0 + $1.amount })
            guard let last = inside.map(\.amount).reduce(0, +) as UInt64?, last > 0 else {
                continue
            }
            let wanted = UInt64.random(in: 1...last, using: &random)
            let left = window.departure(of: wanted, at: now)
            let gone = inside.filter { $0.time <= left - 60 * second }
            #expect(gone.reduce(0) { $0 + $1.amount } >= wanted)
            let before = inside.filter { $0.time <= left - 60 * second - 1 }
            #expect(before.reduce(0) { $0 + $1.amount } < wanted)
        }
    }

    @Test func `a window of very many calls stays small and forgets none too early`() {
        var window = RunningWindow(seconds: 86_400)
        for number in 0..<20_000 as Range<Int64> { window.add(1, at: morning + number * 5_000) }
        #expect(window.total(at: morning + 100 * second) == 20_000)
        #expect(window.total(at: morning + 50 * second + 24 * hour) >= 10_000)
        #expect(window.total(at: morning + 100 * second + 24 * hour) == 0)
    }
}
