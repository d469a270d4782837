import NaiveWire
import Testing
import Wire

/// What is counted and what is said of texts: twin and scanner against tables worked out by hand.
@Suite struct TextTests {
    @Test(arguments: [
        Row(
            "prose", answer("Hi\nthere"),
            ["{result={content=[{text=\"Hi\nthere\"<prose>(text=\"Hi\nthere\")}]}}"]),
        Row("an empty text", answer(""), ["{result={content=[{text=\"\"<prose>(text=\"\")}]}}"]),
        Row(
            "a document", answer(" {\"usage\":{\"input\":1}}\n"),
            [
                "{result={content=[{text=\" {\"usage\":{\"input\":1}}\n\"<json>(document={usage={input=1}})}]}}"
            ]),
        Row(
            "a document without anything", answer("{}"),
            ["{result={content=[{text=\"{}\"<json>}]}}"]),
        Row(
            "a document with an empty result", answer("{\"result\":{}}"),
            ["{result={content=[{text=\"{\"result\":{}}\"<json>}]}}"]),
        Row(
            "an array of documents", answer("[{\"done\":true},[{\"done\":1}],3]"),
            [
                "{result={content=[{text=\"[{\"done\":true},[{\"done\":1}],3]\"<json>(document=[{done=true}])}]}}"
            ]),
        Row(
            "lines", answer("{\"done\":1}\r\n\n{\"done\":2}"),
            [
                "{result={content=[{text=\"{\"done\":1}\r\n\n{\"done\":2}\"<jsonLines>(document={done=1} document={done=2})}]}}"
            ]),
        prose("no newline between", "{\"done\":1} {\"done\":2}"),
        prose("something after it", "{\"done\":1}\nand so on"),
        prose("cut off", "{\"done\":1"),
        prose("broken", "{\"done\":1,}"),
        prose("a scalar", "1"),
        prose("a scalar after it", "{\"done\":1}\n2"),
        prose("fenced", "```json\n{\"done\":1}\n```"),
        prose("nearly events", "dat: {}\ndata: {}"),
        prose("events without documents", "data: hello\n\ndata: 1\n"),
        Row(
            "a newline in its string", answer("{\"model\":\"a\nb\"}"),
            [
                "{result={content=[{text=\"{\"model\":\"a\nb\"}\"<json>(document={model=\"a\nb\"})}]}}"
            ]),
        Row(
            "events",
            answer(
                "event: x\ndata: {\"done\":1}\n\ndata:[{\"done\":2}]\r\ndata:  {}\ndata: [DONE]\n\n"
            ),
            [
                "{result={content=[{text=\"event: x\ndata: {\"done\":1}\n\ndata:[{\"done\":2}]\r\ndata:  {}\ndata: [DONE]\n\n\""
                    + "<events>(document={done=1} document=[{done=2}])}]}}"
            ]),
        Row(
            "events with other things",
            answer(
                "data: {\"done\":1} x\n data: {\"done\":2}\ndata: {\"done\":\ndata: {\"done\":4}"),
            [
                "{result={content=[{text=\"data: {\"done\":1} x\n data: {\"done\":2}\ndata: {\"done\":\ndata: {\"done\":4}\""
                    + "<events>(document={done=4})}]}}"
            ]),
        Row(
            "text in a text is no text", answer("{\"text\":\"x\",\"content\":[{\"text\":\"y\"}]}"),
            [
                "{result={content=[{text=\"{\"text\":\"x\",\"content\":[{\"text\":\"y\"}]}\"<json>}]}}"
            ]),
        Row(
            "a resource",
            "{\"result\":{\"contents\":[{\"uri\":\"a\",\"text\":\"b\"}],\"content\":[{\"resource\":{\"text\":\"c\"}}]}}",
            [
                "{result={contents=[{text=\"b\"<prose>(text=\"b\")}] content=[{resource={text=\"c\"<prose>(text=\"c\")}}]}}"
            ]),
        Row(
            "a text that is none", "{\"result\":{\"content\":[{\"text\":{\"text\":\"x\"}}]}}",
            ["{result={}}"]),
    ])
    func shapes(_ row: Row) { row.check() }

