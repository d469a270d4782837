/// What models cost, and which model an id means.
///
/// Overrides come first, the compiled-in list after. A model that is on neither is unpriced: no
/// price is guessed from a similar name, and none is ever zero for want of one. Looking a model up
/// costs microseconds; callers keep the `PriceEntry` for as long as provider and model stay.
package struct PriceTable: Sendable {
    /// Prices that are searched together, before those of the next layer.
    protocol Layer: Sendable {
        /// In the order in which they are tried.
        var entries: [PriceEntry] { get }

        /// The first entry of a provider that has a name, in lower case.
        func first(provider: String, name: [UInt8], isExact: Bool) -> PriceEntry?
    }

    /// Prices that were read from a file.
    struct ReadLayer: Layer {
        let entries: [PriceEntry]
        /// By provider, in the order of the entries.
        private let places: [String: [Int]]

        init(_ entries: [PriceEntry]) {
            self.entries = entries
            places = Dictionary(grouping: entries.indices) { entries[$0].provider }
        }

        func first(provider: String, name: [UInt8], isExact: Bool) -> PriceEntry? {
            // By place, so that only the entry found is copied.
            for place in places[provider] ?? [] {
                if entries[place].patterns.contains(where: { $0.matches(name, isExact: isExact) }) {
                    return entries[place]
                }
            }
            return nil
        }
    }

    private let layers: [any Layer]

    init(layers: [any Layer]) { self.layers = layers }

    /// `overrides` before the prices of `base`.
    package init(overrides: [PriceEntry], base: PriceTable) {
        layers = [ReadLayer(overrides) as any Layer] + base.layers
    }

    /// Every entry, those searched first first.
    package var entries: [PriceEntry] { layers.flatMap { $0.entries } }

    /// What `usage` cost. See `match` and `PriceEntry.cost`.
    package func price(
        provider: String?, model: String?, usage: TokenUsage, at time: Timestamp
    ) -> Cost {
        match(provider: provider, model: model)?.cost(of: usage, at: time)
            ?? Cost(source: .unpriced)
    }

    /// The entry for a model as it is named on the wire, nil if there is none.
    ///
    /// Both are taken in any case and spelling: `gcp.gemini` is `google`, `models/gemini-2.5-pro`,
    /// `x-ai/grok-4`, `claude-sonnet-4-5@20250929` and `us.anthropic.claude-…-v1:0` are what they
    /// say. A dated alias has the price of its model unless the snapshot has one of its own.
    ///
    /// - Without a provider the vendor is the one the id names, or the one whose models alone begin
    ///   so; models with open weights then stay unpriced.
    /// - OpenRouter, Bedrock (Anthropic's models only), Azure and `multi` are priced at the vendor's
    ///   list price. OpenRouter reports its own cost, which callers prefer; its `:free` variants
    ///   cost nothing.
    /// - Ollama's models cost nothing, except those that run in its cloud, which are unpriced.
    package func match(provider: String?, model: String?) -> PriceEntry? {
        guard let model else { return nil }
        let name = ModelName(model)
        guard !name.whole.isEmpty else { return nil }
        let provider = provider.map { ProviderName.canonical($0) }
        let candidates = Self.candidates(provider: provider, name: name)
        for layer in layers {
            for candidate in candidates {
                for group in [candidate.provider, ""] {
                    if let entry = layer.first(
                        provider: group, name: candidate.name, isExact: candidate.isExact)
                    {
                        return entry
                    }
                }
            }
        }
        return Self.unlisted(provider: provider, name: name)
    }

    private struct Candidate {
        var provider: String
        var name: [UInt8]
        var isExact = false
    }

    /// Whose list to look in for which name, best first.
    private static func candidates(provider: String?, name: ModelName) -> [Candidate] {
        // Some lists have ids with a path, `openai/gpt-oss-120b` on Groq.
        var candidates = [Candidate(provider: provider ?? "", name: name.whole)]
        if let vendor = name.vendor, vendor != provider, provider == nil {
            candidates.append(Candidate(provider: vendor, name: name.whole))
        }
        guard !name.hasUnknownVendor else { return candidates }
        for vendor in vendors(provider: provider, name: name) {
            for spelling in name.spellings {
                candidates.append(
                    Candidate(
                        provider: vendor, name: spelling,
                        isExact: name.isFree || name.hasUnknownTag))
            }
            if let undated = name.undated {
                candidates.append(
                    Candidate(provider: vendor, name: undated, isExact: true))
            }
        }
        return candidates
    }

    /// Whose price lists may hold a name without its path.
    private static func vendors(provider: String?, name: ModelName) -> [String] {
        let kind = provider.map { ProviderName.kind($0) }
        if let provider, kind == .host || kind == .local || kind == .unknown { return [provider] }

        // The id says whose the model is, and is believed over where the answer seemed to be from.
        let named = name.vendor.flatMap { ProviderName.kind($0) == .reseller ? nil : $0 }
        let family = ProviderName.vendor(ofModel: name.bare)
        if let named {
            // Vertex serves Claude at prices of its own.
            if named == "anthropic", provider == "google" { return ["google", "anthropic"] }
            if named == "google", family == "anthropic" { return ["google", "anthropic"] }
            return [named]
        }
        if let provider, kind == .vendor {
            return provider == "google" && family == "anthropic"
                ? [provider, "anthropic"] : [provider]
        }
        guard !name.hasUnknownTag, let family else { return provider.map { [$0] } ?? [] }
        let isBedrock = provider == "bedrock" || name.vendor == "bedrock"
        return isBedrock && family != "anthropic"
            ? ["bedrock"] : [provider, family].compactMap(\.self)
    }

    /// What costs nothing without a list saying so.
    private static func unlisted(provider: String?, name: ModelName) -> PriceEntry? {
        if provider == "ollama" || (provider == nil && name.vendor == "ollama") {
            return name.isCloud ? nil : .free(name, provider: "ollama", source: "local")
        }
        if name.isFree, provider == "openrouter" || name.isPath {
            return .free(name, provider: "openrouter", source: "OpenRouter :free variant")
        }
        return nil
    }
}

extension ModelName {
    /// Ollama's models that run on its servers: `gpt-oss:120b-cloud`, `glm-4.6:cloud`.
    fileprivate var isCloud: Bool {
        let suffix = whole.suffix(6)
        return suffix.elementsEqual("-cloud".utf8) || suffix.elementsEqual(":cloud".utf8)
    }
}

extension PriceEntry {
    fileprivate static func free(
        _ name: ModelName, provider: String, source: String
    ) -> PriceEntry {
        let id = String(decoding: name.whole, as: UTF8.self)
        var rates = Rates()
        rates.input = .zero
        rates.output = .zero
        return PriceEntry(
            id: id, provider: provider, patterns: [ModelPattern(literal: id)],
            periods: [Period(rates: rates)], source: source)
    }
}
