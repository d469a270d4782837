import Foundation
import Ledger
import Records
import Testing

@testable import SessionLogs

/// An import beside a relay that records the same turns.
struct JoinedTests {
    private let path = ".claude/projects/-w/S.jsonl"
    private let content = #"[{"type":"tool_use","id":"A","name":"x","input":{}}]"#

    private func line(output: Int = 159) -> String {
        Lines.claude("m1", output: output, content: content)
    }

    /// What a relay writes: an estimate under the tool use's id, or exactly under the message's.
    private func turn(_ source: TokenUsage.Source, output: UInt64) -> CallRecord {
        let id =
            source == .estimated
            ? CallRecord.clientTurnID(toolUseID: "A")
            : DerivedID.make(ofMessage: "m1", of: "claude-code")
        var turn = CallRecord(
            id: id, time: Timestamp(microseconds: WallClockForTests.now()),
            durationMilliseconds: 0, session: "relay", direction: .client, method: "chat",
            requestID: .number("1"), outcome: .ok, traceID: "trace", spanID: "span",
            requestBytes: 0)
        turn.parentSpanID = "root"
        turn.toolUseID = "A"
        turn.server = "deep"
        turn.conversation = "C"
        turn.usage = TokenUsage(source: source, input: 240, output: output)
        turn.usage?.cachedInput = source == .estimated ? nil : 200
        turn.model = source == .estimated ? nil : "claude-opus-4-6"
        turn.cost = Cost(source: .unpriced)
        return turn
    }

    private func record(_ desk: Desk, _ turn: CallRecord) throws {
        var writer = LedgerWriter(desk.directory)
        try writer.append(.usage(turn), at: turn.time)
    }

    /// The last record of each id.
    private func last(_ desk: Desk) throws -> [CallRecord] {
        var byID: [String: CallRecord] = [:]
        for record in try desk.records() { byID[record.id] = record }
        return byID.values.filter { $0.usage?.output != 0 }
    }

    private func forget(_ desk: Desk) throws {
        try FileManager.default.removeItem(atPath: desk.directory.state + "/import")
    }

    @Test func `an estimate becomes exact under its own id and in its trace`() throws {
        let desk = try Desk()
        try desk.write(path, [line()])
        try record(desk, turn(.estimated, output: 3))
        #expect(try desk.runImport().total.corrected == 1)
        for isForgotten in [false, true, false] {
            if isForgotten { try forget(desk) }
            let summary = try desk.runImport()
            #expect(summary.total.new == 0 && summary.total.corrected == 0)
        }
        #expect(try desk.records().count == 2)
        let exact = try #require(try last(desk).first)
        #expect(try last(desk).count == 1)
        #expect(exact.id == CallRecord.clientTurnID(toolUseID: "A"))
        #expect(exact.usage?.source == .sessionLog && exact.usage?.output == 159)
        #expect(exact.model == "claude-opus-4-6" && exact.cost?.source == .priced)
        #expect(exact.traceID == "trace" && exact.parentSpanID == "root" && exact.spanID == "span")
        #expect(exact.session == "relay" && exact.conversation == "C" && exact.toolUseID == "A")
    }

    @Test func `a better line corrects it there`() throws {
        let desk = try Desk()
        try desk.write(path, [line(output: 9)])
        try record(desk, turn(.estimated, output: 3))
        try desk.runImport()
        try desk.append(path, line() + "\n")
        #expect(try desk.runImport().total.corrected == 1)
        try forget(desk)
        #expect(try desk.runImport().total.corrected == 0)
        #expect(try last(desk).map(\.usage?.output) == [159])
    }

    @Test func `what the relay recorded exactly is known, and stays in its trace`() throws {
        let desk = try Desk()
        try desk.write(path, [line(output: 9)])
        try record(desk, turn(.sessionLog, output: 9))
        try desk.runImport()
        try desk.append(path, line() + "\n")
        try desk.runImport()
        try desk.runImport()
        let records = try last(desk)
        #expect(records.map(\.usage?.output) == [159])
        #expect(records.map(\.traceID) == ["trace"] && records.map(\.session) == ["relay"])
    }

    @Test(arguments: [TokenUsage.Source.estimated, .sessionLog])
    func `a relay that comes second doubles nothing`(source: TokenUsage.Source) throws {
        let desk = try Desk()
        try desk.write(path, [line()])
        try desk.runImport()
        try record(desk, turn(source, output: source == .estimated ? 3 : 159))
        // Something else in the log, so that it is looked at.
        try desk.append(path, Lines.claude("m2", output: 7) + "\n")
        for isForgotten in [false, false, true] {
            if isForgotten { try forget(desk) }
            try desk.runImport()
            let records = try last(desk)
            #expect(records.compactMap(\.usage?.output).sorted() == [7, 159])
            let joined = records.first { $0.usage?.output == 159 }
            #expect(joined?.traceID == "trace" && joined?.toolUseID == "A")
        }
        // Once more each, so that the last one is in its trace.
        #expect(try desk.records().count == (source == .estimated ? 5 : 4))
    }

    @Test func `what relays said survives in the importer's file`() throws {
        var known = KnownFile()
        known.day = Day("2026-11-21")
        known.joined.insert(turn(.estimated, output: 1))
        known.joined.insert(turn(.sessionLog, output: 1))
        let bytes = try #require(known.bytes)
        #expect(KnownFile(bytes) == known)
        #expect(known.joined.records.count == 2 && known.joined.hasToolUses)
    }
}

private enum WallClockForTests {
    static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000_000) }
}
