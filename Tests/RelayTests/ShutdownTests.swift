import Relay
import Testing

@Suite struct ShutdownTests {
    private typealias Change = (inout Shutdown.Facts) -> Void
    private static let second: UInt64 = 1_000_000_000

    private static func ladder() -> Shutdown {
        Shutdown(grace: 2 * second, killGrace: 3 * second)
    }

    private static func facts(_ change: Change = { _ in }) -> Shutdown.Facts {
        var facts = Shutdown.Facts()
        change(&facts)
        return facts
    }

    @Test func `a session that goes on has no deadline`() {
        var shutdown = Self.ladder()
        #expect(shutdown.next(Self.facts(), now: 5) == .wait(until: nil))
    }

    @Test func `the client's end starts the ladder, each rung once`() {
        var shutdown = Self.ladder()
        let ended = Self.facts { $0.clientEnded = true }
        let second = Self.second
        #expect(shutdown.next(ended, now: 10 * second) == .wait(until: 12 * second))
        #expect(shutdown.next(ended, now: 12 * second - 1) == .wait(until: 12 * second))
        #expect(shutdown.next(ended, now: 12 * second) == .terminate)
        #expect(shutdown.next(ended, now: 12 * second) == .wait(until: 15 * second))
        #expect(shutdown.next(ended, now: 15 * second) == .kill)
        #expect(shutdown.next(ended, now: 16 * second) == .wait(until: nil))
    }

    @Test func `a SIGTERM that came has been passed on already`() {
        var shutdown = Self.ladder()
        let told = Self.facts {
            $0.clientEnded = true
            $0.terminationRequested = true
        }
        #expect(shutdown.next(told, now: Self.second) == .wait(until: 4 * Self.second))
        #expect(shutdown.next(told, now: 4 * Self.second) == .kill)
    }

    @Test func `a grace without end never ends`() {
        var shutdown = Shutdown(grace: .max, killGrace: .max)
        let ended = Self.facts { $0.clientEnded = true }
        #expect(shutdown.next(ended, now: 7) == .wait(until: .max))
        #expect(shutdown.next(ended, now: .max - 1) == .wait(until: .max))
    }

    @Test func `the server's exit and the end of its output let us leave`() {
        var shutdown = Self.ladder()
        let exited = Self.facts {
            $0.serverExited = true
            $0.outputEnded = true
        }
        #expect(shutdown.next(exited, now: 1) == .leave)
    }

    @Test func `the end of the output alone does not`() {
        var shutdown = Self.ladder()
        #expect(
            shutdown.next(Self.facts { $0.outputEnded = true }, now: 1) == .wait(until: nil))
    }

    @Test func `output that goes on after the exit is waited for, silence is not`() {
        var shutdown = Self.ladder()
        let silence = Shutdown.silenceMax
        var facts = Self.facts { $0.serverExited = true }
        #expect(shutdown.next(facts, now: 0) == .wait(until: silence))
        facts.chunks = 1
        #expect(shutdown.next(facts, now: silence) == .wait(until: 2 * silence))
        facts.isDelivering = true
        #expect(shutdown.next(facts, now: 2 * silence) == .wait(until: 3 * silence))
        #expect(shutdown.next(facts, now: 90 * silence) == .wait(until: 91 * silence))
        facts.isDelivering = false
        #expect(shutdown.next(facts, now: 91 * silence) == .leave)
    }

    @Test func `a client that does not read is not waited for after SIGTERM`() {
        var shutdown = Self.ladder()
        let facts = Self.facts {
            $0.serverExited = true
            $0.isDelivering = true
            $0.terminationRequested = true
        }
        #expect(shutdown.next(facts, now: 0) == .wait(until: Shutdown.silenceMax))
        #expect(shutdown.next(facts, now: 3 * Self.second) == .leave)
    }

    @Test func `a killed server's last output still has a moment to arrive`() {
        var shutdown = Self.ladder()
        var facts = Self.facts { $0.terminationRequested = true }
        _ = shutdown.next(facts, now: 0)
        #expect(shutdown.next(facts, now: 3 * Self.second) == .kill)
        facts.serverExited = true
        let later = 3 * Self.second + 1
        #expect(shutdown.next(facts, now: later) == .wait(until: later + Shutdown.silenceMax))
    }
}
