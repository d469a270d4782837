import Metering
import Records
import Testing

@testable import Policy

struct RouteFileTests {
    private func read(_ text: String) throws(JSONError) -> [RouteRule] {
        try RouteFile.read(Array(text.utf8))
    }

    @Test func `every field is read`() throws {
        let rules = try read(
            """
            {"routes": [
              {"name": "night", "when": {"tool": "ask*", "server": ["a", "b"], "model": "*pro*",
                "class": ["code", "math"], "tokens": {"min": 10, "max": 20}, "files": {"min": 1},
                "budget_left": {"above": 0.1, "below": 0.5}, "time": "22:00-06:00",
                "weekdays": ["sat", "sun"]}, "model": ["flash", "gemini-2.5-flash"]},
              {"model": "keep"}
            ]}
            """)
        #expect(rules.map(\.name) == ["night", "rule 2"])
        #expect(rules.map(\.result) == [.models(["flash", "gemini-2.5-flash"]), .keep])
        let conditions = try #require(rules.first?.conditions)
        #expect(conditions.tools.map(\.text) == ["ask*"])
        #expect(conditions.servers.map(\.text) == ["a", "b"])
        #expect(conditions.models.map(\.text) == ["*pro*"])
        #expect(conditions.classes == [.code, .math])
        #expect(conditions.tokens?.text == "10…20")
        #expect(conditions.files?.text == "1 or more")
        #expect(conditions.budgetLeft?.text == "above 0.1 and below 0.5")
        #expect(conditions.time?.text == "22:00-06:00")
        #expect(conditions.weekdays == 0b110_0000)
        #expect(rules[1].conditions == RouteRule.Conditions())
    }

    @Test(arguments: [
        ("", "1:1: expected an object, found the end of the text"),
        ("{}", "1:1: 'routes' is missing"),
        (#"{"rules": []}"#, "1:2: 'rules' is no field of the file"),
        (#"{"routes": {}}"#, "1:12: 'routes': expected an array, found '{'"),
        (#"{"routes": [{}]}"#, #"1:13: 'model' is missing: name a model, or "keep""#),
        (#"{"routes": [{"model": ""}]}"#, "1:23: 'model': the string is empty"),
        (#"{"routes": [{"model": []}]}"#, "1:23: 'model': the array is empty"),
        (#"{"routes": [{"model": 1}]}"#, "1:23: 'model': expected a string, found '1'"),
        (
            #"{"routes": [{"model": ["a", "keep"]}]}"#,
            #"1:29: 'model': "keep" stands alone, in no array"#
        ),
        (#"{"routes": [{"model": "a", "model": "b"}]}"#, "1:28: 'model' is said twice"),
        (#"{"routes": [{"modle": "a"}]}"#, "1:14: 'modle' is no field of a rule"),
        (
            #"{"routes": [{"when": {"tools": "a"}, "model": "a"}]}"#,
            "1:23: 'tools' is no field of a rule's conditions"
        ),
        (
            #"{"routes": [{"when": {"class": "maths"}, "model": "a"}]}"#,
            "1:32: 'maths' is no class: use one of code, math, reasoning, text"
        ),
        (
            #"{"routes": [{"when": {"weekdays": "monday"}, "model": "a"}]}"#,
            "1:35: 'monday' is no weekday: use one of mon, tue, wed, thu, fri, sat, sun"
        ),
        (
            #"{"routes": [{"when": {"time": "9-17"}, "model": "a"}]}"#,
            "1:31: '9-17' is no time of day: write it like 22:00-06:00"
        ),
        (
            #"{"routes": [{"when": {"time": "06:00-06:00"}, "model": "a"}]}"#,
            "1:31: '06:00-06:00' is no time of day: write it like 22:00-06:00"
        ),
        (
            #"{"routes": [{"when": {"time": "24:00-06:00"}, "model": "a"}]}"#,
            "1:31: '24:00-06:00' is no time of day: write it like 22:00-06:00"
        ),
        (
            #"{"routes": [{"when": {"tokens": {"max": 1.5}}, "model": "a"}]}"#,
            "1:41: 'max': expected a whole number of 0…18446744073709551615"
        ),
        (
            #"{"routes": [{"when": {"tokens": {"min": 2, "max": 1}}, "model": "a"}]}"#,
            "1:33: 'min' is more than 'max': no call is between them"
        ),
        (
            #"{"routes": [{"when": {"tokens": {}}, "model": "a"}]}"#,
            "1:33: 'tokens': neither a 'min' above 0 nor a 'max' is said"
        ),
        (
            #"{"routes": [{"when": {"budget_left": {"below": 20}}, "model": "a"}]}"#,
            "1:48: 'below': expected a number of 0…1"
        ),
        (
            #"{"routes": [{"when": {"budget_left": {"below": 0.2, "above": 0.2}}, "model": "a"}]}"#,
            "1:38: 'above' is not less than 'below': nothing is between"
        ),
        (
            "{\"routes\": [\n  {\"name\": \"x\", \"model\": \"a\"},\n  {\"name\": \"x\", \"model\": \"b\"}]}",
            "3:3: 'name': two rules are called 'x'"
        ),
    ])
    func `a mistake is named where it stands`(text: String, message: String) {
        do throws(JSONError) {
            _ = try read(text)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.description.hasPrefix(message), "\(error)")
        }
    }

    @Test(arguments: [
        ("*", "", true), ("*", "x", true), ("a*", "abc", true), ("a*", "ba", false),
        ("*c", "abc", true), ("a*c", "ac", true), ("a*c*e", "abcde", true), ("a?c", "abc", true),
        ("a?c", "ac", false), ("?", "é", true), ("ASK-*", "ask-gemini", true), ("", "", true),
        ("", "a", false), ("a", "", false), ("a.c", "abc", false), ("**a**", "xax", true),
        ("gemini-2.5-pro", "Gemini-2.5-Pro", true), ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false),
    ])
    func `a glob matches`(glob: String, name: String, matches: Bool) {
        #expect(Glob(glob).matches(name) == matches)
    }
}
