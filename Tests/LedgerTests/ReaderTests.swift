import Foundation
import Ledger
import Testing

@Suite struct ReaderTests {
    @Test func `no ledger is an empty one`() throws {
        let (lines, reading) = try TemporaryLedger().lines()
        #expect(lines.isEmpty && reading == LedgerReading())
    }

    static let garbage: [(what: String, text: String, skipped: Int)] = [
        ("words", "hello", 1), ("half an object", #"{"n":"#, 1), ("an array", "[1]", 1),
        ("a NUL", "{\"n\":\0}", 1), ("NULs in front", "\0\0\0\0{}", 1), ("nothing", "", 0),
        ("a space", " ", 1), ("two glued halves", #"{"n":{"m":2"#, 1), ("a brace", "{", 1),
    ]

    @Test(arguments: garbage) func `garbage is skipped and blocks nothing after it`(
        what: String, text: String, skipped: Int
    ) throws {
        let ledger = TemporaryLedger()
        try ledger.plant("{\"n\":1}\n" + text + "\n{\"n\":2}\n")
        let (lines, reading) = try ledger.lines()
        #expect(lines == ["{\"n\":1}", "{\"n\":2}"])
        #expect(reading.skipped == skipped && reading.torn == 0)
    }

    @Test(arguments: [-1, 0, 1]) func `lines as long as the buffers`(more: Int) throws {
        for length in [
            LedgerLimits.readBytes, 2 * LedgerLimits.readBytes, LedgerLimits.lineBytesMax,
        ] {
            let ledger = TemporaryLedger()
            // With its newline it has `length + more` bytes.
            let long = "{" + String(repeating: " ", count: length + more - 3) + "}"
            try ledger.plant("{\"n\":1}\n" + long + "\n{\"n\":2}\n")
            let (lines, reading) = try ledger.lines()
            if length + more > LedgerLimits.lineBytesMax {
                #expect(lines == ["{\"n\":1}", "{\"n\":2}"] && reading.skipped == 1)
            } else {
                #expect(lines == ["{\"n\":1}", long, "{\"n\":2}"] && reading.skipped == 0)
            }
        }
    }

    @Test(arguments: [3, 40]) func `a line of many megabytes is skipped, ended or not`(
        mebibytes: Int
    )
        throws
    {
        let ledger = TemporaryLedger()
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: mebibytes << 20)
        try ledger.plant(line(1) + long + [0x0a] + line(2) + long)
        let (lines, reading) = try ledger.lines()
        #expect(lines == ["{\"n\":1}", "{\"n\":2}"])
        #expect(reading.skipped == 1 && reading.torn == 1)
    }

    @Test func `a torn tail is ignored, and counted once its writer is gone`() throws {
        let ledger = TemporaryLedger()
        var segment: SegmentName?
        do {
            var writer = LedgerWriter(ledger.directory)
            try writer.append(line(1), at: morning)
            segment = writer.segment
            try ledger.append("{\"n\":2", to: #require(segment))
            let (lines, reading) = try ledger.lines()
            #expect(lines == ["{\"n\":1}"] && reading.torn == 0 && reading.alive == 1)
        }
        let (lines, reading) = try ledger.lines()
        #expect(lines == ["{\"n\":1}"] && reading.torn == 1 && reading.alive == 0)
        // What a guardian does.
        try ledger.append("\n{\"n\":3}\n", to: #require(segment))
        let healed = try ledger.lines()
        #expect(healed.lines == ["{\"n\":1}", "{\"n\":3}"])
        #expect(healed.reading.torn == 0 && healed.reading.skipped == 1)
    }

    @Test func `segments come by day and time, and only those of the days asked for`() throws {
        let ledger = TemporaryLedger()
        for (number, time) in [Int64(3), 1, 2, 0].enumerated() {
            try ledger.plant(line(Int(time)), at: morning + time * day, writer: UInt32(number))
        }
        #expect(try ledger.lines().lines == (0...3).map { "{\"n\":\($0)}" })
        let first = Day(of: morning)
        var some: [String] = []
        _ = try ledger.reader.forEachLine(days: first.adding(1)...first.adding(2)) { line in
            some.append(text(line))
            return .goOn
        }
        #expect(some == ["{\"n\":1}", "{\"n\":2}"])
    }

    @Test func `other people's files are left alone`() throws {
        let ledger = TemporaryLedger()
        let segment = try ledger.plant(line(1))
        for path in [ledger.directory.ledger + "/README", ledger.directory.path(of: segment) + "~"]
        {
            try Data("{\"n\":9}\n".utf8).write(to: URL(filePath: path))
        }
        #expect(try ledger.lines().lines == ["{\"n\":1}"])
    }

    @Test func `a segment that cannot be read does not hide the others`() throws {
        let ledger = TemporaryLedger()
        let bad = try ledger.plant(line(1), writer: 1)
        try ledger.plant(line(2), writer: 2)
        try FileManager.default.removeItem(atPath: ledger.directory.path(of: bad))
        try FileManager.default.createDirectory(
            atPath: ledger.directory.path(of: bad), withIntermediateDirectories: false)
        let (lines, reading) = try ledger.lines()
        #expect(lines == ["{\"n\":2}"] && reading.unreadable.count == 1)
    }

    @Test func `a named pipe in the place of a segment is not waited for`() throws {
        let ledger = TemporaryLedger()
        let bad = try ledger.plant(line(1), writer: 1)
        try ledger.plant(line(2), writer: 2)
        try FileManager.default.removeItem(atPath: ledger.directory.path(of: bad))
        #expect(mkfifo(ledger.directory.path(of: bad), 0o600) == 0)
        let (lines, reading) = try ledger.lines()
        #expect(lines == ["{\"n\":2}"] && reading.unreadable.count == 1)
    }

    @Test func `a caller may stop, and go on from there`() throws {
        let ledger = TemporaryLedger()
        let segment = try ledger.plant((0..<10).flatMap(line))
        var buffer = LineBuffer()
        var seen: [String] = []
        var offset: UInt64 = 0
        for _ in 0..<10 {
            let reading = try ledger.reader.forEachLine(of: segment, from: offset, &buffer) {
                line in
                seen.append(text(line))
                return .stop
            }
            offset = try #require(reading).nextOffset
        }
        #expect(seen == (0..<10).map { "{\"n\":\($0)}" })
    }

    @Test func `a segment that vanished is nothing, one that shrank is read again`() throws {
        let ledger = TemporaryLedger()
        let segment = try ledger.plant((0..<10).flatMap(line))
        var buffer = LineBuffer()
        let end = try #require(try ledger.reader.forEachLine(of: segment, &buffer) { _ in .goOn })
        try Data(line(7)).write(to: URL(filePath: ledger.directory.path(of: segment)))
        let again = try ledger.reader.forEachLine(of: segment, from: end.nextOffset, &buffer) { _ in
            .goOn
        }
        #expect(again?.isRestarted == true && again?.lines == 1)
        try FileManager.default.removeItem(atPath: ledger.directory.path(of: segment))
        let gone = try ledger.reader.forEachLine(of: segment, &buffer) { _ in .goOn }
        #expect(gone == nil)
    }

    @Test func `a place inside a line is noticed`() throws {
        let ledger = TemporaryLedger()
        let segment = try ledger.plant(line(1) + line(2))
        var buffer = LineBuffer()
        for offset in UInt64(0)...20 {
            let reading = try #require(
                try ledger.reader.forEachLine(of: segment, from: offset, &buffer) { _ in .goOn })
            let isPlace = [0, 8, 16].contains(offset)
            #expect(reading.isRestarted == !isPlace)
            #expect(reading.lines == (isPlace ? 2 - Int(offset / 8) : 2))
        }
    }

    @Test func `a segment truncated while it is read ends the reading`() throws {
        let ledger = TemporaryLedger()
        let segment = try ledger.plant([UInt8]((0..<200_000).flatMap(line)))
        var buffer = LineBuffer()
        var seen = 0
        let reading = try ledger.reader.forEachLine(of: segment, &buffer) { _ in
            seen += 1
            if seen == 10 { truncate(ledger.directory.path(of: segment), 0) }
            return .goOn
        }
        #expect(reading?.lines == seen && seen < 200_000)
    }
}
