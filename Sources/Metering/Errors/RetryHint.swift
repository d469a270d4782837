import Records
import Wire

/// Finds when a provider's error says to come back.
///
/// - Gemini: `"retryDelay": "34s"` of `google.rpc.RetryInfo`, and `Please retry in 40.02s.`
/// - OpenAI: `Please try again in 1.5s.`, `in 20ms`, `in 6m0s`, and the header `Retry-After` that
///   servers print along with it
/// - Anthropic: the header `retry-after`; Claude Code's and others' `retry after 12 seconds`
enum RetryHint {
    /// Milliseconds after the answer; nil if an answer says nothing of the kind, or of no time at
    /// all.
    static func milliseconds(in answer: Observation) -> Double? {
        let sketch = answer.sketch
        var text = ""
        for node in answer.texts.map({ Int($0.node) }) {
            text += (sketch.string(node) ?? "") + "\n"
        }
        for (place, node) in sketch.nodes.enumerated() {
            switch node.key {
            case .message, .error, .data:
                if let string = sketch.string(place) { text += string + "\n" }
            case .retryAfter, .retryAfterMilliseconds:
                let value = sketch.string(place) ?? sketch.literal(place) ?? ""
                let unit: Unit = node.key == .retryAfter ? .second : .millisecond
                let folded = FoldedText(value)
                if let time = Reader(folded.bytes, at: 0).time(without: unit) { return time }
            default: break
            }
        }
        return milliseconds(in: FoldedText(text))
    }

    /// What stands before a time, and the unit of a bare number behind it; nil where a number needs
    /// one.
    private static let phrases: [(words: StaticString, bare: Unit?)] = [
        ("retrydelay", .second), ("retry_delay", .second),
        ("retry-after-ms", .millisecond), ("retry_after_ms", .millisecond),
        ("retryafterms", .millisecond),
        ("retry-after", .second), ("retry_after", .second), ("retryafter", .second),
        ("retry after", .second), ("retry in", nil), ("try again in", nil),
        ("try again after", nil), ("available again in", nil), ("resets in", nil),
    ]

    /// The first time that stands behind one of the phrases.
    static func milliseconds(in text: FoldedText) -> Double? {
        for phrase in phrases {
            var start = 0
            while let found = text.find(phrase.words, from: start) {
                start = found + phrase.words.utf8CodeUnitCount
                // `"retryDelay": "34s"`, perhaps with backslashes from being quoted itself.
                var reader = Reader(text.bytes, at: start)
                reader.skip(" \"'\\:=\t(")
                if let time = reader.time(without: phrase.bare) { return time }
            }
        }
        return nil
    }

    /// A month: quotas are anew by then, and a larger number is none of a time.
    private static let millisecondsMax: Double = 31 * 86_400_000

    private enum Unit {
        case millisecond, second, minute, hour

        var milliseconds: Double {
            switch self {
            case .millisecond: 1
            case .second: 1_000
            case .minute: 60_000
            case .hour: 3_600_000
            }
        }
    }

    /// Reads `34s`, `1.5s`, `6m0s`, `20ms`, `12 seconds`, `1 minute`, `12`, in lower case.
    private struct Reader {
        private let bytes: [UInt8]
        private var place: Int

        init(_ bytes: [UInt8], at place: Int) {
            self.bytes = bytes
            self.place = place
        }

        mutating func skip(_ characters: StaticString) {
            while place < bytes.count,
                characters.withUTF8Buffer({ $0.contains(bytes[place]) })
            {
                place += 1
            }
        }

        /// - Parameter bare: what a number without a unit counts.
        func time(without bare: Unit?) -> Double? {
            var reader = self
            var sum: Double?
            while let number = reader.number() {
                let hadUnit: Unit?
                if let unit = reader.unit() {
                    hadUnit = unit
                } else {
                    // A date, a longer word, or a number of something else.
                    hadUnit = sum == nil && reader.isOver ? bare : nil
                }
                guard let unit = hadUnit else { break }
                sum = (sum ?? 0) + number * unit.milliseconds
            }
            return sum.flatMap { $0 > 0 && $0 <= RetryHint.millisecondsMax ? $0 : nil }
        }

        private var isOver: Bool {
            guard place < bytes.count else { return true }
            let byte = bytes[place]
            if byte == UInt8(ascii: "-") || byte == UInt8(ascii: ":") { return false }
            // A word behind a space may be a unit nobody knows.
            var next = place
            while next < bytes.count, bytes[next] == 0x20 { next += 1 }
            return next == bytes.count || !isLetter(bytes[next]) || bytes[place] == 0x0a
        }

        private mutating func number() -> Double? {
            let start = place
            var digits: [UInt8] = []
            while place < bytes.count, digits.count < 20,
                isDigit(bytes[place]) || bytes[place] == UInt8(ascii: ".")
            {
                // The end of a sentence is no fraction.
                if bytes[place] == UInt8(ascii: "."),
                    place + 1 >= bytes.count || !isDigit(bytes[place + 1])
                {
                    break
                }
                digits.append(bytes[place])
                place += 1
            }
            guard let number = Double(String(decoding: digits, as: UTF8.self)) else {
                place = start
                return nil
            }
            return number
        }

        private static let units: [(words: [StaticString], unit: Unit)] = [
            (["ms", "msec", "millisecond", "milliseconds"], .millisecond),
            (["s", "sec", "secs", "second", "seconds"], .second),
            (["m", "min", "mins", "minute", "minutes"], .minute),
            (["h", "hr", "hrs", "hour", "hours"], .hour),
        ]

        private mutating func unit() -> Unit? {
            var start = place
            while start < bytes.count, bytes[start] == 0x20, start - place < 2 { start += 1 }
            var end = start
            while end < bytes.count, isLetter(bytes[end]) { end += 1 }
            let word = bytes[start..<end]
            guard !word.isEmpty else { return nil }
            for (words, unit) in Self.units where words.contains(where: { word.isEqual(to: $0) }) {
                place = end
                return unit
            }
            return nil
        }

        private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
        private func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
    }
}
