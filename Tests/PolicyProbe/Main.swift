import Ledger
import Policy
import Posix
import Records
import Reports

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// What tests of budgets and limits do in a process of its own, because they kill it or stop it.
// It says what it did on standard output, one line at a time, and waits for lines on standard
// input.

@main
struct PolicyProbe {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else {
            fail(
                "usage: policy-probe spend|storm|hold|lock|bench|fault|sent STATE BUDGET "
                    + "[CALLS [NANODOLLARS]]")
        }
        let directory = LedgerDirectory(state: arguments[2])
        switch arguments[1] {
        case "fault": return fault(arguments[2])
        case "sent": return send()
        default: break
        }
        let budget = arguments.count > 3 ? arguments[3] : "1000000/day"
        let calls = arguments.count > 4 ? Int(arguments[4]) ?? 1 : 1
        let cost = arguments.count > 5 ? Int64(arguments[5]) ?? 0 : 0
        var relay = ProbeRelay(directory, budget: budget)
        switch arguments[1] {
        case "spend": relay.spend(calls, cost)
        case "storm": relay.storm(cost)
        case "hold": relay.hold(calls)
        case "lock": lock(directory)
        case "bench": relay.bench(calls)
        default: fail("unknown command \(arguments[1])")
        }
    }

    /// Meets the end of a file that is mapped, and not by `MappedFile`: that is nobody's business.
    private static func fault(_ path: String) {
        MappedFile.prepare()
        do {
            let file = try Descriptor.open(path, O_RDWR | O_CREAT)
            try file.writeAll([1])
            let start = mmap(nil, 4_096, PROT_READ, MAP_SHARED, file.raw, 0)
            try file.truncate(to: 0)
            say("mapped")
            say("\(start?.load(as: UInt8.self) ?? 0)")
        } catch {
            fail("\(error)")
        }
    }

    /// Is sent the signal of a fault.
    private static func send() {
        MappedFile.prepare()
        say("mapped")
        kill(getpid(), SIGBUS)
        say("alive")
    }

    /// Takes the lock of all relays, and keeps it until it is ended.
    private static func lock(_ directory: LedgerDirectory) {
        do {
            let path = directory.policy + "/lock"
            let file = try Descriptor.open(path, O_RDWR | O_CREAT)
            guard try file.tryLock(.exclusive) else { fail("somebody has the lock") }
            say("locked")
            _ = readLine()
        } catch {
            fail("\(error)")
        }
    }
}

/// A relay that has nothing to relay.
struct ProbeRelay: ~Copyable {
    private let accounts: Accounts
    private var writer: LedgerWriter

    init(_ directory: LedgerDirectory, budget: String) {
        let rules = AccountRules(
            budgets: Budget.parse(budget).budgets ?? [], budgetAction: .block)
        accounts = Accounts(
            rules, in: directory, session: "probe", prices: { nil }, complain: { fail($0) })
        accounts.start()
        writer = LedgerWriter(directory)
    }

    /// Waits until the ledger has been read, however busy the machine is.
    private func beReady() {
        while accounts.budgetLeft(request()) == nil { MonotonicClock.sleep(nanoseconds: 1_000_000) }
        say("ready")
    }

    /// Makes calls until it is killed, and says when it has made some.
    mutating func storm(_ cost: Int64) {
        beReady()
        for number in 1... {
            let request = request()
            guard case .admitted = accounts.admit(request, waited: 0) else { fail("refused") }
            end(request, cost)
            if number == 50 { say("busy") }
        }
    }

    /// Makes calls, each of a cost, after a first line was read.
    mutating func spend(_ calls: Int, _ cost: Int64) {
        beReady()
        _ = readLine()
        var admitted = 0
        for _ in 0..<calls {
            let request = request()
            guard case .admitted(let note, _) = accounts.admit(request, waited: 0) else { continue }
            if let note { fail("passed: \(note.reason)") }
            admitted += 1
            end(request, cost)
        }
        say("\(admitted)")
    }

    /// Begins calls, and never ends them.
    mutating func hold(_ calls: Int) {
        for _ in 0..<calls {
            guard case .admitted = accounts.admit(request(), waited: 0) else { fail("refused") }
        }
        say("held")
        _ = readLine()
    }

    /// Says how long an admission takes, in nanoseconds: the median and the 99th percentile.
    mutating func bench(_ calls: Int) {
        beReady()
        while let line = readLine(), line != "end" {
            var times: [UInt64] = []
            for _ in 0..<calls {
                let request = request()
                let start = MonotonicClock.now()
                guard case .admitted = accounts.admit(request, waited: 0) else { fail("refused") }
                times.append(MonotonicClock.now() &- start)
                end(request, 1)
            }
            times.sort()
            say("\(times[times.count / 2]) \(times[times.count * 99 / 100])")
        }
    }

    private func request() -> PolicyRequest {
        var request = PolicyRequest(
            id: UUIDv7().description, time: Timestamp(microseconds: WallClock.now()), tool: "ask",
            mayUseModel: true, inputTokens: 100)
        request.server = "gemini"
        request.model = "gemini-2.5-pro"
        request.provider = "google"
        return request
    }

    private mutating func end(_ request: PolicyRequest, _ cost: Int64) {
        var call = CallRecord(
            id: request.id, time: request.time, durationMilliseconds: 0.1, session: "probe",
            direction: .clientToServer, method: "tools/call", requestID: .number("1"), outcome: .ok,
            traceID: "4bf92f3577b34da6a3ce929d0e0e4736", spanID: "00f067aa0ba902b7",
            requestBytes: 812)
        call.server = request.server
        call.tool = request.tool
        call.provider = request.provider
        call.model = request.model
        call.usage = TokenUsage(source: .reported, input: 2_890, output: 640)
        call.cost = Cost(source: .priced, nanodollars: cost)
        do throws(LedgerError) {
            try writer.append(.call(call), at: request.time)
        } catch {
            fail("\(error)")
        }
        accounts.settle([.call(call)])
    }
}

private func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    try? bytes.withUnsafeBytes { try writeAll(1, $0) }
}

private func fail(_ text: String) -> Never {
    say("error: \(text)")
    exit(1)
}
