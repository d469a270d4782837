// The table that is compiled in. Its lines:
//
//     =google                                            the provider of the lines below
//     id|pattern pattern …|period;period;…|note          one model; trailing empty fields left out
//
// No patterns: the id is the only one. A period is words: `@2026-03-13` in force from that day,
// `~00:30-16:30` at that time of the day (UTC), `>200000` the threshold above which the second
// figure of a rate holds, and the rates in dollars per million tokens: i input, r cache read, w and
// h cache write for five minutes and an hour, o output, t thinking, and q per 1,000 requests.

internal import Synchronization

extension PriceTable {
    /// The compiled-in prices. At first they stay text, of which the line of a model is read when it
    /// is asked for: reading them all takes as long as metering a hundred calls.
    package static let builtIn = PriceTable(
        layers: [BuiltInLayer()])

    /// Lines that do not follow the format are passed over; a test sees to it that there are none.
    static func parse(builtIn text: StaticString, source: String) -> [PriceEntry] {
        BuiltInLines(text: text, source: source).entries
    }
}

/// The compiled-in table. A session asks for a model or two; who asks for more gets the whole
/// table read.
private final class BuiltInLayer: PriceTable.Layer {
    private static let lines = BuiltInLines(
        text: BuiltInPrices.text, source: BuiltInPrices.source)
    private static let whole = PriceTable.ReadLayer(lines.entries)
    /// A look-up of one model is up to a dozen here.
    private static let scansMax = 64

    private let scans = Atomic(0)

    var entries: [PriceEntry] { Self.whole.entries }

    func first(provider: String, name: [UInt8], isExact: Bool) -> PriceEntry? {
        if scans.load(ordering: .relaxed) < Self.scansMax {
            scans.add(1, ordering: .relaxed)
            return Self.lines.first(provider: provider, name: name, isExact: isExact)
        }
        return Self.whole.first(provider: provider, name: name, isExact: isExact)
    }
}

/// Prices in the format of the compiled-in table.
private struct BuiltInLines {
    typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    let text: StaticString
    let source: String

    var entries: [PriceEntry] {
        var entries: [PriceEntry] = []
        forEachLine { provider, line in
            if let entry = PriceEntry(builtIn: line, provider: provider, source: source) {
                entries.append(entry)
            }
            return true
        }
        return entries
    }

    func first(provider: String, name: [UInt8], isExact: Bool) -> PriceEntry? {
        var found: PriceEntry?
        forEachLine(of: provider) { provider, line in
            guard let patterns = PriceEntry.patterns(builtIn: line),
                patterns.contains(where: { $0.matches(name, isExact: isExact) })
            else { return true }
            found = PriceEntry(builtIn: line, provider: provider, source: source)
            return found == nil
        }
        return found
    }

    /// Calls with each model's line, of one provider or of all, until told to stop.
    private func forEachLine(
        of wanted: String? = nil, _ body: (_ provider: String, _ line: Bytes) -> Bool
    ) {
        text.withUTF8Buffer { text in
            var provider = ""
            var isWanted = wanted == nil || wanted == ""
            var rest = text[...]
            while !rest.isEmpty {
                let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
                let line = rest[..<end]
                rest = rest[end...].dropFirst()
                if line.first == UInt8(ascii: "=") {
                    isWanted = wanted.map { line.dropFirst().elementsEqual($0.utf8) } ?? true
                    if isWanted { provider = String(decoding: line.dropFirst(), as: UTF8.self) }
                } else if isWanted, !line.isEmpty, !body(provider, line) {
                    return
                }
            }
        }
    }
}

extension PriceEntry {
    /// Nil for a line that does not follow the format.
    fileprivate init?(builtIn line: BuiltInLines.Bytes, provider: String, source: String) {
        let fields = line.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
        guard fields.count >= 3, let patterns = Self.patterns(builtIn: line) else { return nil }
        self.init(
            id: String(decoding: fields[0], as: UTF8.self), provider: provider,
            patterns: patterns,
            periods: fields[2].split(separator: UInt8(ascii: ";"))
                .map { PriceEntry.Period(builtIn: $0) },
            source: source,
            note: fields.count > 3 ? String(decoding: fields[3], as: UTF8.self) : nil)
    }

    /// The names a line is for; nil if it does not follow the format.
    fileprivate static func patterns(builtIn line: BuiltInLines.Bytes) -> [ModelPattern]? {
        let bar = UInt8(ascii: "|")
        guard let idEnd = line.firstIndex(of: bar) else { return nil }
        let rest = line[(idEnd + 1)...]
        guard let end = rest.firstIndex(of: bar) else { return nil }
        if end == rest.startIndex { return [ModelPattern(literal: line[..<idEnd])] }
        return rest[..<end].split(separator: UInt8(ascii: " ")).map { ModelPattern(utf8: $0) }
    }
}

extension PriceEntry.Period {
    private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    fileprivate init(builtIn text: Slice<UnsafeBufferPointer<UInt8>>) {
        self.init(rates: .init())
        var tier = PriceEntry.Tier(inputTokens: 0, rates: .init())
        for word in text.split(separator: UInt8(ascii: " ")) {
            let value = word.dropFirst()
            let figures = value.split(separator: UInt8(ascii: "/"))
            let unit: Rate.Unit =
                word.first == UInt8(ascii: "q") ? .thousandRequests : .millionTokens
            let low = figures.first.flatMap { Rate(usd: $0, per: unit) }
            let high = figures.count > 1 ? Rate(usd: figures[1], per: unit) : nil
            switch word.first {
            case UInt8(ascii: "@"):
                start = Timestamp(rfc3339: String(decoding: value, as: UTF8.self) + "T00:00:00Z")
            case UInt8(ascii: "~"): timeOfDay = PriceEntry.TimeOfDay(value)
            case UInt8(ascii: ">"):
                tier.inputTokens = UInt64(String(decoding: value, as: UTF8.self)) ?? 0
            case UInt8(ascii: "i"): (rates.input, tier.rates.input) = (low, high)
            case UInt8(ascii: "r"): (rates.cacheRead, tier.rates.cacheRead) = (low, high)
            case UInt8(ascii: "w"): (rates.cacheWrite, tier.rates.cacheWrite) = (low, high)
            case UInt8(ascii: "h"): (rates.cacheWrite1h, tier.rates.cacheWrite1h) = (low, high)
            case UInt8(ascii: "o"): (rates.output, tier.rates.output) = (low, high)
            case UInt8(ascii: "t"): (rates.reasoning, tier.rates.reasoning) = (low, high)
            case UInt8(ascii: "q"): (rates.request, tier.rates.request) = (low, high)
            default: break
            }
        }
        if tier.inputTokens > 0 { tiers = [tier] }
    }
}

extension PriceEntry.TimeOfDay {
    /// `00:30-16:30`.
    init?(_ text: some Collection<UInt8>) {
        let times = text.split(separator: UInt8(ascii: "-")).map { Self.minutes($0) }
        guard times.count == 2, let start = times[0], let end = times[1] else { return nil }
        self.init(start: start, end: end)
    }

    private static func minutes(_ text: some Collection<UInt8>) -> Int? {
        let parts = text.split(separator: UInt8(ascii: ":"))
            .map { UInt8(String(decoding: $0, as: UTF8.self)) }
        guard parts.count == 2, let hours = parts[0], let minutes = parts[1], hours < 24,
            minutes < 60
        else { return nil }
        return Int(hours) * 60 + Int(minutes)
    }
}
