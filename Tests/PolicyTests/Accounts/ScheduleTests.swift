import Foundation
import Posix
import Records
import Reports
import Synchronization
import Testing

@testable import Policy

/// Relays that do what they like, in any order and at once.
struct ScheduleTests {
    /// One after the other: each decision must be what a look at all files gives at that moment.
    @Test(arguments: 0..<30 as Range<UInt64>)
    func `what is decided without looking is what a look finds`(seed: UInt64) throws {
        let budgets = "0.5/hour,1/day,gemini*=0.6/day,agent:a*=0.4/week"
        let machine = Machine()
        let observer = try machine.relay(budgets, isForgetful: true)
        var random = SplitMix64(state: seed)
        var relays = try (0..<3).map { _ in try machine.relay(budgets, limits: "100/min") }
        var under: [[PolicyRequest]] = [[], [], []]
        /// When calls that are under way, or over, were let through.
        var begun: [String: Int64] = [:]
        var (quick, decisions) = (0, 0)
        for _ in 0..<400 {
            machine.now += Int64.random(in: 0...400_000, using: &random)
            if random.next() % 200 == 0 {
                machine.now += hour
                machine.elapse()
            }
            // Mostly one at a time, as relays are.
            let place = random.next() % 8 == 0 ? Int(random.next() % 3) : 0
            switch random.next() % 12 {
            case 0..<6:
                let request = machine.request(
                    model: ["gemini-2.5-pro", "gpt-5", nil][Int(random.next() % 3)],
                    agent: ["abe", "bea", nil][Int(random.next() % 3)],
                    tool: ["ask", "tell"][Int(random.next() % 2)])
                let left = try #require(observer.accounts.budgetLeft(request))
                let inWindow = begun.values.filter { $0 > machine.now - minute }.count
                let before = relays[place].accounts.state.looks
                let admission = relays[place].admit(request)
                #expect(admission.isAdmitted == (left > 0 && inWindow < 100))
                decisions += 1
                if relays[place].accounts.state.looks == before {
                    quick += 1
                    #expect(admission == .admitted(nil, marks: []))
                }
                if admission.isAdmitted {
                    under[place].append(request)
                    begun[request.id] = machine.now
                }
            case 6..<10:
                guard !under[place].isEmpty else { continue }
                let index = Int.random(in: under[place].indices, using: &random)
                let request = under[place].remove(at: index)
                try relays[place].end(
                    request, cost: Int64.random(in: 0...dollar / 100, using: &random))
                // From then on by when it was asked.
                begun[request.id] = request.time.microseconds
            case 10:
                guard let request = under[place].popLast() else { continue }
                relays[place].accounts.withdraw(request.id)
                begun[request.id] = nil
            default:
                guard random.next() % 6 == 0 else { continue }
                // A session ends with calls under way: that is seen when there is another look.
                for request in under[place] { begun[request.id] = nil }
                under[place] = []
                weak let ended = relays[place].accounts
                relays[place] = try machine.relay(budgets, limits: "100/min")
                // The thread that read the ledger for it may not be through.
                while ended != nil { sched_yield() }
                machine.elapse()
            }
            let request = machine.request()
            #expect(
                relays[place].accounts.budgetLeft(request)
                    == observer.accounts.budgetLeft(request))
        }
        #expect(decisions > 100)
        #expect(quick >= 10)
        #expect(machine.complaints.withLock { $0 } == [])
    }

    /// What a thread that is a relay came to.
    private struct Outcome {
        var admitted = 0
        var withdrawn = 0
        var quick = 0
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `at once they go over a limit by a call each at most`(seed: UInt64) throws {
        let relays = 6
        let cost = dollar / 1_000
        let machine = Machine()
        let first = try machine.relay("1/day")
        // So that calls are expected to cost what they do.
        try first.write([.call(machine.record(machine.request(), cost: cost))])
        let outcomes = Mutex<[Outcome]>([])
        /// What is reserved and spent at this moment, and the most it ever was.
        let used = Mutex<(now: Int64, most: Int64)>((cost, cost))
        let threads = try (0..<relays).map { number in
            try Posix.Thread.start(name: "relay") {
                var random = SplitMix64(state: seed &* 100 &+ UInt64(number))
                var outcome = Outcome()
                guard var relay = try? machine.relay("1/day") else { return }
                var under: [PolicyRequest] = []
                for _ in 0..<1_200 {
                    switch random.next() % 16 {
                    case 0..<7:
                        guard under.count < 4 else { continue }
                        let request = machine.request()
                        let looks = relay.accounts.state.looks
                        guard relay.admit(request).isAdmitted else { continue }
                        if relay.accounts.state.looks == looks { outcome.quick += 1 }
                        used.withLock {
                            $0.now += cost
                            $0.most = max($0.most, $0.now)
                        }
                        outcome.admitted += 1
                        under.append(request)
                    case 7..<14:
                        guard !under.isEmpty else { continue }
                        let index = Int.random(in: under.indices, using: &random)
                        try? relay.end(under.remove(at: index), cost: cost)
                    case 14:
                        guard let request = under.popLast() else { continue }
                        // First: others may have its place at once.
                        used.withLock { $0.now -= cost }
                        relay.accounts.withdraw(request.id)
                        outcome.withdrawn += 1
                    default:
                        guard random.next() % 32 == 0, under.isEmpty,
                            let next = try? machine.relay("1/day")
                        else { continue }
                        relay = next
                    }
                }
                for request in under { try? relay.end(request, cost: cost) }
                outcomes.withLock { $0.append(outcome) }
            }
        }
        for thread in threads { thread.join() }
        let all = outcomes.withLock { $0 }
        #expect(all.count == relays)
        #expect(used.withLock { $0.most } <= dollar + Int64(relays) * cost)
        // Nothing is held back that can be paid: one alone spends what is left.
        let late = try machine.relay("1/day")
        var more = 0
        while try late.call(cost: cost).isAdmitted { more += 1 }
        let calls = all.reduce(1 + more) { $0 + $1.admitted - $1.withdrawn }
        #expect(calls >= 1_000)
        #expect(calls <= 1_000 + relays)
        #expect(machine.complaints.withLock { $0 } == [])
    }
}
