import Testing

@testable import Records

@Suite struct JSONReading {
    @Test(arguments: [
        ("null", JSONValue.null), (" true ", .bool(true)), ("false\n", .bool(false)),
        ("0", .number("0")), ("-0", .number("-0")), ("-0.0e-00", .number("-0.0e-00")),
        ("123456789012345678901234567890", .number("123456789012345678901234567890")),
        ("1E+2", .number("1E+2")), ("1.5e3", .number("1.5e3")),
        ("\"\"", .string("")), ("\"a\u{2028}b\"", .string("a\u{2028}b")),
        (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
        (#""\u00e9\ud83d\ude00 \u0000""#, .string("é😀 \0")),
        (#""\uD834\uDD1E""#, .string("𝄞")), ("\"\u{7F}\"", .string("\u{7F}")),
        ("[]", .array([])), ("[ ]", .array([])),
        ("[1,[2],{}]", .array([.number("1"), .array([.number("2")]), .object([])])),
        ("{}", .object([])),
        (
            "\t{ \"a\" :\r\n1 , \"b\":[]}",
            .object([.init("a", .number("1")), .init("b", .array([]))])
        ),
        (#"{"a":1,"a":2}"#, .object([.init("a", .number("1")), .init("a", .number("2"))])),
        (#"{"":0}"#, .object([.init("", .number("0"))])),
        (#"{"\u0061":0}"#, .object([.init("a", .number("0"))])),
        (
            "\"a string long enough to be skimmed eight bytes at a time, é\"",
            .string("a string long enough to be skimmed eight bytes at a time, é")
        ),
    ])
    func accepts(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == value)
    }

    /// The message is the contract with whoever edits a configuration file.
    @Test(arguments: [
        ("", "1:1: expected a value, found the end of the text"),
        ("  \n ", "2:2: expected a value, found the end of the text"),
        ("nul", "1:1: expected a value, found a word other than null"),
        ("nulls", "1:5: expected the end of the text, found 's'"),
        ("TRUE", "1:1: expected a value, found 'T'"),
        ("1 2", "1:3: expected the end of the text, found '2'"),
        ("01", "1:1: a number must not start with 0"),
        ("-01", "1:1: a number must not start with 0"),
        ("-", "1:2: expected a digit, found the end of the text"),
        ("-a", "1:2: expected a digit, found 'a'"), ("+1", "1:1: expected a value, found '+'"),
        (".5", "1:1: expected a value, found '.'"),
        ("1.", "1:3: expected a digit, found the end of the text"),
        ("1.e3", "1:3: expected a digit, found 'e'"),
        ("1e", "1:3: expected a digit, found the end of the text"),
        ("1e+", "1:4: expected a digit, found the end of the text"),
        ("0x1", "1:2: expected the end of the text, found 'x'"),
        ("NaN", "1:1: expected a value, found 'N'"),
        ("Infinity", "1:1: expected a value, found 'I'"),
        ("\"a", "1:1: a string that begins here has no closing quote"),
        ("\"a\\", "1:1: a string that begins here has no closing quote"),
        ("\"a\\\"", "1:1: a string that begins here has no closing quote"),
        ("\"a\nb\"", "1:3: a control character in a string must be written as an escape"),
        ("\"\0\"", "1:2: a control character in a string must be written as an escape"),
        (#""\x""#, "1:2: no such escape in a JSON string"),
        ("\"\\\n\"", "1:2: no such escape in a JSON string"),
        (#""\u12g4""#, "1:6: expected four hexadecimal digits after \\u"),
        (#""\u12""#, "1:6: expected four hexadecimal digits after \\u"),
        (#""ab\ud800""#, "1:4: half of a surrogate pair"),
        (#""\ud800\u0041""#, "1:2: half of a surrogate pair"),
        (#""\udc00\ud800""#, "1:2: half of a surrogate pair"),
        (#"{"\ud800":1}"#, "1:3: half of a surrogate pair"),
        ("'a'", "1:1: expected a value, found '''"),
        ("[1,]", "1:4: expected a value, found ']'"),
        ("[,1]", "1:2: expected a value or ']', found ','"),
        ("[1 2]", "1:4: expected ',' or ']', found '2'"),
        ("[", "1:2: expected a value or ']', found the end of the text"),
        ("[1", "1:3: expected ',' or ']', found the end of the text"),
        ("]", "1:1: expected a value, found ']'"),
        ("{", "1:2: expected a member's name or '}', found the end of the text"),
        ("{\"a\":1,}", "1:8: expected a member's name in double quotes, found '}'"),
        ("{a:1}", "1:2: expected a member's name in double quotes, found 'a'"),
        ("{\"a\" 1}", "1:6: expected ':', found '1'"),
        ("{\"a\":}", "1:6: expected a value, found '}'"),
        ("{\n  \"é\": tru\n}", "2:8: expected a value, found a word other than true"),
        ("{\"a\":1 // note\n}", "1:8: expected ',' or '}', found '/'"),
        ("\u{FEFF}{}", "1:1: a byte order mark: save the text as UTF-8 without one"),
        ("\u{A0}1", "1:1: expected a value, found byte 0xc2"),
        ("\u{B}1", "1:1: expected a value, found byte 0x0b"),
    ])
    func rejects(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
        #expect(error?.description == message)
    }

    @Test(
        arguments: [
            [0x80], [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80],
            [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80],
            [0xE2, 0x82], [0xC3, 0x28],
        ] as [[UInt8]])
    func rejectsInvalidUTF8(sequence: [UInt8]) {
        let padding = [UInt8](repeating: UInt8(ascii: "x"), count: 11)
        for text in [sequence, padding + sequence + padding, sequence + Array(#"\n"#.utf8)] {
            let quoted = [UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")]
            #expect(throws: JSONError.self) { try JSONValue(parsing: quoted) }
            let asKey = [UInt8(ascii: "{")] + quoted + Array(":1}".utf8)
            #expect(throws: JSONError.self) { try JSONValue(parsing: asKey) }
            for skipped in [quoted, asKey] {
                #expect(throws: JSONError.self) {
                    try JSONReader.read(skipped.span) { (r) throws(JSONError) in try r.skip() }
                }
            }
        }
    }

    @Test func nestsToItsLimitAndNoDeeper() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        var value = try JSONValue(parsing: nested(256))
        for _ in 1..<256 { value = try #require(value.array?.first) }
        #expect(value == .array([]))
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: nested(257)) }
        #expect(error?.description == "1:257: nested deeper than 256 levels")
        let open = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSONError.self) { try JSONValue(parsing: open) }
        let objects = Array(String(repeating: "{\"a\":", count: 300).utf8)
        #expect(throws: JSONError.self) { try JSONValue(parsing: objects) }
        // Depth is given back when a container closes.
        let wide = "[" + String(repeating: "[[]],", count: 1000) + "0]"
        #expect(try JSONValue(parsing: Array(wide.utf8)).array?.count == 1001)
    }

    @Test func findsMembers() throws {
        let value = try JSONValue(
            parsing: Array(
                #"{"a":1,"b":{"c":"x"},"a":2.5,"t":true,"n":null,"m":-9,"l":[0],"h":1e999}"#.utf8))
        #expect(value["a"]?.double == 2.5)
        #expect(value["a"]?.int64 == nil)
        #expect(value["b"]?["c"]?.string == "x")
        #expect(value["t"]?.bool == true)
        #expect(value["n"]?.isNull == true)
        #expect(value["m"]?.int64 == -9)
        #expect(value["m"]?.uint64 == nil)
        #expect(value["l"]?.array?.first?.uint64 == 0)
        #expect(value["h"]?.double == nil)
        #expect(value["none"] == nil)
        #expect(value["l"]?["a"] == nil)
        #expect(value.members?.count == 8)
    }

    @Test func pointsAtAValue() throws {
        let text = Array("{\n \"a\": 1,\n \"a\": [1,\n   {\"b\": \"é\", \"c\": 2}]}".utf8)
        func position(_ path: [JSONValue.Step]) -> String {
            JSONValue.error("here", at: path, in: text.span).description
        }
        #expect(position([]) == "1:1: here")
        #expect(position([.key("a")]) == "3:7: here")
        #expect(position([.key("a"), .index(1)]) == "4:4: here")
        #expect(position([.key("a"), .index(1), .key("c")]) == "4:20: here")
        #expect(position([.key("a"), .index(7), .key("c")]) == "3:7: here")
        #expect(position([.key("z")]) == "1:1: here")
    }

    @Test func readsIntegersThatFit() throws {
        func read<T: FixedWidthInteger>(_ text: String, _ type: T.Type) -> T? {
            let bytes = Array(text.utf8)
            return try? JSONReader.read(bytes.span) { (r) throws(JSONError) in
                try r.integer(as: type)
            }
        }
        #expect(read("18446744073709551615", UInt64.self) == .max)
        #expect(read("18446744073709551616", UInt64.self) == nil)
        #expect(read("-9223372036854775808", Int64.self) == .min)
        #expect(read("-9223372036854775809", Int64.self) == nil)
        #expect(read("9223372036854775808", Int64.self) == nil)
        #expect(read("-1", UInt64.self) == nil)
        #expect(read("-0", UInt64.self) == 0)
        #expect(read("128", Int8.self) == nil)
        #expect(read("-128", Int8.self) == -128)
        #expect(read("1.0", Int.self) == nil)
        #expect(read("1e2", Int.self) == nil)
    }

    /// Bytes from a seeded generator, biased to what JSON is made of: no trap, and what is accepted
    /// reads the same again once written.
    @Test func survivesAnyBytes() throws {
        var random = SeededGenerator(seed: 0x5EED)
        let alphabet =
            Array(#"{}[]",:\/ue0123456789-+.Etrufalsn "#.utf8) + [
                0xC3, 0xA9, 0x00, 0x0A, 0xED, 0xA0, 0xFF,
            ]
        var accepted = 0
        for _ in 0..<60_000 {
            let count = Int.random(in: 0...24, using: &random)
            let bytes = (0..<count).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            accepted += 1
            var writer = JSONWriter()
            writer.value(value)
            #expect(try JSONValue(parsing: writer.finish()) == value)
        }
        #expect(accepted > 100)
    }

    /// A valid text with one byte changed, removed or cut after.
    @Test func survivesDamage() throws {
        let text = Array(
            #"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00y",{"b":null}],"é":true,"c":"plain text of some length"}"#
                .utf8)
        _ = try JSONValue(parsing: text)
        var random = SeededGenerator(seed: 7)
        for index in text.indices {
            #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text[..<index])) }
            for _ in 0..<40 {
                var damaged = text
                damaged[index] = UInt8.random(in: 0...255, using: &random)
                _ = try? JSONValue(parsing: damaged)
            }
            var shorter = text
            shorter.remove(at: index)
            _ = try? JSONValue(parsing: shorter)
        }
    }
}

@Suite struct JSONWriting {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.finish(), as: UTF8.self)
    }

    @Test func placesCommas() {
        let text = written { json in
            json.beginObject()
            json.key("a")
            json.beginArray()
            json.endArray()
            json.key("b")
            json.beginArray()
            json.number(1)
            json.beginObject()
            json.endObject()
            json.null()
            json.bool(true)
            json.endArray()
            json.member("absent", nil as String?)
            json.member("c", "x")
            json.member("d", UInt64.max)
            json.member("e", Int64.min)
            json.member("f", 0.25)
            json.member("g", false)
            json.key("quoted \" key" as String)
            json.string("static")
            json.endObject()
            json.newline()
            json.beginArray()
            json.endArray()
        }
        #expect(
            text
                == #"{"a":[],"b":[1,{},null,true],"c":"x","d":18446744073709551615,"e":-9223372036854775808,"f":0.25,"g":false,"quoted \" key":"static"}"#
                + "\n[]")
    }

    @Test func goesOnAfterWhatIsThere() {
        var writer = JSONWriter(appendingTo: Array("x\n".utf8))
        writer.number(7)
        #expect(writer.finish() == Array("x\n7".utf8))
    }

    @Test func escapesWhatItMustAndNothingElse() throws {
        #expect(
            written { $0.string("a\"\\\n\t\r\u{8}\u{C}\0\u{1F}\u{7F}/é\u{2028}😀" as String) }
                == "\"a\\\"\\\\\\n\\t\\r\\b\\f\\u0000\\u001f\u{7F}/é\u{2028}😀\"")
        // Every scalar at every place in a run, against the reader.
        for scalar in (0...0x2FF).compactMap(Unicode.Scalar.init) {
            for padding in [0, 1, 7, 8, 9] {
                let run = String(repeating: "p", count: padding)
                let text = run + String(Character(scalar)) + run
                #expect(
                    try JSONValue(parsing: Array(written { $0.string(text) }.utf8)) == .string(text)
                )
            }
        }
    }

    @Test(arguments: [
        (0, "0"), (0.0004, "0"), (0.0005, "0.001"), (1.5, "1.5"), (18342.1, "18342.1"),
        (2.25, "2.25"), (0.123456, "0.123"),
        (-1.25, "-1.25"), (-0.0001, "0"), (999.9996, "1000"), (1e300, "9223372036854775.807"),
        (-1e300, "-9223372036854775.808"), (.infinity, "null"), (.nan, "null"), (5.05, "5.05"),
        (0.01, "0.01"),
    ])
    func writesThousandths(value: Double, text: String) {
        #expect(written { $0.number(thousandths: value) } == text)
    }

    @Test(arguments: [
        (0.1, "0.1"), (1e21, "1e+21"), (.leastNonzeroMagnitude, "5e-324"), (.infinity, "null"),
        (-.infinity, "null"), (.nan, "null"),
    ])
    func writesDoubles(value: Double, text: String) throws {
        #expect(written { $0.number(value) } == text)
        if value.isFinite { #expect(try JSONValue(parsing: Array(text.utf8)).double == value) }
    }

    @Test(arguments: [
        ("1", "1"), ("-1.50e+3", "-1.50e+3"), ("NaN", "\"NaN\""), ("", "\"\""), ("01", "\"01\""),
        (" 1", "\" 1\""),
        ("1 ", "\"1 \""), ("1,2", "\"1,2\""), ("\"a\"", "\"\\\"a\\\"\""),
    ])
    func writesNumberLiterals(literal: String, text: String) {
        #expect(written { $0.number(literal: literal) } == text)
    }
}
