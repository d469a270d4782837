import Wire

/// What is known of a string that an answer is made of.
enum NaiveText {
    /// The node of a text with its documents or its tail.
    static func item(_ key: Key, _ decoded: [UInt8], _ vocabulary: Vocabulary) -> Item {
        let item = Item(key, .string)
        item.part.value = Array(decoded.prefix(Limits.textHeadBytesMax))
        item.part.isTruncated = decoded.count > Limits.textHeadBytesMax
        var text = ObservationParts.TextParts()
        text.size = size(decoded)
        text.isLongerThanTail = decoded.count > Limits.textTailBytesMax
        text.hasOpenFence = hasOpenFence(decoded)
        if let found = documents(decoded, vocabulary) {
            text.shape = found.shape
            text.answerSize = found.answerSize
            text.hasAnswer = found.hasAnswer
            for document in found.kept { item.append(document) }
        } else {
            let tail = Item(.text, .string)
            tail.part.value = Array(decoded.suffix(Limits.textTailBytesMax))
            item.append(tail)
        }
        item.part.text = text
        return item
    }

    // MARK: Documents

    private struct Documents {
        var shape = Text.Shape.json
        var count = 0
        var kept: [Item] = []
        var answerSize = TextSize()
        var hasAnswer = false

        mutating func read(_ cursor: Cursor, _ vocabulary: Vocabulary) throws {
            guard cursor.isAtContainer else { throw Malformed() }
            let reader = Reader(cursor, vocabulary)
            let document = try reader.document()
            count += 1
            answerSize += reader.answerSize
            hasAnswer = hasAnswer || reader.hasAnswer
            if let document, !document.isOnlyType { kept.append(document) }
            if kept.count > Limits.repeatsMax + 1 { kept.remove(at: Limits.repeatsMax) }
        }
    }

    /// Nil for prose.
    private static func documents(_ decoded: [UInt8], _ vocabulary: Vocabulary) -> Documents? {
        let start = Array(decoded.drop(while: Cursor.isBlank))
        if start.first == UInt8(ascii: "{") || start.first == UInt8(ascii: "[") {
            return try? json(start, vocabulary)
        }
        let openings = ["data:", "event:", "id:", ":"]
        if openings.contains(where: { start.starts(with: $0.utf8) }) {
            return events(start, vocabulary)
        }
        return nil
    }

    private static func json(_ bytes: [UInt8], _ vocabulary: Vocabulary) throws -> Documents {
        let cursor = Cursor(bytes)
        var documents = Documents()
        try documents.read(cursor, vocabulary)
        var isNewLine = cursor.skipBlanks()
        while !cursor.isAtEnd {
            if !isNewLine { throw Malformed() }
            try documents.read(cursor, vocabulary)
            isNewLine = cursor.skipBlanks()
        }
        if documents.count > 1 { documents.shape = .jsonLines }
        return documents
    }

    private static func events(_ bytes: [UInt8], _ vocabulary: Vocabulary) -> Documents? {
        var documents = Documents()
        documents.shape = .events
        for line in lines(bytes) where line.starts(with: "data:".utf8) {
            let data = line.dropFirst("data:".utf8.count)
            let isSpaced = data.first == UInt8(ascii: " ")
            let cursor = Cursor(Array(isSpaced ? data.dropFirst() : data))
            var more = documents
            cursor.skipBlanks()
            guard (try? more.read(cursor, vocabulary)) != nil else { continue }
            cursor.skipBlanks()
            if cursor.isAtEnd { documents = more }
        }
        return documents.count > 0 ? documents : nil
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    private static func hasOpenFence(_ decoded: [UInt8]) -> Bool {
        let fences = lines(decoded).filter { line in
            let indent = line.prefix { $0 == UInt8(ascii: " ") }.count
            return indent <= 3 && line.dropFirst(indent).starts(with: "```".utf8)
        }
        return fences.count % 2 == 1
    }

    // MARK: Sizes

    static func size(_ decoded: [UInt8]) -> TextSize {
        var size = TextSize()
        var bytes = decoded.makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        while true {
            switch parser.parseScalar(from: &bytes) {
            case .emptyInput: return size
            case .error(let length): size.other += UInt64(length)
            case .valid(let encoded):
                switch Unicode.UTF8.decode(encoded).value {
                case 0..<0x250: size.latin += 1
                case let scalar where isCJK(scalar): size.cjk += 1
                default: size.other += 1
                }
            }
        }
    }

    /// By block of Unicode 16: Hangul jamo; radicals, CJK marks, kana, Hangul compatibility and Han
    /// up to U+9FFF; jamo extensions and syllables; compatibility ideographs and forms; half-width
    /// and full-width forms; the ideographic planes.
    private static func isCJK(_ scalar: UInt32) -> Bool {
        let blocks: [ClosedRange<UInt32>] = [
            0x1100...0x11ff, 0x2e80...0x9fff, 0xa960...0xa97f, 0xac00...0xd7ff, 0xf900...0xfaff,
            0xfe30...0xfe4f, 0xff00...0xffef, 0x20000...0x3ffff,
        ]
        return blocks.contains { $0.contains(scalar) }
    }

    /// Encoded data in an argument: not prompt text.
    static func isData(_ decoded: [UInt8]) -> Bool {
        if decoded.starts(with: "data:".utf8) {
            let opening = String(decoding: decoded.prefix(128), as: Unicode.ASCII.self)
            return opening.contains(";base64,")
        }
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-\r\n"
        let allowed = Set(alphabet.utf8)
        return decoded.count >= Limits.base64BytesMin && decoded.allSatisfy { allowed.contains($0) }
    }
}

/// Stands for a string that is too secret or too long to keep.
enum Digest {
    /// Two FNV-1a-64 hashes with different offset bases, as 32 lower-case hexadecimal digits.
    static func of(_ bytes: [UInt8]) -> [UInt8] {
        hex(fnv(bytes, 14_695_981_039_346_656_037)) + hex(fnv(bytes, 0x9E37_79B9_7F4A_7C15))
    }

    private static func fnv(_ bytes: [UInt8], _ basis: UInt64) -> UInt64 {
        bytes.reduce(basis) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    }

    private static func hex(_ hash: UInt64) -> [UInt8] {
        let digits = String(hash, radix: 16)
        return Array((String(repeating: "0", count: 16 - digits.count) + digits).utf8)
    }
}
