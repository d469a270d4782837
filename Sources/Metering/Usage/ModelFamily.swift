/// What a model's id says about who made it.
package enum ModelFamily {
    /// The company that serves models of this name through its own API, or nil when the name says
    /// nothing.
    ///
    /// Takes bare ids (`gemini-2.5-pro`), vendor-prefixed ones (`google/gemini-2.5-flash`,
    /// `openai:gpt-4o`), Bedrock's (`us.anthropic.claude-…-v1:0`) and Ollama's tags (`llama3.2:3b`).
    package static func provider(of model: String) -> String? {
        provider(ofFolded: FoldedText(model).bytes[...])
    }

    private static func provider(ofFolded id: ArraySlice<UInt8>) -> String? {
        if bedrockMarks.contains(where: { id.begins(with: $0) }) { return "bedrock" }
        if let cut = id.lastIndex(of: UInt8(ascii: "/")) {
            let vendor = id[..<cut].split(separator: UInt8(ascii: "/")).last ?? []
            return vendors[String(decoding: vendor, as: UTF8.self)]
                ?? provider(ofFolded: id[(cut + 1)...])
        }
        let colon = id.firstIndex(of: UInt8(ascii: ":"))
        if let colon, let vendor = vendors[String(decoding: id[..<colon], as: UTF8.self)] {
            return vendor
        }
        // Open weights that carry a closed model's name.
        if id.begins(with: "gpt-oss") { return colon == nil ? nil : "ollama" }
        return prefixes.first { id.begins(with: $0.prefix) }?.provider
    }

    /// The ledger's name of a provider as servers write it (`gemini`, `x-ai`, `codex`); nil when it
    /// is none that is known.
    package static func provider(named name: String) -> String? { vendors[name.lowercased()] }

    /// Whether a model cannot be what a provider's server called: `gpt-4o` behind a Gemini key.
    ///
    /// Providers that host the models of others contradict nothing.
    static func contradicts(_ model: String, provider: String?) -> Bool {
        guard let provider, let family = self.provider(of: model), family != provider else {
            return false
        }
        if provider == "ollama" {
            // Gemma is open; a closed model comes with a tag, as in `gemini-3-pro-preview:cloud`.
            return closedWeights.contains(family) && !model.contains(":")
                && !model.lowercased().hasPrefix("gemma")
        }
        return ownModelsOnly.contains(provider)
            && (ownModelsOnly.contains(family) || family == "perplexity")
    }

    /// Whether two providers exclude each other.
    static func contradicts(provider a: String, _ b: String?) -> Bool {
        guard let b else { return false }
        return a != b && ownModelsOnly.contains(a) && ownModelsOnly.contains(b)
    }

    /// Whether a provider serves only models of its own, all with names that tell.
    static func servesOnlyItsOwn(_ provider: String) -> Bool { ownModelsOnly.contains(provider) }

    /// Whether a name leaves the choice to the server.
    package static func isAlias(_ model: String) -> Bool {
        // All aliases are shorter than nearly all names of models.
        model.utf8.count <= aliasBytesMax && aliases.contains(model.lowercased())
    }
    private static let aliasBytesMax = aliases.map(\.utf8.count).max() ?? 0

    /// A model's id from where it was written, without ornament; nil if it is none.
    ///
    /// Drops backticks, `models/`, a provider in front of a colon, and what follows a middle dot
    /// (`deepseek-v4-pro·max`: the reasoning effort).
    static func clean(_ text: String) -> String? { clean(utf8: Array(text.utf8)[...]) }

    static func clean(utf8 text: ArraySlice<UInt8>) -> String? {
        var id = text
        func isOrnament(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: "`") || byte == 0x20 }
        while isOrnament(id.first) { id.removeFirst() }
        while isOrnament(id.last) { id.removeLast() }
        if let dot = id.middleDot { id = id[..<dot] }
        if id.begins(with: "models/") { id = id.dropFirst("models/".utf8.count) }
        if let cut = id.firstIndex(of: UInt8(ascii: ":")),
            vendors[String(decoding: id[..<cut], as: UTF8.self).lowercased()] != nil
        {
            id = id[(cut + 1)...]
        }
        guard id.count <= 200, let first = id.first, isAlphanumeric(first),
            id.allSatisfy({ isAlphanumeric($0) || isJoint($0) }),
            id.contains(where: { !(48...57).contains($0) })
        else { return nil }
        let name = String(decoding: id, as: UTF8.self)
        return isAlias(name) || isNoName(name) ? nil : name
    }

    private static func isJoint(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"),
            UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "+"):
            true
        default: false
        }
    }

    private static func isNoName(_ name: String) -> Bool {
        guard name.utf8.count == 7 || name.utf8.count == 4 else { return false }
        let name = name.lowercased()
        return name == "unknown" || name == "none"
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte | 0x20)
    }

    /// The version of a Claude model as `major * 100 + minor`, nil if its id has none.
    static func claudeVersion(_ model: String) -> Int? {
        guard let start = model.lowercased().utf8.split(separator: UInt8(ascii: "/")).last
        else { return nil }
        var numbers: [Int] = []
        for part in start.split(whereSeparator: { $0 == UInt8(ascii: "-") || $0 == 0x2e }) {
            if part.count <= 2, let number = Int(String(decoding: part, as: UTF8.self)) {
                numbers.append(number)
                if numbers.count == 2 { break }
            } else if !numbers.isEmpty {
                break
            }
        }
        guard let major = numbers.first else { return nil }
        return major * 100 + (numbers.count > 1 ? numbers[1] : 0)
    }

    private static let ownModelsOnly: Set<String> = [
        "anthropic", "google", "openai", "xai", "deepseek", "cohere", "mistral",
    ]
    private static let closedWeights: Set<String> = ["anthropic", "google", "openai", "xai"]

    private static let aliases: Set<String> = [
        "auto", "default", "pro", "flash", "fast", "best", "latest", "flash-lite", "mini", "lite",
        "opus", "sonnet", "haiku", "large", "small", "medium", "grok", "gemini", "gpt", "claude",
    ]

    private static let bedrockMarks: [StaticString] = [
        "anthropic.", "amazon.", "meta.", "cohere.", "mistral.", "ai21.", "us.anthropic.",
        "eu.anthropic.", "apac.anthropic.", "global.anthropic.", "us.amazon.", "eu.amazon.",
        "us.meta.", "us.deepseek.", "deepseek.", "arn:aws:bedrock",
    ]

    /// Most specific first.
    private static let prefixes: [(prefix: StaticString, provider: String)] = [
        ("claude", "anthropic"), ("gemini", "google"), ("gemma", "google"), ("palm-", "google"),
        ("imagen", "google"), ("veo-", "google"), ("text-embedding-00", "google"),
        ("text-multilingual-embedding", "google"), ("gpt", "openai"), ("chatgpt", "openai"),
        ("o1", "openai"), ("o3", "openai"), ("o4", "openai"), ("codex", "openai"),
        ("dall-e", "openai"), ("whisper", "openai"), ("text-embedding-3", "openai"),
        ("text-embedding-ada", "openai"), ("grok", "xai"), ("deepseek", "deepseek"),
        ("sonar", "perplexity"), ("command", "cohere"), ("embed-", "cohere"), ("rerank", "cohere"),
        ("mistral-", "mistral"), ("magistral", "mistral"), ("codestral", "mistral"),
        ("devstral", "mistral"), ("ministral", "mistral"), ("pixtral", "mistral"),
        ("open-mi", "mistral"), ("llama", "ollama"), ("qwen", "ollama"), ("mistral", "ollama"),
        ("mixtral", "ollama"), ("phi", "ollama"), ("nomic-embed", "ollama"), ("llava", "ollama"),
    ]

    private static let vendors: [String: String] = [
        "google": "google", "gemini": "google", "googleai": "google", "vertex": "google",
        "vertexai": "google", "vertex_ai": "google", "gcp.gemini": "google",
        "gcp.vertex_ai": "google", "xai": "xai", "x-ai": "xai", "x_ai": "xai", "grok": "xai",
        "anthropic": "anthropic", "claude": "anthropic", "openai": "openai", "codex": "openai",
        "azure": "openai", "ollama": "ollama", "deepseek": "deepseek", "mistral": "mistral",
        "mistralai": "mistral", "mistral_ai": "mistral", "cohere": "cohere",
        "perplexity": "perplexity", "bedrock": "bedrock", "aws.bedrock": "bedrock",
        "amazon": "bedrock", "openrouter": "openrouter", "groq": "groq",
    ]
}
