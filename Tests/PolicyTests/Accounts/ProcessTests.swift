import Foundation
import Ledger
import Posix
import Records
import Reports
import Synchronization
import Testing

@testable import Policy

/// A `policy-probe` at work.
private final class ProbeProcess {
    private let process: ChildProcess
    private let input: Descriptor
    private let output: FileHandle
    private var rest = Data()
    private var isGone = false

    /// - Parameter under: what follows the state directory's path.
    init(
        _ machine: Machine, _ command: String, _ arguments: String..., under path: String = ""
    ) throws {
        let places = Bundle.allBundles.map(\.bundleURL) + [URL(filePath: CommandLine.arguments[0])]
        let programs = places.flatMap { place in
            [place, place.deletingLastPathComponent()].map {
                $0.appending(path: "policy-probe").path
            }
        }
        let program = try #require(
            programs.first { FileManager.default.isExecutableFile(atPath: $0) })
        var requests = try Posix.Pipe()
        var answers = try Posix.Pipe()
        let reader = requests.takeReader()
        let writer = answers.takeWriter()
        var launch = Launch(
            arguments: CStringArray(
                [program, command, machine.directory.state + path] + arguments),
            // A fault is to end it, and not to be looked into.
            environment: .environment(adding: ["SWIFT_BACKTRACE=enable=no"]))
        launch.input = reader.raw
        launch.output = writer.raw
        process = try launch.start()
        input = requests.takeWriter()
        output = FileHandle(fileDescriptor: answers.takeReader().release(), closeOnDealloc: true)
    }

    deinit { kill() }

    func say(_ line: String) throws { try input.writeAll(Array((line + "\n").utf8)) }

    /// The next line it says; nil when it has ended.
    func line() -> String? {
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest = Data(rest[(end + 1)...]) }
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            let chunk = output.availableData
            if chunk.isEmpty { return nil }
            rest += chunk
        }
    }

    func signal(_ number: CInt) { process.signalGroup(number) }

    /// How it ended, when it has.
    func end() -> TerminationStatus? {
        isGone = true
        return process.reap()
    }

    func kill() {
        guard !isGone else { return }
        isGone = true
        signal(SIGKILL)
        _ = process.reap()
    }
}

