import Testing

@testable import Setup

struct TOMLTests {
    /// The string at a path, `|` between the keys.
    private static func string(_ text: String, _ path: String) throws -> String? {
        var node = try TOML.parse(Array(text.utf8))
        for key in path.split(separator: "|") {
            guard let next = node[String(key)] else { return nil }
            node = next
        }
        return node.string
    }

    @Test(arguments: [
        (#"a = "x""#, "a", "x"),
        ("\u{FEFF}a='C:\\x' # c", "a", #"C:\x"#),
        (#"a = "\u00e9\t\"\U0001F600\e\x41""#, "a", "é\t\"😀\u{1B}A"),
        ("a = \"\"\"\nx\\\n   y\"\"\"\"\"", "a", "xy\"\""),
        ("a = '''\r\nx\r\n''y'''", "a", "x\r\n''y"),
        ("[t]\n[t.'u.v'.w] # c\r\nk = \"x\"", "t|u.v|w|k", "x"),
        ("a . \"b c\" . d = 'x'", "a|b c|d", "x"),
        ("t = { a.b = 'x', c = [ {d = 'y'}, ] }", "t|a|b", "x"),
        ("t = {\n a = 'x', # c\n}", "t|a", "x"),
        ("[a.b]\nc = 1\n[a]\nd = 'x'", "a|d", "x"),
        ("[[l]]\nx = 1\n[[l]]\n[l.m]\n[t]\ny = 'x'", "t|y", "x"),
        ("d = 1979-05-27 07:32:00Z\nn = -1_000.5e+3\ni = inf\nx = 'y'", "x", "y"),
        ("a = [ # c\n 1, 'b' # d\n , [ ] ]\nx = 'y'", "x", "y"),
    ])
    func `documents are read as TOML has them`(text: String, path: String, value: String) throws {
        #expect(try Self.string(text, path) == value)
    }

    @Test(arguments: [
        ("a = 1\na = 2", 2, 1, "a is there already"),
        ("[a]\n[b]\n[a]", 3, 1, "[a] is there already"),
        ("a = {b = 1}\n[a]", 2, 1, "[a] is there already"),
        ("a = {b = 1}\na.c = 2", 2, 1, "a.c is there already"),
        ("a = 1\n[a.b]", 2, 1, "[a.b] is there already"),
        ("a = [1]\n[[a]]", 2, 1, "is there already"),
        ("a = {b = 1, b = 2}", 1, 13, "b is there already"),
        ("a = \"x", 1, 5, "no closing quote"),
        ("a = \"x\ny\"", 1, 5, "no closing quote"),
        ("a = '''x", 1, 5, "no closing quote"),
        ("a = \"\\q\"", 1, 6, "no such escape"),
        ("a = \"\\ud800\"", 1, 6, "hexadecimal"),
        ("a = \"\\u00\"", 1, 6, "hexadecimal"),
        ("a = [1 2]", 1, 8, "','"),
        ("a = [1,", 1, 5, "no end"),
        ("a = {b = 1", 1, 11, "'}'"),
        ("a = 1 b = 2", 1, 7, "the end of the line"),
        ("a", 1, 2, "'='"),
        ("a = ", 1, 5, "a value"),
        ("a = yes", 1, 5, "a value"),
        ("= 1", 1, 1, "a key"),
        ("[a", 1, 3, "']'"),
        ("\"\"\"a\"\"\" = 1", 1, 1, "multi-line"),
    ])
    func `what is wrong is said with its place`(
        text: String, line: Int, column: Int, reason: String
    ) {
        do throws(TextError) {
            _ = try TOML.parse(Array(text.utf8))
            Issue.record("\(text) was accepted")
        } catch {
            #expect((error.line, error.column) == (line, column), "\(text): \(error)")
            #expect(error.reason.contains(reason), "\(error.reason)")
        }
    }

    @Test func `deep nesting is refused, not followed`() {
        for text in ["a = " + String(repeating: "[", count: 100_000)] {
            #expect(throws: TextError.self) { try TOML.parse(Array(text.utf8)) }
        }
    }

    @Test func `no bytes trap`() {
        var random = Random(seed: 7)
        let pieces = [
            "[", "]", "[[", "]]", "{", "}", "=", ".", ",", "\"", "'", "\"\"\"", "'''", "\\", "\\u",
            "#", "\n", "\r\n", "a", "b", "mcp_servers", "1", " ", "true", "\u{FEFF}", "//", "/*",
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<12, using: &random)
            let text = (0..<count).map { _ in random.pick(pieces) }.joined()
            for format in [Format.json, .toml] {
                guard let document = try? ServerDocument(text, format) else { continue }
                _ = try? document.wrapped()
            }
        }
    }
}
