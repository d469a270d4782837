internal import Metering
internal import Records

/// Where in a `tools/call` the arguments of some names stand, or would have to be put.
///
/// The whole frame is read, strictly: what a server might read otherwise than we do is no frame to
/// change. Names that are written with escapes are the same names.
struct FramePlaces {
    /// Bytes to be replaced, none for an insertion, and what goes around the value there.
    struct Place {
        var range: Range<Int>
        var before: [UInt8] = []
        var after: [UInt8] = []

        func write(_ value: String, into bytes: inout [UInt8]) {
            bytes += before
            bytes += FramePlaces.quoted(value)
            bytes += after
        }
    }

    /// A value at the end of a path, or on the way to one.
    private struct Found {
        var kind: JSONReader.Kind
        var range: Range<Int>
        /// How the members of an object are spaced, or of the object it is in where it has none.
        var style = Style()
        /// Of an object: where another member goes.
        var end = 0
        var isEmpty = true
    }

    /// The bytes around a member's name.
    private struct Style {
        var beforeName: [UInt8] = []
        /// From the name's closing quote to the value, the colon in it.
        var afterName = [UInt8(ascii: ":")]
    }

    /// Keys from the frame down.
    private let paths: [[String]]
    private var found: [[String]: Found] = [:]

    private static let arguments = ["params", "arguments"]

    init(_ paths: [FieldPath], in line: Span<UInt8>) throws(FrameEdit.Obstacle) {
        self.paths = paths.map { Self.arguments + $0.segments }
        let wanted = Self.onTheWay(self.paths)
        var walk = Walk(wanted: wanted)
        do throws(JSONError) {
            try JSONReader.read(line) { (reader) throws(JSONError) in
                try walk.value(&reader, at: [], style: Style(), line)
            }
        } catch {
            throw Self.malformed("the frame is not well-formed JSON (\(error.reason))")
        }
        if walk.found[[]]?.kind == .array {
            throw FrameEdit.Obstacle(reason: .batch, text: "the frame is a batch")
        }
        if let name = walk.repeated {
            throw Self.malformed("the frame names `\(name)` more than once")
        }
        guard walk.found[[]]?.kind == .object, walk.isToolCall else {
            throw Self.malformed("the frame is no `tools/call`")
        }
        guard walk.found[["params"]]?.kind == .object else {
            throw Self.malformed("the frame's `params` is no object")
        }
        found = walk.found
    }

    /// The first path that leads to a name, or else to `null`; nil if none leads to anything.
    func present() throws(FrameEdit.Obstacle) -> Place? {
        let ends = paths.compactMap { path in found[path].map { (path, $0) } }
        guard let first = ends.first else { return nil }
        let best = ends.first { $0.1.kind == .string } ?? ends.first { $0.1.kind == .null } ?? first
        guard best.1.kind == .string || best.1.kind == .null else {
            throw Self.malformed("`\(Self.text(best.0))` is \(best.1.kind.name), not a name")
        }
        return Place(range: best.1.range)
    }

    /// Where a member at the first path goes, with the objects it needs around it.
    func missing() throws(FrameEdit.Obstacle) -> Place {
        guard let path = paths.first else { throw Self.malformed("no argument holds the model") }
        // What is there of the way to it; `params` is.
        var depth = path.count - 1
        while depth > 1, found[Array(path[..<depth])].map({ $0.kind == .null }) ?? true {
            depth -= 1
        }
        let parent = Array(path[..<depth])
        guard let object = found[parent], object.kind == .object else {
            throw Self.malformed("`\(Self.text(parent))` is no object")
        }
        let rest = path[depth...]
        let style = object.style
        var place = Place(range: object.end..<object.end)
        if let name = rest.first, let null = found[parent + [name]] {
            // `null` on the way gives way to an object.
            place.range = null.range
        } else {
            if !object.isEmpty {
                place.before = [UInt8(ascii: ",")] + style.beforeName
            }
            place.before += Self.quoted(rest.first ?? "") + style.afterName
        }
        for name in rest.dropFirst() {
            place.before += [UInt8(ascii: "{")] + Self.quoted(name) + style.afterName
            place.after.append(UInt8(ascii: "}"))
        }
        return place
    }

    private static func malformed(_ text: String) -> FrameEdit.Obstacle {
        FrameEdit.Obstacle(reason: .malformed, text: text)
    }

    private static func text(_ path: [String]) -> String { path.joined(separator: ".") }

    fileprivate static func quoted(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.string(text)
        return writer.finish()
    }

    /// Every path and what leads to one.
    private static func onTheWay(_ paths: [[String]]) -> Set<[String]> {
        var all: Set<[String]> = [["params"], arguments]
        for path in paths {
            for count in 1...max(1, path.count) { all.insert(Array(path.prefix(count))) }
        }
        return all
    }

    /// One reading of a frame.
    private struct Walk {
        let wanted: Set<[String]>
        var found: [[String]: Found] = [:]
        var repeated: String?
        var isToolCall = false

        init(wanted: Set<[String]>) { self.wanted = wanted }

        mutating func value(
            _ reader: inout JSONReader, at path: [String], style: Style, _ line: Span<UInt8>
        ) throws(JSONError) {
            let kind = try reader.peek()
            let start = reader.offset
            var found = Found(kind: kind, range: start..<start, style: style)
            if kind == .object {
                try members(&reader, of: path, into: &found, line)
            } else {
                try reader.skip()
            }
            found.range = start..<reader.offset
            self.found[path] = found
        }

        private mutating func members(
            _ reader: inout JSONReader, of path: [String], into object: inout Found,
            _ line: Span<UInt8>
        ) throws(JSONError) {
            var seen: Set<String> = []
            try reader.enterObject()
            object.end = reader.offset
            while try reader.nextKey() {
                let isSecond = !object.isEmpty
                object.isEmpty = false
                let name = reader.content
                let colonEnd = reader.offset
                let key = try reader.contentString()
                let next = path + [key]
                let isMethod = path.isEmpty && key == "method"
                if isMethod || wanted.contains(next), !seen.insert(key).inserted {
                    repeated = repeated ?? key
                }
                let kind = try reader.peek()
                object.style = Self.style(
                    around: name, colonEnd, reader.offset, isSecond: isSecond, line)
                if isMethod, kind == .string {
                    isToolCall = try reader.string() == "tools/call"
                } else if wanted.contains(next) {
                    try value(&reader, at: next, style: object.style, line)
                } else {
                    try reader.skip()
                }
                object.end = reader.offset
            }
        }

        /// - Parameters:
        ///   - name: the bytes between the name's quotes.
        ///   - start: where the value begins.
        private static func style(
            around name: Range<Int>, _ colonEnd: Int, _ start: Int, isSecond: Bool,
            _ line: Span<UInt8>
        ) -> Style {
            func bytes(_ range: Range<Int>) -> [UInt8] {
                line.withUnsafeBufferPointer { Array($0[range.clamped(to: 0..<$0.count)]) }
            }
            let quote = max(0, name.lowerBound - 1)
            var before = quote
            while before > 0, before <= line.count, isSpace(line[before - 1]) { before -= 1 }
            var style = Style()
            style.beforeName = bytes(before..<quote)
            style.afterName = bytes(min(name.upperBound + 1, start)..<start)
            // `{"a": 1}` shows no space after a comma, but the one who wrote it would have put one.
            if !isSecond, style.beforeName.isEmpty {
                style.beforeName = bytes(min(colonEnd, start)..<start)
            }
            return style
        }

        private static func isSpace(_ byte: UInt8) -> Bool {
            byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
        }
    }
}
