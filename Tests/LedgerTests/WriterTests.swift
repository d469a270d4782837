import Foundation
import Ledger
import Posix
import Records
import Testing

@Suite struct WriterTests {
    @Test func `nothing is on the disk before the first line`() {
        let ledger = TemporaryLedger()
        let segment = LedgerWriter(ledger.directory).segment
        #expect(segment == nil)
        #expect(!FileManager.default.fileExists(atPath: ledger.directory.state))
    }

    @Test func `a line is in the file when append returns`() throws {
        let ledger = TemporaryLedger()
        var writer = LedgerWriter(ledger.directory)
        for number in 0..<100 {
            try writer.append(line(number), at: morning)
            let content = try Data(contentsOf: URL(filePath: ledger.path(writer.segment)))
            #expect(content.suffix(line(number).count) == Data(line(number)))
        }
        #expect(try ledger.lines().lines == (0..<100).map { "{\"n\":\($0)}" })
    }

    @Test func `a segment opened ahead takes the first line`() throws {
        let ledger = TemporaryLedger()
        var writer = LedgerWriter(ledger.directory)
        try writer.open(at: morning)
        let segment = try existing(writer.segment)
        #expect(try ledger.reader.writer(of: segment) == .alive)
        try writer.append(line(1), at: morning)
        let same = writer.segment
        #expect(same == segment)
        #expect(try ledger.lines().lines == ["{\"n\":1}"])
    }

    @Test func `several lines go in one append`() throws {
        let ledger = TemporaryLedger()
        let plan = FaultyDisk.Plan()
        var writer = SegmentWriter(ledger.directory, disk: FaultyDisk(plan))
        try writer.append(line(0), at: morning)
        plan.log = []
        try writer.append(line(1) + line(2) + line(3), at: morning)
        #expect(plan.log.filter { $0 == "write" }.count == 1)
        #expect(try ledger.lines().lines.count == 4)
    }

    static let refused: [(what: String, text: String, repeats: Int, lost: UInt64)] = [
        ("no newline", "{}", 1, 1), ("nothing", "", 1, 0),
        ("a newline in the middle only", "{}\n{}", 1, 2),
        ("more than a line may have", "{}\n", LedgerLimits.lineBytesMax / 3 + 1, 349_526),
    ]

    @Test(arguments: refused)
    func `what is no row of lines is refused`(
        what: String, text: String, repeats: Int, lost: UInt64
    ) throws {
        let bytes = Array(String(repeating: text, count: repeats).utf8)
        let ledger = TemporaryLedger()
        var writer = LedgerWriter(ledger.directory)
        #expect(throws: LedgerError.self) { try writer.append(bytes, at: morning) }
        let counted = writer.linesLost
        #expect(counted == lost)
        try writer.append(line(1), at: morning)
        #expect(try ledger.lines().lines == ["{\"n\":1}"])
    }

    @Test func `a long session goes on in a file of the new day`() throws {
        let ledger = TemporaryLedger()
        var writer = LedgerWriter(ledger.directory)
        try writer.append(line(1), at: morning)
        let first = try existing(writer.segment)
        try writer.append(line(2), at: morning + 1)
        let same = writer.segment
        #expect(same == first)
        try writer.append(line(3), at: morning + day)
        let second = try existing(writer.segment)
        #expect(first.day.adding(1) == second.day)
        #expect(first.writer == second.writer)
        #expect(try ledger.reader.writer(of: first) == .gone)
        #expect(try ledger.reader.writer(of: second) == .alive)
        #expect(try ledger.lines().lines.count == 3)
    }

    @Test func `a clock that is set back loses nothing`() throws {
        let ledger = TemporaryLedger()
        var writer = LedgerWriter(ledger.directory)
        for (number, days) in [0, 1, 0, 0, -3, 1].enumerated() {
            try writer.append(line(number), at: morning + Int64(days) * day)
        }
        #expect(Set(try ledger.lines().lines).count == 6)
    }

    @Test func `a full segment is followed by another, even within a microsecond`() throws {
        let ledger = TemporaryLedger()
        var writer = SegmentWriter(ledger.directory, disk: SystemDisk(), segmentBytesMax: 1)
        for number in 0..<20 { try writer.append(line(number), at: morning) }
        #expect(try ledger.reader.segments().count == 20)
        #expect(try ledger.lines().lines == (0..<20).map { "{\"n\":\($0)}" })
    }

    @Test func `without room for a new file the day's old one takes the line`() throws {
        let ledger = TemporaryLedger()
        let plan = FaultyDisk.Plan()
        var writer = SegmentWriter(ledger.directory, disk: FaultyDisk(plan))
        try writer.append(line(1), at: morning)
        plan.fault = .noSpace
        plan.failing = plan.operations + 1..<plan.operations + 2
        try writer.append(line(2), at: morning + day)
        try writer.append(line(3), at: morning + day)
        #expect(try ledger.reader.segments().count == 2)
        #expect(try ledger.lines().lines.count == 3)
    }

    @Test func `the directory removed while writing is made again, and the line is in it`() throws {
        let ledger = TemporaryLedger()
        var writer = LedgerWriter(ledger.directory)
        try writer.append(line(1), at: morning)
        try FileManager.default.removeItem(atPath: ledger.directory.state)
        try writer.append(line(2), at: morning + 1)
        try writer.append(line(3), at: morning + 2)
        #expect(try ledger.lines().lines == ["{\"n\":2}", "{\"n\":3}"])
        let lost = writer.linesLost
        #expect(lost == 0)
    }

    @Test func `two writers at once have a file each`() throws {
        let ledger = TemporaryLedger()
        var one = LedgerWriter(ledger.directory)
        var two = LedgerWriter(ledger.directory)
        for number in 0..<50 {
            try one.append(line(number), at: morning)
            try two.append(line(number + 50), at: morning)
        }
        let segments = (one.segment, two.segment)
        #expect(segments.0 != segments.1)
        let (lines, reading) = try ledger.lines()
        #expect(Set(lines).count == 100 && reading.segments == 2 && reading.alive == 2)
    }

    @Test func `a writer lives until it is let go`() throws {
        let ledger = TemporaryLedger()
        var segment: SegmentName?
        do {
            var writer = LedgerWriter(ledger.directory)
            try writer.append(line(1), at: morning)
            try writer.synchronize()
            segment = writer.segment
            #expect(try ledger.reader.writer(of: #require(segment)) == .alive)
        }
        #expect(try ledger.reader.writer(of: #require(segment)) == .gone)
    }

    @Test func `records go in and come out`() throws {
        let ledger = TemporaryLedger()
        let records = [
            Record.session(SessionRecord(event: .started, id: "s", time: morning, pid: 1)),
            .begin(
                BeginRecord(
                    id: "c", time: morning, session: "s", direction: .clientToServer,
                    method: "tools/call", requestID: .number("1"))),
        ]
        var writer = LedgerWriter(ledger.directory)
        for record in records { try writer.append(record, at: morning) }
        try writer.append(Array("{\"v\":1,\"kind\":\"weather\",\"id\":\"w\"}\n".utf8), at: morning)
        try writer.append(Array("{\"v\":1,\"kind\":\"call\"}\n".utf8), at: morning)
        var read: [Record] = []
        let reading = try ledger.reader.forEachRecord { record in
            read.append(record)
            return .goOn
        }
        #expect(read == records)
        #expect(reading.lines == 2 && reading.unknown == 1 && reading.skipped == 1)
    }
}
