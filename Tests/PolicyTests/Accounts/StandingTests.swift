import Foundation
import Ledger
import Posix
import Records
import Reports
import Synchronization
import Testing

@testable import Policy

/// When a call is let through by what is known already, and when files are looked at.
struct StandingTests {
    /// A relay that has looked, and has had a whole call.
    private func settled(
        _ machine: Machine, _ budgets: String? = "100/day", limits: String? = nil,
        _ limitAction: LimitAction = .block, zone: Zone = .utc
    ) throws -> Relay {
        let relay = try machine.relay(budgets, limits: limits, limitAction, zone: zone)
        try relay.call(cost: 0)
        return relay
    }

    /// Expects files to be looked at so often for what is done.
    @discardableResult
    private func expect(
        looks: ClosedRange<Int>, of relay: Relay, _ place: SourceLocation = #_sourceLocation,
        _ body: () throws -> Admission
    ) throws -> Admission {
        let before = relay.accounts.state.looks
        let admission = try body()
        #expect(looks.contains(relay.accounts.state.looks - before), sourceLocation: place)
        return admission
    }

    @discardableResult
    private func expect(
        looks: Int, of relay: Relay, _ place: SourceLocation = #_sourceLocation,
        _ body: () throws -> Admission
    ) throws -> Admission {
        try expect(looks: looks...looks, of: relay, place, body)
    }

    @Test func `calls of one relay after each other need no look but the first`() throws {
        let relay = try settled(Machine(), "100/day,agent:a*=1/week", limits: "1000/min")
        for _ in 0..<50 {
            let call = try expect(looks: 0, of: relay) { try relay.call(cost: dollar / 1_000) }
            #expect(call == .admitted(nil, marks: []))
        }
        #expect(relay.accounts.budgetLeft(relay.machine.request()) == 1 - 0.05 / 100)
    }

    @Test func `what another relay does is seen at the next call`() throws {
        let machine = Machine()
        let (one, two) = (try settled(machine), try settled(machine))
        let request = machine.request()
        // A reservation, one that is taken back, a whole call.
        let steps: [(Relay) throws -> Void] = [
            { #expect($0.admit(request).isAdmitted) },
            { $0.accounts.withdraw(request.id) },
            { try $0.call(cost: dollar) },
            { try $0.write([.usage(machine.record(machine.request(), cost: dollar))]) },
        ]
        for step in steps {
            try expect(looks: 0...1, of: two) { try two.call(cost: 0) }
            try expect(looks: 0, of: two) { try two.call(cost: 0) }
            try step(one)
            try expect(looks: 1, of: two) { try two.call(cost: 0) }
        }
        #expect(two.accounts.budgetLeft(machine.request()) == 0.98)
    }

    @Test func `a call that nothing counts has nobody look`() throws {
        let machine = Machine()
        let (one, two) = (try settled(machine), try settled(machine))
        try one.call(cost: 0)
        var plain = machine.record(machine.request(model: nil), cost: nil)
        (plain.provider, plain.usage, plain.cost) = (nil, nil, nil)
        two.accounts.settle([.call(plain)])
        try expect(looks: 0, of: one) { try one.call(cost: 0) }
        two.accounts.settle([.call(machine.record(machine.request(), cost: nil))])
        try expect(looks: 1, of: one) { try one.call(cost: 0) }
    }

    @Test func `a look is relied upon for a tenth of a second`() throws {
        let machine = Machine()
        let relay = try settled(machine)
        try expect(looks: 0, of: relay) { try relay.call(cost: 0) }
        machine.elapse()
        try expect(looks: 1, of: relay) { try relay.call(cost: 0) }
        try expect(looks: 0, of: relay) { try relay.call(cost: 0) }
    }

    @Test func `a call about which there is something to say is looked at`() throws {
        let machine = Machine()
        let relay = try settled(machine, "1/day", limits: "gemini-2.5-flash=10/min")
        try relay.call(cost: dollar * 49 / 100)
        try expect(looks: 0, of: relay) { try relay.call(cost: dollar / 100) }
        // Half of it is gone: a mark is due; and then there is nothing to say for a while.
        let call1 = try expect(looks: 1, of: relay) { try relay.call(cost: 0) }
        #expect(call1.marks.count == 1)
        try expect(looks: 0, of: relay) { try relay.call(cost: 0) }
        let flash = machine.request(model: "gemini-2.5-flash")
        // Names it does not know; names it knows.
        try expect(looks: 1, of: relay) { try relay.call(flash, cost: 0) }
        for _ in 0..<8 {
            let flash = machine.request(model: "gemini-2.5-flash")
            try expect(looks: 0, of: relay) { try relay.call(flash, cost: 0) }
        }
        // Nine of ten.
        let last = machine.request(model: "gemini-2.5-flash")
        let call2 = try expect(looks: 1, of: relay) { try relay.call(last, cost: 0) }
        #expect(call2.marks.count == 1)
    }

    @Test func `while somebody waits every call is looked at`() throws {
        let machine = Machine()
        let rules = "grok-4=1/min;100/min"
        let one = try settled(machine, nil, limits: rules, .wait(seconds: 100))
        let two = try settled(machine, nil, limits: rules, .wait(seconds: 100))
        try one.call(machine.request(model: "grok-4"), cost: nil)
        let waiting = machine.request(model: "grok-4")
        #expect(one.admit(waiting).until != nil)
        for relay in [one, two] {
            for _ in 0..<3 { try expect(looks: 1, of: relay) { try relay.call(cost: nil) } }
        }
        one.accounts.withdraw(waiting.id)
        for relay in [one, two] {
            try relay.call(cost: nil)
            try expect(looks: 0, of: relay) { try relay.call(cost: nil) }
        }
    }

    @Test(arguments: [
        // The end of a day; of one of 25 hours; of one of 23.
        ("1/day", "UTC", "2026-11-21T23:59:59.999999Z"),
        ("1/day", "Europe/Berlin", "2026-10-25T22:59:59.999999Z"),
        ("1/day", "Europe/Berlin", "2026-03-29T21:59:59.999999Z"),
        ("1/hour", "Europe/Berlin", "2026-10-25T00:59:59.999999Z"),
        ("1/month", "America/New_York", "2027-01-01T04:59:59.999999Z"),
    ])
    func `a stretch that is known ends when it ends`(
        rule: String, zone: String, last: String
    ) throws {
        let end = try #require(Timestamp(rfc3339: last)).microseconds
        let machine = Machine(at: end - 1_000)
        let second = end / 1_000_000
        let zone = try #require(
            Zone(zone, span: second - 86_400 * 400...second + 86_400 * 400))
        let relay = try settled(machine, rule, zone: zone)
        try relay.call(cost: dollar * 3 / 10)
        machine.now = end
        let call3 = try expect(looks: 0, of: relay) { try relay.call(cost: 0) }
        #expect(call3.isAdmitted)
        #expect(relay.accounts.budgetLeft(machine.request()) == 0.7)
        machine.now = end + 1
        let call4 = try expect(looks: 1, of: relay) { try relay.call(cost: 0) }
        #expect(call4.isAdmitted)
        #expect(relay.accounts.budgetLeft(machine.request()) == 1)
        let call5 = try expect(looks: 0, of: relay) { try relay.call(cost: 0) }
        #expect(call5.isAdmitted)
        // Set back again.
        machine.now = end
        let call6 = try expect(looks: 1, of: relay) { try relay.call(cost: 0) }
        #expect(call6.isAdmitted)
        #expect(relay.accounts.budgetLeft(machine.request()) == 0.7)
    }

