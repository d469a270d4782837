import Posix
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The relay is killed with SIGKILL, which it cannot see coming.
@Suite struct KillTests {
    enum Killing: CaseIterable {
        case theRelayAlone, itsWholeGroup

        func end(_ relay: ChildProcess) {
            switch self {
            case .theRelayAlone: kill(relay.id, SIGKILL)
            case .itsWholeGroup: relay.signalGroup(SIGKILL)
            }
        }
    }

    /// Each prints `ready` once it has taken its stance.
    static let servers = [
        "echo ready; cat >/dev/null",
        "echo ready; while :; do sleep 0.05; done",
        "trap '' TERM; echo ready; while :; do sleep 0.05; done",
        "trap '' TERM HUP INT QUIT; echo ready; exec sleep 60",
        // A wrapper, as npx is to node, whose child nobody knows of.
        "sh -c 'echo ready; sleep 60'; true",
        "sh -c \"trap '' TERM; echo ready; while :; do sleep 0.05; done\"; true",
        "sleep 60 & sleep 60 & (trap '' TERM; sleep 60) & echo ready; wait",
        "echo ready; kill -STOP $$; sleep 60",
    ]

    @Test(arguments: servers, Killing.allCases)
    func `server and descendants are gone within two seconds`(
        server: String, killing: Killing
    ) throws {
        let session = try Session.shell(server)
        #expect(try session.line() == "ready")
        killing.end(session.relay)
        #expect(try session.secondsUntilAllAreGone() < 2)
        #expect(try session.end() == .signalled(SIGKILL))
    }

    @Test(arguments: Killing.allCases)
    func `a relay killed while the server starts leaves none`(killing: Killing) throws {
        // Whatever instant each of these hits, standard error must be let go of.
        for step in 0..<40 {
            let session = try Session.shell("exec sleep 60")
            usleep(UInt32(step * 150))
            killing.end(session.relay)
            #expect(try session.secondsUntilAllAreGone() < 2)
        }
    }

    @Test func `a call begun but not recorded is in the ledger`() throws {
        let ledger = TemporaryFile()
        let session = try Session(["--box", ledger.path], ["cat"])
        // That the third was forwarded shows that the first two were observed.
        for line in ["{\"begin\":1}\n", "{\"begin\":2}\n", "{\"begin\":3}\n"] {
            try session.send(line)
            #expect(try session.line() + "\n" == line)
        }
        kill(session.relay.id, SIGKILL)
        _ = try session.errorsUntilAllAreGone()
        let text = try ledger.text { $0.contains("2}\n") }
        #expect(text.hasPrefix("{\"begin\":1}\n{\"begin\":2}\n"))
    }

    @Test func `no answer reaches the client before its request is in the black box`() throws {
        var saved = 0
        for _ in 0..<10 {
            let ledger = TemporaryFile()
            let session = try Session(
                ["--delay", "2", "--box", ledger.path], ["sh", "-c", "echo ready; exec cat"])
            #expect(try session.line() == "ready")
            // The guardian writes before it lets the server's group be gone.
            let guardian = try Session.guardian(of: session.relay.id)
            try session.send("{\"begin\":1}\n")
            _ = try session.bytes(1)
            kill(session.relay.id, SIGKILL)
            try Session.waitUntilGone(guardian)
            if ledger.text == "{\"begin\":1}\n" { saved += 1 }
        }
        // The answer waits for 10 ms at most, which a busy machine may make too little; without
        // the wait it would overtake every one of these observations, which take 2 ms.
        #expect(saved >= 5)
    }

    @Test func `a torn last line is taken back before anything is saved behind it`() throws {
        let ledger = TemporaryFile()
        try ledger.write("{\"whole\":1}\n{\"to")
        let session = try Session(["--box", ledger.path], ["cat"])
        for line in ["{\"begin\":1}\n", "{\"begin\":2}\n"] {
            try session.send(line)
            #expect(try session.line() + "\n" == line)
        }
        session.relay.signalGroup(SIGKILL)
        let text = try ledger.text { $0.hasSuffix("{\"begin\":2}\n") }
        #expect(text == "{\"whole\":1}\n{\"begin\":1}\n{\"begin\":2}\n")
    }

    @Test func `a relay that ends in order leaves the ledger alone`() throws {
        let ledger = TemporaryFile()
        let session = try Session(["--box", ledger.path], ["cat"])
        try session.send("{\"begin\":1}\n")
        #expect(try session.line() == "{\"begin\":1}")
        session.closeInput()
        #expect(try session.end() == .exited(0))
        _ = try session.errorsUntilAllAreGone()
        #expect(ledger.text.isEmpty)
    }

    @Test func `a guardian ignores what would end it`() throws {
        let session = try Session.shell("trap '' TERM; echo ready; while :; do sleep 0.05; done")
        #expect(try session.line() == "ready")
        let guardian = try Session.guardian(of: session.relay.id)
        #expect(getpgid(guardian) == guardian)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGPIPE] {
            kill(guardian, signal)
        }
        kill(session.relay.id, SIGKILL)
        #expect(try session.secondsUntilAllAreGone() < 2)
    }

    @Test func `a relay whose guardian was killed relays on`() throws {
        let session = try Session([], ["cat"])
        try session.send("a\n")
        #expect(try session.line() == "a")
        kill(try Session.guardian(of: session.relay.id), SIGKILL)
        try session.send("b\n")
        #expect(try session.line() == "b")
        session.closeInput()
        #expect(try session.end() == .exited(0))
    }
}
