import Foundation
import Ledger
import Records
import Testing

@Suite struct RetentionTests {
    private let everything: (SegmentName) -> UInt64 = { _ in .max }

    private func exists(_ segment: SegmentName, _ ledger: TemporaryLedger) -> Bool {
        FileManager.default.fileExists(atPath: ledger.directory.path(of: segment))
    }

    @Test func `segments older than the age go, with their days`() throws {
        let ledger = TemporaryLedger()
        let segments = try [0, 9, 10, 11, 12].map {
            try ledger.plant(line($0), at: morning + Int64(-$0) * day)
        }
        let report = try Retention(maxAgeDays: 10).apply(
            to: ledger.reader, now: morning, acknowledged: everything)
        #expect(report.removed == segments[3...].reversed())
        #expect(try ledger.reader.days().count == 3)
        #expect(report.keptBytes == 8 + 8 + 9 && report.removedBytes == 9 + 9)
    }

    @Test func `beyond the size the oldest go first`() throws {
        let ledger = TemporaryLedger()
        let content = [UInt8](repeating: 0x0a, count: 100)
        let segments = try (0..<5).map { try ledger.plant(content, at: morning + Int64($0)) }
        let report = try Retention(maxBytes: 250).apply(
            to: ledger.reader, now: morning, acknowledged: everything)
        #expect(report.removed == Array(segments[..<3]) && report.keptBytes == 200)
        #expect(try ledger.reader.days().count == 1)
    }

    @Test func `nothing goes before every sink has acknowledged its last whole line`() throws {
        let ledger = TemporaryLedger()
        let whole = try ledger.plant(line(1) + line(2), at: morning)
        let torn = try ledger.plant(line(1) + line(2) + Array("{\"n".utf8), at: morning + 1)
        let onlyTorn = try ledger.plant("{\"n", at: morning + 2)
        for (offset, gone) in [(UInt64(0), false), (8, false), (15, false), (16, true)] {
            let report = try Retention(maxAgeDays: 1).apply(
                to: ledger.reader, now: morning + 5 * day, acknowledged: { _ in offset })
            #expect(report.removed.contains(onlyTorn) == (offset == 0))
            #expect(exists(whole, ledger) == !gone && exists(torn, ledger) == !gone)
            #expect(report.held.count == (gone ? 0 : 2))
        }
    }

    @Test func `a living writer's segment stays, however old and large`() throws {
        let ledger = TemporaryLedger()
        var writer = LedgerWriter(ledger.directory)
        try writer.append(line(1), at: morning)
        let report = try Retention(maxAgeDays: 1, maxBytes: 0).apply(
            to: ledger.reader, now: morning + 50 * day, acknowledged: everything)
        #expect(report.removed.isEmpty && report.held.count == 1)
        #expect(try ledger.lines().lines.count == 1)
        try writer.append(line(2), at: morning)
    }

    @Test func `what is not ours stays, and keeps its day`() throws {
        let ledger = TemporaryLedger()
        let segment = try ledger.plant(line(1))
        let notes = ledger.directory.path(of: segment.day) + "/notes.txt"
        try Data().write(to: URL(filePath: notes))
        _ = try Retention(maxAgeDays: 1).apply(
            to: ledger.reader, now: morning + 50 * day, acknowledged: everything)
        #expect(!exists(segment, ledger) && FileManager.default.fileExists(atPath: notes))
    }

    @Test func `a clock in the past removes nothing by age`() throws {
        let ledger = TemporaryLedger()
        try ledger.plant(line(1))
        let report = try Retention().apply(
            to: ledger.reader, now: Timestamp(microseconds: 0), acknowledged: everything)
        #expect(report.removed.isEmpty)
    }

    @Test func `once a day is enough`() throws {
        let ledger = TemporaryLedger()
        let retention = Retention(maxAgeDays: 10)
        func run(_ time: Timestamp) throws -> Int? {
            try ledger.plant(line(1), at: morning + -20 * day)
            return try retention.applyDaily(
                to: ledger.reader, now: time, acknowledged: everything)?.removed.count
        }
        #expect(try run(morning) == 1)
        #expect(try run(morning + 1) == nil)
        #expect(try run(morning + day) == 1)
        #expect(try run(morning + day + 1) == nil)
        #expect(try permissions(ledger.directory.retentionStamp) == 0o600)
    }
}
