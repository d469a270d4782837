import Records
import Wire

/// Token counts guessed from text, for servers that report none.
///
/// Thousandths of a token a Unicode scalar, measured on tokenizers where those could be had
/// (DeepSeek V4, Claude, cl100k, Mistral tekken), else as the provider publishes (Gemini: about four
/// characters a token). Prompts that a server adds itself and hidden thinking are not seen, so an
/// estimate is a lower bound.
enum Estimate {
    private struct Weights {
        var latin: UInt64
        var cjk: UInt64
        var other: UInt64

        init(_ latin: UInt64, _ cjk: UInt64, _ other: UInt64) {
            self.latin = latin
            self.cjk = cjk
            self.other = other
        }
    }

    private static let byProvider: [String: Weights] = [
        "openai": Weights(250, 750, 500), "google": Weights(250, 700, 500),
        "xai": Weights(250, 750, 500), "deepseek": Weights(280, 600, 500),
        "anthropic": Weights(300, 1000, 600), "mistral": Weights(260, 900, 500),
        "ollama": Weights(265, 800, 500),
    ]
    private static let byDefault = Weights(250, 750, 500)
    /// From Claude Opus 4.7 on another tokenizer: up to a third more tokens for Latin text.
    private static let newClaude = Weights(400, 1000, 600)
    private static let newClaudeVersion = 407

    /// The tokens of a text, rounded up; at most `TokenCount.max`.
    static func tokens(_ size: TextSize, provider: String?, model: String?) -> UInt64 {
        let weights = weights(provider: provider, model: model)
        var thousandths: UInt64 = 999
        func add(_ count: UInt64, _ weight: UInt64) -> Bool {
            let (product, overflow) = count.multipliedReportingOverflow(by: weight)
            let (sum, carry) = thousandths.addingReportingOverflow(product)
            thousandths = sum
            return !overflow && !carry
        }
        guard add(size.latin, weights.latin), add(size.cjk, weights.cjk),
            add(size.other, weights.other)
        else { return TokenCount.max }
        return min(thousandths / 1000, TokenCount.max)
    }

    private static func weights(provider: String?, model: String?) -> Weights {
        // A host says nothing of the tokenizer, the model's family does.
        var maker = provider
        if provider.map({ byProvider[$0] == nil }) ?? true, let model {
            maker = ModelFamily.provider(of: model)
            if maker == "bedrock" { maker = FoldedText(model).has("anthropic") ? "anthropic" : nil }
        }
        guard let maker, let weights = byProvider[maker] else { return byDefault }
        if maker == "anthropic", let model, let version = ModelFamily.claudeVersion(model),
            version >= newClaudeVersion
        {
            return newClaude
        }
        return weights
    }

    /// Divides a total of which only the sum is known; the parts add up to it.
    static func split(total: UInt64, input: UInt64, output: UInt64) -> (
        input: UInt64, output: UInt64
    ) {
        let sum = input &+ output
        guard total < sum else { return (input, total &- input) }
        let (high, low) = total.multipliedFullWidth(by: input)
        let share = sum > 0 && high < sum ? sum.dividingFullWidth((high, low)).quotient : 0
        return (share, total &- share)
    }
}
