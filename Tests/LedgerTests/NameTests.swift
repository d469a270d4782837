import Ledger
import Records
import Testing

@Suite struct NameTests {
    static let days: [(text: String, days: Int)] = [
        ("1970-01-01", 0), ("1969-12-31", -1), ("1972-02-29", 789), ("2000-02-29", 11_016),
        ("2026-11-21", 20_778), ("0000-01-01", -719_528), ("9999-12-31", 2_932_896),
    ]

    @Test(arguments: days) func `a day is written and read`(text: String, days: Int) {
        #expect(Day(daysSince1970: days).description == text)
        #expect(Day(text) == Day(daysSince1970: days))
    }

    @Test(arguments: [
        "", "2026-11-2", "2026-11-211", "2026/11/21", "2026-13-01", "2026-00-10", "2026-02-29",
        "1900-02-29", "2026-11-00", "-026-11-21", "٢٠٢٦-11-21", " 2026-11-21", "2026-11-21\n",
    ]) func `what is no day is none`(text: String) {
        #expect(Day(text) == nil)
    }

    @Test func `every day follows the one before and reads back`() {
        for number in stride(from: -719_528, through: 2_932_896, by: 97) {
            let day = Day(daysSince1970: number)
            #expect(Day(day.description) == day)
        }
    }

    @Test(arguments: [Int64.min, -1, 0, 1, Int64.max])
    func `any moment has a day and a segment name that reads back`(microseconds: Int64) {
        let name = SegmentName(
            openedAt: Timestamp(microseconds: microseconds),
            by: WriterIdentity(pid: 4711, random: 0x9f86_d081))
        #expect(SegmentName(name.description) == name)
    }

    @Test func `a segment is named after its day, time, process and writer`() {
        let name = SegmentName(
            openedAt: morning, by: WriterIdentity(pid: 4711, random: 0x0f86_d081))
        #expect(name.description == "2026-11-21/100000123456-4711-0f86d081.jsonl")
    }

    @Test(arguments: [
        "", "/", "2026-11-21", "2026-11-21/", "2026-11-21/notes.txt", "2026-11-21/a-b-c.jsonl",
        "2026-11-21/100000123456-4711-9f86d081.json",
        "2026-11-21/240000123456-4711-9f86d081.jsonl",
        "2026-11-21/106000123456-4711-9f86d081.jsonl",
        "2026-11-21/10000012345-4711-9f86d081.jsonl",
        "2026-11-21/100000123456-4711-9f86d08.jsonl",
        "2026-11-21/100000123456-4711-9F86D081.jsonl",
        "2026-11-21/100000123456-04711-9f86d081.jsonl",
        "2026-11-21/100000123456--1-9f86d081.jsonl",
        "2026-11-21/100000123456-99999999999-9f86d081.jsonl",
        "2026-11-21/100000123456-4711-9f86d081.jsonl/x",
        "2026-11-31/100000123456-4711-9f86d081.jsonl",
    ]) func `what is no segment is none`(text: String) {
        #expect(SegmentName(text) == nil)
        #expect(Cursor(text + " 12") == nil)
    }

    @Test func `segments sort by time, whatever their process ids`() {
        let names = [(0, 10), (1, 9), (2, 100_000), (day, 1)].map { time, pid in
            SegmentName(
                openedAt: morning + Int64(time), by: WriterIdentity(pid: Int32(pid), random: 7))
        }
        #expect(names.shuffled().sorted() == names)
    }

    @Test(arguments: [0, 1, UInt64.max]) func `a cursor is one line`(offset: UInt64) {
        let name = SegmentName(openedAt: morning, by: WriterIdentity(pid: 1, random: 2))
        let cursor = Cursor(segment: name, offset: offset)
        #expect(Cursor(cursor.description) == cursor)
        #expect(!cursor.description.contains("\n"))
    }

    @Test(arguments: [" ", " -1", " 1 ", " 1x", " 99999999999999999999", "  1", ""])
    func `a damaged cursor is none`(tail: String) {
        #expect(Cursor("2026-11-21/100000123456-4711-9f86d081.jsonl" + tail) == nil)
    }
}
