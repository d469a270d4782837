import NaiveWire
import Testing
import Wire

extension Observation {
    /// The tree on one line: `{key=value …}`, `[value …]`, `'name'` for a key kept by its bytes, `#`
    /// for a digest, `…` after a string that was cut, and after a text its shape and what is below.
    var outline: String { outline(0) }

    private func outline(_ node: Int) -> String {
        let children = sketch.children(of: node).map { child in
            let value = outline(child)
            switch sketch.nodes[child].key {
            case .element: return value
            case .named: return "'\(sketch.name(of: child))'=\(value)"
            case let key: return "\(key)=\(value)"
            }
        }
        let inside = children.joined(separator: " ")
        switch sketch.nodes[node].kind {
        case .object: return "{\(inside)}"
        case .array: return "[\(inside)]"
        case .number: return sketch.literal(node) ?? "?"
        case .bool: return sketch.bool(node) == true ? "true" : "false"
        case .null: return "null"
        case .digest: return "#\(sketch.digest(node) ?? "?")"
        case .string:
            let cut = sketch.nodes[node].isTruncated ? "…" : ""
            let shape = texts.first { Int($0.node) == node }.map { "<\($0.shape)>" } ?? ""
            let below = inside.isEmpty ? "" : "(\(inside))"
            return "\"\(sketch.string(node) ?? "?")\"\(cut)\(shape)\(below)"
        }
    }
}

/// A stream and what must come of it, worked out by hand.
struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var stream: String
    /// The outlines of the messages.
    var outlines: [String]
    var malformed = 0

    init(_ name: String, _ stream: String, _ outlines: [String], malformed: Int = 0) {
        testDescription = name
        self.stream = stream
        self.outlines = outlines
        self.malformed = malformed
    }

    /// Expects it of the twin, and that the scanner agrees.
    func check(sourceLocation: SourceLocation = #_sourceLocation) {
        let bytes = Array(stream.utf8)
        let vocabulary = Generator.vocabulary
        let found = NaiveScanner.scan(bytes, vocabulary: vocabulary)
        #expect(found.messages.map(\.outline) == outlines, sourceLocation: sourceLocation)
        #expect(found.malformed == malformed, sourceLocation: sourceLocation)
        let cuts: [Cuts] =
            bytes.count < 400
            ? [.eachPlace, .everyByte] : [.everyByte, .random(seed: 1, times: 20)]
        agree(
            bytes, cuts: cuts, vocabulary: vocabulary, testDescription,
            sourceLocation: sourceLocation)
    }
}

/// A frame whose answer is these texts.
func answer(_ texts: String...) -> String {
    let blocks = texts.map { "{\"text\":\(quoted($0))}" }
    return "{\"result\":{\"content\":[\(blocks.joined(separator: ","))]}}"
}

/// A JSON string.
func quoted(_ text: String) -> String {
    var maker = StringMaker(seed: 0)
    return String(decoding: maker.encoded(Array(text.utf8), percent: 0), as: UTF8.self)
}

/// `separator` between `count` numbered texts.
func numbered(_ count: Int, separator: String = ",", _ text: (Int) -> String) -> String {
    (0..<count).map(text).joined(separator: separator)
}
