import Wire

/// The bytes are not what the grammar asks for.
struct Malformed: Error {}

/// A place in the bytes of one line, or of one text, and the JSON grammar from there on.
final class Cursor {
    let bytes: [UInt8]
    private(set) var at = 0
    /// The objects and arrays that are open in the part that is looked at.
    var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var next: UInt8? { at < bytes.count ? bytes[at] : nil }
    var isAtEnd: Bool { at == bytes.count }
    var isAtString: Bool { next == UInt8(ascii: "\"") }
    var isAtObject: Bool { next == UInt8(ascii: "{") }
    var isAtArray: Bool { next == UInt8(ascii: "[") }
    var isAtContainer: Bool { isAtObject || isAtArray }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\n")
    }

    /// - Returns: whether one of them was a newline.
    @discardableResult
    func skipBlanks() -> Bool {
        let start = at
        while let byte = next, Self.isBlank(byte) { at += 1 }
        return bytes[start..<at].contains(UInt8(ascii: "\n"))
    }

    func accept(_ byte: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: byte) else { return false }
        at += 1
        return true
    }

    func expect(_ byte: Unicode.Scalar) throws {
        if !accept(byte) { throw Malformed() }
    }

    private func take() throws -> UInt8 {
        guard let byte = next else { throw Malformed() }
        at += 1
        return byte
    }
}

// The parts that are looked at.
extension Cursor {
    /// An object; `member` is called at each value and must pass it.
    func members(_ member: (_ key: [UInt8]) throws -> Void) throws {
        try open("{")
        if !accept("}") {
            repeat {
                skipBlanks()
                let key = try string()
                skipBlanks()
                try expect(":")
                skipBlanks()
                try member(key)
                skipBlanks()
            } while accept(",")
            try expect("}")
        }
        depth -= 1
    }

    /// An array; `element` is called at each value and must pass it.
    func elements(_ element: () throws -> Void) throws {
        try open("[")
        if !accept("]") {
            repeat {
                skipBlanks()
                try element()
                skipBlanks()
            } while accept(",")
            try expect("]")
        }
        depth -= 1
    }

    private func open(_ bracket: Unicode.Scalar) throws {
        try expect(bracket)
        depth += 1
        if depth > Limits.depthMax { throw Malformed() }
        skipBlanks()
    }

    /// A string's decoded bytes.
    func string() throws -> [UInt8] {
        try expect("\"")
        var decoded: [UInt8] = []
        while true {
            let byte = try take()
            switch byte {
            case UInt8(ascii: "\""): return decoded
            case UInt8(ascii: "\\"): decoded += try escape()
            default: decoded.append(byte)
            }
        }
    }

    private func escape() throws -> [UInt8] {
        switch try take() {
        case UInt8(ascii: "\""): return [0x22]
        case UInt8(ascii: "\\"): return [0x5c]
        case UInt8(ascii: "/"): return [0x2f]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return try scalar(after: hexDigits())
        default: throw Malformed()
        }
    }

    private func scalar(after unit: UInt16) throws -> [UInt8] {
        if UTF16.isLeadSurrogate(unit), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
            bytes[at + 1] == UInt8(ascii: "u")
        {
            let start = at
            at += 2
            let second = try hexDigits()
            if UTF16.isTrailSurrogate(second) {
                return Array(String(decoding: [unit, second], as: UTF16.self).utf8)
            }
            at = start
        }
        // A surrogate on its own becomes U+FFFD.
        return Array(String(decoding: [unit], as: UTF16.self).utf8)
    }

    private func hexDigits() throws -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try take())).hexDigitValue else {
                throw Malformed()
            }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    /// A number's literal, a bool or null; nil for a number longer than 64 bytes.
    func number() throws -> (kind: Sketch.Kind, value: [UInt8])? {
        let token = passToken()
        if Self.isNumber(token) { return token.count > 64 ? nil : (.number, token) }
        switch String(decoding: token, as: UTF8.self) {
        case "true": return (.bool, [UInt8(ascii: "t")])
        case "false": return (.bool, [UInt8(ascii: "f")])
        case "null": return (.null, [])
        default: throw Malformed()
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// RFC 8259 §6.
    private static func isNumber(_ token: [UInt8]) -> Bool {
        var rest = token[...]
        func digits() -> Int {
            let count = rest.prefix(while: isDigit).count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        if whole == 0 || startsWithZero && whole > 1 { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            if digits() == 0 { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
                rest = rest.dropFirst()
            }
            if digits() == 0 { return false }
        }
        return rest.isEmpty
    }
}

// The parts that are passed over.
extension Cursor {
    func skipValue() throws {
        if isAtString {
            try skipString()
        } else if isAtContainer {
            var depth = 0
            repeat {
                switch next {
                case UInt8(ascii: "\""): try skipString()
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    at += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    at += 1
                default: _ = try take()
                }
            } while depth > 0
        } else if next == UInt8(ascii: ":") || passToken().isEmpty {
            throw Malformed()
        }
    }

    private func skipString() throws {
        try expect("\"")
        while true {
            switch try take() {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): _ = try take()
            default: break
            }
        }
    }

    /// Everything up to the next comma, closing bracket or blank.
    private func passToken() -> [UInt8] {
        let start = at
        while let byte = next, !Self.isBlank(byte), byte != UInt8(ascii: ","),
            byte != UInt8(ascii: "}"), byte != UInt8(ascii: "]")
        {
            at += 1
        }
        return Array(bytes[start..<at])
    }
}
