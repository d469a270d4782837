// Prices from a file, which come before the compiled-in ones.

extension PriceTable {
    /// The prices of a file before those of `base`, in the format below or in LiteLLM's.
    ///
    ///     {"prices": [
    ///       {"provider": "google", "model": "gemini-9", "match": ["gemini-9-*"],
    ///        "input": 1.25, "cache_read": 0.125, "output": 10,
    ///        "over": {"input_tokens": 200000, "input": 2.5, "cache_read": 0.25, "output": 15},
    ///        "source": "contract of May 2026"},
    ///       {"provider": "google", "model": "gemini-9", "from": "2027-01-01",
    ///        "input": 1, "cache_read": 0.1, "output": 8}
    ///     ]}
    ///
    /// Prices are US dollars per million tokens, numbers or strings, taken as decimals:
    /// `input`, `cache_read`, `cache_write` (five minutes), `cache_write_1h`, `output`,
    /// `reasoning`; `thousand_requests` is per 1,000 calls. One of input and output must be there;
    /// what else is missing follows the rules of `PriceEntry.Rates`. `over` (one object or a list
    /// of them, by rising `input_tokens`) prices the whole of a request with more input than that.
    /// `from` is a day and `between` a pair of times, both UTC; prices of the same model, oldest
    /// first, add up to one entry, and the last in force counts. `match` adds spellings
    /// (`ModelPattern`); dated aliases need none. Without `provider` a price holds for all.
    /// `source` and `note` are for readers. An entry replaces the compiled-in one altogether.
    ///
    /// LiteLLM's `model_prices_and_context_window.json` is read as it is: prices per token, with
    /// their cache, reasoning and `_above_200k_tokens` kinds; what has no price per token is left
    /// out. Both may stand in one file.
    ///
    /// - Throws: what was expected, and where.
    package init(
        overriding file: [UInt8], base: PriceTable = .builtIn
    ) throws(JSONError) {
        let entries = try JSONReader.read(file.span) { (reader) throws(JSONError) in
            var parser = PriceFile()
            try parser.read(&reader)
            guard !parser.entries.isEmpty else {
                throw reader.error(
                    "no price in the file: expected \"prices\": […] or models as in LiteLLM's file",
                    at: 0)
            }
            return parser.entries
        }
        self.init(overrides: entries, base: base)
    }
}

/// What has been read of a file.
struct PriceFile {
    private(set) var entries: [PriceEntry] = []
    /// Where the entry of a provider and a model is.
    private var places: [Name: Int] = [:]

    private struct Name: Hashable {
        var provider: String
        var id: String
    }

    fileprivate mutating func read(_ reader: inout JSONReader) throws(JSONError) {
        try reader.enterObject()
        while try reader.nextKey() {
            let key = try reader.contentString()
            switch (key, try reader.peek()) {
            case ("prices", .array):
                try reader.enterArray()
                while try reader.nextElement() { add(try readPrice(&reader)) }
            case ("prices", let kind):
                throw reader.error(
                    "\"prices\": expected an array, found \(kind.name)", at: reader.offset)
            case ("sample_spec", _), (_, .string), (_, .number): try reader.skip()
            case (_, .object):
                if let entry = try readLiteLLM(key, &reader) { add(entry) }
            case (_, let kind):
                throw reader.error(
                    "\"\(key)\": expected an object with a model's prices, found \(kind.name)",
                    at: reader.offset)
            }
        }
    }

    private mutating func add(_ entry: PriceEntry) {
        let name = Name(provider: entry.provider, id: entry.id)
        guard let place = places[name] else {
            places[name] = entries.count
            entries.append(entry)
            return
        }
        entries[place].periods += entry.periods
        entries[place].patterns += entry.patterns.filter { !entries[place].patterns.contains($0) }
        entries[place].note = entries[place].note ?? entry.note
    }

    private static let keys = [
        "provider", "model", "match", "input", "cache_read", "cache_write", "cache_write_1h",
        "output", "reasoning", "thousand_requests", "over", "from", "between", "source", "note",
    ]

