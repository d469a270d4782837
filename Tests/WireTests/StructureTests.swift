import Testing
import Wire

/// Lines, batches, grammar and what is kept where: twin and scanner against tables worked out by
/// hand.
@Suite struct StructureTests {
    @Test(arguments: [
        Row("a message a line", "{\"id\":1}\n{\"id\":2}\n", ["{id=1}", "{id=2}"]),
        Row("no final newline", "{\"id\":1}", ["{id=1}"]),
        Row("CRLF and blank lines", "\r\n \t\n{\"id\":1}\r\n\n", ["{id=1}"]),
        Row("blanks around", " { \"id\" : 1 , \"method\" : \"a\" } \t", ["{id=1 method=\"a\"}"]),
        Row("nothing", "", []),
        Row("empty object", "{}", ["{}"]),
        Row("prose", "Server started\n{\"id\":1}", ["{id=1}"], malformed: 1),
        Row("a scalar line", "null\n\"{}\"\n1", [], malformed: 3),
        Row(
            "goes on after the message", "{\"id\":1} x\n{\"id\":2}", ["{id=1}", "{id=2}"],
            malformed: 1),
        Row("two messages a line", "{\"id\":1}{\"id\":2}", ["{id=1}"], malformed: 1),
        Row("cut off in the object", "{\"id\":1,\n{\"id\":2}", ["{id=2}"], malformed: 1),
        Row("cut off in a string", "{\"id\":\"a\n\"}\n{\"id\":2}", ["{id=2}"], malformed: 2),
        Row("cut off in what is skipped", "{\"x\":{\"y\":[\n]}}", [], malformed: 2),
        Row("cut off at the end", "{\"id\":1", [], malformed: 1),
        Row("a newline inside a message", "{\"id\":\n1}", [], malformed: 2),
        Row("byte order mark", "\u{feff}{\"id\":1}", [], malformed: 1),
    ])
    func lines(_ row: Row) { row.check() }

    @Test(arguments: [
        Row("a batch", "[{\"id\":1} , {\"id\":2}]", ["{id=1}", "{id=2}"]),
        Row("an empty batch", "[ ]\n", []),
        Row("others in a batch", "[1,\"{\",[{\"id\":3}],{\"id\":1}]", ["{id=1}"], malformed: 3),
        Row("goes on after the batch", "[{\"id\":1}]]", ["{id=1}"], malformed: 1),
        Row("a comma too many", "[{\"id\":1},]", ["{id=1}"], malformed: 2),
        Row("a comma too few", "[{\"id\":1}{\"id\":2}]", ["{id=1}"], malformed: 1),
        Row("cut off", "[{\"id\":1},{\"id\":2\n{\"id\":3}", ["{id=1}", "{id=3}"], malformed: 1),
        Row("cut off after a comma", "[{\"id\":1},", ["{id=1}"], malformed: 1),
        Row("wrong bracket", "[{\"id\":1}}", ["{id=1}"], malformed: 1),
    ])
    func batches(_ row: Row) { row.check() }

