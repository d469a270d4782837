import Posix
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A client whose lines are judged; `WordJudge` in the probe says how.
@Suite struct JudgeTests {
    private static let lineMax = 16 << 20

    // MARK: What becomes of a line

    @Test func `a line is replaced`() throws {
        let session = try Session(["--judge"], ["cat"])
        try session.send("one\nreplace two\nthree\n")
        session.closeInput()
        #expect(try session.restAsText() == "one\ntwo\nthree\n")
        #expect(try session.end() == .exited(0))
    }

    @Test func `a line is answered in the place of a server that never gets it`() throws {
        let report = TemporaryFile()
        let session = try Session(["--judge", "--report", report.path], ["cat"])
        try session.send("answer mine\n")
        #expect(try session.line() == "mine")
        try session.send("theirs\n")
        #expect(try session.line() == "theirs")
        session.closeInput()
        #expect(try session.rest().isEmpty)
        #expect(try session.end() == .exited(0))
        // Observed all the same, and what was answered is none of the server's bytes.
        #expect(report.text.hasPrefix("client 19 "))
        #expect(report.text.contains("server 7 "))
        #expect(report.text.contains("observed 0 1\n"))
    }

    @Test func `while a line is held, later ones pass it`() throws {
        let report = TemporaryFile()
        let session = try Session(["--judge", "--report", report.path], ["cat"])
        let start = MonotonicClock.now()
        try session.send("hold 200 a\nb\n")
        #expect(try session.line() == "b")
        try session.send("c\n")
        #expect(try session.line() == "c")
        #expect(try session.line() == "hold 200 a")
        #expect(MonotonicClock.now() - start >= 200_000_000)
        session.closeInput()
        #expect(try session.end() == .exited(0))
        #expect(report.text.contains("observed 1 2 0\n"))
    }

