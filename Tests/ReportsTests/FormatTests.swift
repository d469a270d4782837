import Foundation
import Records
import Testing

@testable import Reports

struct FormatTests {
    @Test(arguments: [
        (0, "$0.00"), (1, "$0.000000001"), (420, "$0.000000420"), (10_012_500, "$0.0100"),
        (99_999_999, "$0.1000"), (123_456_789, "$0.123"), (999_999_999, "$1.000"),
        (1_000_000_000, "$1.00"), (12_345_678_901, "$12.35"), (1_234_567_890_000, "$1,234.57"),
        (-1_500_000_000, "-$1.50"), (Int64.max, "$9,223,372,036.85"),
        (Int64.min, "-$9,223,372,036.85"),
    ])
    func `amounts have cents, or digits that count`(nanodollars: Int64, text: String) {
        #expect(Figures.dollars(nanodollars) == text)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1.0k"), (9_949, "9.9k"), (9_951, "10k"), (34_400, "34k"),
        (999_499, "999k"), (999_500, "1.0M"), (2_500_000_000, "2.5G"), (UInt64.max, "18,447P"),
    ])
    func `counts are short`(count: UInt64, text: String) { #expect(Figures.short(count) == text) }

    @Test(arguments: [
        (0, "0.0ms"), (41_337, "41ms"), (999_600, "1.0s"), (18_342_100, "18s"),
        (99_600_000, "1.7m"), (3_600_000_000, "60m"), (7_200_000_000, "2.0h"),
    ])
    func `durations are short`(microseconds: UInt64, text: String) {
        #expect(Figures.duration(microseconds) == text)
    }

    /// Names as a hostile server could choose them.
    private static let hostile = [
        "<script>alert(1)</script>", "a|b", "=HYPERLINK(\"http://x\")", "\u{1b}[31mred\n", "a\"b,c",
        "\u{202e}txt", "' onmouseover='x", String(repeating: "long", count: 100),
    ]

    private static func report() throws -> Report {
        let fixture = Fixture()
        try fixture.plant(
            hostile.enumerated().map { index, name in
                var one = call(UInt64(index + 1), minute: Int64(index), model: name)
                one.tool = name
                return .call(one)
            })
        return try fixture.report {
            $0.dimensions = [.model, .tool]
            $0.budgets = [Budget(nanodollars: 5_000, unit: .month, model: hostile[0])]
        }
    }

    @Test func `text fits 80 columns and obeys nobody`() throws {
        let report = try Self.report()
        let text = TextReport(report, Style(hasColour: false)).text
        for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        for scalar in text.unicodeScalars where scalar != "\n" {
            #expect(scalar.value >= 0x20 && scalar.value != 0x7f && scalar.value != 0x202e)
        }
        let painted = TextReport(report, Style(hasColour: true)).text
        let escapes = painted.unicodeScalars.filter { $0 == "\u{1b}" }.count
        #expect(escapes > 0 && escapes % 2 == 0)
    }

    @Test func `HTML holds no script, no outside resource, and nobody's markup`() throws {
        let html = HTMLReport(try Self.report()).text
        for banned in ["<script", "onmouseover='", "src=", "href=", "url(", "@import", "\u{1b}"] {
            #expect(!html.contains(banned), "\(banned)")
        }
        let addresses = html.ranges(of: "http").count
        #expect(addresses == html.ranges(of: "http://www.w3.org/2000/svg").count + 4)
        let parser = XMLLike(html)
        #expect(parser.isBalanced)
    }

    @Test func `CSV is RFC 4180, and no formula`() throws {
        let csv = CSVReport(try Self.report()).text
        #expect(csv.hasPrefix("model,tool,usd,"))
        #expect(csv.contains("\"'=HYPERLINK(\"\"http://x\"\")\""))
        #expect(csv.contains("\"a\"\"b,c\""))
        #expect(csv.hasSuffix("\r\n"))
    }

    @Test func `JSON is JSON`() throws {
        let value = try JSONValue(parsing: JSONReport(try Self.report()).bytes)
        #expect(value["total"]?["usd_nanos"]?.int64 == 8_000)
        #expect(value["budgets"] != nil)
    }

    @Test func `Markdown keeps its table`() throws {
        let lines = MarkdownReport(try Self.report()).text.split(separator: "\n")
        let rows = lines.filter { $0.hasPrefix("| ") }
        #expect(rows.count >= 10)
        for row in rows {
            var cells = 0
            var isEscaped = false
            for character in row {
                if character == "|", !isEscaped { cells += 1 }
                isEscaped = character == "\\" && !isEscaped
            }
            #expect(cells == 12 || cells == 6, "\(row)")
        }
    }

    @Test(arguments: [
        ("10/day,50/week,gemini-2.5-pro=5/day", 3), ("$2.50/month", 1), ("0.000000001/hour", 1),
    ])
    func `budgets are read`(text: String, count: Int) {
        #expect(Budget.parse(text).budgets?.count == count)
    }

    @Test(arguments: [
        ("", ""), ("50", "50"), ("50/fortnight", "50/fortnight"), ("5/day,", ""),
        ("0/day", "0/day"),
        ("=5/day", "=5/day"), ("-5/day", "-5/day"), ("1e3/day", "1e3/day"),
        ("99999999999/day", "99999999999/day"), ("1.0000000001/day", "1.0000000001/day"),
    ])
    func `budgets that make no sense are named`(text: String, wrong: String) {
        let (budgets, part) = Budget.parse(text)
        #expect(budgets == nil)
        #expect(part == wrong)
    }
}

/// Whether every element that is opened is closed, in order.
struct XMLLike {
    let isBalanced: Bool

    init(_ html: String) {
        var open: [Substring] = []
        var isRight = true
        for part in html.split(separator: "<").dropFirst() {
            guard let end = part.firstIndex(of: ">") else {
                isRight = false
                break
            }
            let tag = part[..<end]
            let name = tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }
            if tag.hasPrefix("!") || tag.hasSuffix("/") || name == "meta" || name == "br" {
                continue
            }
            if tag.hasPrefix("/") {
                if open.popLast() != name { isRight = false }
            } else {
                open.append(name)
            }
        }
        isBalanced = isRight && open.isEmpty
    }
}
