import Delivery
import Foundation
import Ledger
import Posix
import Synchronization
import Testing

@testable import mcp_meter

/// When a session starts a shipper, and when not. Times are nanoseconds of the test's own.
struct ShipperStarterTests {
    private let destination = Destination(sink: "fake", address: "http://fake")
    private let second: UInt64 = 1_000_000_000

    /// A program that notes each start and leaves with a status.
    private func command(_ state: TemporaryDirectory, status: Int) -> [String] {
        ["/bin/sh", "-c", "echo \"$0 $*\" >> \(state.url.path)/starts; exit \(status)"]
    }

    private func starts(_ state: TemporaryDirectory) -> [String] {
        let text = try? String(contentsOf: state.url.appending(path: "starts"), encoding: .utf8)
        return (text ?? "").split(separator: "\n").map(String.init)
    }

    private func wait(_ condition: () -> Bool) throws {
        let deadline = MonotonicClock.now() &+ 10 * second
        while !condition() {
            try #require(MonotonicClock.now() < deadline)
            MonotonicClock.sleep(nanoseconds: 2_000_000)
        }
    }

    private func starter(
        _ state: TemporaryDirectory, _ command: [String], _ complaints: Complaints
    ) -> ShipperStarter {
        ShipperStarter(
            [destination], in: LedgerDirectory(state: state.url.path), command: command,
            complain: complaints.add)
    }

    @Test func `one is started where nobody delivers, at most one a second`() throws {
        let state = try TemporaryDirectory()
        let complaints = Complaints()
        var starter = starter(state, command(state, status: 0), complaints)
        starter.look(at: 0)
        for time in stride(from: UInt64(0), to: second, by: 100_000_000) {
            starter.appended(at: time)
        }
        try wait { starts(state).count == 1 }
        #expect(starts(state) == ["deliver --until-idle"])
        // Records came after it was started, and still nobody holds the lock.
        starter.look(at: second)
        try wait { starts(state).count == 2 }
        #expect(complaints.all.isEmpty)
    }

    @Test func `none is started where somebody delivers`() throws {
        let state = try TemporaryDirectory()
        let files = DeliveryFiles(of: destination, in: LedgerDirectory(state: state.url.path))
        let lock = try DestinationLock.take(files)
        var starter = starter(state, command(state, status: 0), Complaints())
        for time in 0..<5 { starter.appended(at: UInt64(time) * second) }
        starter.end(at: 5 * second)
        _ = consume lock
        #expect(starts(state).isEmpty)
        // Let go of since: the session's end looks once more, however soon.
        starter.end(at: 5 * second)
        try wait { starts(state).count == 1 }
    }

    @Test(arguments: [(75, 1), (69, 0), (78, 0)])
    func `one that could not deliver is not followed at once`(status: Int, later: Int) throws {
        let state = try TemporaryDirectory()
        var starter = starter(state, command(state, status: status), Complaints())
        starter.appended(at: 0)
        try wait { starts(state).count == 1 }
        // Seen to have ended some time in these; far less than the minute it then waits.
        for time in 1...20 {
            starter.appended(at: UInt64(time) * second)
            MonotonicClock.sleep(nanoseconds: 10_000_000)
        }
        let count = starts(state).count
        #expect(count <= 3)
        starter.end(at: 30 * second)
        #expect(starts(state).count == count)
        starter.appended(at: 200 * second)
        if later > 0 { try wait { starts(state).count == count + 1 } }
        #expect(starts(state).count == count + later)
    }

    @Test func `what cannot be started is said once`() throws {
        let state = try TemporaryDirectory()
        let complaints = Complaints()
        var starter = starter(state, ["/no/such/program"], complaints)
        for time in 0..<5 { starter.appended(at: UInt64(time) * second) }
        #expect(complaints.all.count == 1)
        #expect(complaints.all.first?.contains("/no/such/program") == true)
    }

    @Test func `with nowhere to deliver to it does nothing`() throws {
        let state = try TemporaryDirectory()
        var starter = ShipperStarter(
            [], in: LedgerDirectory(state: state.url.path), command: command(state, status: 0),
            complain: { _ in })
        starter.appended(at: 0)
        starter.end(at: 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: state.url.path).isEmpty)
    }
}

private final class Complaints: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    var add: @Sendable (String) -> Void { { line in self.lines.withLock { $0.append(line) } } }
}
