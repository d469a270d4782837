import Records
import Wire

/// The reading of one answer.
struct AnswerReading {
    private let answer: Observation
    private let request: RequestFacts
    private let server: ServerFacts
    private let size: AnswerSize
    private let isSampling: Bool
    /// Its carriers, without those found to be the model's own words.
    private var carriers: [Carrier] = []
    private var footer: Footer?

    init(_ answer: Observation, request: RequestFacts, server: ServerFacts) {
        self.answer = answer
        self.request = request
        isSampling = request.method == "sampling/createMessage"
        // The client samples: nothing known of the server tells which model.
        self.server = isSampling ? ServerFacts() : server
        size = AnswerSize(answer)
    }

    mutating func read() -> [ModelUsage] {
        // Most answers tell nothing, of a call that is none of a model: no more is done for them.
        let hasDocuments = KeySet(of: answer.sketch).intersects(Carrier.tellingKeys)
        let footerText = textWithFooter()
        guard hasDocuments || footerText != nil || mayEstimate else { return [] }

        let verdict = MeterableCalls.verdict(request, server: server)
        guard verdict != .never, let root = root() else { return [] }
        if hasDocuments { carriers = Carrier.all(of: answer, root: root) }
        footer = footerText.map { Footer($0, in: answer.sketch) }
        if let reported = reported() { return reported }
        guard verdict == .metered, mayEstimate else { return [] }
        if ErrorReader.classify(answer, request: request) != nil { return [usage(of: nil)] }
        return [totalled() ?? estimated()]
    }

    /// The answer's last text, if it may have a footer.
    private func textWithFooter() -> Text? {
        let sketch = answer.sketch
        let last = answer.texts.last { Carrier.kind(of: $0, in: sketch) == .text }
        guard let last, last.shape == .prose,
            FooterLines.mayHaveFooter(sketch.bytes(Int(last.tail)))
                || (last.tail < 0 || last.isLongerThanTail)
                    && FooterLines.mayHaveFooter(sketch.bytes(Int(last.node)))
        else { return nil }
        return last
    }

    /// The object that holds the answer, or nil if this is not a final one.
    private func root() -> Int? {
        let sketch = answer.sketch
        if answer.kind == .error { return 0 }
        guard var root = sketch.child(.result, of: 0), sketch.nodes[root].kind == .object else {
            return nil
        }
        // The answer of `tasks/get` tells of the task, and holds the call's own result once there
        // is one.
        if let inner = sketch.child(.result, of: root), sketch.nodes[inner].kind == .object,
            sketch.child(.taskId, of: root) != nil || sketch.child(.status, of: root) != nil
        {
            root = inner
        } else if sketch.child(.taskId, of: root) != nil || request.method == "tasks/get",
            sketch.child(.content, of: root) == nil,
            sketch.child(.structuredContent, of: root) == nil
        {
            return nil
        }
        if sketch.child(.task, of: root) != nil { return nil }
        if sketch.string(sketch.child(.resultType, of: root)) == "input_required" { return nil }
        return root
    }

    // MARK: Reported

    private mutating func reported() -> [ModelUsage]? {
        while let index = carriers.firstIndex(where: { !$0.reports.isEmpty }) {
            let carrier = carriers[index]
            if !carrier.mayBeModelAuthored || isCredible(carrier.reports, in: carrier) {
                return carrier.reports.map { usage(of: $0) }
            }
            carriers.remove(at: index)
        }
        guard let footer, let counts = footer.counts,
            counts.input != nil || counts.output != nil
        else { return nil }
        var report = UsageReport(counts: counts)
        report.model = footer.model
        report.provider = footer.provider
        report.cost = footer.cost
        guard isCredible([report], in: nil) else {
            self.footer = nil
            return nil
        }
        return [usage(of: report)]
    }

