import Wire

/// Finds how long a provider asks to be left alone, in the error it gave.
///
/// Servers pass on what the provider's SDK said, as text: Gemini's `Please retry in 40.02s.` and
/// `RetryInfo.retryDelay` (google.rpc.RetryInfo), OpenAI's `Please try again in 6m0s`, a quoted
/// `Retry-After: 30` (RFC 9110 §10.2.3; its other form, a date, is passed over).
enum RetryHint {
    /// More is no moment to wait for: a quota of a day is told as what it is, with no time.
    private static let millisecondsMax = 86_400_000.0

    /// Words before a time, and the milliseconds that a bare number counts; 0: there must be a unit.
    private static let introductions: [(words: StaticString, unit: Double)] = [
        ("retry in", 0), ("try again in", 0), ("retry after", 1000), ("retry-after-ms", 1),
        ("retry_after_ms", 1), ("retry-after", 1000), ("retry_after", 1000), ("retryafter", 1000),
        ("retrydelay", 1000),
    ]

    private static let units: [(name: StaticString, milliseconds: Double)] = [
        ("milliseconds", 1), ("ms", 1), ("seconds", 1000), ("second", 1000), ("secs", 1000),
        ("sec", 1000), ("minutes", 60_000), ("minute", 60_000), ("mins", 60_000), ("min", 60_000),
        ("hours", 3_600_000), ("hour", 3_600_000), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
    ]

    /// In milliseconds; nil when nothing of the kind is said.
    static func find(in text: FoldedText) -> Double? {
        for (words, unit) in introductions {
            var start = 0
            while let place = text.find(words, from: start) {
                start = place + words.utf8CodeUnitCount
                if let time = time(text, at: start, unit: unit) { return time }
            }
        }
        return nil
    }

    /// `1h2m3.5s`, `54.8s`, `30`, behind what may stand between a name and its value.
    private static func time(_ text: FoldedText, at start: Int, unit: Double) -> Double? {
        let bytes = text.bytes
        var place = start
        while place < bytes.count, place - start < 6, " \t\":=\\'".utf8.contains(bytes[place]) {
            place += 1
        }
        var total = 0.0
        var hasNumber = false
        while let (value, end) = number(bytes, at: place) {
            place = end
            if place < bytes.count, bytes[place] == UInt8(ascii: " ") { place += 1 }
            if let found = units.first(where: { isWord($0.name, text, at: place) }) {
                total += value * found.milliseconds
                place += found.name.utf8CodeUnitCount
                hasNumber = true
            } else if !hasNumber, unit > 0 {
                (total, hasNumber) = (value * unit, true)
                break
            } else {
                break
            }
            if place < bytes.count, bytes[place] == UInt8(ascii: " ") { place += 1 }
        }
        return hasNumber && total > 0 && total <= millisecondsMax ? total : nil
    }

    /// A decimal number of a few digits, and where it ends.
    private static func number(_ bytes: [UInt8], at start: Int) -> (Double, Int)? {
        var place = start
        var value = 0.0
        while place < bytes.count, place - start < 9, isDigit(bytes[place]) {
            value = value * 10 + Double(bytes[place] & 0x0f)
            place += 1
        }
        guard place > start else { return nil }
        guard place + 1 < bytes.count, bytes[place] == UInt8(ascii: "."), isDigit(bytes[place + 1])
        else { return (value, place) }
        place += 1
        var scale = 0.1
        while place < bytes.count, isDigit(bytes[place]) {
            value += Double(bytes[place] & 0x0f) * scale
            scale /= 10
            place += 1
        }
        return (value, place)
    }

    /// Whether a unit stands there that does not go on as another word; `6m0s` goes on with a digit.
    private static func isWord(_ name: StaticString, _ text: FoldedText, at place: Int) -> Bool {
        guard text.find(name, from: place, to: place + 1) == place else { return false }
        let end = place + name.utf8CodeUnitCount
        return end >= text.bytes.count || !(97...122).contains(text.bytes[end])
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}

extension ErrorReader {
    /// How long an answer that is an error asks to be left alone, in milliseconds.
    static func retryAfter(_ answer: Observation) -> Double? {
        let sketch = answer.sketch
        var message = ""
        func add(_ node: Int?) {
            if let text = node.flatMap({ sketch.string($0) }) { message += text + "\n" }
        }
        if let error = sketch.child(.error, of: 0) {
            add(error)
            for key in [Key.message, .data] { add(sketch.child(key, of: error)) }
        }
        for text in answer.texts { add(Int(text.node)) }
        if let result = sketch.child(.result, of: 0) {
            for document in documents(of: answer, result) {
                for key in [Key.error, .message] { add(sketch.child(key, of: document)) }
            }
        }
        return message.isEmpty ? nil : RetryHint.find(in: FoldedText(message))
    }
}
