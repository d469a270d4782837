/// Makes strings that are hard in some way, and writes them as JSON in every way there is.
struct StringMaker {
    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    /// A JSON string.
    mutating func string() -> [UInt8] {
        random.chance(2) ? raw() : encoded(content())
    }

    /// A key nobody asked for, or nearly one that somebody did.
    mutating func key() -> String {
        let long = String(repeating: "k", count: random.pick([62, 63, 64, 65, 66, 200]))
        let keys = [
            "", "jsonrpc", "user_prompt", "QUERY", "file_id", "fileId", "blobBase64", "base64data",
            "gemini-2.5-pro", "gpt-5", "Content", "模型", "a\"b", "a\\b", long, long + "_id",
            "prompt" + long, "\u{1f600}",
        ]
        return random.pick(keys)
    }

    /// The decoded bytes of a string.
    mutating func content() -> [UInt8] {
        switch random.below(14) {
        case 0: return []
        case 1: return Array("The capital of France is Paris.".utf8)
        case 2: return Array("巴黎是法国的首都。ｆｕｌｌ 한국어 カタカナ".utf8)
        case 3: return Array("naïve \u{1f600}\u{1f468}\u{200d}\u{1f469} Ωmega \u{10ffff}".utf8)
        case 4: return invalid()
        case 5: return base64()
        case 6 where random.chance(40): return long()
        case 7: return Array("\\\\\"{[\\]}\",: \u{1}\u{1f}\t\r\u{8}\u{c}".utf8)
        case 8: return prose()
        case 9:
            let media = Array("data:image/png".utf8)
            let name = Array(
                repeating: UInt8(ascii: "x"), count: random.pick([0, 105, 106, 107, 200]))
            return media + name + Array(";base64,AAAA".utf8)
        default: return Array(random.pick(["text", "stop", "user", "gpt-5", "ok", "1", "{}"]).utf8)
        }
    }

    /// Lines, some of which open or close a fence.
    mutating func prose() -> [UInt8] {
        let lines = [
            "Answer", "```", "```json", "   ```", "    ```", "``", "````", "a```", " ``", "\t```",
            "", "{\"usage\":{\"input_tokens\":3}}", "- **Tokens:** 12", "data: {}", "\r",
        ]
        let count = random.below(8)
        return Array((0..<count).map { _ in random.pick(lines) }.joined(separator: "\n").utf8)
    }

    private mutating func invalid() -> [UInt8] {
        let pieces: [[UInt8]] = [
            [0x80], [0xc0, 0x80], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98],
            [0xf4, 0x90, 0x80, 0x80], [0xf8], [0xff], [0xe0, 0x9f, 0xbf], [0x61], [0xc3, 0xa9],
            [0xe6, 0xbc, 0xa2], [0xf0, 0x9f, 0x98, 0x80], [0xf0, 0xa0, 0x80, 0x80],
        ]
        return (0..<(1 + random.below(8))).flatMap { _ in random.pick(pieces) }
    }

    private mutating func base64() -> [UInt8] {
        let count = random.pick([254, 255, 256, 257, 300])
        var bytes = (0..<count).map { _ in
            UInt8(ascii: random.pick(["A", "z", "0", "+", "/", "-", "_"]))
        }
        if random.chance(30) { bytes += Array("==\r\n".utf8) }
        if random.chance(20) { bytes[random.below(bytes.count)] = UInt8(ascii: ".") }
        return bytes
    }

    /// Around the limits, with a scalar of several bytes across them.
    private mutating func long() -> [UInt8] {
        let near = random.pick([64, 128, 256, 1024, 1024, 4096, 4096, 8192])
        let unit = Array(random.pick(["a", "x y\n", "漢", "é", "\u{1f600}", "```\n"]).utf8)
        let wanted = near - 3 + random.below(7)
        var bytes = Array("abc".utf8.prefix(random.below(4)))
        while bytes.count < wanted { bytes += unit }
        return bytes
    }

    /// Escapes that no encoder would write, and some that are not allowed.
    private mutating func raw() -> [UInt8] {
        let allowed = [
            #""\ud83d\ude00""#, #""\uD83D""#, #""\uDE00x""#, #""\ud83d\ud83d\ude00""#,
            #""\ud83dA""#, #""\ud83d\n""#, #""\u0000""#, #""\/\b\f""#, #""\ud83d\u00e9""#,
            #""\\\\\\\\""#, #""\\\"""#,
        ]
        let broken = [#""\x""#, #""\u12""#, #""\u12G4""#, #""\"#, #""\ud83d\x""#]
        return Array(random.pick(random.chance(3) ? broken : allowed).utf8)
    }

    mutating func encoded(_ decoded: String) -> [UInt8] { encoded(Array(decoded.utf8)) }

    mutating func encoded(_ decoded: [UInt8]) -> [UInt8] {
        encoded(decoded, percent: random.pick([0, 0, 0, 0, 5, 50, 100]))
    }

    /// A JSON string of these bytes, in which so many of a hundred scalars are escaped without need.
    mutating func encoded(_ decoded: [UInt8], percent: Int) -> [UInt8] {
        var bytes = Array("\"".utf8)
        var iterator = decoded.makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        var at = 0
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .emptyInput: return bytes + Array("\"".utf8)
            case .error(let length):
                bytes += decoded[at..<at + length]
                at += length
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                let isEscaped = percent > 0 && random.chance(percent)
                if isEscaped || ["\n", "\"", "\\"].contains(scalar) {
                    bytes += escape(scalar)
                } else {
                    bytes += Array(encoded)
                }
                at += encoded.count
            }
        }
    }

    private static let shortEscapes: [Unicode.Scalar: String] = [
        "\"": "\\\"", "\\": "\\\\", "/": "\\/", "\u{8}": "\\b", "\u{c}": "\\f", "\n": "\\n",
        "\r": "\\r", "\t": "\\t",
    ]

    private mutating func escape(_ scalar: Unicode.Scalar) -> [UInt8] {
        if let short = Self.shortEscapes[scalar], random.chance(80) { return Array(short.utf8) }
        var bytes: [UInt8] = []
        for unit in String(scalar).utf16 { bytes += hexEscape(unit) }
        return bytes
    }

    private mutating func hexEscape(_ unit: UInt16) -> [UInt8] {
        let digits = String(unit, radix: 16, uppercase: random.chance(50))
        return Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
    }
}