    /// Whether reports that a model may have written agree with what else is known: the maker of
    /// the model with the server's, the numbers with the texts (of which a quarter is asked).
    private func isCredible(_ reports: [UsageReport], in carrier: Carrier?) -> Bool {
        guard
            server.provider != nil || request.hasPromptArgument || server.toolCallsModel == true
                || isSampling
        else { return false }
        var input: UInt64 = 0
        var output: UInt64 = 0
        for report in reports {
            if let model = report.model,
                ModelFamily.contradicts(model, provider: server.provider)
            {
                return false
            }
            if let provider = report.provider,
                ModelFamily.contradicts(provider: provider, server.provider)
            {
                return false
            }
            let sums = Reconciliation(report.counts, speaker: speaker(of: report))
            input = TokenCount.sum(input, sums.input ?? TokenCount.max)
            output = TokenCount.sum(
                output, sums.output ?? (isEmbedding(report) ? 0 : TokenCount.max))
        }
        let model = reports.first?.model
        if isFar(input, below: promptSize, model) { return false }
        if reports.contains(where: { isEmbedding($0) }) { return true }
        return !isFar(output, below: size.answer, model)
    }

    private func isFar(_ count: UInt64, below size: TextSize, _ model: String?) -> Bool {
        let (scaled, overflow) = count.multipliedReportingOverflow(by: 4)
        let estimate = Estimate.tokens(size, provider: server.provider, model: model)
        return !overflow && scaled < UInt64.max - 64 && scaled + 64 < estimate
    }

    private func speaker(of report: UsageReport) -> Dialect.Speaker {
        let provider = report.provider ?? known(server.provider)
        return Dialect.Speaker(
            provider: provider ?? report.model.flatMap { ModelFamily.provider(of: $0) },
            model: report.model ?? request.model ?? server.model)
    }

    private func known(_ provider: String?) -> String? { provider == "multi" ? nil : provider }

    // MARK: Estimated

    private var mayEstimate: Bool {
        if isSampling || server.toolCallsModel == true { return true }
        return server.mayEstimate && request.hasPromptArgument
    }

    private var promptSize: TextSize {
        isSampling ? request.promptSize : request.argumentSize
    }

    /// A call of which only the sum was reported, divided by what the texts weigh.
    private mutating func totalled() -> ModelUsage? {
        for carrier in carriers {
            guard let total = carrier.total else { continue }
            if let usage = divided(total, cost: carrier.cost, isChecked: carrier.mayBeModelAuthored)
            {
                return usage
            }
        }
        guard let footer, let total = footer.total else { return nil }
        return divided(total, cost: footer.cost, isChecked: true)
    }

    private func divided(_ total: UInt64, cost: Int64?, isChecked: Bool) -> ModelUsage? {
        var usage = usage(of: nil)
        let guess = guess(for: usage)
        if isChecked, total < TokenCount.max, total * 4 + 64 < guess.input + guess.output {
            return nil
        }
        if isEmbedding(model: usage.model) {
            usage.usage = TokenUsage(source: .reported, input: total, output: 0)
            usage.reportedNanodollars = cost ?? usage.reportedNanodollars
            return usage
        }
        let parts = Estimate.split(total: total, input: guess.input, output: guess.output)
        usage.usage = TokenUsage(source: .estimated, input: parts.input, output: parts.output)
        usage.usage?.reasoning = footer?.counts?.reasoning.map { min($0, parts.output) }
        usage.reportedNanodollars = cost ?? usage.reportedNanodollars
        return usage
    }

    private func estimated() -> ModelUsage {
        var usage = usage(of: nil)
        let guess = guess(for: usage)
        // Thinking that a footer tells of comes on top of what can be seen.
        let thinking = footer?.counts?.reasoning
        usage.usage = TokenUsage(
            source: .estimated, input: guess.input,
            output: TokenCount.sum(guess.output, thinking), reasoning: thinking)
        return usage
    }

    private func guess(for usage: ModelUsage) -> (input: UInt64, output: UInt64) {
        let input = Estimate.tokens(promptSize, provider: usage.provider, model: usage.model)
        let output = Estimate.tokens(size.whole, provider: usage.provider, model: usage.model)
        return (input, isEmbedding(model: usage.model) ? 0 : output)
    }