    private func readPrice(_ reader: inout JSONReader) throws(JSONError) -> PriceEntry {
        _ = try reader.peek()
        let start = reader.offset
        var provider = ""
        var model: String?
        var patterns: [ModelPattern] = []
        var source = "override"
        var note: String?
        var period = PriceEntry.Period(rates: .init())
        try reader.enterObject()
        while try reader.nextKey() {
            let key = try reader.contentString()
            let place = reader.tokenOffset
            switch key {
            case "provider": provider = ProviderName.canonical(try reader.string())
            case "model": model = try reader.string()
            case "match":
                try reader.enterArray()
                while try reader.nextElement() {
                    patterns.append(ModelPattern(try reader.string()))
                }
            case "over": period.tiers = try readTiers(&reader)
            case "from":
                let day = try reader.string()
                guard let midnight = Timestamp(rfc3339: day + "T00:00:00Z") else {
                    throw reader.error("\"from\": expected a day such as 2026-03-13")
                }
                period.start = midnight
            case "between": period.timeOfDay = try readTimes(&reader)
            case "source": source = try reader.string()
            case "note": note = try reader.string()
            default:
                guard try period.rates.read(key, &reader) else {
                    throw reader.error(
                        "\"\(key)\" is no part of a price; there are "
                            + Self.keys.joined(separator: ", "), at: place)
                }
            }
        }
        guard let model, !model.isEmpty else {
            throw reader.error("the price names no \"model\"", at: start)
        }
        guard period.rates.input != nil || period.rates.output != nil else {
            throw reader.error(
                "the price of \"\(model)\" has neither \"input\" nor \"output\"", at: start)
        }
        return PriceEntry(
            id: model, provider: provider, patterns: [ModelPattern(literal: model)] + patterns,
            periods: [period], source: source, note: note)
    }

    private func readTiers(_ reader: inout JSONReader) throws(JSONError) -> [PriceEntry.Tier] {
        guard try reader.peek() == .array else { return [try readTier(&reader)] }
        var tiers: [PriceEntry.Tier] = []
        try reader.enterArray()
        while try reader.nextElement() {
            _ = try reader.peek()
            let start = reader.offset
            let tier = try readTier(&reader)
            if let last = tiers.last, last.inputTokens >= tier.inputTokens {
                throw reader.error("\"over\": expected rising \"input_tokens\"", at: start)
            }
            tiers.append(tier)
        }
        return tiers
    }

    private func readTier(_ reader: inout JSONReader) throws(JSONError) -> PriceEntry.Tier {
        var tier = PriceEntry.Tier(inputTokens: 0, rates: .init())
        var hasThreshold = false
        _ = try reader.peek()
        let start = reader.offset
        try reader.enterObject()
        while try reader.nextKey() {
            let key = try reader.contentString()
            let place = reader.tokenOffset
            if key == "input_tokens" {
                tier.inputTokens = try reader.integer()
                hasThreshold = true
            } else if try !tier.rates.read(key, &reader) {
                throw reader.error(
                    "\"\(key)\" is no part of \"over\": it has \"input_tokens\" and prices",
                    at: place)
            }
        }
        guard hasThreshold else {
            throw reader.error("\"over\" has no \"input_tokens\"", at: start)
        }
        return tier
    }

    private func readTimes(_ reader: inout JSONReader) throws(JSONError) -> PriceEntry.TimeOfDay {
        var times: [String] = []
        _ = try reader.peek()
        let start = reader.offset
        try reader.enterArray()
        while try reader.nextElement() { times.append(try reader.string()) }
        guard times.count == 2,
            let timeOfDay = PriceEntry.TimeOfDay(times.joined(separator: "-").utf8)
        else {
            throw reader.error(
                "\"between\": expected two times such as [\"00:30\", \"16:30\"]", at: start)
        }
        return timeOfDay
    }
}

extension PriceEntry.Rates {
    /// Reads the price under `key`; false, with nothing read, if it is none.
    fileprivate mutating func read(
        _ key: String, _ reader: inout JSONReader
    ) throws(JSONError) -> Bool {
        switch key {
        case "input": input = try reader.rate(key, per: .millionTokens)
        case "cache_read": cacheRead = try reader.rate(key, per: .millionTokens)
        case "cache_write": cacheWrite = try reader.rate(key, per: .millionTokens)
        case "cache_write_1h": cacheWrite1h = try reader.rate(key, per: .millionTokens)
        case "output": output = try reader.rate(key, per: .millionTokens)
        case "reasoning": reasoning = try reader.rate(key, per: .millionTokens)
        case "thousand_requests": request = try reader.rate(key, per: .thousandRequests)
        default: return false
        }
        return true
    }
}

extension JSONReader {
    /// Dollars, as a number or as a string that holds one.
    mutating func rate(_ key: String, per unit: Rate.Unit) throws(JSONError) -> Rate {
        let kind = try peek()
        let start = offset
        let text: String
        switch kind {
        case .number: text = try number()
        case .string: text = try string()
        default:
            throw error("\"\(key)\": expected a price in dollars, found \(kind.name)", at: start)
        }
        guard let rate = Rate(usd: text, per: unit) else {
            throw error(
                "\"\(key)\": expected a price in dollars, 0 or more, found \(text)", at: start)
        }
        return rate
    }
}
