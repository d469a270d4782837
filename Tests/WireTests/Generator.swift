import Wire

/// Makes JSON-RPC streams that like what the rules care about: the right keys in the right places,
/// documents in texts, and everything that is hard about strings; sometimes broken.
struct Generator {
    var random: SplitMix
    var strings: StringMaker
    /// The spellings that a region does not pass over.
    private let liked: [Region: [String]]
    private let spellings: [String]
    private let vocabulary: Vocabulary
    /// Values still to be made of this message.
    private var budget = 0
    /// What may be added to the budget, so that every message comes to an end.
    private var reserve = 0
    private var isInText = false

    static let pathSegments = ["analysis", "rootCause", "confidence", "turn", "arguments", "text"]
    static let innerSegments = ["results", "depth", "usage"]
    static let vocabulary = Vocabulary(
        pathSegments: pathSegments, innerSegments: innerSegments)

    init(seed: UInt64, vocabulary: Vocabulary) {
        random = SplitMix(seed: seed)
        strings = StringMaker(seed: ~seed)
        self.vocabulary = vocabulary
        spellings = Vocabulary.spellings + Self.pathSegments + Self.innerSegments
        liked = Self.likedSpellings
    }

    private static let likedSpellings: [Region: [String]] = {
        var liked: [Region: [String]] = [:]
        for region in regions {
            liked[region] = (Vocabulary.spellings + pathSegments + innerSegments).filter {
                Rule.of(vocabulary.lookup($0), in: region, depth: 1) != .skip
            }
        }
        return liked
    }()

    private static let regions: [Region] = [
        .message, .params, .requestMeta, .implementation, .taskHandle, .error, .arguments,
        .nestedArguments, .countedArguments, .modelNames, .inputResponses, .inputResponse, .result,
        .content, .block, .resource, .tools, .tool, .inputSchema, .properties, .property, .document,
        .usage, .models, .path, .countedAnswer,
    ]

    /// Keys that lead to what is interesting, which would else be rare among the many.
    private static let favourites: [Region: [String]] = [
        .message: ["params", "result", "result"],
        .params: ["arguments", "arguments", "messages", "inputResponses", "requestState", "msg"],
        .arguments: ["prompt", "models_prefixed_by_provider", "messages", "code", "request"],
        .result: [
            "content", "content", "contents", "structuredContent", "_meta", "tools", "result",
        ],
        .block: ["text", "text", "text", "resource", "type", "_meta"], .resource: ["text"],
        .tool: ["inputSchema"], .inputSchema: ["properties"], .properties: ["model"],
        .document: ["usage", "modelUsage", "choices", "answer", "data", "result", "message"],
    ]

    // MARK: Lines

