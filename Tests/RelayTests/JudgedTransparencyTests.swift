import Posix
import Testing

/// With a judge that lets everything go on, nothing is changed.
@Suite struct JudgedTransparencyTests {
    @Test(arguments: TransparencyTests.awkward)
    func `bytes are what they were, both ways`(bytes: [UInt8]) throws {
        let session = try Session(["--judge"], ["cat"])
        try session.send(bytes)
        session.closeInput()
        #expect(try session.rest() == bytes)
        #expect(try session.end() == .exited(0))
    }

    @Test(arguments: UInt64(1)...24)
    func `any bytes in any pieces come out as they went in`(seed: UInt64) throws {
        var random = Mixer(state: seed)
        let report = TemporaryFile()
        let session = try Session(["--judge", "--report", report.path], ["cat"])
        var bytes: [UInt8] = []
        while bytes.count < 1 << Int(random.below(20)) {
            let run = Int(random.below(random.below(8) == 0 ? 70_000 : 200))
            bytes += (0..<run).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if random.below(3) > 0 { bytes.append(10) }
        }
        let number = try #require(session.inputNumber)
        let (sent, cuts) = (bytes, random)
        let writer = try Thread.start(name: "writer") {
            var cuts = cuts
            var rest = sent[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(Int(1 + cuts.below(20_000))))
                guard (try? piece.withUnsafeBytes({ try writeAll(number, $0) })) != nil else {
                    return
                }
                rest = rest.dropFirst(piece.count)
            }
        }
        #expect(
            try session.bytes(bytes.dropLast(Self.lastLine(bytes)).count)
                == bytes.dropLast(Self.lastLine(bytes)))
        writer.join()
        session.closeInput()
        #expect(try session.rest() == Array(bytes.suffix(Self.lastLine(bytes))))
        #expect(try session.end() == .exited(0))
        #expect(report.text.hasPrefix("client \(bytes.count) "))
        #expect(report.text.contains("\nserver \(bytes.count) "))
    }

    /// The length of what follows the last newline: a judge sees it when the stream ends.
    private static func lastLine(_ bytes: [UInt8]) -> Int {
        bytes.lastIndex(of: 10).map { bytes.count - 1 - $0 } ?? bytes.count
    }

    @Test func `sixty-four MiB each way, with nobody reading at first, do not deadlock`() throws {
        let count = 64 << 20
        let session = try Session(
            ["--judge"],
            ["sh", "-c", "head -c \(count) /dev/zero; cat >/dev/null; echo read everything >&2"])
        let number = try #require(session.inputNumber)
        let writer = try Thread.start(name: "writer") {
            let chunk = [UInt8](repeating: 1, count: (1 << 16) - 1) + [10]
            for _ in 0..<(count >> 16) {
                guard (try? chunk.withUnsafeBytes({ try writeAll(number, $0) })) != nil else {
                    break
                }
            }
        }
        var received = 0
        while received < count { received += try session.bytes(1 << 16).count }
        writer.join()
        session.closeInput()
        #expect(try session.rest().isEmpty)
        #expect(try session.end() == .exited(0))
        #expect(try session.errorsUntilAllAreGone() == "read everything\n")
    }
}

/// splitmix64 (Steele, Lea, Flood): small, seeded, the same everywhere.
private struct Mixer: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    mutating func below(_ bound: UInt64) -> UInt64 { bound == 0 ? 0 : next() % bound }
}