    @Test(arguments: [
        Row("no colon", "{\"id\" 1}", [], malformed: 1),
        Row("no value", "{\"id\":}", [], malformed: 1),
        Row("no value to skip", "{\"x\":,\"id\":1}", [], malformed: 1),
        Row("two colons", "{\"x\"::1}", [], malformed: 1),
        Row("a comma too many", "{\"id\":1,}", [], malformed: 1),
        Row("a key without quotes", "{id:1}", [], malformed: 1),
        Row("wrong bracket", "{\"params\":{\"name\":1]}", [], malformed: 1),
        Row("wrong bracket in what is skipped", "{\"x\":{\"a\":[}},\"id\":1}", ["{id=1}"]),
        Row("nonsense in what is skipped", "{\"x\":{nonsense,,},\"y\":nul:l,\"id\":1}", ["{id=1}"]),
        Row("brackets in a skipped string", #"{"x":["]}\\\"]}"],"id":1}"#, ["{id=1}"]),
        Row("bad literal", "{\"id\":nul}", [], malformed: 1),
        Row("bad literal, longer", "{\"id\":truee}", [], malformed: 1),
        Row(
            "literals", "{\"id\":null,\"method\":true,\"id\":false}",
            ["{id=null method=true id=false}"]),
        Row("numbers", "{\"id\":-0,\"id\":1.50e-3,\"id\":9E+9}", ["{id=-0 id=1.50e-3 id=9E+9}"]),
        Row("leading zero", "{\"id\":01}", [], malformed: 1),
        Row("no digit after the point", "{\"id\":1.}", [], malformed: 1),
        Row("plus sign", "{\"id\":+1}", [], malformed: 1),
        Row("empty exponent", "{\"id\":1e}", [], malformed: 1),
        Row("lone minus", "{\"id\":-}", [], malformed: 1),
        Row("64 digits", "{\"id\":\(nines(64))}", ["{id=\(nines(64))}"]),
        Row("65 digits are not kept", "{\"id\":\(nines(65)),\"method\":\"a\"}", ["{method=\"a\"}"]),
        Row("65 digits and a letter", "{\"id\":\(nines(65))x}", [], malformed: 1),
        Row("a bad number that is skipped", "{\"x\":01x,\"id\":1}", ["{id=1}"]),
        Row("escapes", #"{"id":"\"\\\/\b\f\n\r\t\u0041"}"#, ["{id=\"\"\\/\u{8}\u{c}\n\r\tA\"}"]),
        Row("surrogates", #"{"id":"\ud83D\uDE00"}"#, ["{id=\"😀\"}"]),
        Row(
            "lone surrogates", #"{"id":"\ud83d\ud83d\u0041\ude00"}"#,
            ["{id=\"\u{fffd}\u{fffd}A\u{fffd}\"}"]),
        Row("surrogate, other escape", #"{"id":"\ud83d\nx"}"#, ["{id=\"\u{fffd}\nx\"}"]),
        Row("bad escape", #"{"id":"\x"}"#, [], malformed: 1),
        Row("bad hex", #"{"id":"\u00g0"}"#, [], malformed: 1),
        Row("bad escapes in what is skipped", #"{"x":"\x\u","id":1}"#, ["{id=1}"]),
        Row("bad escape in a key", #"{"\x":1}"#, [], malformed: 1),
        Row("control characters", "{\"id\":\"a\u{1}\tb\"}", ["{id=\"a\u{1}\tb\"}"]),
        Row("escaped keys", #"{"\u0069\u0064":1}"#, ["{id=1}"]),
        Row("duplicate keys stay", "{\"id\":1,\"id\":2}", ["{id=1 id=2}"]),
        Row("no key of 65 bytes", "{\"\(nines(65))\":1,\"id\":2}", ["{id=2}"]),
        Row("64 open", nested(63), ["{result={content={meta={usage=\(nodes(60))}}}}"]),
        Row("65 open", nested(64), [], malformed: 1),
        Row(
            "any depth where skipped", "{\"x\":\(nines(0, "[", 200))\(nines(0, "]", 200))}", ["{}"]),
    ])
    func grammar(_ row: Row) { row.check() }

    @Test(arguments: [
        Row("only known keys", "{\"jsonrpc\":\"2.0\",\"id\":7,\"x\":{\"id\":1}}", ["{id=7}"]),
        Row(
            "params and result stay", "{\"params\":{},\"result\":[],\"error\":{\"x\":1}}",
            ["{params={} result=[] error={}}"]),
        Row("a scalar result", "{\"result\":\"ok\",\"error\":3}", ["{result=\"ok\" error=3}"]),
        Row("skipped params", "{\"params\":3}", ["{}"]),
        Row(
            "empty containers go", "{\"params\":{\"_meta\":{\"clientInfo\":{}},\"task\":{}}}",
            ["{params={}}"]),
        Row(
            "arguments stay", "{\"params\":{\"arguments\":{\"x\":1}}}", ["{params={arguments={}}}"]),
        Row(
            "a digest", #"{"params":{"requestState":"\u0061","requestState":5}}"#,
            ["{params={requestState=#af63dc4c8601ec8c22c04a334b91791c}}"]),
        Row(
            "model names, 17 of 19",
            "{\"params\":{\"arguments\":{\"models\":1,\"models_prefixed_by_provider\":"
                + "[\(numbered(19) { "\"m\($0)\"" })]}}}",
            [
                "{params={arguments={models=[\(numbered(16, separator: " ") { "\"m\($0)\"" }) \"m18\"]}}}"
            ]),
        Row(
            "input responses by name",
            "{\"params\":{\"inputResponses\":{\"a b\":{\"model\":\"m\",\"role\":1},\"\":{\"x\":1}}}}",
            ["{params={inputResponses={'a b'={model=\"m\"}}}}"]),
        Row(
            "usage by model",
            "{\"result\":{\"modelUsage\":{\"m\":{\"input_tokens\":1},\"\(nines(65))\":{\"input_tokens\":2}}}}",
            ["{result={modelUsage={'m'={inputTokens=1}}}}"]),
        Row(
            "paths of a profile",
            "{\"result\":{\"analysis\":{\"rootCause\":{\"confidence\":0.9,\"x\":1}}}}",
            ["{result={'analysis'={'rootCause'={'confidence'=0.9}}}}"]),
        Row(
            "tools with a default",
            "{\"result\":{\"tools\":[{\"name\":\"a\"},{\"name\":\"b\",\"inputSchema\":{\"properties\":"
                + "{\"model\":{\"default\":\"m\"},\"x\":{\"default\":1}}}}]}}",
            [
                "{result={tools=[{name=\"b\" inputSchema={properties={model={defaultValue=\"m\"}}}}]}}"
            ]),
        Row(
            "content may be one block", "{\"result\":{\"content\":{\"type\":\"text\"}}}",
            ["{result={content={type=\"text\"}}}"]),
        Row(
            "arrays of arrays are skipped",
            "{\"result\":{\"content\":[[{\"type\":\"x\"}],{\"type\":\"y\"}]}}",
            ["{result={content=[{type=\"y\"}]}}"]),
        Row(
            "blocks, 17 of 20; empty ones do not count",
            "{\"result\":{\"content\":[{},\(numbered(20) { "{\"type\":\"\($0)\"}" }),{}]}}",
            [
                "{result={content=[\(numbered(16, separator: " ") { "{type=\"\($0)\"}" }) {type=\"19\"}]}}"
            ]),
        Row(
            "documents six deep",
            "{\"result\":{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":{\"model\":1,\"data\":{\"model\":2}}}}}}}}",
            ["{result={data={data={data={data={data={model=1}}}}}}}"]),
        Row(
            "arrays are no depth",
            "{\"result\":{\"data\":[{\"data\":[{\"data\":[{\"data\":[{\"data\":[{\"model\":1,\"data\":[{\"model\":2}]}]}]}]}]}]}}",
            ["{result={data=[{data=[{data=[{data=[{data=[{model=1}]}]}]}]}]}}"]),
        Row(
            "a document of a notification is the first",
            "{\"params\":{\"msg\":{\"info\":{\"info\":{\"info\":{\"info\":{\"info\":{\"model\":1}}}}}}}}",
            ["{params={msg={info={info={info={info={info={model=1}}}}}}}}"]),
        Row(
            "1024 bytes of a string", "{\"id\":\"\(nines(1024))\",\"id\":\"\(nines(1025))\"}",
            ["{id=\"\(nines(1024))\" id=\"\(nines(1024))\"…}"]),
    ])
    func rules(_ row: Row) { row.check() }
}

/// `count` nines, or something else after as many of them.
private func nines(_ count: Int, _ other: String = "", _ times: Int = 0) -> String {
    String(repeating: "9", count: count) + String(repeating: other, count: times)
}

/// A message with so many open objects below its own.
private func nested(_ depth: Int) -> String {
    "{\"result\":{\"content\":{\"_meta\":{\"usage\":" + nines(0, "{\"input\":", depth - 3) + "1"
        + nines(0, "}", depth) + "}"
}

/// The outline of usage so deep.
private func nodes(_ depth: Int) -> String {
    nines(0, "{input=", depth) + "1" + nines(0, "}", depth)
}
