import Foundation
import Ledger
import Records
import Testing

@Suite struct LostCallTests {
    private func begin(_ id: String) -> String { #"{"v":1,"kind":"begin","id":"\#(id)"}"# + "\n" }
    private func call(_ id: String) -> String { #"{"v":1,"kind":"call","id":"\#(id)"}"# + "\n" }

    private func lost(
        _ ledger: TemporaryLedger, days: ClosedRange<Day>? = nil
    ) throws -> [String] {
        var ids: [String] = []
        let reading = try ledger.reader.lostCalls(days: days) { line in
            if let head = LineHead(line) { ids.append(head.id) }
        }
        #expect(reading.lost == ids.count && reading.unreadable.isEmpty)
        return ids
    }

    @Test func `a begin without a call is lost, in whatever order they come`() throws {
        let ledger = TemporaryLedger()
        try ledger.plant(
            begin("a") + begin("b") + call("a") + call("late") + "torn{\n" + begin("c")
                + begin("late") + call("never begun"))
        #expect(try lost(ledger) == ["b", "c"])
    }

    @Test func `nothing is lost while the writer lives`() throws {
        let ledger = TemporaryLedger()
        do {
            var writer = LedgerWriter(ledger.directory)
            try writer.append(Array(begin("a").utf8), at: morning)
            #expect(try lost(ledger) == [])
            // Over midnight, between two segments.
            try writer.append(Array(begin("b").utf8), at: morning + day)
            #expect(try lost(ledger) == [])
            try writer.append(Array(call("a").utf8), at: morning + day)
        }
        #expect(try lost(ledger) == ["b"])
    }

    @Test func `a call that ends on a later day is not lost on the day it began`() throws {
        let ledger = TemporaryLedger()
        try ledger.plant(begin("a") + begin("b"), at: morning)
        try ledger.plant(call("a") + begin("c"), at: morning + day)
        try ledger.plant(call("b"), at: morning + day, writer: 2)
        let today = Day(of: morning)
        #expect(
            try lost(ledger, days: today...today) == ["b"], "another writer's call is not its own")
        #expect(try lost(ledger, days: today.adding(1)...today.adding(1)) == ["c"])
        #expect(try lost(ledger) == ["b", "c"])
    }

    @Test func `lines that went through another tool are understood`() throws {
        let ledger = TemporaryLedger()
        try ledger.plant(
            #"{ "id": "a", "kind": "begin", "x": [1, {"kind": "call"}] }"# + "\n" + begin("b")
                + #"{"kind":"c\u0061ll","id":"b"}"# + "\n")
        #expect(try lost(ledger) == ["a"])
    }

    @Test func `memory is bounded by what is in flight`() {
        var open = OpenCalls(limit: 10)
        for number in 0..<1_000 {
            open.see(Array(begin("\(number)").utf8.dropLast()).span)
            if number >= 8 { open.see(Array(call("\(number - 8)").utf8.dropLast()).span) }
        }
        #expect(open.lines.count == 8 && open.overflow == 0)
        for number in 0..<5 {
            open.see(Array(begin("x\(number)").utf8.dropLast()).span)
        }
        #expect(open.lines.count == 10 && open.overflow == 3)
        let padding = String(repeating: "x", count: 1 << 19)
        var few = OpenCalls()
        for number in 0..<100 {
            let line = #"{"v":1,"kind":"begin","id":"\#(number)","x":""# + padding + #""}"#
            few.see(Array(line.utf8).span)
        }
        #expect(few.lines.count + few.overflow == 100 && few.overflow > 0)
    }

    static let heads: [(line: String, kind: LineHead.Kind?, id: String)] = [
        (#"{"v":1,"kind":"call","id":"x","n":1}"#, .call, "x"),
        (#"{"v":1,"kind":"begin","id":""}"#, .begin, ""),
        (#"{"v":2,"kind":"session","id":"x"}"#, .other, "x"),
        (#"{"v":1,"kind":"call","id":"a\"b"}"#, .call, "a\"b"),
        (#"{"v":1,"kind":"call"}"#, nil, ""), (#"{"v":1,"kind":"call","id":7}"#, nil, ""),
        (#"{"v":1,"kind":"call","id":"x"#, nil, ""), ("{}", nil, ""), ("", nil, ""),
    ]

    @Test(arguments: heads) func `a line's head`(line: String, kind: LineHead.Kind?, id: String) {
        let head = LineHead(Array(line.utf8).span)
        #expect(head?.kind == kind && head?.id ?? "" == id)
    }
}
