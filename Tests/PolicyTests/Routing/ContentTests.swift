import Foundation
import Testing

@testable import Policy

/// What arguments are found to be about.
struct ContentTests {
    struct Prompt: CustomTestStringConvertible, Sendable {
        var name: String
        var classes: ContentClasses
        var text: String
        var testDescription: String { name }

        init(_ name: String, _ classes: ContentClasses, _ text: String) {
            (self.name, self.classes, self.text) = (name, classes, text)
        }
    }

    static let prompts: [Prompt] = [
        // Neither code nor mathematics nor anything to think through.
        Prompt("nothing", .text, ""),
        Prompt("greeting", .text, "Hello! How are you today?"),
        Prompt(
            "summary", .text,
            "Summarize the following meeting notes in three bullet points and list who is to do "
                + "what by Friday."),
        Prompt("translation", .text, "Translate this sentence into French: the cat sat on a mat."),
        Prompt(
            "letter", .text,
            """
            Dear Mr. Smith,

            thank you for your letter (of 3 May); we have received the items you sent. If the
            parcel is not complete, or the list is not right, let us know, and we will try to
            find out where the rest is. For a refund, please return the form.

            Kind regards
            """),
        Prompt(
            "instructions with words that are keywords", .text,
            "If this is not for you, then let me know and do not return it; else try a new one "
                + "while the offer is valid and use it as the default for any type of order."),
        Prompt("bulleted", .text, "- buy milk\n  - if there is none, take oat milk\n- call Ann\n"),
        Prompt("dates and prices", .text, "From 2026-11-21 to 2026-11-25 it costs $1,200 + tax."),
        Prompt("link", .text, "Read https://example.com/a?b=1&c=2#d and tell me what it says."),
        Prompt("German", .text, "Fasse den folgenden Text bitte in zwei Sätzen zusammen."),
        Prompt("Japanese", .text, "次の文章を英語に翻訳してください。今日はいい天気ですね。"),
        Prompt(
            "encoded data", .text, String(repeating: "QUJDREVGR0hJSktMTU5PUA", count: 40) + "=="),

        // Code.
        Prompt(
            "Swift in a fence", .code,
            """
            Rename the variable.

            ```swift
            func add(_ a: Int, _ b: Int) -> Int {
                let result = a + b
                return result
            }
            ```
            """),
        Prompt(
            "Python without one", .code,
            """
            def fibonacci(n):
                if n < 2:
                    return n
                previous, current = 0, 1
                for _ in range(n - 1):
                    previous, current = current, previous + current
                return current
            """),
        Prompt(
            "C on few lines", .code,
            "#include <stdio.h>\nint main(void) {\n  printf(\"%d\\n\", x->count);\n  return 0;\n}"),
        Prompt(
            "SQL", .code,
            "SELECT u.name, count(o.id)\nFROM users u JOIN orders o ON o.user_id = u.id\n"
                + "WHERE u.created_at >= now()\nGROUP BY u.name;"),
        Prompt(
            "JSON", .code,
            "{\n  \"name\": \"app\",\n  \"scripts\": {\n    \"build\": \"tsc -p .\"\n  }\n}"),
        Prompt(
            "minified", .code, "function f(a,b){return a&&b?a.map(x=>x*2):null};const y=f(z,1);"),
        Prompt(
            "a wish for code", .code,
            "Write a Python function that merges two sorted lists into one sorted list."),
        Prompt("a wish for tests", .code, "Add unit tests for the parser's error handling code."),
        Prompt("German wish for code", .code, "Schreibe eine Python-Funktion für die Klasse."),
        Prompt("Chinese wish for code", .code, "请写一个函数来解析这段代码。"),
        Prompt(
            "diff", .code,
            "--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,3 @@\n-    int a = foo(b);\n+    int a = bar(b);\n"
                + "     return a;\n"),

        // Mathematics.
        Prompt(
            "LaTeX", .math,
            #"Evaluate $$\int_0^1 \frac{x^2}{\sqrt{1+x}} \, dx$$ and give a closed form."#),
        Prompt("equation", .math, "Solve for x: x^2 + 3x - 10 = 0"),
        Prompt("words", .math, "What is the derivative of the cosine, and its integral?"),
        Prompt("symbols", .math, "∀ε>0 ∃δ>0: |x−a|<δ ⇒ |f(x)−f(a)|<ε"),
        Prompt("German equation", .math, "Löse die Gleichung 2x + 4 = 10 und nenne die Ableitung."),
        Prompt("Russian", .math, "Реши уравнение x^2 = 4 и найди производную."),
        Prompt("Chinese", .math, "求解方程 x^2 = 4，并计算积分。"),
        Prompt("linear algebra", .math, "Compute the eigenvalues and determinant of the matrix."),

        // Reasoning.
        Prompt(
            "trade-offs", .reasoning,
            "What are the trade-offs between a monolith and small services for a team of five? "
                + "Compare the alternatives and justify your recommendation."),
        Prompt(
            "step by step", .reasoning,
            "Think carefully, step by step: who of the three guests told the truth?"),
        Prompt(
            "plan", .reasoning,
            "Plan our move to the new office: what are the risks, which constraints decide, and "
                + "what is the best strategy?"),
        Prompt("why", .reasoning, "Why does bread rise, and why is it lighter afterwards?"),
        Prompt(
            "German why", .reasoning, "Warum ist der Himmel blau? Erkläre es Schritt für Schritt."),
        Prompt("French why", .reasoning, "Pourquoi le ciel est-il bleu ? Justifie ta réponse."),
        Prompt("Spanish why", .reasoning, "Explica paso a paso por qué el cielo es azul."),
        Prompt("Russian why", .reasoning, "Почему небо голубое? Объясни."),
        Prompt("Chinese why", .reasoning, "请逐步推理，为什么天空是蓝色的？"),
        Prompt("Korean proof", .reasoning, "이 주장을 증명하고 단계별로 추론해 주세요."),

        // Several at once.
        Prompt(
            "a proof", [.math, .reasoning],
            "Prove by induction that the sum of the first n integers is n(n+1)/2."),
        Prompt(
            "why code hangs", [.code, .reasoning],
            """
            Why does this deadlock? Find the root cause and explain step by step.

            ```go
            func main() {
                ch := make(chan int)
                ch <- 1
                fmt.Println(<-ch)
            }
            ```
            """),

        // Those who would have it otherwise.
        Prompt("a fence of prose", .text, "```text\nI came; I saw; I left.\n```\n"),
        Prompt(
            "a long text with one formula", .text,
            String(repeating: "The rain fell. ", count: 200)
                + "x = 1"),
        Prompt(
            "a long text with one why", .text,
            String(repeating: "The rain fell. ", count: 200)
                + "Why does it?"),
        Prompt("a path of Windows", .text, #"Open C:\Users\int\sum and C:\temp\frac."#),
        Prompt("a call in prose", .text, "Please call foo(bar) for me when the parcel(s) arrive."),
        Prompt("only signs", .text, "!!! ??? ... --- *** ~~~"),
        Prompt("Greek prose", .text, "Ο ουρανός είναι γαλανός και η θάλασσα ήρεμη σήμερα."),
    ]

    @Test(arguments: prompts)
    func `a prompt is about`(prompt: Prompt) throws {
        let facts = try #require(try Self.facts(["prompt": prompt.text]))
        #expect(facts.classes == prompt.classes, "\(facts.classes.names): \(facts)")
    }

    @Test(arguments: prompts)
    func `escapes change nothing`(prompt: Prompt) throws {
        let plain = try #require(try Self.facts(["prompt": prompt.text]))
        let units = prompt.text.utf16.map { String(format: "\\u%04X", $0) }.joined()
        let frame = #"{"params":{"arguments":{"prompt":"\#(units)"}}}"#
        #expect(ContentFacts(argumentsOf: Array(frame.utf8).span) == plain)
    }

    @Test(arguments: [
        (#"{"files":["a.swift","b.swift"],"prompt":"x"}"#, 2),
        (#"{"file_path":"a.swift"}"#, 1),
        (#"{"file_path":""}"#, 0),
        (#"{"files":[{"path":"a","content":"b"},{"path":"c","content":"d"}]}"#, 2),
        (#"{"code_scope":{"files":["a"],"entry_points":[{"file":"b","line":3}]}}"#, 2),
        (#"{"prompt":"files: a, b"}"#, 0),
        (#"{"f\u0069les":["a"]}"#, 1),
    ])
    func `files are counted by the arguments that name them`(arguments: String, count: UInt64) {
        let frame = #"{"method":"tools/call","params":{"arguments":\#(arguments)}}"#
        #expect(ContentFacts(argumentsOf: Array(frame.utf8).span)?.files == count)
    }

    @Test(arguments: ["", "{", "[1", #"{"a":"\x"}"#, #"{"a":1}{"#])
    func `what is no JSON has no facts`(frame: String) {
        #expect(ContentFacts(argumentsOf: Array(frame.utf8).span) == nil)
    }

    @Test(arguments: ["{}", "[]", "1", #"{"params":[]}"#, #"{"params":{"arguments":null}}"#])
    func `a frame without arguments is about nothing`(frame: String) {
        #expect(ContentFacts(argumentsOf: Array(frame.utf8).span) == ContentFacts())
    }

    static func facts(_ arguments: [String: Any]) throws -> ContentFacts? {
        let message: [String: Any] = [
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": ["name": "ask", "arguments": arguments],
        ]
        return ContentFacts(
            argumentsOf: Array(try JSONSerialization.data(withJSONObject: message)).span)
    }
}
