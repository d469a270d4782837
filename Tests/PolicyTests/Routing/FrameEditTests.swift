import Foundation
import Metering
import Records
import Testing

@testable import Policy

/// A model is put into a frame, and no other byte changes.
struct FrameEditTests {
    private func argument(
        _ paths: [String] = ["model"], isKnown: Bool = true
    ) -> ModelArgument {
        var argument = ModelArgument(of: "ask", profile: nil)
        argument.paths = paths.compactMap { FieldPath($0) }
        argument.isKnown = isKnown
        return argument
    }

    private func edit(
        _ frame: String, _ paths: [String] = ["model"], to value: String = "new",
        isKnown: Bool = true
    ) -> Result<String, FrameEdit.Obstacle> {
        do throws(FrameEdit.Obstacle) {
            let edited = try FrameEdit.setModel(
                value, at: argument(paths, isKnown: isKnown), in: Array(frame.utf8).span)
            return .success(String(decoding: edited.line, as: UTF8.self))
        } catch {
            return .failure(error)
        }
    }

    private func frame(_ params: String) -> String {
        #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":\#(params)}"#
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var before: String
        var after: String
        var paths = ["model"]
        var testDescription: String { before }
    }

    static let cases: [Case] = [
        // The value is there.
        Case(before: #"{"arguments":{"model":"old"}}"#, after: #"{"arguments":{"model":"new"}}"#),
        Case(
            before: #"{ "arguments" : { "model" : "old" , "a":1 } }"#,
            after: #"{ "arguments" : { "model" : "new" , "a":1 } }"#),
        Case(
            before: #"{"arguments":{"a":"\u0041\/\ud83d\ude00","model":"o\"ld","b":1E+2}}"#,
            after: #"{"arguments":{"a":"\u0041\/\ud83d\ude00","model":"new","b":1E+2}}"#),
        Case(
            before: #"{"\u0061rguments":{"mode\u006c":""}}"#,
            after: #"{"\u0061rguments":{"mode\u006c":"new"}}"#),
        Case(
            before: #"{"arguments":{"a":{"model":"x"},"model":null}}"#,
            after: #"{"arguments":{"a":{"model":"x"},"model":"new"}}"#),
        Case(
            before: #"{"arguments":{"request":{"model":"x"}}}"#,
            after: #"{"arguments":{"request":{"model":"new"}}}"#, paths: ["request.model", "model"]),
        Case(
            before: #"{"arguments":{"request":{},"model":"x"}}"#,
            after: #"{"arguments":{"request":{},"model":"new"}}"#,
            paths: ["request.model", "model"]),
        // A name goes before a null that stands earlier in the list.
        Case(
            before: #"{"arguments":{"name":null,"model":"x"}}"#,
            after: #"{"arguments":{"name":null,"model":"new"}}"#, paths: ["name", "model"]),
        // It is not.
        Case(before: #"{"arguments":{}}"#, after: #"{"arguments":{"model":"new"}}"#),
        Case(before: #"{"arguments": { }}"#, after: #"{"arguments": {"model": "new" }}"#),
        Case(
            before: #"{"arguments":{"a":[1,{"b":2}]}}"#,
            after: #"{"arguments":{"a":[1,{"b":2}],"model":"new"}}"#),
        Case(
            before: #"{"arguments": {"a": 1, "b": 2}}"#,
            after: #"{"arguments": {"a": 1, "b": 2, "model": "new"}}"#),
        Case(
            before: #"{"arguments": {"a": 1}}"#,
            after: #"{"arguments": {"a": 1, "model": "new"}}"#),
        Case(
            before: "{\"arguments\":{\t\"a\" : 1 ,\t\"b\" : 2\t}}",
            after: "{\"arguments\":{\t\"a\" : 1 ,\t\"b\" : 2,\t\"model\" : \"new\"\t}}"),
        Case(before: #"{"name":"x"}"#, after: #"{"name":"x","arguments":{"model":"new"}}"#),
        Case(
            before: #"{"name": "x", "arguments": null}"#,
            after: #"{"name": "x", "arguments": {"model": "new"}}"#),
        Case(before: "{}", after: #"{"arguments":{"model":"new"}}"#),
        Case(
            before: #"{"arguments":{"a":1}}"#,
            after: #"{"arguments":{"a":1,"request":{"model":"new"}}}"#, paths: ["request.model"]),
        Case(
            before: #"{"arguments":{"request":null}}"#,
            after: #"{"arguments":{"request":{"model":"new"}}}"#, paths: ["request.model"]),
    ]

    @Test(arguments: cases)
    func `only the value is new`(given: Case) throws {
        #expect(try edit(frame(given.before), given.paths).get() == frame(given.after))
        let lines = [("", "\n"), (" ", "\r\n"), ("\t", " \n")]
        for (head, end) in lines {
            let edited = try edit(head + frame(given.before) + end, given.paths).get()
            #expect(edited == head + frame(given.after) + end)
        }
    }

    @Test func `a name is written as JSON has it`() throws {
        let edited = try edit(frame(#"{"arguments":{}}"#), to: "a\"b\\c\n\u{1}é").get()
        let message = try JSONSerialization.jsonObject(with: Data(edited.utf8)) as? [String: Any]
        let params = message?["params"] as? [String: Any]
        #expect((params?["arguments"] as? [String: Any])?["model"] as? String == "a\"b\\c\n\u{1}é")
    }

    @Test(arguments: [
        ("", PolicyNote.Reason.malformed), ("{", .malformed), ("nonsense", .malformed),
        (#"{"method":"tools/call","params":{}} x"#, .malformed),
        (#"{"method":"tools/call","params":{}}{}"#, .malformed),
        (#"{"method":"tools/call","params":{"arguments":{"a":01}}}"#, .malformed),
        (#"{"method":"tools/call","params":{"arguments":{"a":"\ud800"}}}"#, .malformed),
        (#"{"method":"tools/call","params":{"arguments":{"a":"\x"}}}"#, .malformed),
        ("{\"method\":\"tools/call\",\"params\":{\"a\":\"\t\"}}", .malformed),
        (#"{"method":"tools/call"}"#, .malformed),
        (#"{"method":"tools/call","params":[]}"#, .malformed),
        (#"{"method":"tools/call","params":{"arguments":[]}}"#, .malformed),
        (#"{"method":"tools/call","params":{"arguments":"{}"}}"#, .malformed),
        (#"{"method":"ping","params":{}}"#, .malformed), (#"{"params":{}}"#, .malformed),
        (#"{"method":"tools/call","method":"tools/call","params":{}}"#, .malformed),
        (#"{"method":"tools/call","params":{},"params":{}}"#, .malformed),
        (#"{"method":"tools/call","params":{},"p\u0061rams":{}}"#, .malformed),
        (#"{"method":"tools/call","params":{"arguments":{},"arguments":{}}}"#, .malformed),
        (
            #"{"method":"tools/call","params":{"arguments":{"model":"a","m\u006fdel":"b"}}}"#,
            .malformed
        ),
        (#"{"method":"tools/call","params":{"arguments":{"model":1}}}"#, .malformed),
        (#"{"method":"tools/call","params":{"arguments":{"model":["a"]}}}"#, .malformed),
        (#"{"method":"tools/call","params":{"arguments":{"model":{}}}}"#, .malformed),
        (#"{"method":"tools/call","params":{"arguments":{"model":true}}}"#, .malformed),
        (#"[{"method":"tools/call","params":{"arguments":{}}}]"#, .batch), ("[]", .batch),
    ])
    func `what could be read in two ways stays`(frame: String, reason: PolicyNote.Reason) {
        guard case .failure(let obstacle) = edit(frame) else {
            Issue.record("\(frame) was changed")
            return
        }
        #expect(obstacle.reason == reason, "\(obstacle.text)")
    }

    @Test func `what is nested too deep stays`() {
        func nested(_ depth: Int) -> String {
            frame(
                #"{"arguments":{"a":\#(String(repeating: "[", count: depth))"#
                    + String(repeating: "]", count: depth) + "}}")
        }
        #expect(throws: Never.self) { try edit(nested(200)).get() }
        #expect(throws: FrameEdit.Obstacle.self) { try edit(nested(300)).get() }
        #expect(throws: FrameEdit.Obstacle.self) { try edit(nested(1_000_000)).get() }
    }

    @Test func `a tool that is not known to take a model is given none`() {
        let without = frame(#"{"arguments":{}}"#)
        guard case .failure(let obstacle) = edit(without, isKnown: false) else {
            Issue.record("a model was put in")
            return
        }
        #expect(obstacle.reason == .route)
        let with = frame(#"{"arguments":{"model":"old"}}"#)
        #expect(
            (try? edit(with, isKnown: false).get()) == frame(#"{"arguments":{"model":"new"}}"#))
    }

    /// Random documents: an independent reader finds the same document with that value changed, and
    /// the bytes around it are those of before.
    @Test func `any frame keeps all else`() throws {
        var random = FrameGenerator(seed: 0x2026_1121)
        for round in 0..<4_000 {
            let frame = random.frame()
            let bytes = Array(frame.utf8)
            let edited = try FrameEdit.setModel(
                "m\u{e9}\"\(round)", at: argument(["model"]), in: bytes.span)
            let tail = edited.changed.lowerBound + edited.replaced
            #expect(
                bytes[..<edited.changed.lowerBound] == edited.line[..<edited.changed.lowerBound])
            #expect(bytes[tail...] == edited.line[edited.changed.upperBound...])

            var wanted = try #require(Self.read(bytes), "\(frame)")
            let found = try #require(Self.read(edited.line), "\(frame)")
            var params = try #require(wanted["params"] as? [String: Any])
            var arguments = params["arguments"] as? [String: Any] ?? [:]
            arguments["model"] = "m\u{e9}\"\(round)"
            params["arguments"] = arguments
            wanted["params"] = params
            #expect(NSDictionary(dictionary: wanted) == NSDictionary(dictionary: found))
        }
    }

    private static func read(_ bytes: [UInt8]) -> [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
    }
}

/// Frames of calls with arguments of any shape, spaced and escaped in any way, no name twice.
private struct FrameGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func next(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(truncatingIfNeeded: state >> 33) % count
    }

    mutating func frame() -> String {
        var members = [
            name("jsonrpc") + ":" + space() + string("2.0"), name("id") + ":" + value(3),
            name("method") + space() + ":" + space() + string("tools/call"),
            name("params") + space() + ":" + space() + params(),
        ]
        shuffle(&members)
        return space() + object(members) + space() + ["", "\n", "\r\n"][next(3)]
    }

    private mutating func params() -> String {
        var members = [name("name") + ":" + string("ask")]
        switch next(6) {
        case 0: break
        case 1: members.append(name("arguments") + ":" + space() + "null")
        default: members.append(name("arguments") + space() + ":" + space() + arguments())
        }
        if next(3) == 0 { members.append(name("_meta") + ":" + value(2)) }
        shuffle(&members)
        return object(members)
    }

    private mutating func arguments() -> String {
        var members = (0..<next(4)).map { index in
            name("key\(index)") + space() + ":" + space() + value(3)
        }
        switch next(3) {
        case 0: break
        case 1: members.append(name("model") + space() + ":" + space() + "null")
        default: members.append(name("model") + space() + ":" + space() + string("old"))
        }
        shuffle(&members)
        return object(members)
    }

    private mutating func object(_ members: [String]) -> String {
        "{" + space() + members.map { $0 + space() }.joined(separator: "," + space()) + "}"
    }

    private mutating func value(_ depth: Int) -> String {
        switch next(depth > 0 ? 8 : 6) {
        case 0: return "null"
        case 1: return ["true", "false"][next(2)]
        case 2: return ["0", "-1", "12.5", "1e3", "1E-2"][next(5)]
        case 6:
            return "[" + space()
                + (0..<next(3)).map { _ in value(depth - 1) }.joined(separator: "," + space())
                + space() + "]"
        case 7:
            return object(
                (0..<next(3)).map {
                    name(["model", "arguments", "x"][$0]) + ":" + value(depth - 1)
                })
        default: return string(["", "old", "a\"b", "\\", "{\"model\":", "é", "😀", "\n\t"][next(8)])
        }
    }

    private mutating func name(_ text: String) -> String { string(text) }

    /// Each character as it is or in one of the escapes it has.
    private mutating func string(_ text: String) -> String {
        var out = "\""
        for character in text {
            let plain = !"\"\\\n\t".contains(character)
            if plain, next(8) > 0 {
                out.append(character)
            } else if let short = ["\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\t": "\\t"][character],
                next(2) == 0
            {
                out += short
            } else {
                for unit in String(character).utf16 { out += String(format: "\\u%04x", unit) }
            }
        }
        return out + "\""
    }

    private mutating func space() -> String { ["", "", "", " ", "  ", "\t", " \t"][next(7)] }

    private mutating func shuffle(_ members: inout [String]) {
        for index in members.indices.reversed() { members.swapAt(index, next(index + 1)) }
    }
}