    private static func prose(_ name: String, _ text: String) -> Row {
        Row(
            name, answer(text), ["{result={content=[{text=\"\(text)\"<prose>(text=\"\(text)\")}]}}"]
        )
    }

    @Test func keepsTheFirst16DocumentsAndTheLast() {
        let lines = numbered(20, separator: "\n") { "{\"done\":\($0)}\n{}" }
        let kept = numbered(16, separator: " ") { "document={done=\($0)}" } + " document={done=19}"
        let outline = "{result={content=[{text=\"\(lines)\"<jsonLines>(\(kept))}]}}"
        Row("lines", answer(lines), [outline]).check()
    }

    @Test func keepsHeadAndTail() throws {
        let text = numbered(1000, separator: "\n") { "\(10_000 + $0)" }
        let message = try #require(check(answer(text)))
        let found = try #require(message.texts.first)
        #expect(message.sketch.string(Int(found.node)) == String(text.prefix(1024)))
        #expect(message.sketch.nodes[Int(found.node)].isTruncated)
        #expect(message.sketch.string(Int(found.tail)) == String(text.suffix(4096)))
        #expect(!message.sketch.nodes[Int(found.tail)].isTruncated)
        #expect(found.isLongerThanTail)
    }

    @Test func sizesOfDroppedTextsAreNotLost() throws {
        let blocks = numbered(20) { "{\"text\":\"\(String(repeating: "x", count: $0 + 1))\"}" }
        let message = try #require(check("{\"result\":{\"content\":[\(blocks)]}}"))
        #expect(message.texts.map(\.size.latin) == Array(1...16) + [20])
        #expect(message.uncountedTextSize == TextSize(latin: 17 + 18 + 19))
    }

