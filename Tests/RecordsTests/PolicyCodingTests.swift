import Foundation
import Testing

@testable import Records

@Suite struct PolicyCoding {
    private func line(_ record: Record) -> String {
        var bytes: [UInt8] = []
        record.encode(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func decode(_ line: String) throws(JSONError) -> Record.Decoded {
        try Record.decode(line: Array(line.utf8).span)
    }

    /// examples/ledger/policy.jsonl is what the encoder writes. To renew it after a change of the
    /// schema: UPDATE_EXAMPLES=1 swift test --filter PolicyCoding
    @Test func `the sample is what is written`() throws {
        var bytes: [UInt8] = []
        for record in PolicyLedger.records { record.encode(into: &bytes) }
        let file = URL(filePath: #filePath).appending(path: "../../../examples/ledger/policy.jsonl")
            .standardized
        if ProcessInfo.processInfo.environment["UPDATE_EXAMPLES"] != nil {
            try Data(bytes).write(to: file)
        }
        #expect(try Array(Data(contentsOf: file)) == bytes)
    }

    @Test func `a mark is written as the contract says`() {
        #expect(
            line(.mark(PolicyLedger.mark)) == """
                {"v":1,"kind":"mark","id":"5d0a1f0e-7c1b-8a34-9a53-0e3cf1a0d480",\
                "time":"2026-12-11T15:00:30.000000Z",\
                "session":"019b0d8e-5000-7000-8000-000000000001",\
                "policy":{"action":"warned","reason":"budget","rule":"gemini-2.5-pro=0.01/day",\
                "spent_usd_nanos":8050000,"limit_usd_nanos":10000000,"percent":80}}

                """)
    }

    @Test(arguments: PolicyNote.Action.allCases, PolicyNote.Reason.allCases)
    func `every action and reason comes back`(
        action: PolicyNote.Action, reason: PolicyNote.Reason
    ) throws {
        var call = PolicyLedger.blocked
        call.policy = PolicyNote(action: action, reason: reason)
        #expect(try decode(line(.call(call))) == .record(.call(call)))
    }

    /// A record is worth more than what a policy said of it: what a later version says is passed
    /// over, and the call still counts.
    @Test(arguments: [
        #"{"action":"deferred","reason":"budget","rule":"10/day"}"#,
        #"{"action":"blocked","reason":"weather"}"#,
        #"{"action":"blocked"}"#, #"{"reason":"budget"}"#, "{}", "null",
    ])
    func `what is not known is passed over, and the call stays`(policy: String) throws {
        var call = PolicyLedger.blocked
        let known = line(.call(call))
        let start = try #require(known.range(of: #""policy":"#)).upperBound
        let text = known[..<start] + policy + "}"
        call.policy = nil
        #expect(try decode(String(text)) == .record(.call(call)))
    }

    /// Of a mark nothing would be left.
    @Test(arguments: [
        #","policy":{"action":"warned","reason":"weather"}"#, #","policy":null"#, "",
    ])
    func `a mark without a policy this reader knows is skipped`(policy: String) throws {
        let text =
            #"{"v":1,"kind":"mark","id":"I","time":"2026-12-11T15:00:30Z","session":"S"\#(policy)}"#
        guard case .skipped = try decode(text) else {
            Issue.record("\(text) was read")
            return
        }
    }

    @Test func `a time of waiting that is no number is none`() throws {
        var call = PolicyLedger.blocked
        call.policy?.waitedMilliseconds = .nan
        call.retryAfterMilliseconds = .infinity
        let text = line(.call(call))
        call.policy?.waitedMilliseconds = nil
        call.retryAfterMilliseconds = nil
        #expect(try decode(text) == .record(.call(call)))
    }

    @Test(arguments: [
        #"{"action":7,"reason":"budget"}"#, #"{"action":"blocked","percent":-1}"#, "[]", "7",
        #"{"until":"tomorrow"}"#, #"{"spent_usd_nanos":1.5}"#,
    ])
    func `what has the wrong type is an error`(policy: String) {
        let known = line(.call(PolicyLedger.blocked))
        let text = known.replacing(#""policy":{"#, with: #""policy":\#(policy),"ignored":{"#)
        #expect(throws: JSONError.self) { try decode(text) }
    }
}