    @Test func `without an epoch every call is looked at, and nothing is said`() throws {
        let machine = Machine()
        // Nobody can write a file where a directory is, whoever he is.
        try FileManager.default.createDirectory(
            atPath: machine.directory.policy + "/epoch", withIntermediateDirectories: true)
        let (one, two) = (try settled(machine, "1/day"), try settled(machine, "1/day"))
        try one.call(cost: dollar / 2)
        try expect(looks: 1, of: two) { try two.call(cost: dollar / 2) }
        let call7 = try expect(looks: 1, of: one) { try one.call(cost: 0) }
        #expect(!call7.isAdmitted)
        #expect(machine.complaints.withLock { $0 } == [])
        // Mended while they run.
        try FileManager.default.removeItem(atPath: machine.directory.policy + "/epoch")
        machine.now += 24 * hour
        for relay in [one, two, one, two] { try relay.call(cost: 0) }
        try two.call(cost: 0)
        try expect(looks: 0, of: two) { try two.call(cost: 0) }
    }

    @Test func `beside a relay that tells nothing every call is looked at`() throws {
        let machine = Machine()
        let relay = try settled(machine)
        try expect(looks: 0, of: relay) { try relay.call(cost: 0) }
        var mute: OwnReservationFile? = try OwnReservationFile(in: machine.directory.policy)
        machine.elapse()
        for _ in 0..<3 { try expect(looks: 1, of: relay) { try relay.call(cost: 0) } }
        try mute?.tell(true)
        try relay.call(cost: 0)
        try expect(looks: 0, of: relay) { try relay.call(cost: 0) }
        try mute?.tell(false)
        machine.elapse()
        for _ in 0..<3 { try expect(looks: 1, of: relay) { try relay.call(cost: 0) } }
        // Its end is noticed, too.
        mute = nil
        try relay.call(cost: 0)
        try expect(looks: 0, of: relay) { try relay.call(cost: 0) }
    }

    @Test(arguments: ["epoch", ".calls"])
    func `a file that is cut is noticed, and what is under way is said again`(name: String) throws {
        let machine = Machine()
        let (one, two) = (try settled(machine, "0.02/day"), try settled(machine, "0.02/day"))
        let request = machine.request()
        #expect(one.admit(request).isAdmitted)
        // What was cut within a page is found when all is looked at.
        machine.elapse()
        for file in try directoryEntries(machine.directory.policy) where file.hasSuffix(name) {
            #expect(truncate(machine.directory.policy + "/" + file, 0) == 0)
        }
        // Estimated at nothing: earlier calls cost nothing.
        for _ in 0..<3 {
            #expect(try one.call(cost: 0).isAdmitted)
            #expect(try two.call(cost: 0).isAdmitted)
        }
        try expect(looks: 0, of: two) { try two.call(cost: 0) }
        let costly = machine.request(tool: "other")
        #expect(one.admit(costly).isAdmitted)
        // 0.01125 dollars of it are under way.
        #expect(two.accounts.budgetLeft(machine.request()) == 1 - 0.01125 / 0.02)
        #expect(machine.complaints.withLock { $0 } == [])
    }
}
