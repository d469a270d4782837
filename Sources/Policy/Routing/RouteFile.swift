package import Records

/// Reads the rules of `MCP_METER_ROUTES`.
///
/// The file is `{"routes": [ … ]}`; the first rule whose conditions all hold decides. A rule has
/// - `name`: what records and messages call it, by default its place in the file;
/// - `when`: its conditions, all of which must hold; without any it is for every call;
/// - `model` (needed): the model the call gets, by its full name or the server's own; or an array of
///   them, of which the first that the tool takes counts; or `keep`: the call goes on as it is.
///
/// Conditions are
/// - `tool`, `server`, `model`: a name or an array of names of which one must match; `*` is
///   anything, `?` one character, ASCII case does not count; `model` is what the call asks for, or
///   what the server would use;
/// - `class`: `code`, `math`, `reasoning` or `text`, or an array of which one must be what the
///   arguments are about; a text may be about several, `text` is one about none of the others;
/// - `tokens`: `min` and `max` of the arguments' estimated tokens, both included;
/// - `files`: `min` and `max` of the files and paths the arguments name;
/// - `budget_left`: `above` and `below` of the share (0…1) that is left of the tightest budget; holds
///   for no call where no budget is set;
/// - `time`: `"22:00-06:00"`, local; the first minute is in it, the last is not;
/// - `weekdays`: `mon` … `sun` or an array; of a `time` past midnight the day on which it begins.
///
/// Strict, as `ProfileFile` is: a misspelt condition must not make a rule hold for more calls.
package enum RouteFile {
    /// More is no list that someone wrote.
    private static let rulesMax = 1000

    /// The rules in a file, in its order.
    ///
    /// - Throws: where the text is not JSON or a field is not what it should be: line, column, the
    ///   field's name and what was expected.
    package static func read(_ bytes: [UInt8]) throws(JSONError) -> [RouteRule] {
        try JSONReader.read(bytes.span) { (reader) throws(JSONError) in
            var rules: [RouteRule]?
            let start = reader.offset
            try fields(of: &reader, "the file") { (name, reader) throws(JSONError) in
                guard name == "routes" else { return false }
                rules = try routes(&reader)
                return true
            }
            guard let rules else { throw reader.error("'routes' is missing", at: start) }
            return rules
        }
    }

    private static func routes(_ reader: inout JSONReader) throws(JSONError) -> [RouteRule] {
        var rules: [RouteRule] = []
        var names: Set<String> = []
        try reader.enterArray()
        while try reader.nextElement() {
            _ = try reader.peek()
            let start = reader.offset
            let rule = try route(&reader, place: rules.count + 1)
            guard names.insert(rule.name).inserted else {
                throw reader.error("'name': two rules are called '\(rule.name)'", at: start)
            }
            guard rules.count < rulesMax else {
                throw reader.error("'routes' are \(rulesMax) rules at most", at: start)
            }
            rules.append(rule)
        }
        return rules
    }

    private static func route(
        _ reader: inout JSONReader, place: Int
    ) throws(JSONError) -> RouteRule {
        var rule = RouteRule(name: "rule \(place)", result: .keep)
        var hasModel = false
        _ = try reader.peek()
        let start = reader.offset
        try fields(of: &reader, "a rule") { (name, reader) throws(JSONError) in
            switch name {
            case "name": rule.name = try text(&reader)
            case "when": rule.conditions = try conditions(&reader)
            case "model":
                rule.result = try result(&reader)
                hasModel = true
            default: return false
            }
            return true
        }
        guard hasModel else {
            throw reader.error("'model' is missing: name a model, or \"keep\"", at: start)
        }
        return rule
    }

    private static func result(
        _ reader: inout JSONReader
    ) throws(JSONError) -> RouteRule.Result {
        let isList = try reader.peek() == .array
        let models = try oneOrMore(&reader, text)
        if models == ["keep"] { return .keep }
        guard !isList || !models.contains("keep") else {
            throw reader.error("\"keep\" stands alone, in no array")
        }
        return .models(models)
    }

    private static func conditions(
        _ reader: inout JSONReader
    ) throws(JSONError) -> RouteRule.Conditions {
        var conditions = RouteRule.Conditions()
        try fields(of: &reader, "a rule's conditions") { (name, reader) throws(JSONError) in
            switch name {
            case "tool": conditions.tools = try oneOrMore(&reader, glob)
            case "server": conditions.servers = try oneOrMore(&reader, glob)
            case "model": conditions.models = try oneOrMore(&reader, glob)
            case "class":
                conditions.classes = ContentClasses(try oneOrMore(&reader, contentClass))
            case "tokens": conditions.tokens = try bounds(&reader)
            case "files": conditions.files = try bounds(&reader)
            case "budget_left": conditions.budgetLeft = try share(&reader)
            case "time": conditions.time = try timeWindow(&reader)
            case "weekdays":
                conditions.weekdays = try oneOrMore(&reader, weekday).reduce(0) { $0 | $1 }
            default: return false
            }
            return true
        }
        return conditions
    }

    // MARK: Values

    private static func text(_ reader: inout JSONReader) throws(JSONError) -> String {
        let text = try reader.string()
        guard !text.isEmpty else { throw reader.error("the string is empty") }
        return text
    }

    private static func glob(_ reader: inout JSONReader) throws(JSONError) -> Glob {
        Glob(try text(&reader))
    }

    private static func contentClass(
        _ reader: inout JSONReader
    ) throws(JSONError) -> ContentClasses {
        let word = try text(&reader)
        guard let known = ContentClasses.named.first(where: { $0.name == word }) else {
            let all = ContentClasses.named.map(\.name).joined(separator: ", ")
            throw reader.error("'\(word)' is no class: use one of \(all)")
        }
        return known.value
    }

    private static func weekday(_ reader: inout JSONReader) throws(JSONError) -> UInt8 {
        let word = try text(&reader)
        guard let index = LocalTime.weekdays.firstIndex(of: word) else {
            let all = LocalTime.weekdays.joined(separator: ", ")
            throw reader.error("'\(word)' is no weekday: use one of \(all)")
        }
        return 1 << UInt8(truncatingIfNeeded: index)
    }

    private static func bounds(
        _ reader: inout JSONReader
    ) throws(JSONError) -> RouteRule.Bounds {
        var bounds = RouteRule.Bounds()
        _ = try reader.peek()
        let start = reader.offset
        try fields(of: &reader, "these bounds") { (name, reader) throws(JSONError) in
            switch name {
            case "min": bounds.min = try reader.integer()
            case "max": bounds.max = try reader.integer()
            default: return false
            }
            return true
        }
        guard bounds.min <= bounds.max else {
            throw reader.error("'min' is more than 'max': no call is between them", at: start)
        }
        guard bounds != RouteRule.Bounds() else {
            throw reader.error("neither a 'min' above 0 nor a 'max' is said", at: start)
        }
        return bounds
    }

    private static func share(
        _ reader: inout JSONReader
    ) throws(JSONError) -> RouteRule.Share {
        var share = RouteRule.Share()
        _ = try reader.peek()
        let start = reader.offset
        try fields(of: &reader, "a share") { (name, reader) throws(JSONError) in
            switch name {
            case "above": share.above = try fraction(&reader)
            case "below": share.below = try fraction(&reader)
            default: return false
            }
            return true
        }
        guard share != RouteRule.Share() else {
            throw reader.error("'above' or 'below' is missing", at: start)
        }
        if let above = share.above, let below = share.below, above >= below {
            throw reader.error("'above' is not less than 'below': nothing is between", at: start)
        }
        return share
    }

    private static func fraction(_ reader: inout JSONReader) throws(JSONError) -> Double {
        let value = try reader.double()
        guard (0...1).contains(value) else { throw reader.error("expected a number of 0…1") }
        return value
    }

    private static func timeWindow(
        _ reader: inout JSONReader
    ) throws(JSONError) -> RouteRule.TimeWindow {
        let word = try text(&reader)
        let ends = word.split(separator: "-", omittingEmptySubsequences: false).map(minute)
        guard ends.count == 2, let start = ends[0], let end = ends[1], start != end, start < 1440
        else { throw reader.error("'\(word)' is no time of day: write it like 22:00-06:00") }
        return RouteRule.TimeWindow(start: start, end: end)
    }

    /// `06:00`, to `24:00`.
    private static func minute(_ text: Substring) -> Int? {
        let digits = text.utf8.map { Int($0) - 0x30 }
        guard digits.count == 5, digits[2] == 0x3A - 0x30,
            [0, 1, 3, 4].allSatisfy({ (0...9).contains(digits[$0]) })
        else { return nil }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[3] * 10 + digits[4])
        return minute < 60 && hour * 60 + minute <= 1440 ? hour * 60 + minute : nil
    }

    // MARK: Shapes

    /// A value, or an array of at least one.
    private static func oneOrMore<Value>(
        _ reader: inout JSONReader,
        _ element: (inout JSONReader) throws(JSONError) -> Value
    ) throws(JSONError) -> [Value] {
        guard try reader.peek() == .array else { return [try element(&reader)] }
        let start = reader.offset
        var values: [Value] = []
        try reader.enterArray()
        while try reader.nextElement() { values.append(try element(&reader)) }
        guard !values.isEmpty else { throw reader.error("the array is empty", at: start) }
        return values
    }

    /// Reads an object's fields, each once; `body` is false for a field it does not know.
    private static func fields(
        of reader: inout JSONReader, _ place: String,
        _ body: (String, inout JSONReader) throws(JSONError) -> Bool
    ) throws(JSONError) {
        var seen: Set<String> = []
        try reader.fields(of: place) { (name, reader) throws(JSONError) in
            guard seen.insert(name).inserted else {
                throw reader.error("'\(name)' is said twice", at: reader.tokenOffset)
            }
            return try body(name, &reader)
        }
    }
}
