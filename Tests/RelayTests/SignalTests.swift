import Posix
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite struct SignalTests {
    @Test(arguments: [
        (SIGINT, "INT"), (SIGTERM, "TERM"), (SIGHUP, "HUP"), (SIGQUIT, "QUIT"),
        (SIGUSR1, "USR1"), (SIGUSR2, "USR2"),
    ])
    func `a signal goes on to the server, whose status is ours`(
        signal: Int32, name: String
    ) throws {
        let session = try Session.shell(
            "trap 'echo got \(name); exit 11' \(name); echo ready; while :; do sleep 0.02; done")
        #expect(try session.line() == "ready")
        kill(session.relay.id, signal)
        #expect(try session.line() == "got \(name)")
        #expect(try session.end() == .exited(11))
    }

    @Test func `a server without handlers dies of SIGTERM, and so do we`() throws {
        let session = try Session([], ["cat"])
        try session.send("x\n")
        #expect(try session.line() == "x")
        kill(session.relay.id, SIGTERM)
        #expect(try session.end() == .signalled(SIGTERM))
    }

    @Test func `SIGTERM reaches the grandchild behind a shell`() throws {
        let session = try Session.shell("sh -c 'echo ready; sleep 60'; true")
        #expect(try session.line() == "ready")
        kill(session.relay.id, SIGTERM)
        #expect(try session.end() == .signalled(SIGTERM))
        #expect(try session.secondsUntilAllAreGone() < 1)
    }

    @Test func `a server that ignores SIGTERM is killed after two seconds`() throws {
        let session = try Session.shell("trap '' TERM; echo ready; while :; do sleep 0.05; done")
        #expect(try session.line() == "ready")
        let start = MonotonicClock.now()
        kill(session.relay.id, SIGTERM)
        #expect(try session.end() == .signalled(SIGKILL))
        let seconds = Double(MonotonicClock.now() - start) / 1e9
        #expect(seconds > 1.9 && seconds < 3)
    }

    @Test func `a client that does not read cannot keep us after SIGTERM`() throws {
        let session = try Session.shell(
            "trap '' PIPE; head -c 8388608 /dev/zero", options: ["--grace", "300"])
        _ = try session.bytes(1)
        kill(session.relay.id, SIGTERM)
        #expect(try session.end() == .signalled(SIGTERM))
    }

    @Test func `a signal ignored when we were started stays ignored`() throws {
        let session = try Session.shell(
            "trap 'exit 1' HUP; echo ready; cat", through: "trap '' HUP;")
        #expect(try session.line() == "ready")
        kill(session.relay.id, SIGHUP)
        try session.send("still here\n")
        #expect(try session.line() == "still here")
        session.closeInput()
        #expect(try session.end() == .exited(0))
    }

    @Test func `a SIGTERM our parent had blocked is let through`() throws {
        #if os(Linux)
            // The env of GNU coreutils; no other tool sets a mask.
            let session = try Session(
                [], ["sh", "-c", "echo ready; exec sleep 60"],
                through: "set -- env --block-signal=TERM \"$0\" \"$@\"; exec \"$@\";")
            #expect(try session.line() == "ready")
            kill(session.relay.id, SIGTERM)
            #expect(try session.end() == .signalled(SIGTERM))
        #endif
    }

    @Test func `stop and continue concern server and relay alike`() throws {
        // Starts no process of its own: a shell that has just begun one, which is stopped before it
        // became the other program, waits for it in a way that no signal ends.
        let session = try Session.shell("trap 'echo on' CONT; echo $$; while :; do :; done")
        let server = try #require(pid_t(try session.line()))
        kill(session.relay.id, SIGTSTP)
        var status: CInt = 0
        #expect(waitpid(session.relay.id, &status, WUNTRACED) == session.relay.id)
        // WIFSTOPPED: the low byte is 0x7f.
        #expect(status & 0xff == 0x7f)
        #expect(try isStopped(server))
        kill(session.relay.id, SIGCONT)
        #expect(try session.line() == "on")
        kill(session.relay.id, SIGTERM)
        #expect(try session.end() == .signalled(SIGTERM))
    }

    /// Waits until `ps` says so: a stop signal takes effect when the process next runs.
    private func isStopped(_ process: pid_t) throws -> Bool {
        let deadline = MonotonicClock.now() + 5_000_000_000
        while MonotonicClock.now() < deadline {
            let state = try Session.output(of: ["ps", "-o", "stat=", "-p", "\(process)"])
            if state.hasPrefix("T") { return true }
        }
        return false
    }
}
