import Testing

@testable import Policy

/// What the scanner finds, it finds in any text and however that is escaped: as its naive twin.
struct ContentPropertyTests {
    @Test(arguments: 0..<40)
    func `the scanner finds what its naive twin finds`(seed: UInt64) {
        var texts = TextGenerator(seed: seed)
        for round in 0..<100 {
            var twin = NaiveContent()
            var json: [UInt8] = []
            for _ in 0...Int.random(in: 0..<3, using: &texts.random) {
                let text = texts.text()
                twin.read(text.scalars)
                json += Array((json.isEmpty ? #"""# : #",""#).utf8) + text.json
                json.append(UInt8(ascii: "\""))
            }
            let frame =
                Array(#"{"params":{"arguments":{"prompt":["#.utf8) + json + Array("]}}}".utf8)
            let found = ContentFacts(argumentsOf: frame.span)
            guard found == twin.facts else {
                Issue.record(
                    """
                    round \(round): \(String(decoding: frame, as: UTF8.self))
                    found \(String(describing: found))
                    twin  \(twin.facts)
                    """)
                return
            }
        }
    }

    @Test func `the table has every word once in each kind, in lower case`() {
        for (kind, row) in ContentWords.rows {
            let words = row.split(separator: ",").map(String.init)
            #expect(Set(words).count == words.count, "\(kind)")
            #expect(words.allSatisfy { $0 == $0.lowercased() && !$0.isEmpty }, "\(kind)")
        }
    }
}

/// Texts of what matters to the scanner: words of its table and others, signs, formulas, fences,
/// scalars of every width; each scalar written raw or escaped, as JSON lets.
private struct TextGenerator {
    var random: SplitMix64

    /// A text, and what stands between the quotes of a JSON string for it.
    struct Text {
        var scalars: [Unicode.Scalar] = []
        var json: [UInt8] = []
    }

    private static let words: [String] = ContentWords.rows.flatMap {
        $0.words.split(separator: ",").map(String.init)
    }
    private static let spans: [String] = [
        "```", "```\n", "\n```swift\n", "\n```text\n", "\n  ```", "$$", "\\(", "\\[", "\\frac{x}",
        "x^2", "2x + 3", "a = b", "a_1", "3x", "α=β", "f(x)", "a.b", ".c", "<d>", "$e", "C:\\int",
        "foo\\sum", "2\\pi", "likeThis", "LIKEThis", "snake_case", "__", "_1", "12", "1e5", "\n",
        "\n    ", "\n\t", "\r\n", "a\tb", "\u{0}", "\u{7F}", "\u{B}", " ", "  ", "-", "'", "==",
        "->", "&&", "||", "/*", "*/", "()", "[]", "};", "{", "}", ";", ":", "if x:", "straße",
        "ÄÖÜ", "Ёлка", "уравнение", "УРАВНЕНИЕ", "代码", "函数方程", "한국어", "コード", "，", "、",
        "∀ε", "±", "²", "×", "𝑥", "🙂", "𠀀𠀁", "e\u{301}", "“", "—", "…",
        String(repeating: "z", count: 31), String(repeating: "if", count: 17), "abcdefg",
        "abcdefgh", "abcdefghi", "abcdefgH", "abcdefghI", "aB", "abcdefg_", "abcdefgh_",
        "implementation", "fileprivate", "counterarguments",
    ]
    /// Short strings of everything that ASCII has.
    private static let ascii = (0..<0x80 as Range<UInt32>).compactMap(Unicode.Scalar.init)

    init(seed: UInt64) { random = SplitMix64(state: seed) }

    mutating func text() -> Text {
        var text = Text()
        let escaped = Int.random(in: 0...3, using: &random)
        for _ in 0..<Int.random(in: 0...40, using: &random) {
            for scalar in piece().unicodeScalars {
                let isEscaped =
                    escaped == 3 || escaped > 0 && Int.random(in: 0..<16, using: &random) == 0
                add(scalar, to: &text, isEscaped)
            }
        }
        return text
    }

    private mutating func piece() -> String {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3:
            let word = Self.words.randomElement(using: &random) ?? ""
            let shown = Bool.random(using: &random) ? word : word.uppercased()
            return Bool.random(using: &random) ? shown : shown + " "
        case 4...7: return Self.spans.randomElement(using: &random) ?? ""
        case 8:
            return String(
                String.UnicodeScalarView(
                    (0..<4).compactMap { _ in Self.ascii.randomElement(using: &random) }))
        default:
            let scalar = Unicode.Scalar(UInt32.random(in: 0...0x3FFFF, using: &random)) ?? "\n"
            return String(String.UnicodeScalarView([scalar]))
        }
    }

    private mutating func add(_ scalar: Unicode.Scalar, to text: inout Text, _ isEscaped: Bool) {
        switch scalar {
        case "\n" where !isEscaped: text.json += Array(#"\n"#.utf8)
        case "\t" where !isEscaped: text.json += Array(#"\t"#.utf8)
        case "\"" where !isEscaped, "\\" where !isEscaped:
            text.json += [UInt8(ascii: "\\"), UInt8(ascii: scalar)]
        case "/" where isEscaped: text.json += Array(#"\/"#.utf8)
        case " " where isEscaped:
            text.json += Array((Bool.random(using: &random) ? #"\b"# : #"\f"#).utf8)
        case "\r" where !isEscaped:
            // The short escape counts for nothing.
            text.json += Array(#"\r"#.utf8)
            return
        case _ where isEscaped || scalar.value < 0x20:
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
                let zeros = String(repeating: "0", count: 4 - digits.count)
                text.json += Array((#"\u"# + zeros + digits).utf8)
            }
        default: text.json += Array(String(scalar).utf8)
        }
        text.scalars.append(scalar)
    }
}
