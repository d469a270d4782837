import Foundation
import Ledger
import Posix
import Records
import Reports
import Testing

@testable import Policy

/// Sebastiano Vigna's splitmix64: the same numbers for the same seed, everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// What budgets count, against what a report makes of the same ledger.
struct BooksTests {
    private static let rules =
        "1/hour,1/day,1/week,1/month,1/year,gemini*=1/day,gpt-5=2/month,agent:a*=1/week"

    /// A ledger that is written by several writers, a line here and a line there.
    private final class Writers {
        let machine = Machine()
        var random: SplitMix64
        private var files: [SegmentFileOfTest] = []
        private var usageIDs: [String] = []

        /// A segment that is written by hand, so that a line can be torn.
        private final class SegmentFileOfTest {
            let handle: FileHandle
            var torn: [UInt8] = []
            init(_ handle: FileHandle) { self.handle = handle }
        }

        init(seed: UInt64) throws {
            random = SplitMix64(state: seed)
            for _ in 0..<3 { try open() }
        }

        func step() throws {
            if random.next() % 12 == 0 { try open() }
            let file = files[Int.random(in: 0..<files.count, using: &random)]
            var bytes = file.torn
            file.torn = []
            for _ in 0..<Int.random(in: 0...3, using: &random) { bytes += line() }
            if random.next() % 4 == 0 {
                let next = line()
                let cut = Int.random(in: 0..<next.count, using: &random)
                bytes += next[..<cut]
                file.torn = Array(next[cut...])
            }
            try file.handle.write(contentsOf: Data(bytes))
        }

        /// Every begun line gets its end.
        func finish() throws {
            for file in files { try file.handle.write(contentsOf: Data(file.torn)) }
            for file in files { file.torn = [] }
        }

