import Foundation
import Metering
import Policy
import Records
import Reports
import Synchronization
import Testing
import Wire

/// Routes, then budgets and limits, of which the latter are played here.
struct CallRulerTests {
    /// Says what it was told to, and writes down what it was asked.
    private final class Played: Admitting {
        let answers: Mutex<[Admission]>
        let asked = Mutex<[(PolicyRequest, waited: Double)]>([])
        let withdrawn = Mutex<[String]>([])

        init(_ answers: Admission...) { self.answers = Mutex(answers) }

        func admit(_ request: PolicyRequest, waited: Double) -> Admission {
            asked.withLock { $0.append((request, waited)) }
            return answers.withLock { $0.isEmpty ? .admitted(nil, marks: []) : $0.removeFirst() }
        }

        func withdraw(_ id: String) { withdrawn.withLock { $0.append(id) } }
        func settle(_ records: [Record]) {}
        func budgetLeft(_ request: PolicyRequest) -> Double? { 0.25 }
    }

    private static let now = Timestamp(microseconds: 1_790_000_000_000_000)
    private static let line =
        #"{"jsonrpc":"2.0","id":"a\"1","method":"tools/call","params":{"name":"ask","#
        + #""arguments":{"prompt":"hi","model":"gemini-2.5-pro"}}}"# + "\n"
    private static let routed = line.replacingOccurrences(of: "2.5-pro", with: "2.5-flash")

    private static func router(_ condition: String = "") throws -> Router {
        let text = #"{"routes":[{"name":"r","when":{\#(condition)},"model":"gemini-2.5-flash"}]}"#
        return Router(rules: try RouteFile.read(Array(text.utf8)))
    }

    private struct One: FrameSink {
        var message: Observation?
        mutating func finished(_ observation: Observation) -> Observation {
            message = observation
            return Observation()
        }
    }

    /// A ruler and a call that it is asked about.
    private struct Case {
        var ruler: CallRuler
        let preview: CallPreview
        var candidate: CallRuler.Candidate
        let line: String

        init(
            _ accounts: (any Admitting)?, _ router: Router? = nil,
            line: String = CallRulerTests.line
        ) throws {
            let vocabulary = Vocabulary()
            var configuration = MeterConfiguration(
                session: "s", pid: 1, clock: SessionClock(wall: CallRulerTests.now, monotonic: 0),
                identifiers: IdentifierSource(seed: (1, 2)), command: ["x"],
                vocabulary: vocabulary)
            configuration.provider = "google"
            ruler = CallRuler(
                CallPreviewer(configuration, findings: ServerFindings()), accounts: accounts,
                router: router, zone: .utc)
            var scanner = FrameScanner(vocabulary: vocabulary, sink: One())
            Array(line.utf8).withUnsafeBytes { scanner.feed($0, stamp: 0) }
            let message = try #require(scanner.sink.message)
            let preview = ruler.preview(message)
            self.preview = try #require(preview)
            candidate = CallRuler.Candidate(id: "the-id", requestID: self.preview.requestID)
            self.line = line
        }

        mutating func rule(waited: Double = 0) -> CallRuling {
            Array(line.utf8).withUnsafeBytes {
                ruler.rule(
                    on: preview, line: $0, &candidate, now: CallRulerTests.now, waited: waited)
            }
        }
    }

    private static func note(
        _ action: PolicyNote.Action, _ reason: PolicyNote.Reason = .budget
    ) -> PolicyNote {
        PolicyNote(action: action, reason: reason, rule: "b")
    }

    @Test func `what nobody objects to goes on as it is`() throws {
        let accounts = Played()
        var call = try Case(accounts)
        #expect(call.rule() == CallRuling(.forward))
        let asked = try #require(accounts.asked.withLock { $0.first?.0 })
        #expect(asked.id == "the-id" && asked.tool == "ask" && asked.time == Self.now)
        #expect(asked.model == "gemini-2.5-pro" && asked.provider == "google" && asked.mayUseModel)
        var free = try Case(nil)
        #expect(free.rule() == CallRuling(.forward))
    }

    @Test func `a refused call is answered with its own id, for a model to read`() throws {
        let mark = MarkRecord(
            id: "m", time: Self.now, session: "s", policy: Self.note(.warned))
        var call = try Case(
            Played(.refused(Self.note(.blocked), text: "no \"money\"", marks: [mark])))
        let ruling = call.rule()
        let answer =
            #"{"jsonrpc":"2.0","id":"a\"1","result":{"content":[{"type":"text","text":"no \"money\""}],"isError":true}}"#
        #expect(ruling.verdict == .answer(Array((answer + "\n").utf8)))
        #expect(ruling.note == Self.note(.blocked) && ruling.marks == [mark])
    }

