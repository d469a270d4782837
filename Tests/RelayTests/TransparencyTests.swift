import Posix
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite struct TransparencyTests {
    /// Bytes that some proxy or other has been seen to change, drop or choke on.
    static let awkward: [[UInt8]] = [
        Array(0...255),
        Array("{ \"b\" : 1.0 ,\t\"a\":1e400, \"a\": 12345678901234567890123 }\r\n\n".utf8),
        Array("not JSON at all\n\u{feff}\\u0041 é \u{2028}\n".utf8),
        [0xff, 0xfe, 0xc0, 0x80, 0x0a, 0xed, 0xa0, 0x80, 0x0a],
        Array("[{\"jsonrpc\":\"2.0\",\"id\":1},{\"jsonrpc\":\"2.0\",\"id\":1}]\n".utf8),
        Array(repeating: UInt8(ascii: "["), count: 20_000),
        Array("the last line has no newline".utf8),
    ]

    @Test(arguments: awkward)
    func `bytes are what they were, both ways`(bytes: [UInt8]) throws {
        let session = try Session([], ["cat"])
        try session.send(bytes)
        session.closeInput()
        #expect(try session.rest() == bytes)
        #expect(try session.end() == .exited(0))
    }

    @Test func `observers see what was forwarded, and the ends`() throws {
        let report = TemporaryFile()
        let session = try Session(["--report", report.path], ["tr", "a", "b"])
        try session.send("aaa\n")
        session.closeInput()
        #expect(try session.restAsText() == "bbb\n")
        #expect(try session.end() == .exited(0))
        #expect(report.text == "client 4 301 ended true\nserver 4 304 ended true\n")
    }

    @Test func `an observer that hangs delays an answer by ten milliseconds at most`() throws {
        let session = try Session(["--delay", "3000"], ["cat"])
        let start = MonotonicClock.now()
        try session.send("x\n")
        #expect(try session.line() == "x")
        #expect(MonotonicClock.now() - start < 1_500_000_000)
    }

    @Test func `half a line is forwarded at once`() throws {
        let session = try Session([], ["cat"])
        for piece in ["{\"half", "\":", "1"] {
            try session.send(piece)
            #expect(try session.bytes(piece.utf8.count) == Array(piece.utf8))
        }
    }

    @Test func `sixty-four MiB each way, with nobody reading at first, do not deadlock`() throws {
        let count = 64 << 20
        // The server writes all of its own before it reads any of ours.
        let session = try Session.shell(
            "head -c \(count) /dev/zero; cat >/dev/null; echo read everything >&2")
        let number = try #require(session.inputNumber)
        let writer = try Thread.start(name: "writer") {
            let chunk = [UInt8](repeating: 1, count: 1 << 16)
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

    @Test func `a server that does not read stops the client, not our memory`() throws {
        let session = try Session.shell("echo ready; exec sleep 60")
        #expect(try session.line() == "ready")
        let chunk = [UInt8](repeating: 1, count: 4096)
        var accepted = 0
        while case let taken = session.sendWithoutWaiting(chunk), taken > 0 {
            accepted += taken
            try #require(accepted < 16 << 20, "there is no end to what the relay takes")
        }
        // Two pipes and one buffer.
        #expect(accepted <= 512 << 10)
    }

    @Test func `non-blocking streams, made so by others, lose nothing`() throws {
        let session = try Session([], ["cat"], nonBlocking: true)
        let count = 8 << 20
        let number = try #require(session.inputNumber)
        let writer = try Thread.start(name: "writer") {
            let chunk = (0..<(1 << 16)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            for index in 0..<(count >> 16) {
                _ = chunk.withUnsafeBytes { try? writeAll(number, $0) }
                if index % 32 == 0 { usleep(2000) }
            }
        }
        let expected = (0..<(1 << 16)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for index in 0..<(count >> 16) {
            #expect(try session.bytes(1 << 16) == expected)
            if index % 32 == 0 { usleep(2000) }
        }
        writer.join()
        session.closeInput()
        #expect(try session.end() == .exited(0))
    }

    @Test(arguments: [false, true])
    func `the flags of the client's streams are left alone`(nonBlocking: Bool) throws {
        // A socket's two ends are one relay's stdin and stdout; its description is shared with us.
        var ends: [CInt] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(streamSocket), 0, &ends) == 0)
        let ours = Descriptor(owning: ends[0])
        let theirs = Descriptor(owning: ends[1])
        if nonBlocking { try theirs.setNonBlocking() }
        let before = fcntl(theirs.raw, F_GETFL)

        var launch = Launch(
            arguments: CStringArray([Surroundings.probe, "cat"]), environment: .environment())
        launch.input = theirs.raw
        launch.output = theirs.raw
        let relay = try launch.start()
        let message = [UInt8](repeating: 65, count: 1000)
        try message.withUnsafeBytes { try ours.writeAll($0) }
        var received = 0
        while received < message.count {
            received += try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) {
                try ours.read(into: $0)
            }
        }
        #expect(fcntl(theirs.raw, F_GETFL) == before)
        #expect(shutdown(ours.raw, Int32(SHUT_WR)) == 0)
        #expect(relay.reap() == .exited(0))
        #expect(fcntl(theirs.raw, F_GETFL) == before)
    }

    @Test func `a client that stops reading ends the server as it would directly`() throws {
        let session = try Session([], ["yes"])
        _ = try session.bytes(100_000)
        session.closeOutput()
        #expect(try session.end() == .signalled(SIGPIPE))
    }

    @Test func `a server that closes its input is passed on to the client, and lives`() throws {
        let session = try Session.shell("exec <&-; echo closed; sleep 1; echo alive; exit 2")
        #expect(try session.line() == "closed")
        let number = try #require(session.inputNumber)
        let failure = #expect(throws: SystemError.self) {
            for _ in 0..<10_000 {
                try [UInt8(0)].withUnsafeBytes { try writeAll(number, $0) }
                usleep(100)
            }
        }
        #expect(failure?.code == EPIPE)
        #expect(try session.line() == "alive")
        #expect(try session.end() == .exited(2))
    }
}

#if canImport(Darwin)
    private let streamSocket = SOCK_STREAM
#else
    private let streamSocket = SOCK_STREAM.rawValue
#endif
