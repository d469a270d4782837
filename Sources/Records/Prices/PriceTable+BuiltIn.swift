// The table that is compiled in. Its lines:
//
//     =google                                            the provider of the lines below
//     id|pattern pattern …|period;period;…|note          one model; trailing empty fields left out
//
// No patterns: the id is the only one. A period is words: `@2026-03-13` in force from that day,
// `~00:30-16:30` at that time of the day (UTC), `>200000` the threshold above which the second
// figure of a rate holds, and the rates in dollars per million tokens: i input, r cache read, w and
// h cache write for five minutes and an hour, o output, t thinking, and q per 1,000 requests.

extension PriceTable {
    /// The compiled-in prices. Read on first use, once; using it costs a start-up nothing.
    package static let builtIn = PriceTable(
        layers: [
            Layer(parse(builtIn: BuiltInPrices.text, source: BuiltInPrices.source))
        ])

    /// Lines that do not follow the format are passed over; a test sees to it that there are none.
    static func parse(builtIn text: StaticString, source: String) -> [PriceEntry] {
        text.withUTF8Buffer { text in
            var entries: [PriceEntry] = []
            var provider = ""
            for line in text.split(separator: UInt8(ascii: "\n")) {
                if line.first == UInt8(ascii: "=") {
                    provider = String(decoding: line.dropFirst(), as: UTF8.self)
                    continue
                }
                let fields = line.split(
                    separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
                guard fields.count >= 3 else { continue }
                let id = String(decoding: fields[0], as: UTF8.self)
                let patterns = fields[1].split(separator: UInt8(ascii: " "))
                entries.append(
                    PriceEntry(
                        id: id, provider: provider,
                        patterns: patterns.isEmpty
                            ? [ModelPattern(literal: id)]
                            : patterns.map { ModelPattern(utf8: $0) },
                        periods: fields[2].split(separator: UInt8(ascii: ";"))
                            .map { PriceEntry.Period(builtIn: $0) },
                        source: source,
                        note: fields.count > 3 ? String(decoding: fields[3], as: UTF8.self) : nil))
            }
            return entries
        }
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
