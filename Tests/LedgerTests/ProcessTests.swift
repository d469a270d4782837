import Foundation
import Ledger
import Testing

/// Real processes, really killed.
@Suite struct ProcessTests {
    /// Ids of the lines in the ledger, with how often each is there. Every line must be valid.
    private func ids(_ ledger: TemporaryLedger) throws -> (ids: [String: Int], LedgerReading) {
        var ids: [String: Int] = [:]
        let reading = try ledger.reader.forEachLine { line in
            let json = try? JSONSerialization.jsonObject(with: Data(text(line).utf8))
            let id = (json as? [String: Any])?["id"] as? String
            ids[id ?? "invalid", default: 0] += 1
            return .goOn
        }
        return (ids, reading)
    }

    @Test func `ten writers killed at random lose nothing they were told is written`() throws {
        let ledger = TemporaryLedger()
        var random = SplitMix64(state: 1)
        var acknowledged: [String] = []
        for round in 0..<3 {
            let probes = try (0..<10).map {
                try Probe("append", ledger.directory.state, "\(round * 10 + $0)")
            }
            for probe in probes.shuffled(using: &random) {
                for _ in 0..<Int.random(in: 0...300, using: &random) {
                    acknowledged.append(try #require(probe.readLine()))
                }
                probe.kill()
                acknowledged += probe.readLines()
            }
        }
        let (ids, reading) = try ids(ledger)
        #expect(acknowledged.count > 3_000)
        #expect(acknowledged.allSatisfy { ids[$0] == 1 })
        #expect(ids.values.allSatisfy { $0 == 1 } && ids["invalid"] == nil)
        // At most the line between the write and its acknowledgement.
        #expect(ids.count - acknowledged.count <= 30)
        #expect(reading.skipped == 0 && reading.alive == 0 && reading.segments <= 30)
    }

    @Test func `a killed writer is known to be gone, a living one to live`() throws {
        let ledger = TemporaryLedger()
        let probe = try Probe("append", ledger.directory.state, "1")
        _ = try #require(probe.readLine())
        let segment = try #require(try ledger.reader.segments().first)
        #expect(try ledger.reader.writer(of: segment) == .alive)
        probe.kill()
        #expect(try ledger.reader.writer(of: segment) == .gone)
    }

    @Test(arguments: [100, 700, 5_000])
    func `a limit on the size of files loses nothing that fits in one`(bytes: Int) throws {
        let ledger = TemporaryLedger()
        let probe = try Probe("limited", ledger.directory.state, "\(bytes)")
        let said = probe.readLines()
        let acknowledged = said.filter { !$0.contains(" ") }
        let (ids, reading) = try ids(ledger)
        #expect(acknowledged.allSatisfy { ids[$0] == 1 } && ids.count == acknowledged.count)
        #expect(reading.skipped == 0 && reading.torn == 0)
        let refused = said.filter { $0.hasPrefix("failed ") }
        #expect(said.last == "lost \(refused.count)")
        #expect(acknowledged.count + refused.count == 200)
        // The longest line has some 250 bytes.
        #expect((bytes >= 700) == refused.isEmpty && !acknowledged.isEmpty)
    }
}
