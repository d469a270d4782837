import Records

/// Makes the numbers of any dialect comparable: input with its cached part, output with its
/// reasoning part, nothing counted twice.
///
/// In order: a subset cannot exceed its set; else the total decides what it is the sum of; else the
/// dialect's habit; what the total holds beyond that is hidden thinking.
struct Reconciliation {
    /// Nil where nothing was reported.
    private(set) var input: UInt64?
    private(set) var output: UInt64?
    private(set) var cached: UInt64?
    private(set) var write: UInt64?
    private(set) var write1h: UInt64?
    private(set) var reasoning: UInt64?

    init(_ counts: Counts, speaker: Dialect.Speaker) {
        cached = counts.cached
        write = counts.write
        write1h = counts.write1h
        reasoning = counts.reasoning
        input = counts.input.map { TokenCount.sum($0, counts.extraInput) }
        output = counts.output
        let isKnown = Dialect.all.indices.contains(counts.dialect)
        let addsCaches = isKnown && Dialect.all[counts.dialect].addsCaches(speaker)
        let addsReasoning = isKnown && Dialect.all[counts.dialect].addsReasoning(speaker)
        if let total = counts.total, input == nil || output == nil {
            complete(with: total, addsReasoning: addsReasoning)
        } else {
            if output == nil, addsReasoning, reasoning != nil { output = 0 }
            include(total: counts.total, addsCaches, addsReasoning)
        }
        addHiddenThinking(of: counts.total)
        bound()
    }

    /// A side that is not reported is what the total leaves of it.
    private mutating func complete(with total: UInt64, addsReasoning: Bool) {
        if let input, total >= input {
            output = total &- input
        } else if let output {
            let whole = TokenCount.sum(output, addsReasoning ? reasoning : 0)
            self.output = whole
            if total >= whole { input = total &- whole }
        }
    }

    /// Adds the caches to the input and the reasoning to the output, where they are not in it.
    private mutating func include(
        total: UInt64?, _ addsCachesByHabit: Bool, _ addsReasoningByHabit: Bool
    ) {
        let caches = TokenCount.sum(cached ?? 0, write)
        let thinking = reasoning ?? 0
        var addsCaches: Bool? = input.map { caches > $0 } == true ? true : nil
        var addsReasoning: Bool? = output.map { thinking > $0 } == true ? true : nil

        if let total, let input, let output {
            let known = TokenCount.sum(input, output)
            var readings: [(caches: Bool, reasoning: Bool)] = [(false, false)]
            readings +=
                addsCachesByHabit
                ? [(true, false), (false, true)] : [(false, true), (true, false)]
            readings.append((true, true))
            let fitting = readings.filter { reading in
                let added = TokenCount.sum(
                    reading.caches ? caches : 0, reading.reasoning ? thinking : 0)
                return TokenCount.sum(known, added) == total
            }
            // What is settled already comes first; a total that ignores it still tells the rest.
            let chosen =
                fitting.first {
                    (addsCaches ?? $0.caches) == $0.caches
                        && (addsReasoning ?? $0.reasoning) == $0.reasoning
                } ?? fitting.first
            addsCaches = addsCaches ?? chosen?.caches
            addsReasoning = addsReasoning ?? chosen?.reasoning
        }
        if addsCaches ?? addsCachesByHabit { input = input.map { TokenCount.sum($0, caches) } }
        if addsReasoning ?? addsReasoningByHabit {
            output = output.map { TokenCount.sum($0, thinking) }
        }
    }

    private mutating func addHiddenThinking(of total: UInt64?) {
        guard let total, let input, let output else { return }
        let known = TokenCount.sum(input, output)
        guard total > known else { return }
        let hidden = total &- known
        self.output = TokenCount.sum(output, hidden)
        reasoning = TokenCount.sum(reasoning ?? 0, hidden)
    }

    /// Sums of plausible numbers may still be absurd, and parts larger than their whole.
    private mutating func bound() {
        input = input.map { min($0, TokenCount.max) }
        output = output.map { min($0, TokenCount.max) }
        if let input {
            cached = cached.map { min($0, input) }
            write = write.map { min($0, input &- (cached ?? 0)) }
        }
        if let write { write1h = write1h.map { min($0, write) } }
        if let output { reasoning = reasoning.map { min($0, output) } }
    }

    /// As the ledger wants it.
    func usage(_ source: TokenUsage.Source) -> TokenUsage {
        TokenUsage(
            source: source, input: input, cachedInput: cached, cacheWrite: write,
            cacheWrite1h: write1h, output: output, reasoning: reasoning)
    }
}
