import Foundation
import Posix
import Records
import Testing

@testable import SessionLogs

struct ReadingTests {
    @Test func `a needle is found where a naive search finds it`() {
        let needle = Needle("\"usage\"", probes: (4, 6))
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "\"usage\"", "\"usage", "usage\"", "\"", "g", "ug\"", "plain text ", "\"usagf\"",
        ]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0...9)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            .joined()
            let bytes = Array(text.utf8)
            let wanted = bytes.indices.first { bytes[$0...].starts(with: "\"usage\"".utf8) }
            bytes.withUnsafeBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                #expect(needle.find(start, 0, bytes.count) == wanted ?? bytes.count, "\(text)")
            }
        }
    }

    private func walk<Result>(_ text: String, _ body: (inout LineWalker) -> Result) -> Result {
        Array(text.utf8).withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("an empty text") }
            var walker = LineWalker(start, buffer.count)
            return body(&walker)
        }
    }

    @Test func `a walker takes what is asked for and goes past the rest`() {
        let text =
            #" { "a" : [1,{"b":"]}\"\\"},[]] , "n":12 , "f":-1.5e3,"t":true, "s":"\u0041\n\ud83d\ude00\ud83d" } "#
        let (number, flag, string, isAtEnd) = walk(text) { walker in
            var number: UInt64?
            var flag = false
            var string: String?
            let isObject = walker.enterObject()
            #expect(isObject)
            while walker.nextKey() {
                if walker.isKey("n") {
                    number = walker.tokens()
                } else if walker.isKey("t") {
                    flag = walker.isTrue()
                } else if walker.isKey("s") {
                    string = walker.string()
                } else {
                    walker.skip()
                }
            }
            return (number, flag, string, walker.isAtEnd())
        }
        #expect(number == 12 && flag && string == "A\n😀\u{FFFD}" && isAtEnd)
    }

    @Test func `no beginning of a line is taken for the line`() {
        let whole = Lines.claude("m1", output: 5, content: #"[{"text":"a\"b","n":[1,2,{}]}]"#)
        for count in 1..<whole.utf8.count {
            let bytes = Array(whole.utf8.prefix(count))
            #expect(entry(bytes) == nil, "\(count)")
        }
        #expect(entry(Array(whole.utf8))?.messageID == "m1")
        #expect(entry(Array((whole + whole).utf8)) == nil)
    }

    private func entry(_ bytes: [UInt8]) -> ClaudeEntry? {
        bytes.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.flatMap {
                ClaudeEntry(
                    LineReader.Line(bytes: $0, count: buffer.count, offset: 0, isWhole: true),
                    wantsTools: true)
            }
        }
    }

    @Test func `no damage makes a reader trap`() {
        let lines = [
            Lines.claude("m1", output: 5, content: #"[{"type":"tool_use","id":"\u00e9"}]"#),
            Lines.codexMeta(#","source":{"subagent":{"thread_spawn":{}}}"#), Lines.codexContext,
            Lines.codex(second: 1, last: (5, 6), total: (7, 8)),
            Lines.gemini("m1", #""input":1,"output":2,"cached":3"#),
            Lines.grok("p", usage: #""inputTokens":1e3,"modelUsage":{"a":{"outputTokens":1.5}}"#),
        ]
        let bytes = ["{", "}", "\"", "\\", "[", ",", ":", "9", "-", "e", "\u{0}", "u"].map {
            Array($0.utf8)[0]
        }
        for _ in 0..<20_000 {
            var line = Array((lines.randomElement() ?? "").utf8)
            for _ in 0..<Int.random(in: 1...4) {
                line[Int.random(in: line.indices)] = bytes.randomElement() ?? 0
            }
            var output = LogOutput()
            line.withUnsafeBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                let line = LineReader.Line(
                    bytes: start, count: buffer.count, offset: 0, isWhole: true)
                var claude = ClaudeLog(fallbackSession: "", wantsTools: false)
                var codex = CodexLog(
                    fallbackSession: "", modified: Timestamp(microseconds: 0),
                    now: Timestamp(microseconds: 0))
                var gemini = GeminiLog(fallbackSession: "", directory: nil)
                var grok = GrokLog(fallbackSession: "", directory: nil, sessionModel: { nil })
                claude.read(line, into: &output)
                codex.read(line, into: &output)
                gemini.read(line, into: &output)
                gemini.read(document: buffer, into: &output)
                grok.read(line, into: &output)
            }
        }
    }

    @Test func `deep nesting is refused`() {
        let deep = String(repeating: #"{"modelUsage":{"a":"#, count: 2000)
        let line = Lines.grok("p", usage: #""modelUsage":{"a":"# + deep)
        let bytes = Array(line.utf8)
        var output = LogOutput()
        bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            var grok = GrokLog(fallbackSession: "", directory: nil, sessionModel: { nil })
            grok.read(
                LineReader.Line(bytes: start, count: buffer.count, offset: 0, isWhole: true),
                into: &output)
        }
        #expect(output.malformed == 1)
    }

    @Test(
        arguments: [
            ("12", 12, 0), ("0.5", 0, 500_000_000), ("1.25e1", 12, 500_000_000),
            ("3e-7", 0, 300), ("7.0000000019", 7, 1), ("", nil, 0), ("-1", nil, 0), ("nan", nil, 0),
            ("1e99", nil, 0), ("99999999999999999999", nil, 0), ("1x", nil, 0),
        ] as [(String, UInt64?, UInt64)])
    func `decimals`(text: String, whole: UInt64?, billionths: UInt64) {
        let value = Array(text.utf8).withUnsafeBufferPointer { Decimal.read($0) }
        #expect(value?.whole == whole)
        if whole != nil { #expect(value?.billionths == billionths) }
    }

    // MARK: Lines

    private func lines(_ text: [UInt8], from offset: UInt64 = 0) throws -> (
        [String], LineReader.Reading
    ) {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "lines-\(UUID().uuidString)")
        try Data(text).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        let file = try Descriptor.open(url.path, O_RDONLY)
        var reader = LineReader()
        var found: [String] = []
        let reading = try reader.forEachLine(
            of: file, from: offset, missing: Needle("needle", probes: (0, 5)), progress: { _ in }
        ) { line in
            let bytes = UnsafeBufferPointer(start: line.bytes, count: line.count)
            found.append(
                "\(line.offset)\(line.isWhole ? "" : "…")"
                    + (line.count < 99
                        ? ":" + String(decoding: bytes, as: UTF8.self) : " +\(line.count)"))
        }
        return (found, reading)
    }

    @Test func `lines come with where they begin, the last one as unfinished`() throws {
        let (found, reading) = try lines(Array("ab\n\ncd\nef".utf8))
        #expect(found == ["0:ab", "4:cd", "7…:ef"])
        #expect(reading.nextOffset == 7 && reading.overlong == 0)
        #expect(try lines(Array("ab\n\ncd\nef".utf8), from: 4).0 == ["4:cd", "7…:ef"])
        #expect(try lines([]).0.isEmpty)
    }

    @Test func `a line of any length up to the limit is whole`() throws {
        for length in [LogLimits.readBytes - 1, LogLimits.readBytes, LogLimits.lineBytesMax - 1] {
            let text = [UInt8](repeating: 0x78, count: length) + Array("\nz\n".utf8)
            #expect(try lines(text).0 == ["0 +\(length)", "\(length + 1):z"])
        }
    }

    @Test func `longer ones are passed over and missed where the needle is, even across reads`()
        throws
    {
        let half = [UInt8](repeating: 0x78, count: LogLimits.lineBytesMax)
        let end = Array("\nz\n".utf8)
        #expect(try lines(half + half + end).1.overlong == 0)
        for shift in 0...7 {
            let text: [UInt8] = Array(half.dropLast(shift)) + Array("needle".utf8) + half + end
            let (found, reading) = try lines(text)
            #expect(found.count == 1 && found[0].hasSuffix(":z") && reading.overlong == 1)
        }
        #expect(try lines(half + half).1.nextOffset == 0)
    }
}
