import Foundation
import Ledger
import Posix
import Records
import Testing

@Suite struct CursorTests {
    private func name(_ number: Int, days: Int64 = 0) -> SegmentName {
        SegmentName(
            openedAt: morning + Int64(number) + days * day,
            by: WriterIdentity(pid: 1, random: UInt32(number)))
    }

    @Test func `cursors are there after a restart`() throws {
        let ledger = TemporaryLedger()
        var store = try CursorStore(of: "evalops", in: ledger.directory)
        #expect(store.cursors.isEmpty && store.offset(of: name(1)) == 0)
        let cursors = [
            Cursor(segment: name(1), offset: 8), Cursor(segment: name(2), offset: .max),
            Cursor(segment: name(3, days: 1), offset: 16),
        ]
        try store.save(cursors)
        try store.save([Cursor(segment: name(1), offset: 24)])
        let again = try CursorStore(of: "evalops", in: ledger.directory)
        #expect(again.cursors == [Cursor(segment: name(1), offset: 24)] + cursors.dropFirst())
        #expect(again.damaged.isEmpty)
        #expect(try CursorStore(of: "otlp", in: ledger.directory).cursors.isEmpty)
        let file = ledger.directory.cursors + "/evalops/\(Day(of: morning))"
        #expect(try permissions(file) == 0o600)
    }

    @Test(arguments: [
        "", ".", "..", "a/b", ".hidden", "é", "a b", String(repeating: "a", count: 129),
    ])
    func `a sink's name is the name of a directory`(sink: String) {
        #expect(throws: LedgerError.self) {
            try CursorStore(of: sink, in: TemporaryLedger().directory)
        }
    }

    @Test func `any damage to any byte is noticed, and only that day starts over`() throws {
        let ledger = TemporaryLedger()
        var store = try CursorStore(of: "sink", in: ledger.directory)
        try store.save([1, 2].map { Cursor(segment: name($0), offset: 1_234) })
        try store.save([Cursor(segment: name(3, days: 1), offset: 5)])
        let path = ledger.directory.cursors + "/sink/\(Day(of: morning))"
        let good = try Data(contentsOf: URL(filePath: path))
        func damaged(_ content: Data, _ what: String) throws {
            try content.write(to: URL(filePath: path))
            let store = try CursorStore(of: "sink", in: ledger.directory)
            #expect(store.damaged == [path], "\(what)")
            #expect(store.offset(of: name(1)) == 0 && store.offset(of: name(3, days: 1)) == 5)
        }
        for index in good.indices {
            var bad = good
            bad[index] ^= 1
            try damaged(bad, "byte \(index) flipped")
            try damaged(good[..<index], "cut at \(index)")
        }
        try damaged(good + good, "doubled")
        // A damaged day can be saved again.
        var again = try CursorStore(of: "sink", in: ledger.directory)
        try again.save([Cursor(segment: name(1), offset: 9)])
        #expect(try CursorStore(of: "sink", in: ledger.directory).damaged.isEmpty)
    }

    @Test(arguments: FaultyDisk.Fault.allCases)
    func `whichever operation of a save fails, the old cursors or the new ones stand`(
        fault: FaultyDisk.Fault
    ) throws {
        for number in 1...8 {
            let ledger = TemporaryLedger()
            let plan = FaultyDisk.Plan()
            var store = try CursorStorage(
                of: "sink", in: ledger.directory, disk: FaultyDisk(plan))
            try store.save([Cursor(segment: name(1), offset: 1)])
            plan.fault = fault
            let first = plan.operations + number
            plan.failing = first..<first + (fault == .crash ? 100 : 2)
            let isSaved: Bool
            do throws(LedgerError) {
                try store.save([Cursor(segment: name(1), offset: 2)])
                isSaved = true
            } catch {
                isSaved = false
            }
            let read = try CursorStore(of: "sink", in: ledger.directory)
            #expect(read.damaged.isEmpty)
            #expect(isSaved ? read.offset(of: name(1)) == 2 : read.offset(of: name(1)) >= 1)
            #expect(store.offset(of: name(1)) == (isSaved ? 2 : 1))
            plan.failing = 0..<0
            try store.save([Cursor(segment: name(1), offset: 3)])
            #expect(try CursorStore(of: "sink", in: ledger.directory).offset(of: name(1)) == 3)
        }
    }

    @Test func `a save killed at any moment leaves cursors that were saved together`() throws {
        let ledger = TemporaryLedger()
        var random = SplitMix64(state: 9)
        for _ in 0..<10 {
            let probe = try Probe("cursors", ledger.directory.state)
            var acknowledged: UInt64 = 0
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                acknowledged = try #require(probe.readLine().flatMap { UInt64($0) })
            }
            probe.kill()
            let rest = probe.readLines().compactMap { UInt64($0) }
            let store = try CursorStore(of: "probe", in: ledger.directory)
            let offsets = Set(store.cursors.map(\.offset))
            #expect(store.damaged.isEmpty && store.cursors.count == 3 && offsets.count == 1)
            #expect(try #require(offsets.first) >= rest.last ?? acknowledged)
        }
        let left = try FileManager.default.contentsOfDirectory(
            atPath: ledger.directory.cursors + "/probe")
        #expect(left.count == 1, "temporary files are cleared away")
    }

    @Test func `days that are gone are forgotten`() throws {
        let ledger = TemporaryLedger()
        var store = try CursorStore(of: "sink", in: ledger.directory)
        try store.save((0..<4).map { Cursor(segment: name(1, days: $0), offset: 8) })
        try store.forget(daysBefore: Day(of: morning).adding(2))
        #expect(store.cursors.count == 2)
        #expect(try CursorStore(of: "sink", in: ledger.directory).cursors.count == 2)
    }
}
