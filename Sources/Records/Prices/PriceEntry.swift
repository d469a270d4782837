/// What one model costs, and since when.
package struct PriceEntry: Equatable, Sendable {
    /// The model's usual name.
    package var id: String
    /// Whose price list it is; empty in an override that holds for every provider.
    package var provider: String
    /// The names it goes by.
    package var patterns: [ModelPattern]
    /// In the order they take effect: the last one in force counts; before any, the first.
    package var periods: [Period]
    /// Where the figures are from.
    package var source: String
    /// What a reader of the figures should know.
    package var note: String?

    package init(
        id: String, provider: String, patterns: [ModelPattern], periods: [Period], source: String,
        note: String? = nil
    ) {
        self.id = id
        self.provider = provider
        self.patterns = patterns
        self.periods = periods
        self.source = source
        self.note = note
    }

    /// Prices that hold together.
    package struct Period: Equatable, Sendable {
        /// In force from this moment, midnight UTC of a day.
        package var start: Timestamp?
        /// In force at this time of the day only.
        package var timeOfDay: TimeOfDay?
        package var rates: Rates
        /// By rising `inputTokens`.
        package var tiers: [Tier]

        package init(
            start: Timestamp? = nil, timeOfDay: TimeOfDay? = nil, rates: Rates, tiers: [Tier] = []
        ) {
            self.start = start
            self.timeOfDay = timeOfDay
            self.rates = rates
            self.tiers = tiers
        }
    }

    /// Minutes after midnight UTC: from `start` to before `end`, over midnight where `end` is the
    /// smaller.
    package struct TimeOfDay: Equatable, Sendable {
        package var start: Int
        package var end: Int

        package init(start: Int, end: Int) {
            self.start = start
            self.end = end
        }

        func contains(_ minute: Int) -> Bool {
            end < start ? minute >= start || minute < end : minute >= start && minute < end
        }
    }

    /// Other rates for the whole of a request with more than `inputTokens` of input.
    package struct Tier: Equatable, Sendable {
        package var inputTokens: UInt64
        /// What is nil here is as below the threshold.
        package var rates: Rates

        package init(inputTokens: UInt64, rates: Rates) {
            self.inputTokens = inputTokens
            self.rates = rates
        }
    }

    /// Prices of text tokens; nil is "not listed".
    package struct Rates: Equatable, Sendable {
        package var input: Rate?
        /// Where it is nil, cache reads cost what input costs.
        package var cacheRead: Rate?
        /// For five minutes. Where it is nil, cache writes cost what input costs.
        package var cacheWrite: Rate?
        /// For an hour. Where it is nil, as for five minutes.
        package var cacheWrite1h: Rate?
        package var output: Rate?
        /// Where it is nil, hidden thinking costs what output costs.
        package var reasoning: Rate?
        /// For the request itself, whatever its size.
        package var request: Rate?

        package init() {}
    }

    /// The prices in force.
    package func period(at time: Timestamp) -> Period? {
        let inDay = time.microseconds.flooredDivision(by: 86_400_000_000).remainder
        let minute = Int(inDay / 60_000_000)
        let current = periods.last { period in
            (period.start.map { $0 <= time } ?? true)
                && (period.timeOfDay?.contains(minute) ?? true)
        }
        return current ?? periods.first
    }

    /// What `usage` cost, to the nearest nanodollar, halves up.
    ///
    /// A count that is absent adds nothing, but one of input and output must be there. Parts larger
    /// than their whole are charged in full, the rest then being none.
    ///
    /// - Returns: `unpriced` where there is nothing to price, or for a sum beyond 9.2 billion dollars.
    package func cost(of usage: TokenUsage, at time: Timestamp) -> Cost {
        guard usage.input != nil || usage.output != nil, let period = period(at: time) else {
            return Cost(source: .unpriced)
        }
        let tier = period.tiers.last { (usage.input ?? 0) > $0.inputTokens }
        let rates = tier.map { $0.rates.filling(from: period.rates) } ?? period.rates
        guard let attodollars = rates.attodollars(of: usage) else { return Cost(source: .unpriced) }
        let nanodollars = attodollars / 1_000_000_000 + (attodollars % 1_000_000_000 / 500_000_000)
        guard let nanodollars = Int64(exactly: nanodollars) else { return Cost(source: .unpriced) }
        return Cost(source: .priced, nanodollars: nanodollars)
    }
}

extension PriceEntry.Rates {
    fileprivate func filling(from base: Self) -> Self {
        var rates = self
        rates.input = input ?? base.input
        rates.cacheRead = cacheRead ?? base.cacheRead
        rates.cacheWrite = cacheWrite ?? base.cacheWrite
        rates.cacheWrite1h = cacheWrite1h ?? base.cacheWrite1h
        rates.output = output ?? base.output
        rates.reasoning = reasoning ?? base.reasoning
        rates.request = request ?? base.request
        return rates
    }

    /// Nil when the sum does not fit, 3.4e20 dollars.
    fileprivate func attodollars(of usage: TokenUsage) -> UInt128? {
        let input = self.input ?? .zero
        let read = usage.cachedInput ?? 0
        let write1h = usage.cacheWrite1h ?? 0
        let write = max(usage.cacheWrite ?? 0, write1h)
        let reasoning = usage.reasoning ?? 0
        let parts: [(count: UInt64, rate: Rate)] = [
            ((usage.input ?? 0).less(read).less(write), input),
            (read, cacheRead ?? input),
            (write - write1h, cacheWrite ?? input),
            (write1h, cacheWrite1h ?? cacheWrite ?? input),
            ((usage.output ?? 0).less(reasoning), output ?? .zero),
            (reasoning, self.reasoning ?? output ?? .zero),
            (1, request ?? .zero),
        ]
        var sum: UInt128 = 0
        for (count, rate) in parts {
            // Two 64-bit factors: the product fits.
            let product = UInt128(count) * UInt128(rate.attodollars)
            let (next, overflow) = sum.addingReportingOverflow(product)
            guard !overflow else { return nil }
            sum = next
        }
        return sum
    }
}

extension UInt64 {
    /// The difference, or 0.
    fileprivate func less(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
