// LiteLLM's community file, model_prices_and_context_window.json: an object a model, prices in
// dollars per token, each kind of price under a key of its own.

extension PriceFile {
    /// The prices of one model; nil where tokens have none.
    func readLiteLLM(
        _ model: String, _ reader: inout JSONReader
    ) throws(JSONError) -> PriceEntry? {
        var provider = ""
        var rates = PriceEntry.Rates()
        var tiers: [UInt64: PriceEntry.Rates] = [:]
        try reader.enterObject()
        while try reader.nextKey() {
            let key = try reader.contentString()
            if key == "litellm_provider" {
                provider = ProviderName.canonical(try reader.string())
                continue
            }
            guard let price = LiteLLMKey(key) else {
                try reader.skip()
                continue
            }
            if try reader.null() { continue }
            let rate = try reader.rate(key, per: .token)
            if let threshold = price.threshold {
                tiers[threshold, default: .init()][keyPath: price.kind] = rate
            } else {
                rates[keyPath: price.kind] = rate
            }
        }
        guard rates.input != nil || rates.output != nil else { return nil }
        let names = Self.names(model, of: provider)
        return PriceEntry(
            id: names[names.count - 1], provider: provider,
            patterns: names.map { ModelPattern(literal: $0) },
            periods: [
                PriceEntry.Period(
                    rates: rates,
                    tiers: tiers.sorted { $0.key < $1.key }
                        .map { PriceEntry.Tier(inputTokens: $0.key, rates: $0.value) })
            ],
            source: "LiteLLM")
    }

    /// `gemini/gemini-2.5-pro` is LiteLLM's name; the provider's own is what follows.
    private static func names(_ model: String, of provider: String) -> [String] {
        guard let slash = model.firstIndex(of: "/"),
            ProviderName.canonical(String(model[..<slash])) == provider
        else { return [model] }
        return [model, String(model[model.index(after: slash)...])]
    }
}

/// A key that prices text tokens at the usual service: not batches, not another modality.
private struct LiteLLMKey {
    var kind: WritableKeyPath<PriceEntry.Rates, Rate?>
    /// Input tokens above which it holds.
    var threshold: UInt64?

    init?(_ key: String) {
        var name = Substring(key)
        if name.hasSuffix("k_tokens") {
            let words = name.dropLast("k_tokens".count).split(separator: "_")
            guard let thousands = words.last.flatMap({ UInt64($0) }), thousands < 1_000_000,
                words.dropLast().last == "above"
            else { return nil }
            threshold = thousands * 1000
            name = name.dropLast("_above_\(thousands)k_tokens".count)
        }
        switch name {
        case "input_cost_per_token": kind = \.input
        case "output_cost_per_token": kind = \.output
        case "cache_read_input_token_cost": kind = \.cacheRead
        case "cache_creation_input_token_cost": kind = \.cacheWrite
        case "cache_creation_input_token_cost_above_1hr": kind = \.cacheWrite1h
        case "output_cost_per_reasoning_token": kind = \.reasoning
        default: return nil
        }
    }
}
