import Foundation
import Ledger
import Posix
import Records
import Testing

@testable import mcp_meter

struct TraceRecoveryTests {
    private let now = Timestamp(microseconds: WallClock.now())

    /// A segment as a relay that was killed an hour ago left it.
    private func plant(_ records: [Record], _ state: TemporaryDirectory, writer: UInt32) throws {
        let directory = LedgerDirectory(state: state.url.path)
        let name = SegmentName(
            openedAt: now, by: WriterIdentity(pid: 2_000_000_000, random: writer))
        try FileManager.default.createDirectory(
            atPath: directory.path(of: name.day), withIntermediateDirectories: true)
        var bytes: [UInt8] = []
        for record in records { record.encode(into: &bytes) }
        let path = directory.path(of: name)
        try Data(bytes).write(to: URL(filePath: path))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -3_600)], ofItemAtPath: path)
    }

    private func call(_ id: String, _ conversation: String) -> Record {
        var call = CallRecord(
            id: id, time: now, durationMilliseconds: 5, session: "s", direction: .clientToServer,
            method: "tools/call", requestID: .number("1"), outcome: .ok, traceID: conversation,
            spanID: id, requestBytes: 1)
        call.parentSpanID = "root-\(conversation)"
        call.conversation = conversation
        call.model = "gemini-2.5-pro"
        return .call(call)
    }

    private func traces(_ state: TemporaryDirectory) throws -> [[String: Any]] {
        try state.ledgerLines().filter { $0["kind"] as? String == "trace" }
    }

    @Test func `a killed relay's conversations are ended, once`() throws {
        let state = try TemporaryDirectory()
        let directory = LedgerDirectory(state: state.url.path)
        let recovery = TraceRecovery(directory)
        try plant([call("1", "A"), call("2", "A"), call("3", "B")], state, writer: 1)
        #expect(try recovery.run(at: now) == 2)
        let found = try traces(state)
        #expect(found.compactMap { $0["conversation"] as? String }.sorted() == ["A", "B"])
        #expect(found.allSatisfy { $0["end"] as? String == "died" })
        #expect(try recovery.run(at: now) == 0)
        // Forgotten what was looked at: the traces are there all the same.
        try plant([call("4", "C")], state, writer: 2)
        try Data("damaged".utf8).write(to: URL(filePath: state.url.path + "/recovered"))
        #expect(try recovery.run(at: now) >= 1)
        let ids = try traces(state).compactMap { $0["id"] as? String }
        #expect(Set(ids).count == 3)
    }

    @Test func `a living relay's conversations are its own`() throws {
        let state = try TemporaryDirectory()
        let directory = LedgerDirectory(state: state.url.path)
        var writer = LedgerWriter(directory)
        try writer.append(call("1", "A"), at: now)
        #expect(try TraceRecovery(directory).run(at: now) == 0)
        #expect(try traces(state).isEmpty)
        try writer.append(call("2", "A"), at: now)
    }

    @Test func `two at once do no harm`() throws {
        let state = try TemporaryDirectory()
        let recovery = TraceRecovery(LedgerDirectory(state: state.url.path))
        try plant([call("1", "A")], state, writer: 1)
        let lock = try Descriptor.open(state.url.path + "/recovered.lock", O_RDWR | O_CREAT)
        #expect(try lock.tryLock(.exclusive))
        #expect(try recovery.run(at: now) == 0)
        lock.unlock()
        #expect(try recovery.run(at: now) == 1)
    }
}