    @Test func `held lines go on each at its time`() throws {
        let session = try Session(["--judge"], ["cat"])
        try session.send("hold 300 a\nhold 100 b\nlater 200 c\nhold 300 d\n")
        let expected = ["hold 100 b", "200 c", "hold 300 a", "hold 300 d"]
        for line in expected { #expect(try session.line() == line) }
    }

    @Test func `a held line is taken back`() throws {
        let report = TemporaryFile()
        let session = try Session(["--judge", "--report", report.path], ["cat"])
        try session.send("hold 60000 a\nhold 60000 b\ndrop 0\ndrop 7\n")
        for line in ["drop 0", "drop 7"] { #expect(try session.line() == line) }
        session.closeInput()
        #expect(try session.rest().isEmpty)
        #expect(try session.end() == .exited(0))
        #expect(report.text.contains("withdrawn 0 1\n"))
        #expect(report.text.contains("observed 0 2 3 1\n"))
    }

    @Test func `what is held when the client leaves is let go, and the server's end is as ever`()
        throws
    {
        let report = TemporaryFile()
        let session = try Session(["--judge", "--report", report.path], ["cat"])
        try session.send("hold 60000 a\nhold 60000 b")
        session.closeInput()
        #expect(try session.rest().isEmpty)
        #expect(try session.end() == .exited(0))
        #expect(report.text.contains("ended"))
        #expect(report.text.contains("withdrawn 0 1\n"))
    }

    @Test func `a last line without a newline is judged too`() throws {
        let session = try Session(["--judge"], ["cat"])
        try session.send("x\nanswer y")
        session.closeInput()
        let lines = try session.restAsText().split(separator: "\n").sorted()
        #expect(lines == ["x", "y"])
        #expect(try session.end() == .exited(0))
    }

    @Test func `a server that closes its input is passed on to the client, and the held let go`()
        throws
    {
        let report = TemporaryFile()
        let session = try Session(
            ["--judge", "--report", report.path],
            ["sh", "-c", "read x; exec <&-; echo closed; sleep 1; exit 2"])
        try session.send("hold 60000 a\nb\n")
        #expect(try session.line() == "closed")
        let number = try #require(session.inputNumber)
        let failure = #expect(throws: SystemError.self) {
            for _ in 0..<10_000 {
                try Array("c\n".utf8).withUnsafeBytes { try writeAll(number, $0) }
                usleep(100)
            }
        }
        #expect(failure?.code == EPIPE)
        #expect(try session.end() == .exited(2))
        #expect(report.text.contains("withdrawn 0\n"))
    }

    // MARK: Between the server's lines

    @Test func `an answer waits for the end of the server's line, and no longer`() throws {
        let session = try Session(
            ["--judge"], ["sh", "-c", "printf aaa; read x; printf 'bbb\\nccc\\n'; read x"])
        #expect(try session.bytes(3) == Array("aaa".utf8))
        try session.send("answer mine\ngo\n")
        for line in ["bbb", "mine", "ccc"] { #expect(try session.line() == line) }
        session.closeInput()
        #expect(try session.rest().isEmpty)
    }

    @Test func `a line the server does not finish is ended before an answer`() throws {
        let session = try Session(["--judge"], ["sh", "-c", "printf half; read x"])
        #expect(try session.bytes(4) == Array("half".utf8))
        try session.send("answer mine\ngo\n")
        #expect(try session.restAsText() == "\nmine\n")
        #expect(try session.end() == .exited(1 - 1))
    }

    @Test func `among many lines of the server, answers are lines of their own`() throws {
        // Lines of all lengths, some of them longer than a chunk, while the client asks.
        let count = 3000
        let script =
            "BEGIN { for (x = \"x\"; length(x) < 100000;) x = x x; for (i = 0; i < \(count); i++) "
            + "print i substr(x, 1, i % 500 ? i * 7919 % 400 : 100000) \".\"; fflush(); while (getline) {} }"
        let session = try Session(["--judge"], ["awk", script])
        let number = try #require(session.inputNumber)
        let answers = 2000
        let writer = try Thread.start(name: "writer") {
            for index in 0..<answers {
                let line = Array("answer mine \(index)\n".utf8)
                _ = line.withUnsafeBytes { try? writeAll(number, $0) }
            }
        }
        var (theirs, ours) = (0, 0)
        while theirs < count || ours < answers {
            let line = try session.line()
            if line.hasPrefix("mine") {
                try #require(line == "mine \(ours)")
                ours += 1
            } else {
                try #require(line.hasPrefix("\(theirs)") && line.hasSuffix("."))
                theirs += 1
            }
        }
        writer.join()
        session.closeInput()
        #expect(try session.rest().isEmpty)
        #expect(try session.end() == .exited(0))
    }

    @Test func `a client that asks and asks before it reads is answered in the end`() throws {
        let session = try Session(["--judge"], ["cat"])
        let number = try #require(session.inputNumber)
        let text = String(repeating: "x", count: 1000)
        let count = 5000
        let writer = try Thread.start(name: "writer") {
            let line = Array("answer \(text)\n".utf8)
            for _ in 0..<count { _ = line.withUnsafeBytes { try? writeAll(number, $0) } }
        }
        for _ in 0..<count { try #require(try session.line() == text) }
        writer.join()
        session.closeInput()
        #expect(try session.rest().isEmpty)
        #expect(try session.end() == .exited(0))
    }

    // MARK: Bounds

    @Test(arguments: [(0, false), (1, true), (100_000, true)])
    func `a line that is too long goes on unjudged`(excess: Int, isTooLong: Bool) throws {
        let report = TemporaryFile()
        let session = try Session(["--judge", "--report", report.path], ["cat"])
        let number = try #require(session.inputNumber)
        let text = [UInt8](repeating: 97, count: Self.lineMax - 1 + excess) + [10]
        let all = text + Array("replace x\n".utf8)
        let writer = try Thread.start(name: "writer") {
            _ = all.withUnsafeBytes { try? writeAll(number, $0) }
        }
        #expect(try session.bytes(text.count) == text)
        #expect(try session.line() == "x")
        writer.join()
        session.closeInput()
        #expect(try session.end() == .exited(0))
        #expect(report.text.contains(isTooLong ? "passed 0\n" : "passed \n"))
        #expect(report.text.contains("observed 0 1\n"))
    }

    @Test func `a server that does not read stops the client, not our memory`() throws {
        let session = try Session(["--judge"], ["sh", "-c", "echo ready; exec sleep 60"])
        #expect(try session.line() == "ready")
        let chunk = [UInt8](repeating: 97, count: 4095) + [10]
        var accepted = 0
        while case let taken = session.sendWithoutWaiting(chunk), taken > 0 {
            accepted += taken
            try #require(accepted < 16 << 20, "there is no end to what the relay takes")
        }
        // Two pipes, one buffer, and a line.
        #expect(accepted <= 512 << 10)
    }

    @Test func `what is held is bounded`() throws {
        let session = try Session(["--judge"], ["cat"])
        let chunk = Array("hold 60000 ".utf8) + [UInt8](repeating: 97, count: 65_000) + [10]
        let number = try #require(session.inputNumber)
        var accepted = 0
        var item = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        var rest = chunk[...]
        while poll(&item, 1, 500) == 1 {
            let piece = Array(rest.prefix(4096))
            accepted += piece.withUnsafeBytes { max(0, write(number, $0.baseAddress, $0.count)) }
            rest = rest.dropFirst(piece.count)
            if rest.isEmpty { rest = chunk[...] }
            try #require(accepted < 32 << 20, "there is no end to what is held")
        }
        #expect(accepted >= Self.lineMax)
        #expect(accepted <= Self.lineMax + 512 << 10)
    }
}