    struct Counted: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var stream: String
        var arguments = TextSize()
        var prompt = TextSize()
        var structured = TextSize()
        /// Of the only text; nil if it has none.
        var answer: TextSize?
        var hasPrompt = false
    }

    private static func arguments(
        _ name: String, _ members: String, _ size: TextSize = TextSize(), hasPrompt: Bool = false
    ) -> Counted {
        Counted(
            testDescription: name, stream: "{\"params\":{\"arguments\":{\(members)}}}",
            arguments: size, hasPrompt: hasPrompt)
    }

    private static let data255 = String(repeating: "A", count: 255)

    @Test(arguments: [
        arguments(
            "a prompt", #""prompt":"a\u00e9漢\ud83d\ude00""#, TextSize(latin: 2, cjk: 1, other: 1),
            hasPrompt: true),
        arguments("no prompt", "\"path\":\"abc\"", TextSize(latin: 3)),
        arguments("an empty prompt", "\"prompt\":\"\""),
        arguments("an empty array of prompts", "\"messages\":[]", hasPrompt: true),
        arguments("a number is no prompt", "\"prompt\":12"),
        arguments(
            "ids",
            "\"input_id\":{\"a\":\"b\"},\"fileId\":\"c\",\"session_id\":\"d\",\"imageBase64\":\"e\""
        ),
        arguments(
            "model and role", "\"model\":\"m\",\"a\":{\"role\":\"r\",\"b\":[\"cd\",{\"e\":\"f\"}]}",
            TextSize(latin: 3)),
        arguments(
            "255 of base64", "\"code\":\"\(data255)\"", TextSize(latin: 255), hasPrompt: true),
        arguments("256 of base64", "\"code\":\"\(data255)=\""),
        arguments(
            "256 of something else", "\"code\":\"\(data255).\"", TextSize(latin: 256),
            hasPrompt: true),
        arguments("a data URL", "\"code\":\"data:image/png;base64,xyz.\""),
        arguments(
            "no data URL", "\"code\":\"data:image/png\"", TextSize(latin: 14), hasPrompt: true),
        arguments(
            "a key of 65 bytes is no prompt",
            "\"prompt\(String(repeating: "x", count: 59))\":\"ab\"", TextSize(latin: 2)),
        Counted(
            testDescription: "sampling",
            stream:
                "{\"params\":{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"ab\"}}],\"systemPrompt\":\"c\"}}",
            prompt: TextSize(latin: 3)),
        Counted(
            testDescription: "input responses",
            stream:
                "{\"params\":{\"inputResponses\":{\"k\":{\"result\":{\"content\":[{\"text\":\"ab\"}]}}}}}",
            structured: TextSize(latin: 2)),
        Counted(
            testDescription: "structured answers",
            stream:
                "{\"result\":{\"structuredContent\":{\"answer\":\"ab\",\"message\":\"c\",\"choices\":"
                + "[{\"message\":{\"role\":\"r\",\"content\":\"d\"},\"finish_reason\":\"stop\"}],\"candidates\":3}}}",
            structured: TextSize(latin: 4)),
        Counted(
            testDescription: "answers in a text",
            stream: WireTests.answer("{\"answer\":\"ab\",\"message\":{\"text\":\"c\"}}"),
            answer: TextSize(latin: 3)),
        Counted(
            testDescription: "an empty answer in a text",
            stream: WireTests.answer("{\"answer\":\"\"}"),
            answer: TextSize()),
        Counted(
            testDescription: "broken: no answer", stream: WireTests.answer("{\"answer\":\"ab\"")),
        Counted(
            testDescription: "answers of all events",
            stream: WireTests.answer("data: {\"answer\":\"a\"}\ndata: {\"answer\":\"b\"}\n"),
            answer: TextSize(latin: 2)),
        Counted(
            testDescription: "answers of broken events do not count",
            stream: WireTests.answer(
                "data: {\"answer\":\"a\"}\ndata: {\"answer\":\"b\",}\ndata: {\"answer\":\"c\"} x\n"),
            answer: TextSize(latin: 1)),
    ])
    func counts(_ row: Counted) throws {
        let message = try #require(check(row.stream))
        #expect(message.argumentSize == row.arguments)
        #expect(message.promptSize == row.prompt)
        #expect(message.structuredSize == row.structured)
        #expect(message.hasPromptArgument == row.hasPrompt)
        #expect(message.texts.first(where: \.hasAnswer)?.answerSize == row.answer)
    }

    @Test(
        arguments: [
            ([0x61, 0x7f], TextSize(latin: 2)),
            ([0xc9, 0x8f], TextSize(latin: 1)), ([0xc9, 0x90], TextSize(other: 1)),
            ([0x80], TextSize(other: 1)), ([0xc0, 0x80], TextSize(other: 2)),
            ([0xe2, 0x82, 0x61], TextSize(latin: 1, other: 2)),
            ([0xed, 0xa0, 0x80], TextSize(other: 3)), ([0xf0, 0x9f, 0x98], TextSize(other: 3)),
            ([0xf0, 0x9f, 0x98, 0x80], TextSize(other: 1)),
            ([0xf0, 0xa0, 0x80, 0x80], TextSize(cjk: 1)), ([0xff, 0xfe], TextSize(other: 2)),
            (Array("漢かカ한ｆ".utf8), TextSize(cjk: 5)),
        ] as [([UInt8], TextSize)])
    func sizes(_ bytes: [UInt8], _ size: TextSize) {
        let frame =
            Array("{\"params\":{\"arguments\":{\"a\":\"".utf8) + bytes + Array("\"}}}".utf8)
        #expect(NaiveScanner.scan(frame).messages.map(\.argumentSize) == [size])
        agree(frame, cuts: [.eachPlace, .everyByte], "\(bytes)")
    }

    @Test(arguments: [
        ("```\na", true), ("```\na\n```", false), ("   ```", true), ("    ```", false),
        ("a```", false), ("`` `", false), ("````", true), ("x\n  ```json\ny\n``` \n```", true),
        ("\t```", false), ("\r```", false),
    ])
    func fences(_ text: String, _ isOpen: Bool) throws {
        let message = try #require(check(answer(text)))
        #expect(message.texts.map(\.hasOpenFence) == [isOpen])
    }

    /// The twin's only message, if the scanner agrees.
    private func check(_ stream: String) -> Observation? {
        let bytes = Array(stream.utf8)
        let cuts: [Cuts] =
            bytes.count < 1000
            ? [.eachPlace, .everyByte] : [.everyByte, .random(seed: 1, times: 9)]
        guard agree(bytes, cuts: cuts, stream) else { return nil }
        let found = NaiveScanner.scan(bytes)
        return found.malformed == 0 && found.messages.count == 1 ? found.messages[0] : nil
    }
}
