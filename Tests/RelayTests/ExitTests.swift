import Foundation
import Posix
import Testing

@Suite struct ExitTests {
    @Test(arguments: [0, 1, 7, 126, 127, 255] as [Int32])
    func `the server's exit code is ours`(code: Int32) throws {
        let session = try Session.shell("exit \(code)")
        #expect(try session.end() == .exited(code))
    }

    @Test(arguments: [SIGKILL, SIGTERM, SIGABRT, SIGSEGV, SIGHUP, SIGINT, SIGPIPE, SIGUSR1])
    func `we die of the signal the server died of`(signal: Int32) throws {
        let session = try Session.shell("kill -\(signal) $$")
        #expect(try session.end() == .signalled(signal))
    }

    @Test func `a server that exits is not kept waiting for by a client that keeps stdin open`()
        throws
    {
        let session = try Session.shell("echo done; exit 7")
        #expect(try session.end() == .exited(7))
        #expect(try session.restAsText() == "done\n")
    }

    @Test func `the end of the client's stream ends the server`() throws {
        let session = try Session([], ["cat"])
        try session.send("last line without newline")
        session.closeInput()
        #expect(try session.restAsText() == "last line without newline")
        #expect(try session.end() == .exited(0))
    }

    @Test func `what the server writes after its input ended still arrives`() throws {
        let session = try Session.shell("cat >/dev/null; sleep 0.3; echo bye; exit 3")
        session.closeInput()
        #expect(try session.restAsText() == "bye\n")
        #expect(try session.end() == .exited(3))
    }

    @Test func `a server that closes its output and cleans up is given the time`() throws {
        let session = try Session.shell("echo hello; exec >&-; sleep 2; exit 5")
        // The client sees the end at once, not only when the server has exited.
        let start = MonotonicClock.now()
        #expect(try session.restAsText() == "hello\n")
        #expect(MonotonicClock.now() - start < 1_500_000_000)
        #expect(try session.end() == .exited(5))
    }

    @Test func `eight MiB written before exit reach a slow reader`() throws {
        let session = try Session.shell("head -c 8388608 /dev/zero; exit 4")
        var count = 0
        while count < 8 << 20 {
            count += try session.bytes(1 << 18).count
            usleep(2000)
        }
        #expect(try session.rest().isEmpty)
        #expect(try session.end() == .exited(4))
    }

    @Test func `a descendant that holds the output open does not hold us`() throws {
        let session = try Session.shell("(trap '' TERM; sleep 30) & echo started; exit 6")
        let start = MonotonicClock.now()
        #expect(try session.line() == "started")
        #expect(try session.end() == .exited(6))
        #expect(MonotonicClock.now() - start < 1_500_000_000)
        // And it is ended too, though it ignores SIGTERM.
        #expect(try session.secondsUntilAllAreGone() < 2)
    }

    @Test func `a server that ignores the end of its input gets SIGTERM after the grace`() throws {
        let session = try Session.shell(
            "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done",
            options: ["--grace", "300"])
        #expect(try session.line() == "ready")
        let start = MonotonicClock.now()
        session.closeInput()
        #expect(try session.end() == .exited(9))
        #expect(MonotonicClock.now() - start > 300_000_000)
    }

    @Test func `a server that ignores SIGTERM too gets SIGKILL`() throws {
        let session = try Session.shell(
            "trap '' TERM; echo ready; while :; do sleep 0.05; done", options: ["--grace", "200"])
        #expect(try session.line() == "ready")
        session.closeInput()
        #expect(try session.end() == .signalled(SIGKILL))
        #expect(try session.secondsUntilAllAreGone() < 1)
    }

    @Test func `a stopped server is ended all the same`() throws {
        let session = try Session.shell("echo ready; kill -STOP $$", options: ["--grace", "200"])
        #expect(try session.line() == "ready")
        session.closeInput()
        #expect(try session.end() == .signalled(SIGTERM))
    }

    @Test func `a daemon that left the group on purpose lives on`() throws {
        #if os(Linux)
            let file = TemporaryFile()
            let session = try Session.shell(
                "setsid sh -c 'echo $$ >\(file.path); exec sleep 30' <&- >&- 2>&- &"
                    + " while [ ! -s \(file.path) ]; do sleep 0.01; done; exit 0")
            #expect(try session.end() == .exited(0))
            let daemon = try #require(pid_t(file.text.dropLast()))
            #expect(kill(daemon, 0) == 0)
            kill(daemon, SIGKILL)
        #endif
    }

    @Test func `neither guardian nor server outlives a normal end`() throws {
        let session = try Session([], ["cat"])
        try session.send("x\n")
        #expect(try session.line() == "x")
        let children = try Session.children(of: session.relay.id)
        #expect(children.count == 2)
        session.closeInput()
        #expect(try session.end() == .exited(0))
        for child in children {
            #expect(kill(child, 0) == -1)
            #expect(errno == ESRCH)
        }
    }

    @Test func `a parent that ignores SIGCHLD does not cost us the status`() throws {
        let session = try Session.shell("exit 7", through: "trap '' CHLD;")
        #expect(try session.end() == .exited(7))
    }
}
