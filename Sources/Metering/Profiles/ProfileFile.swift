package import Records

/// Reads profiles, the user's own (`MCP_METER_PROFILES` names the file) and the built-in ones.
///
/// The file is `{"profiles": [ … ]}`. A profile has
/// - `servers` (needed): names in handshakes, or of packages and scripts in commands;
/// - `provider`: `google`, `xai`, `openai` … or `multi` for a server of several;
/// - `model`: what it uses when nobody names one;
/// - `model_env`: variables that name its model, the first that is set wins; without this field
///   those usual for the provider, with `[]` none;
/// - `aliases`: its own names for models (`{"pro": "gemini-2.5-pro"}`);
/// - `models`: the names for models that its tools take, where they take no others;
/// - `agent_id`, `surface`: identity on the EvalOps wire, by default the server's name;
/// - `no_model`: tools that ask no model;
/// - `tools`: by name, `*` for all others.
///
/// A tool has
/// - `calls_model`: whether it does; without it the messages tell;
/// - `provider`, `model`, `models`: where they are not the profile's;
/// - `model_argument`, `reason`, `conversation_argument`: paths in its arguments; a tool that is
///   listed with a `model_argument` takes one, and routes may give it one it was called without;
/// - `conversation_result`: paths in its answer; `ends_conversation`: a good answer ends it;
/// - `event_type`: analysis, escalation, conversation or another word;
/// - `quality`: rules, the first that finds something counts: `path` in the answer, `take` of
///   several figures `max` (so if not said), `mean`, `min` or `first`, `values` of words (0…1);
/// - `model_calls`: how often the tool asked its model, where an answer tells: `base`, and for `each`
///   item the answer has at that path the number at `count` in it and `plus`, which an item does
///   not get whose words at the `path` of `failed` are all among its `values`;
/// - `gone`: how an answer says that its conversation is no more: `messages` in errors,
///   `messages_alone` that mean it only while no other call of the conversation is under way, a
///   `path` and its `values`;
/// - `failure`: the `path` of a field that makes an answer a failure, and the error `types` its
///   values mean.
///
/// A path is keys with dots between; an array on the way is each of its elements. Where a path is
/// wanted, an array of paths is tried in turn.
///
/// Strict, so that a misspelt field is found where it stands and not by its missing effect.
package enum ProfileFile {
    /// The profiles in a file, in its order.
    ///
    /// - Throws: where the text is not JSON or a field is not what it should be: line, column, the
    ///   field's name and what was expected.
    package static func read(_ bytes: [UInt8]) throws(JSONError) -> [Profile] {
        try JSONReader.read(bytes.span) { (reader) throws(JSONError) in
            var profiles: [Profile] = []
            try reader.fields(of: "the file") { (name, reader) throws(JSONError) in
                guard name == "profiles" else { return false }
                profiles = try list(&reader, profile)
                return true
            }
            return profiles
        }
    }

    private static func profile(_ reader: inout JSONReader) throws(JSONError) -> Profile {
        var profile = Profile()
        var withoutModel: [String] = []
        let start = reader.offset
        try reader.fields(of: "a profile") { (name, reader) throws(JSONError) in
            switch name {
            case "servers": profile.servers = try list(&reader, text).map { $0.lowercased() }
            case "provider": profile.provider = try text(&reader)
            case "model": profile.model = try text(&reader)
            case "model_env": profile.modelVariables = try list(&reader, text)
            case "aliases": profile.aliases = try map(&reader, text)
            case "models": profile.models = try list(&reader, text)
            case "agent_id": profile.agentID = try text(&reader)
            case "surface": profile.surface = try text(&reader)
            case "no_model": withoutModel = try list(&reader, text)
            case "tools": profile.tools = try map(&reader, tool)
            default: return false
            }
            return true
        }
        guard !profile.servers.isEmpty else {
            throw reader.error("'servers' is missing: name at least one server", at: start)
        }
        for name in withoutModel { profile.tools[name, default: Profile.Tool()].callsModel = false }
        if let other = profile.tools.removeValue(forKey: "*") { profile.otherTools = other }
        return profile
    }

    private static func tool(_ reader: inout JSONReader) throws(JSONError) -> Profile.Tool {
        var tool = Profile.Tool()
        try reader.fields(of: "a tool") { (name, reader) throws(JSONError) in
            switch name {
            case "calls_model": tool.callsModel = try reader.bool()
            case "provider": tool.provider = try text(&reader)
            case "model": tool.model = try text(&reader)
            case "models": tool.models = try list(&reader, text)
            case "model_argument": tool.modelArgument = try paths(&reader)
            case "event_type": tool.eventType = try text(&reader)
            case "reason": tool.reason = try paths(&reader)
            case "conversation_argument": tool.conversationArgument = try paths(&reader)
            case "conversation_result": tool.conversationResult = try paths(&reader)
            case "ends_conversation": tool.endsConversation = try reader.bool()
            case "quality": tool.quality = try list(&reader, quality)
            case "failure": tool.failure = try failure(&reader)
            case "model_calls": tool.modelCalls = try modelCalls(&reader)
            case "gone": tool.gone = try gone(&reader)
            default: return false
            }
            return true
        }
        return tool
    }

    private static func quality(
        _ reader: inout JSONReader
    ) throws(JSONError) -> Profile.QualityRule {
        var rulePath: FieldPath?
        var aggregate = Profile.QualityRule.Aggregate.max
        var values: [String: Double] = [:]
        let start = reader.offset
        try reader.fields(of: "a quality rule") { (name, reader) throws(JSONError) in
            switch name {
            case "path": rulePath = try path(&reader)
            case "take":
                let word = try text(&reader)
                guard let known = Profile.QualityRule.Aggregate(rawValue: word) else {
                    let all = Profile.QualityRule.Aggregate.allCases.map(\.rawValue)
                    throw reader.error("'take' is one of \(all.joined(separator: ", "))")
                }
                aggregate = known
            case "values": values = try map(&reader, fraction)
            default: return false
            }
            return true
        }
        guard let rulePath else { throw reader.error("'path' is missing", at: start) }
        return Profile.QualityRule(path: rulePath, aggregate: aggregate, values: values)
    }

    private static func failure(
        _ reader: inout JSONReader
    ) throws(JSONError) -> Profile.FailureRule {
        var rulePath: FieldPath?
        var types: [String: String] = [:]
        let start = reader.offset
        try reader.fields(of: "a failure rule") { (name, reader) throws(JSONError) in
            switch name {
            case "path": rulePath = try path(&reader)
            case "types": types = try map(&reader, errorType)
            default: return false
            }
            return true
        }
        guard let rulePath else { throw reader.error("'path' is missing", at: start) }
        return Profile.FailureRule(path: rulePath, types: types)
    }

    private static func modelCalls(
        _ reader: inout JSONReader
    ) throws(JSONError) -> Profile.ModelCallsRule {
        var base: UInt64 = 0
        var plus: UInt64 = 0
        var each: FieldPath?
        var count: FieldPath?
        var failed: Profile.WordRule?
        let start = reader.offset
        try reader.fields(of: "a rule of model calls") { (name, reader) throws(JSONError) in
            switch name {
            case "base": base = try smallNumber(&reader)
            case "plus": plus = try smallNumber(&reader)
            case "each": each = try path(&reader)
            case "count": count = try path(&reader)
            case "failed": failed = try words(&reader)
            default: return false
            }
            return true
        }
        guard let each else { throw reader.error("'each' is missing", at: start) }
        guard let count else { throw reader.error("'count' is missing", at: start) }
        return Profile.ModelCallsRule(
            base: base, each: each, count: count, plus: plus, failed: failed)
    }

    private static func words(
        _ reader: inout JSONReader
    ) throws(JSONError) -> Profile.WordRule {
        var rulePath: FieldPath?
        var values: [String] = []
        let start = reader.offset
        try reader.fields(of: "a rule of words") { (name, reader) throws(JSONError) in
            switch name {
            case "path": rulePath = try path(&reader)
            case "values": values = try list(&reader, text)
            default: return false
            }
            return true
        }
        guard let rulePath else { throw reader.error("'path' is missing", at: start) }
        guard !values.isEmpty else { throw reader.error("'values' is missing", at: start) }
        return Profile.WordRule(path: rulePath, values: values)
    }

    private static func gone(_ reader: inout JSONReader) throws(JSONError) -> Profile.GoneRule {
        var rule = Profile.GoneRule()
        var rulePath: FieldPath?
        var values: [String] = []
        let start = reader.offset
        try reader.fields(of: "a rule of what is gone") { (name, reader) throws(JSONError) in
            switch name {
            case "messages": rule.messages = try list(&reader, text)
            case "messages_alone": rule.messagesAlone = try list(&reader, text)
            case "path": rulePath = try path(&reader)
            case "values": values = try list(&reader, text)
            default: return false
            }
            return true
        }
        guard (rulePath == nil) == values.isEmpty else {
            throw reader.error("'path' and 'values' go together", at: start)
        }
        if let rulePath { rule.field = Profile.WordRule(path: rulePath, values: values) }
        guard rule != Profile.GoneRule() else {
            throw reader.error("'messages' is missing, or 'path' and 'values'", at: start)
        }
        return rule
    }

    // MARK: Values

    private static func smallNumber(_ reader: inout JSONReader) throws(JSONError) -> UInt64 {
        let value = try reader.double()
        guard (0...1000).contains(value), value == value.rounded() else {
            throw reader.error("expected a whole number of 0…1000")
        }
        return UInt64(value)
    }

    private static func text(_ reader: inout JSONReader) throws(JSONError) -> String {
        let text = try reader.string()
        guard !text.isEmpty else { throw reader.error("the string is empty") }
        return text
    }

    private static func errorType(_ reader: inout JSONReader) throws(JSONError) -> String {
        let word = try text(&reader)
        guard CallRecord.ErrorType(rawValue: word) != nil else {
            let all = CallRecord.ErrorType.allCases.map(\.rawValue).joined(separator: ", ")
            throw reader.error("'\(word)' is no error type: use one of \(all)")
        }
        return word
    }

    private static func fraction(_ reader: inout JSONReader) throws(JSONError) -> Double {
        let value = try reader.double()
        guard (0...1).contains(value) else { throw reader.error("expected a number of 0…1") }
        return value
    }

    private static func path(_ reader: inout JSONReader) throws(JSONError) -> FieldPath {
        let text = try reader.string()
        guard let path = FieldPath(text) else {
            throw reader.error("'\(text)' is no path: write keys with dots between them")
        }
        return path
    }

    /// A path, or an array of paths to try in turn.
    private static func paths(_ reader: inout JSONReader) throws(JSONError) -> [FieldPath] {
        if try reader.peek() == .string { return [try path(&reader)] }
        return try list(&reader, path)
    }

    private static func list<Value>(
        _ reader: inout JSONReader,
        _ element: (inout JSONReader) throws(JSONError) -> Value
    ) throws(JSONError) -> [Value] {
        var values: [Value] = []
        try reader.enterArray()
        while try reader.nextElement() { values.append(try element(&reader)) }
        return values
    }

    private static func map<Value>(
        _ reader: inout JSONReader,
        _ value: (inout JSONReader) throws(JSONError) -> Value
    ) throws(JSONError) -> [String: Value] {
        var values: [String: Value] = [:]
        try reader.enterObject()
        while try reader.nextKey() {
            let key = try reader.contentString()
            values[key] = try value(&reader)
        }
        return values
    }
}
