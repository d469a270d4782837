/// A configuration's text and what stands where in it.
struct Document: Sendable {
    let bytes: [UInt8]
    let format: Format
    let root: Node

    /// - Parameter path: its extension says what the text is written in; failing that, how the text
    ///   begins.
    init(_ bytes: [UInt8], path: String) throws(TextError) {
        try self.init(bytes, Self.format(of: bytes, path: path))
    }

    init(_ bytes: [UInt8], _ format: Format) throws(TextError) {
        self.bytes = bytes
        self.format = format
        switch format {
        case .json: root = try JSONC.parse(bytes)
        case .toml: root = try TOML.parse(bytes)
        }
    }

    private static func format(of bytes: [UInt8], path: String) -> Format {
        if path.hasSuffix(".toml") { return .toml }
        if path.hasSuffix(".json") || path.hasSuffix(".jsonc") { return .json }
        let first = bytes[Trivia.start(of: bytes)...].first { !Trivia.isSpace($0) }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "/") ? .json : .toml
    }

    /// The text of a value or a key.
    func text(_ range: Range<Int>) -> ArraySlice<UInt8> {
        bytes[range.clamped(to: 0..<bytes.count)]
    }
}

/// Bytes that take the place of others.
struct Edit: Equatable, Sendable {
    var range: Range<Int>
    var replacement: [UInt8]

    init(_ range: Range<Int>, _ replacement: [UInt8]) {
        self.range = range
        self.replacement = replacement
    }

    static func insert(_ text: [UInt8], at offset: Int) -> Edit { Edit(offset..<offset, text) }

    static func remove(_ range: Range<Int>) -> Edit { Edit(range, []) }
}

extension [Edit] {
    /// The text with every edit made. Of those at the same place the earlier comes first; one that
    /// overlaps another before it is left out.
    func applied(to bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var done = 0
        let ordered = enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }
        for (_, edit) in ordered
        where edit.range.lowerBound >= done && edit.range.upperBound <= bytes.count {
            result += bytes[done..<edit.range.lowerBound]
            result += edit.replacement
            done = edit.range.upperBound
        }
        return result + bytes[done...]
    }
}
