/// Holds a number's bytes to the grammar of RFC 8259 §6, however they are cut.
struct NumberGrammar {
    private enum State: UInt8 {
        case start, minus, zero, integer, point, fraction, exponent, sign, power, wrong
    }

    private var state = State.start

    /// The bytes so far are a whole number.
    var isComplete: Bool {
        switch state {
        case .zero, .integer, .fraction, .power: true
        default: false
        }
    }

    mutating func feed(_ p: UnsafePointer<UInt8>, _ start: Int, _ end: Int) {
        var i = start
        while i < end, state != .wrong {
            step(p[i])
            i &+= 1
        }
    }

    private mutating func step(_ byte: UInt8) {
        let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
        switch state {
        case .start where byte == UInt8(ascii: "-"): state = .minus
        case .start where isDigit, .minus where isDigit:
            state = byte == UInt8(ascii: "0") ? .zero : .integer
        case .zero where byte == UInt8(ascii: "."), .integer where byte == UInt8(ascii: "."):
            state = .point
        case .zero where byte | 0x20 == UInt8(ascii: "e"),
            .integer where byte | 0x20 == UInt8(ascii: "e"),
            .fraction where byte | 0x20 == UInt8(ascii: "e"):
            state = .exponent
        case .integer where isDigit: break
        case .point where isDigit, .fraction where isDigit: state = .fraction
        case .exponent where byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"): state = .sign
        case .exponent where isDigit, .sign where isDigit, .power where isDigit: state = .power
        default: state = .wrong
        }
    }
}

/// Two FNV-1a hashes of a string: equal strings give equal digests, and the string cannot be read
/// back from one. Not for secrets an attacker could guess and test; it never leaves the process.
struct StringDigest {
    private var first: UInt64 = 0xcbf2_9ce4_8422_2325
    private var second: UInt64 = 0x9e37_79b9_7f4a_7c15

    mutating func feed(_ p: UnsafePointer<UInt8>, _ count: Int) {
        for i in 0..<count {
            first = (first ^ UInt64(p[i])) &* 0x100_0000_01b3
            second = (second ^ UInt64(p[i])) &* 0x100_0000_01b3
        }
    }

    /// 32 lower-case digits.
    var hexadecimal: [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [first, second].flatMap { word in
            (0..<16).map { digits[Int(truncatingIfNeeded: word >> UInt64(60 &- 4 &* $0)) & 15] }
        }
    }
}

/// Tells encoded data (base64, data URLs) from text that a person or model wrote.
struct DataDetector {
    private var length = 0
    private var isAlphabet = true
    /// How much of `scheme` the beginning has matched; -1 once it did not.
    private var schemeMatched = 0
    /// How much of `mark` the bytes up to here end with.
    private var markMatched = 0

    private static let scheme: StaticString = "data:"
    private static let mark: StaticString = ";base64,"
    /// The mark stands within this many bytes, or the URL is something else.
    private static let headBytesMax = 128

    /// What was fed is data, judged as a whole string.
    var isData: Bool {
        isAlphabet && length >= Limits.base64BytesMin
            || schemeMatched == Self.scheme.utf8CodeUnitCount
                && markMatched == Self.mark.utf8CodeUnitCount
    }

    mutating func reset() { self = DataDetector() }

    mutating func feed(_ p: UnsafePointer<UInt8>, _ count: Int) {
        if schemeMatched >= 0, length < Self.headBytesMax { feedHead(p, count) }
        length &+= count
        guard isAlphabet else { return }
        for i in 0..<count where !Self.isInAlphabet(p[i]) {
            isAlphabet = false
            return
        }
    }

    private mutating func feedHead(_ p: UnsafePointer<UInt8>, _ count: Int) {
        for i in 0..<min(count, Self.headBytesMax &- length) {
            if schemeMatched < Self.scheme.utf8CodeUnitCount {
                guard p[i] == Self.scheme.utf8Start[schemeMatched] else {
                    schemeMatched = -1
                    return
                }
                schemeMatched &+= 1
            } else if markMatched < Self.mark.utf8CodeUnitCount {
                // The first byte of the mark stands in it once: a mismatch can only begin anew.
                if p[i] == Self.mark.utf8Start[markMatched] {
                    markMatched &+= 1
                } else {
                    markMatched = p[i] == Self.mark.utf8Start[0] ? 1 : 0
                }
            }
        }
    }

    /// RFC 4648 §4 and §5, and line ends.
    @inline(__always)
    private static func isInAlphabet(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
            UInt8(ascii: "="), UInt8(ascii: "_"), UInt8(ascii: "-"), 0x0a, 0x0d:
            true
        default: false
        }
    }
}
