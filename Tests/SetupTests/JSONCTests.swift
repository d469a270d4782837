import Testing

@testable import Setup

struct JSONCTests {
    @Test func `values are where they are written`() throws {
        let text = """
            \u{FEFF}{ // c "x": 1
              "a" : "\\u0062", /* , */
              "list": [1, "two", /* 3 */ true,],
            }
            """
        let document = try Document(Array(text.utf8), .json)
        func written(_ node: Node?) -> String? {
            node.map { String(decoding: document.text($0.range), as: UTF8.self) }
        }
        let root = document.root
        #expect(written(root["a"]) == #""\u0062""#)
        #expect(root["a"]?.string == "b")
        #expect(root["list"]?.elements?.map { written($0) } == ["1", #""two""#, "true"])
        let key = try #require(root.table?["list"])
        #expect(String(decoding: document.text(key.keyRange), as: UTF8.self) == #""list""#)
    }

    @Test(arguments: [
        ("{\"a\": 1,\n \"a\": 2}", 2, 2, "\"a\" is there twice"),
        ("{\"a\": {\"é\": 1, \"b\": 2, \"b\": 3}}", 1, 24, "\"b\" is there twice"),
        ("{\n  \"a\" 1}", 2, 7, "':'"),
        ("{\"a\": [1 2]}", 1, 10, "','"),
        ("{\"a\": [,]}", 1, 8, "a value"),
        ("{,}", 1, 2, "name"),
        ("{\"a\": 1,,}", 1, 9, "name"),
        ("{\"a\": }", 1, 7, "a value"),
        ("{\"a\": 1} x", 1, 10, "the end"),
        ("{ /* no end", 1, 3, "has no end"),
        ("{\"a\": \"x\n\"}", 1, 9, "control character"),
        ("", 1, 1, "a value"),
        ("{\"a\": 'x'}", 1, 7, "a value"),
        ("{\"a\": 1 / 2}", 1, 9, "','"),
    ])
    func `what is wrong is said with its place`(
        text: String, line: Int, column: Int, reason: String
    ) {
        do throws(TextError) {
            _ = try JSONC.parse(Array(text.utf8))
            Issue.record("\(text) was accepted")
        } catch {
            #expect((error.line, error.column) == (line, column), "\(error)")
            #expect(error.reason.contains(reason), "\(error.reason)")
        }
    }

    @Test func `deep nesting is refused, not followed`() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: TextError.self) { try JSONC.parse(Array(text.utf8)) }
    }
}
