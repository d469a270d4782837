import Foundation
import Ledger
import Records
import Testing

@Suite struct TailTests {
    @Test func `what is appended comes once, in batches, whoever writes it`() throws {
        let ledger = TemporaryLedger()
        var random = SplitMix64(state: 4)
        var one = LedgerWriter(ledger.directory)
        var two = LedgerWriter(ledger.directory)
        var tail = LedgerTail(ledger.reader, from: [])
        var seen: [String] = []
        for number in 0..<400 {
            let time = morning + Int64(number / 150) * day
            if Bool.random(using: &random) {
                try one.append(line(number), at: time)
            } else {
                try two.append(line(number), at: time)
            }
            let limit = Int.random(in: 1...20, using: &random)
            if number % 7 == 0 {
                let batch = try tail.next(lines: limit) { seen.append(text($0)) }
                #expect(batch.lines <= limit)
            }
        }
        while try tail.next(lines: 13, { seen.append(text($0)) }).lines > 0 {}
        #expect(seen.count == 400 && Set(seen).count == 400)
    }

    @Test func `a restart goes on at the saved cursors, with what was not saved again`() throws {
        let ledger = TemporaryLedger()
        for writer in UInt32(1)...5 {
            try ledger.plant((0..<20).flatMap { line(Int(writer) * 100 + $0) }, writer: writer)
        }
        var store = try CursorStore(of: "sink", in: ledger.directory)
        var acknowledged: [String] = []
        for round in 0..<40 {
            // Each round is a new process that delivers two batches and dies before saving one.
            store = try CursorStore(of: "sink", in: ledger.directory)
            var tail = LedgerTail(ledger.reader, from: store.cursors)
            var lines: [String] = []
            let batch = try tail.next(lines: 7) { lines.append(text($0)) }
            try store.save(batch.cursors)
            acknowledged += lines
            _ = try tail.next(lines: round % 5 + 1) { _ in }
        }
        #expect(acknowledged.count == 100 && Set(acknowledged).count == 100)
    }

    @Test func `a segment that opens before those already read is not passed over`() throws {
        let ledger = TemporaryLedger()
        try ledger.plant(line(1), at: morning)
        var tail = LedgerTail(ledger.reader, from: [])
        var seen: [String] = []
        _ = try tail.next(lines: 10) { seen.append(text($0)) }
        // The clock was set back by a week.
        try ledger.plant(line(2), at: morning + -7 * day)
        let batch = try tail.next(lines: 10) { seen.append(text($0)) }
        var restarted = LedgerTail(ledger.reader, from: batch.cursors)
        _ = try restarted.next(lines: 10) { _ in }
        #expect(seen == ["{\"n\":1}", "{\"n\":2}"])
    }

    static let growing = Array("{\"n\":1}\n\ngarbage\n{\"n\":2}\n{\"n\":3}\n{\"t\":".utf8)

    @Test(arguments: 0...growing.count)
    func `a file read in the middle of any write gives the same lines`(cut: Int) throws {
        let ledger = TemporaryLedger()
        let segment = try ledger.plant(Array(Self.growing[..<cut]))
        var tail = LedgerTail(ledger.reader, from: [])
        var seen: [String] = []
        let first = try tail.next(lines: 10) { seen.append(text($0)) }
        let store = first.cursors
        try ledger.append(String(decoding: Self.growing[cut...], as: UTF8.self), to: segment)
        var restarted = LedgerTail(ledger.reader, from: store)
        let second = try restarted.next(lines: 10) { seen.append(text($0)) }
        #expect(seen == ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"])
        #expect(first.skipped + second.skipped == 1)
        #expect(first.restarted.isEmpty && second.restarted.isEmpty)
    }

    @Test func `a cursor that is no place starts its segment over and says so`() throws {
        let ledger = TemporaryLedger()
        let segment = try ledger.plant(line(1) + line(2))
        for offset in [UInt64(3), 17, 1 << 40, .max] {
            var tail = LedgerTail(ledger.reader, from: [Cursor(segment: segment, offset: offset)])
            var seen: [String] = []
            let batch = try tail.next(lines: 10) { seen.append(text($0)) }
            #expect(seen == ["{\"n\":1}", "{\"n\":2}"])
            #expect(batch.restarted == [segment])
            #expect(batch.cursors == [Cursor(segment: segment, offset: 16)])
        }
    }

    @Test func `a segment that is removed while it is followed ends quietly`() throws {
        let ledger = TemporaryLedger()
        let segment = try ledger.plant(line(1) + line(2))
        var tail = LedgerTail(ledger.reader, from: [])
        _ = try tail.next(lines: 1) { _ in }
        try FileManager.default.removeItem(atPath: ledger.directory.path(of: segment))
        let batch = try tail.next(lines: 10) { _ in }
        #expect(batch.lines == 0 && batch.unreadable.isEmpty)
    }

    @Test func `an idle tail finds what a guardian adds to a finished segment`() throws {
        let ledger = TemporaryLedger()
        let segment = try ledger.plant(Array("{\"n\":1}\n{\"n\":".utf8))
        var tail = LedgerTail(ledger.reader, from: [])
        var seen: [String] = []
        while try tail.next(lines: 10, { seen.append(text($0)) }).lines > 0 {}
        try ledger.append("\n{\"n\":2}\n", to: segment)
        while try tail.next(lines: 10, { seen.append(text($0)) }).lines > 0 {}
        #expect(seen == ["{\"n\":1}", "{\"n\":2}"])
    }
}