    private func isEmbedding(_ report: UsageReport) -> Bool {
        isEmbedding(model: report.model)
            || report.counts.dialect == Self.embeddings
    }

    private static let embeddings = Dialect.index(named: "Vertex embeddings")

    private func isEmbedding(model: String?) -> Bool {
        Self.namesEmbedding(model) || Self.namesEmbedding(request.tool)
            || Self.namesEmbedding(request.model)
    }

    private static func namesEmbedding(_ name: String?) -> Bool {
        guard let name, name.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "b") }) else {
            return false
        }
        return FoldedText(name).has("embed")
    }

    // MARK: Entries

    /// A report as an entry; without one, what is known of the call besides.
    private func usage(of report: UsageReport?) -> ModelUsage {
        var usage = ModelUsage()
        name(report, &usage)
        let named = report?.provider ?? answeringProvider
        let family = usage.model.flatMap { ModelFamily.provider(of: $0) }
        let dialect = report.flatMap {
            Dialect.all.indices.contains($0.counts.dialect)
                ? Dialect.all[$0.counts.dialect].provider : nil
        }
        usage.provider = known(server.provider) ?? named ?? family ?? dialect
        if let report, let model = report.model,
            ModelFamily.contradicts(model, provider: server.provider)
        {
            // Only a server's own words get here: it calls another company's model as well.
            usage.provider = report.provider ?? family
        }
        usage.reportedNanodollars = report == nil ? answeringCost : report?.cost
        guard let report else { return usage }
        let sums = Reconciliation(report.counts, speaker: speaker(of: report))
        var tokens = sums.usage(.reported)
        if tokens.output == nil, isEmbedding(report) { tokens.output = 0 }
        fill(&tokens, for: usage)
        usage.usage = tokens
        return usage
    }

    /// Estimates the side that was not reported.
    private func fill(_ tokens: inout TokenUsage, for usage: ModelUsage) {
        guard tokens.input == nil || tokens.output == nil else { return }
        let guess = guess(for: usage)
        if tokens.input == nil, !promptSize.isEmpty {
            let cached = TokenCount.sum(tokens.cachedInput ?? 0, tokens.cacheWrite)
            tokens.input = max(guess.input, cached)
            tokens.source = .estimated
        }
        if tokens.output == nil {
            tokens.output = TokenCount.sum(guess.output, tokens.reasoning)
            tokens.source = .estimated
        }
    }

    private func name(_ report: UsageReport?, _ usage: inout ModelUsage) {
        if let model = report?.model ?? answeringModel {
            usage.model = model
            usage.modelSource = .response
        } else if let asked = request.model.flatMap({ ModelFamily.clean($0) }) {
            usage.model = asked
            usage.modelSource = .argument
        } else if !isSampling, let model = server.model {
            usage.model = model
            usage.modelSource = server.modelSource
        }
    }

    /// The model that some other part of the answer names.
    private var answeringModel: String? {
        for carrier in carriers {
            guard let model = carrier.model else { continue }
            if !carrier.mayBeModelAuthored || isPlausible(model) { return model }
        }
        return footer?.model.flatMap { isPlausible($0) ? $0 : nil }
    }

    /// Whether a name found in words that may be a model's own is a model of this server.
    private func isPlausible(_ model: String) -> Bool {
        if ModelFamily.contradicts(model, provider: server.provider) { return false }
        if let asked = request.model, asked.hasPrefix(model) || model.hasPrefix(asked) {
            return true
        }
        let family = ModelFamily.provider(of: model)
        guard let provider = known(server.provider), ModelFamily.servesOnlyItsOwn(provider) else {
            return family != nil || model.utf8.contains { (48...57).contains($0) }
        }
        return family == provider
    }

    private var answeringProvider: String? {
        carriers.first { $0.provider != nil }?.provider ?? footer?.provider
    }

    /// A cost that stands without any tokens.
    private var answeringCost: Int64? {
        carriers.first { !$0.mayBeModelAuthored && ($0.cost ?? 0) > 0 }?.cost ?? footer?.cost
    }
}
