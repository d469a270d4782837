import Foundation
import Ledger
import Records
import Testing

/// After every fault at every operation: what was acknowledged is there once, nothing is invented,
/// and the writer goes on.
@Suite struct WriterFaultTests {
    /// What a writer did under a plan.
    private struct Outcome {
        var acknowledged: [Int] = []
        var refused: [Int] = []
        var linesLost: UInt64 = 0
        var isTransient = true
    }

    /// Twelve appends, single and in rows, over a rollover, with a flush in between, and one more
    /// when the disk is well again.
    private func run(_ ledger: TemporaryLedger, _ plan: FaultyDisk.Plan) -> Outcome {
        var outcome = Outcome()
        var writer = SegmentWriter(ledger.directory, disk: FaultyDisk(plan), segmentBytesMax: 60)
        for number in 0..<12 {
            let numbers = number % 3 == 2 ? [number, number + 100, number + 200] : [number]
            let time = morning + (number < 8 ? 0 : day)
            do throws(LedgerError) {
                try writer.append(numbers.flatMap(line), at: time)
                outcome.acknowledged += numbers
            } catch {
                outcome.refused += numbers
                outcome.isTransient = outcome.isTransient && error.isTransient
            }
            if number == 5 { try? writer.synchronize() }
        }
        plan.failing = 0..<0
        do throws(LedgerError) {
            try writer.append(line(300), at: morning + day)
            outcome.acknowledged.append(300)
        } catch {
            outcome.refused.append(300)
        }
        outcome.linesLost = writer.linesLost
        return outcome
    }

    private func check(_ ledger: TemporaryLedger, _ outcome: Outcome, _ what: String) throws {
        let (lines, reading) = try ledger.lines()
        let counts = Dictionary(lines.map { ($0, 1) }, uniquingKeysWith: +)
        for number in outcome.acknowledged {
            #expect(counts["{\"n\":\(number)}"] == 1, "\(number) after \(what)")
        }
        #expect(counts.values.allSatisfy { $0 == 1 }, "a line twice after \(what)")
        let refusedButThere = lines.count - outcome.acknowledged.count
        #expect(
            outcome.linesLost == UInt64(outcome.refused.count - refusedButThere), "after \(what)")
        #expect(reading.unreadable.isEmpty)
        for segment in try ledger.reader.segments() {
            let content = try Data(contentsOf: URL(filePath: ledger.directory.path(of: segment)))
            let isAnyEmpty = content.split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
            ).dropLast().contains { $0.isEmpty }
            #expect(!isAnyEmpty, "an empty line after \(what)")
        }
    }

    @Test(arguments: FaultyDisk.Fault.allCases)
    func `one failing operation, whichever it is`(fault: FaultyDisk.Fault) throws {
        let clean = FaultyDisk.Plan()
        let unharmed = run(TemporaryLedger(), clean)
        #expect(unharmed.refused.isEmpty && clean.operations > 30)
        for number in 1...clean.operations {
            let ledger = TemporaryLedger()
            let plan = FaultyDisk.Plan()
            plan.fault = fault
            let count = fault == .shortWrite ? 2 : fault == .crash ? 1_000_000 : 1
            plan.failing = number..<number + count
            let outcome = run(ledger, plan)
            try check(ledger, outcome, "\(fault) at operation \(number), \(plan.log[number - 1])")
            #expect(outcome.acknowledged.last == 300, "it did not recover")
            #expect(fault == .crash || outcome.refused.count <= 3)
            #expect(fault == .readOnly || outcome.isTransient)
        }
    }

    @Test(arguments: 0..<200) func `faults at random operations`(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let ledger = TemporaryLedger()
        let plan = FaultyDisk.Plan()
        plan.fault = FaultyDisk.Fault.allCases.randomElement(using: &random) ?? .crash
        let first = Int.random(in: 1...60, using: &random)
        plan.failing = first..<first + Int.random(in: 1...20, using: &random)
        try check(ledger, run(ledger, plan), "seed \(seed)")
    }

    @Test func `a line cut short is taken back, so that other tools read the file as it is`() throws
    {
        let ledger = TemporaryLedger()
        let plan = FaultyDisk.Plan()
        var writer = SegmentWriter(ledger.directory, disk: FaultyDisk(plan))
        try writer.append(line(1), at: morning)
        plan.fault = .shortWrite
        plan.failing = plan.operations + 1..<plan.operations + 3
        let error = #expect(throws: LedgerError.self) { try writer.append(line(2), at: morning) }
        #expect(error?.isTransient == true)
        let path = try ledger.path(writer.segment)
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(line(1)))
        try writer.append(line(3), at: morning)
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(line(1) + line(3)))
        let lost = writer.linesLost
        #expect(lost == 1)
    }

    @Test func `a torn tail that cannot be taken back spoils only itself`() throws {
        let ledger = TemporaryLedger()
        let plan = FaultyDisk.Plan()
        var writer = SegmentWriter(ledger.directory, disk: FaultyDisk(plan))
        try writer.append(line(1), at: morning)
        plan.fault = .crash
        plan.failing = plan.operations + 1..<plan.operations + 4
        #expect(throws: LedgerError.self) { try writer.append(line(2), at: morning) }
        plan.failing = 0..<0
        try writer.append(line(3), at: morning)
        let (lines, reading) = try ledger.lines()
        #expect(lines == ["{\"n\":1}", "{\"n\":3}"])
        #expect(reading.skipped == 1)
    }

    @Test func `of a row cut short the whole lines stay, and a reader's place stays a place`()
        throws
    {
        let ledger = TemporaryLedger()
        let plan = FaultyDisk.Plan()
        var writer = SegmentWriter(ledger.directory, disk: FaultyDisk(plan))
        try writer.append(line(1), at: morning)
        plan.fault = .shortWrite
        plan.failing = plan.operations + 1..<plan.operations + 3
        #expect(throws: LedgerError.self) {
            try writer.append(line(2) + line(3) + line(4), at: morning)
        }
        let lost = writer.linesLost
        #expect(lost == 2)
        #expect(try ledger.lines().lines == ["{\"n\":1}", "{\"n\":2}"])
    }
}