    /// Some lines, each as good as any other.
    mutating func stream() -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0...random.below(3) {
            bytes += line()
            if random.chance(10) { bytes += Array("\r".utf8) }
            if random.chance(95) { bytes += Array("\n".utf8) }
        }
        if random.chance(20) { mutate(&bytes) }
        return bytes
    }

    private mutating func line() -> [UInt8] {
        let blank = random.chance(5) ? Array(" \t\r".utf8) : []
        switch random.below(20) {
        case 0: return blank
        case 1: return garbage()
        case 2: return blank + message() + garbage()
        case 3:
            let whole = message()
            return Array(whole.prefix(random.below(whole.count + 1)))
        case 4, 5:
            let elements = (0..<random.below(5)).map { _ in
                random.chance(80) ? message() : scalar() + (random.chance(5) ? garbage() : [])
            }
            return blank + Array("[".utf8) + Array(elements.joined(separator: comma())) + close("]")
        default: return blank + message() + blank
        }
    }

    private mutating func garbage() -> [UInt8] {
        let choices = [
            "Server started", "null", "\"{\"", "}", "]", "{", "[", "[[", "{}{}", "{}x", "{\"a\"}",
            "\u{feff}{}", "[,]", "{,}", "{\"a\":1,}", "{\"a\" 1}", "[{}", "Content-Length: 12",
        ]
        return Array(random.pick(choices).utf8)
    }

    mutating func message() -> [UInt8] {
        budget = 5 + random.below(40)
        reserve = 300
        return random.chance(15) ? crowded() : object(.message, depth: 0)
    }

    /// An answer with more texts than are kept, or a text with more documents.
    private mutating func crowded() -> [UInt8] {
        let count = 15 + random.below(6)
        var blocks = [strings.encoded(text())]
        if random.chance(50) {
            blocks = (0..<count).map { _ in strings.encoded(strings.prose()) }
        } else {
            let data = random.pick(["", "data: "])
            let lines = (0..<count).map { "\(data){\"total\":\($0),\"answer\":\"a\($0)\"}" }
            blocks.append(strings.encoded(lines.joined(separator: "\n")))
        }
        let content = blocks.map { Array("{\"text\":".utf8) + $0 + Array("}".utf8) }
        return Array("{\"id\":1,\"result\":{\"content\":[".utf8)
            + Array(content.joined(separator: comma())) + Array("]}}".utf8)
    }

    private mutating func raiseBudget(to least: Int) {
        guard budget < least, reserve > 0 else { return }
        reserve -= least - budget
        budget = least
    }

    /// Breaks something, or nothing that matters.
    mutating func mutate(_ bytes: inout [UInt8]) {
        let interesting = Array("{}[]\",:\\ntu0dD8/\r\n `-+.eE1\u{0}é".utf8) + [0x80, 0xe2, 0xff]
        for _ in 0...random.below(3) where !bytes.isEmpty {
            let at = random.below(bytes.count)
            switch random.below(4) {
            case 0: bytes[at] = random.pick(interesting)
            case 1: bytes.insert(random.pick(interesting), at: at)
            case 2: bytes.remove(at: at)
            default:
                let end = min(bytes.count, at + 1 + random.below(40))
                bytes.insert(contentsOf: bytes[at..<end], at: random.below(bytes.count))
            }
        }
    }

    // MARK: Values

    private mutating func comma() -> [UInt8] { blanks() + Array(",".utf8) + blanks() }
    private mutating func close(_ bracket: String) -> [UInt8] { blanks() + Array(bracket.utf8) }

    /// Mostly none. Never a newline: in a line it would end the line.
    private mutating func blanks() -> [UInt8] {
        random.chance(92) ? [] : Array(random.pick([" ", "\t", "  ", "\r", " \t "]).utf8)
    }

    private mutating func object(_ region: Region, depth: Int) -> [UInt8] {
        let count =
            region == .message ? 3 + random.below(3) : random.chance(8) ? 0 : 1 + random.below(5)
        var members: [[UInt8]] = []
        for _ in 0..<count where budget > 0 || depth == 0 {
            budget -= 1
            let key = key(region)
            let entry = vocabulary.lookup(key)
            let rule = Rule.of(entry, in: region, depth: 1)
            let value = value(rule, region, depth: depth)
            members.append(strings.encoded(key) + blanks() + Array(":".utf8) + blanks() + value)
        }
        return Array("{".utf8) + blanks() + Array(members.joined(separator: comma())) + close("}")
    }

    private mutating func key(_ region: Region) -> String {
        if random.chance(50), let favourites = Self.favourites[region] {
            return random.pick(favourites)
        }
        if random.chance(75), let known = liked[region], !known.isEmpty {
            return random.pick(known)
        }
        return random.chance(20) ? strings.key() : random.pick(spellings)
    }

    private mutating func array(_ region: Region, depth: Int) -> [UInt8] {
        let count = random.chance(15) ? 17 + random.below(8) : random.below(4)
        let rule = Rule.element(of: region)
        // Of many elements each is small, or the first would use up the budget.
        let elements = (0..<count).map { _ in
            if count > 10 { raiseBudget(to: 2) }
            return value(rule, region, depth: depth)
        }
        return Array("[".utf8) + blanks() + Array(elements.joined(separator: comma())) + close("]")
    }

    /// A value, mostly of the kind that the rule has something to do with.
    private mutating func value(_ rule: Rule, _ region: Region, depth: Int) -> [UInt8] {
        if random.chance(12) { return anything(depth: depth) }
        switch rule {
        case .skip: return anything(depth: depth)
        case .scalar: return scalar()
        case .digest: return strings.string()
        case .enter(let inner, let isScalarKept):
            if isScalarKept, random.chance(inner == .result ? 5 : 30) { return scalar() }
            return container(inner, depth: depth)
        case .text: return strings.encoded(text())
        case .count(let measure, let isKept):
            if random.chance(50) { return strings.string() }
            return container(measure.region(kept: isKept), depth: depth)
        case .countInside(let measure):
            return container(measure.region(kept: false), depth: depth)
        }
    }

    private mutating func container(_ region: Region, depth: Int) -> [UInt8] {
        if depth > 70 || budget <= 0 { return Array(random.pick(["{}", "[]"]).utf8) }
        let arrays: Set<Region> = [.content, .tools, .modelNames]
        let isArray = random.chance(arrays.contains(region) ? 90 : 20)
        return isArray ? array(region, depth: depth + 1) : object(region, depth: depth + 1)
    }

    private mutating func anything(depth: Int) -> [UInt8] {
        switch random.below(24) {
        case 0...3: return scalar()
        case 4: return strings.string()
        case 5 where random.chance(15):
            // Deep, around `Limits.depthMax`, with an end that does not always fit.
            let count = random.pick([3, 58, 59, 60, 61, 62, 63, 64, 65, 66, 80])
            let opening = random.pick(["[", "{\"usage\":", "{\"content\":", "{\"message\":"])
            let closing = opening == "[" ? "]" : "}"
            let inside = random.pick(["1", "\"x\"", "{\"text\":\"deep\"}", "[]"])
            return Array(
                (String(repeating: opening, count: count) + inside
                    + String(repeating: closing, count: count)).utf8)
        case 6: return Array(random.pick(["[1,{\"a\":\"]\"}]", "{]", "{\"a\":[}}", "[[[]]]"]).utf8)
        default: return container(random.pick(Self.regions), depth: depth)
        }
    }

    private mutating func scalar() -> [UInt8] {
        let numbers = [
            "0", "-0", "12", "1e5", "1E-7", "0.25", "-12.5e+3", "123456789012345678901234567890",
            String(repeating: "9", count: 63), String(repeating: "9", count: 64),
            String(repeating: "9", count: 65), "0." + String(repeating: "1", count: 80),
        ]
        let broken = ["01", "1.", "-", ".5", "+1", "1e", "tru", "nulll", "NaN", "1x", "'a'", ""]
        switch random.below(20) {
        case 0: return Array(random.chance(1) ? random.pick(broken).utf8 : "null".utf8)
        case 1, 2: return Array(random.pick(["true", "false", "null"]).utf8)
        case 3...9: return Array(random.pick(numbers).utf8)
        default: return strings.string()
        }
    }

    // MARK: Texts

    /// What stands in a text block, decoded.
    private mutating func text() -> [UInt8] {
        // One in another would be escaped twice, and grow and grow.
        if isInText { return strings.prose() }
        isInText = true
        defer { isInText = false }
        let blank = random.chance(10) ? Array(random.pick([" ", "\n\n", " \r\n\t"]).utf8) : []
        switch random.below(10) {
        case 0...2: return strings.content()
        case 3: return strings.prose()
        case 4, 5: return blank + document() + (random.chance(5) ? garbage() : blank)
        case 6, 7:
            let separator = random.pick(["\n", "\n", "\r\n", " \n ", "\n\n", "\n", " "])
            return blank + Array(documents().joined(separator: Array(separator.utf8)))
        default: return blank + events()
        }
    }

    private mutating func documents() -> [[UInt8]] {
        let count = random.chance(30) ? 16 + random.below(14) : 1 + random.below(4)
        return (0..<count).map { _ in
            raiseBudget(to: 5)
            return document()
        }
    }

    private mutating func document() -> [UInt8] {
        var bytes = container(.document, depth: 0)
        if random.chance(20) {
            // Pretty print, more or less.
            bytes = Array(bytes.split(separator: UInt8(ascii: ",")).joined(separator: ",\n ".utf8))
        }
        if random.chance(4) { mutate(&bytes) }
        return bytes
    }

    private mutating func events() -> [UInt8] {
        var bytes: [UInt8] = []
        if random.chance(40) {
            bytes += Array(
                random.pick(["event: message\n", ": ping\n\n", "id: 1\r\n", "id", ":"]).utf8)
        }
        for document in documents() {
            let field = random.pick([
                "data: ", "data: ", "data: ", "data:", "data: \t", "data:\r", " data: ", "retry: ",
                "\rdata: ",
            ])
            bytes += Array(field.utf8) + document
            bytes += Array(random.pick(["\n\n", "\n", "\r\n", " \n\n", " x\n", "\ndatum\n"]).utf8)
        }
        if random.chance(40) { bytes += Array("data: [DONE]\n\n".utf8) }
        while random.chance(30), !bytes.isEmpty { bytes.removeLast() }
        return bytes
    }
}