/// What a real clock and processes that die do to budgets.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ProcessTests {
    /// A machine whose clock is everybody's.
    private func machine() -> Machine { Machine(at: WallClock.now()) }

    /// What all calls in the ledger cost together, and how many there are.
    private func spent(_ machine: Machine) throws -> (nanodollars: Int64, calls: Int) {
        var sum: (nanodollars: Int64, calls: Int) = (0, 0)
        let reading = try LedgerReader(machine.directory).forEachRecord { record in
            if case .call(let call) = record {
                sum.nanodollars += call.cost?.nanodollars ?? 0
                sum.calls += 1
            }
            return .goOn
        }
        #expect(reading.skipped == 0)
        return sum
    }

    @Test func `ten relays at once spend a budget, and at most one call each more`() throws {
        let machine = machine()
        let relays = try (0..<10).map { _ in
            try ProbeProcess(machine, "spend", "2/year", "500", "\(dollar / 1_000)")
        }
        for relay in relays { #expect(relay.line() == "ready") }
        for relay in relays { try relay.say("go") }
        let admitted = relays.map { $0.line().flatMap { Int($0) } }
        let spent = try spent(machine)
        #expect(admitted.compactMap(\.self).count == 10)
        #expect(admitted.reduce(0) { $0 + ($1 ?? 0) } == spent.calls)
        // 2,000 calls of 5,000; what the first are expected to cost is a guess, and more.
        #expect(spent.nanodollars >= 2 * dollar)
        #expect(spent.nanodollars <= 2 * dollar + 10 * dollar / 1_000)
        // Nothing is reserved any more, by nobody.
        let late = try machine.relay("3/year")
        #expect(late.accounts.budgetLeft(machine.request()).map { $0 < 0.3334 } == true)
        #expect(late.admit(machine.request()).isAdmitted)
    }

    @Test func `what the killed had reserved is free again`() throws {
        let machine = machine()
        let relays = try (0..<4).map { _ in try ProbeProcess(machine, "hold", "1/year", "3") }
        for relay in relays { #expect(relay.line() == "held") }
        let own = try machine.relay("0.1/year")
        let refused = own.admit(machine.request())
        // Each is expected to have 100 tokens of input and 1,000 of output.
        let reserved: Int64 = 12 * (125_000 + 10_000_000)
        #expect(refused.note?.spentNanodollars == reserved)
        for relay in relays[1...] { relay.kill() }
        #expect(own.admit(machine.request()).isAdmitted)
        #expect(own.accounts.budgetLeft(machine.request()) ?? 0 > 0.5)
        // Their files are gone, too.
        let files = try FileManager.default.contentsOfDirectory(atPath: machine.directory.policy)
        #expect(files.filter { $0.hasSuffix(".calls") }.count == 2)
    }

    @Test func `relays that are killed while they spend leave nothing behind`() throws {
        let machine = machine()
        let cost = "\(dollar / 1_000)"
        for round in 0..<5 {
            let relays = try (0..<4).map { _ in
                try ProbeProcess(machine, "storm", "100/year", "", cost)
            }
            for relay in relays { #expect(relay.line() == "ready") }
            #expect(relays[round % 4].line() == "busy")
            for relay in relays { relay.kill() }
            let own = try machine.relay("100/year")
            let spent = try spent(machine)
            let left = 1 - Double(spent.nanodollars) / Double(100 * dollar)
            #expect(own.accounts.budgetLeft(machine.request()) == left, "round \(round)")
        }
    }

    @Test func `what another process reserves is seen with no file looked at before`() throws {
        let machine = machine()
        let own = try machine.relay("1/year")
        for _ in 0..<2 { try own.call(machine.request(tool: "other"), cost: 0) }
        let looks = own.accounts.state.looks
        #expect(own.accounts.budgetLeft(machine.request(tool: "other")) == 1)
        // Time stands still for this relay: nothing but the epoch tells it.
        let other = try ProbeProcess(machine, "hold", "1/year", "3")
        #expect(other.line() == "held")
        let left = own.accounts.budgetLeft(machine.request(tool: "other"))
        #expect(left == 1 - 3 * Double(125_000 + 10_000_000) / Double(dollar))
        #expect(own.accounts.state.looks == looks)
        other.kill()
        machine.elapse()
        #expect(own.accounts.budgetLeft(machine.request(tool: "other")) == 1)
    }

    @Test func `whoever cuts the files of relays at work ends none of them`() throws {
        let machine = machine()
        let cost = dollar / 1_000
        let relays = try (0..<3).map { _ in
            try ProbeProcess(machine, "spend", "1000/year", "1000", "\(cost)")
        }
        for relay in relays { #expect(relay.line() == "ready") }
        for relay in relays { try relay.say("go") }
        for _ in 0..<200 {
            for name in try directoryEntries(machine.directory.policy) where name != "lock" {
                truncate(machine.directory.policy + "/" + name, 0)
            }
            MonotonicClock.sleep(nanoseconds: 200_000)
        }
        #expect(relays.map { $0.line() } == ["1000", "1000", "1000"])
        #expect(try spent(machine).calls == 3_000)
        // And afterwards all is as it was.
        let own = try machine.relay("3.001/year")
        #expect(try own.call(cost: cost).isAdmitted)
        #expect(try !own.call(cost: cost).isAdmitted)
        #expect(machine.complaints.withLock { $0 } == [])
    }

    @Test(arguments: ["fault", "sent"])
    func `a fault that is not ours ends the process as it always did`(command: String) throws {
        let machine = machine()
        try FileManager.default.createDirectory(
            atPath: machine.directory.state, withIntermediateDirectories: true)
        let probe = try ProbeProcess(machine, command, under: "/file")
        #expect(probe.line() == "mapped")
        #expect(probe.end() == .signalled(SIGBUS))
    }

    @Test func `a stopped relay that has the lock holds up nobody`() throws {
        let machine = machine()
        let own = try machine.relay("1/year")
        try own.call(cost: dollar / 2)
        let holder = try ProbeProcess(machine, "lock")
        #expect(holder.line() == "locked")
        holder.signal(SIGSTOP)
        let start = MonotonicClock.now()
        // Judged all the same.
        #expect(try own.call(cost: dollar / 2).isAdmitted)
        #expect(!own.admit(machine.request()).isAdmitted)
        for _ in 0..<100 { #expect(!own.admit(machine.request()).isAdmitted) }
        // 50 ms once, and then none for a while; the rest is what a busy machine takes.
        #expect(MonotonicClock.now() - start < 1_000_000_000)
    }

    @Test func `where the state directory cannot be written calls go on, and one line says why`()
        throws
    {
        let machine = machine()
        try FileManager.default.createDirectory(
            atPath: machine.directory.state, withIntermediateDirectories: true)
        // Nobody can make a directory where a file is, whoever he is.
        _ = FileManager.default.createFile(atPath: machine.directory.policy, contents: nil)
        let relay = try machine.relay("1/year")
        for _ in 0..<3 {
            let admission = relay.admit(machine.request())
            #expect(admission.isAdmitted)
            #expect(admission.note?.action == .passed)
            #expect(admission.note?.reason == .unavailable)
        }
        #expect(machine.complaints.withLock { $0.count } == 1)
        // Mended while it runs.
        try FileManager.default.removeItem(atPath: machine.directory.policy)
        #expect(relay.admit(machine.request()).note == nil)
    }

    @Test func `somebody may remove the directory of reservations at any time`() throws {
        let machine = machine()
        let relays = (try machine.relay("0.01/year"), try machine.relay("0.01/year"))
        let request = machine.request()
        #expect(relays.0.admit(request).isAdmitted)
        try FileManager.default.removeItem(atPath: machine.directory.policy)
        // Its reservation is said again.
        #expect(!relays.0.admit(machine.request()).isAdmitted)
        #expect(!relays.1.admit(machine.request()).isAdmitted)
        relays.0.accounts.withdraw(request.id)
        #expect(relays.1.admit(machine.request()).isAdmitted)
        #expect(machine.complaints.withLock { $0 } == [])
    }
}