    @Test(arguments: ["1", "-7.50", "12345678901234567890123"])
    func `a number is answered as it was written`(id: String) throws {
        let line = Self.line.replacingOccurrences(of: #""a\"1""#, with: id)
        var call = try Case(
            Played(.refused(Self.note(.blocked), text: "no", marks: [])), line: line)
        guard case .answer(let bytes) = call.rule().verdict else {
            Issue.record("it goes on")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix(#"{"jsonrpc":"2.0","id":\#(id),"#))
    }

    @Test func `a call that asks for a task is answered with an error`() throws {
        let line = Self.line.replacingOccurrences(of: #""name""#, with: #""task":{"ttl":1},"name""#)
        var call = try Case(
            Played(.refused(Self.note(.blocked), text: "no", marks: [])), line: line)
        let answer = #"{"jsonrpc":"2.0","id":"a\"1","error":{"code":-32000,"message":"no"}}"# + "\n"
        #expect(call.rule().verdict == .answer(Array(answer.utf8)))
    }

    @Test func `a call waits, and says at its end why and how long`() throws {
        let later = Timestamp(microseconds: Self.now.microseconds + 1_000_000)
        let accounts = Played(
            .wait(until: later, Self.note(.delayed, .rateLimit)), .admitted(nil, marks: []))
        var call = try Case(accounts)
        #expect(call.rule().verdict == .hold(until: later))
        #expect(call.candidate.noteOfWithdrawal(waited: 5)?.waitedMilliseconds == 5)
        let ruling = call.rule(waited: 1000)
        var note = Self.note(.delayed, .rateLimit)
        note.waitedMilliseconds = 1000
        #expect(ruling == CallRuling(.forward, note: note))
        #expect(accounts.asked.withLock { $0.map(\.0.id) } == ["the-id", "the-id"])
        #expect(accounts.asked.withLock { $0.map(\.waited) } == [0, 1000])
        call.ruler.withdraw(call.candidate)
        #expect(accounts.withdrawn.withLock { $0 } == ["the-id"])
    }

    @Test func `accounts are asked about the model that a call is routed to`() throws {
        let accounts = Played()
        var call = try Case(accounts, try Self.router())
        let ruling = call.rule()
        #expect(ruling.verdict == .replace(Array(Self.routed.utf8)))
        #expect(ruling.note?.action == .routed && ruling.note?.rule == "r")
        #expect(ruling.note?.askedModel == "gemini-2.5-pro")
        #expect(ruling.note?.routedModel == "gemini-2.5-flash")
        #expect(accounts.asked.withLock { $0.first?.0.model } == "gemini-2.5-flash")
    }

    @Test func `a call that is not sent is not routed`() throws {
        var call = try Case(
            Played(.refused(Self.note(.blocked), text: "no", marks: [])), try Self.router())
        #expect(call.rule().note == Self.note(.blocked))
    }

    @Test func `of two notes the stronger stays, with the models of the route`() throws {
        var routed = try Case(Played(.admitted(Self.note(.warned), marks: [])), try Self.router())
        #expect(routed.rule().note?.action == .routed)
        let later = Timestamp(microseconds: Self.now.microseconds + 1)
        var held = try Case(
            Played(
                .wait(until: later, Self.note(.delayed)), .admitted(nil, marks: [])),
            try Self.router())
        _ = held.rule()
        let note = held.rule(waited: 7).note
        #expect(note?.action == .routed && note?.waitedMilliseconds == 7)
        let other = Self.line.replacingOccurrences(
            of: #""model":"gemini-2.5-pro""#, with: #""model":7"#)
        var warned = try Case(
            Played(.admitted(Self.note(.warned), marks: [])), try Self.router(), line: other)
        let warning = warned.rule()
        #expect(warning.verdict == .forward)
        #expect(warning.note == Self.note(.warned))
    }

    @Test func `a rule may look at what is left of a budget`() throws {
        var call = try Case(Played(), try Self.router(#""budget_left":{"below":0.3}"#))
        #expect(call.rule().note?.action == .routed)
        var other = try Case(Played(), try Self.router(#""budget_left":{"below":0.2}"#))
        #expect(other.rule() == CallRuling(.forward))
    }

    @Test func `with no rule for it a call goes on as it is`() throws {
        var call = try Case(nil, try Self.router(#""tool":"other""#))
        #expect(call.rule() == CallRuling(.forward))
    }
}