        private func open() throws {
            // Days gone by get no new segments.
            let days: ClosedRange<Int64> = files.count < 3 ? 0...3 : 0...0
            let back = Int64.random(in: days, using: &random) * 24 * hour
            let time = morning - back - Int64.random(in: 0..<hour, using: &random)
            let name = SegmentName(
                openedAt: Timestamp(microseconds: time),
                by: WriterIdentity(pid: 2_000_000_000, random: UInt32(files.count)))
            try FileManager.default.createDirectory(
                atPath: machine.directory.path(of: name.day), withIntermediateDirectories: true)
            let path = machine.directory.path(of: name)
            _ = FileManager.default.createFile(atPath: path, contents: nil)
            files.append(
                SegmentFileOfTest(try #require(FileHandle(forWritingAtPath: path))))
        }

        private func line() -> [UInt8] {
            var bytes: [UInt8] = []
            let models = ["gemini-2.5-pro", "GPT-5", "grok-4", nil]
            let agents = ["abe", "bea", nil]
            var request = machine.request(
                model: models[Int.random(in: 0..<4, using: &random)],
                agent: agents[Int.random(in: 0..<3, using: &random)])
            // Up to now: a report has no future.
            let age = Int64.random(in: 1...10 * 24 * hour, using: &random)
            request.time = Timestamp(microseconds: morning - age)
            var call = machine.record(request, cost: Int64.random(in: 0...dollar, using: &random))
            if random.next() % 5 == 0 { call.cost = Cost(source: .unpriced) }
            if random.next() % 9 == 0 { call.cost = nil }
            if random.next() % 9 == 0 { call.outcome = .error }
            // What the quick reader leaves to the other.
            if random.next() % 9 == 0 { call.tool = "\"\\\u{1}" }
            switch random.next() % 10 {
            case 0, 1, 2:
                // An id that came before, or one that will.
                if let known = usageIDs.randomElement(using: &random), random.next() % 2 == 0 {
                    call.id = known
                } else {
                    usageIDs.append(call.id)
                }
                Record.usage(call).encode(into: &bytes)
            case 3:
                call.partOf = machine.request().id
                Record.call(call).encode(into: &bytes)
            case 4:
                Record.begin(
                    BeginRecord(
                        id: call.id, time: call.time, session: "s", direction: .clientToServer,
                        method: "tools/call", requestID: .number("1"))
                ).encode(into: &bytes)
            case 5: return Array("no record\n".utf8)
            case 6:
                Record.trace(
                    TraceRecord(
                        id: call.id, time: call.time, durationMilliseconds: 1, session: "s",
                        cost: Cost(source: .priced, nanodollars: dollar), outcome: .ok,
                        traceID: "t", spanID: "p", end: .idle, turns: 1, clientTurns: 0,
                        unpricedTurns: 0, modelCalls: 1)
                ).encode(into: &bytes)
            default: Record.call(call).encode(into: &bytes)
            }
            return bytes
        }
    }

    private func reported(_ machine: Machine, _ budgets: [Budget]) throws -> [Int64] {
        let calendar = Calendar(.utc)
        let now = morning / 1_000_000
        var query = Query(
            period: try Period(since: "1h", until: nil, now: now, calendar), calendar: calendar,
            now: now)
        query.budgets = budgets
        let scan = LedgerScan(machine.directory, window: query.window, now: morning)
        try scan.refresh()
        return Report(query, scan).budgets.map(\.spent)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `the spend is that of a report, however reading and writing take turns`(
        seed: UInt64
    ) throws {
        let budgets = try #require(Budget.parse(Self.rules).budgets)
        let writers = try Writers(seed: seed)
        let calendar = Calendar(.utc)
        // A moment before, which the report counts to the stretch that ends there.
        let books = Books(AccountRules(budgets: budgets), calendar, now: morning - 1_000_000)
        let follower = LedgerFollower(
            writers.machine.directory, firstDay: try #require(Day("2025-01-01")))
        func compare(_ steps: Int) throws {
            try follower.catchUp(at: morning) { books.take($0, $1) }
            let spent = budgets.indices.map {
                books.spent($0, at: morning - 1_000_000)?.nanodollars
            }
            #expect(spent == (try reported(writers.machine, budgets)), "after \(steps) steps")
        }
        for steps in 0..<60 {
            try writers.step()
            if writers.random.next() % 3 == 0 { try compare(steps) }
        }
        try writers.finish()
        try compare(60)
        #expect(!follower.isBroken)
        #expect(follower.failure == nil)
    }

    @Test func `a segment that was cut is noticed`() throws {
        let machine = Machine()
        let relay = try machine.relay("1/day")
        let writer = try machine.relay()
        try writer.write([.call(machine.record(machine.request(), cost: 2 * dollar))])
        #expect(relay.admit(machine.request()).text != nil)
        let names = try LedgerReader(machine.directory).segments()
        for name in names { truncate(machine.directory.path(of: name), 0) }
        // Read anew, on a thread of its own; until then nothing is held back.
        #expect(relay.admit(machine.request()).isAdmitted)
    }

    @Test func `of one thousand usage lines each counts once, whatever comes again`() {
        var table = RepeatableUsage()
        var random = SplitMix64(state: 7)
        var naive: [Identity: (segment: UInt32, cost: Int64)] = [:]
        var sum: Int64 = 0
        for _ in 0..<5_000 {
            let id = Identity(high: 1, low: UInt64.random(in: 0..<1_000, using: &random))
            var line = RepeatableUsage.Line()
            line.nanodollars = Int64.random(in: 0..<1_000, using: &random)
            line.segment = UInt32.random(in: 0..<5, using: &random)
            let replaced = table.replace(id, with: line, isKept: true) { $0 < $1 }
            if let replaced { sum += line.nanodollars - replaced.nanodollars }
            if naive[id].map({ $0.segment <= line.segment }) ?? true {
                naive[id] = (line.segment, line.nanodollars)
            }
        }
        #expect(sum == naive.values.reduce(0) { $0 + $1.cost })
        #expect(table.count == naive.count)
    }
}
