import Records

/// What calls of a tool and a model are expected to come to: as much as the last ones did, else
/// their input and a typical answer at the model's price.
///
/// Without a price they are expected to cost nothing: no budget counts them.
enum Expectation {
    case mean(nanodollars: Int64, tokens: UInt64)
    case price(PriceEntry?)

    /// What an answer is taken to have where nothing is known of its tool: about two pages.
    static let typicalOutputTokens: UInt64 = 1_000

    /// Of one call.
    func amounts(of request: PolicyRequest) -> (nanodollars: Int64, tokens: UInt64) {
        switch self {
        case .mean(let nanodollars, let tokens): return (nanodollars, tokens)
        case .price(let entry):
            let tokens = request.inputTokens.addingClamped(Self.typicalOutputTokens)
            guard let entry else { return (0, tokens) }
            let usage = TokenUsage(
                source: .estimated, input: request.inputTokens, output: Self.typicalOutputTokens)
            return (entry.cost(of: usage, at: request.time).nanodollars ?? 0, tokens)
        }
    }
}

/// What the names of the last calls mean to the rules, so that it need not be looked up for each.
struct KnownNames {
    private struct Entry {
        let server: String?
        let tool: String
        let model: String?
        let agent: String?
        let provider: String?
        let traits: Books.Traits
        var expectation: Expectation
    }

    private var entries: [Entry] = []
    /// Where the last call's names are.
    private var last = 0
    /// A client uses few tools at a time.
    private static let countMax = 8

    /// The place of a request's names; nil if they are not known.
    mutating func place(of request: PolicyRequest) -> Int? {
        if last < entries.count, matches(last, request) { return last }
        for place in entries.indices where matches(place, request) {
            last = place
            return place
        }
        return nil
    }

    private func matches(_ place: Int, _ request: PolicyRequest) -> Bool {
        entries[place].tool == request.tool && entries[place].model == request.model
            && entries[place].server == request.server && entries[place].agent == request.agentID
            && entries[place].provider == request.provider
    }

    /// The budgets and limits that hold for the names at a place, as bits.
    func masks(_ place: Int) -> (budgets: UInt32, limits: UInt32) {
        (entries[place].traits.budgets, entries[place].traits.limits)
    }

    func amounts(_ place: Int, _ request: PolicyRequest) -> (nanodollars: Int64, tokens: UInt64) {
        entries[place].expectation.amounts(of: request)
    }

    /// Remembers a request's names.
    mutating func learn(
        _ request: PolicyRequest, _ traits: Books.Traits, _ expectation: Expectation
    ) {
        let entry = Entry(
            server: request.server, tool: request.tool, model: request.model,
            agent: request.agentID, provider: request.provider, traits: traits,
            expectation: expectation)
        if let known = place(of: request) {
            entries[known] = entry
        } else if entries.count < Self.countMax {
            entries.append(entry)
        } else {
            // The oldest goes: an order by use would cost more than it saves.
            entries.removeFirst()
            entries.append(entry)
        }
    }

    /// Has calls expected to come to what the last ones in the books did.
    mutating func refresh(_ books: Books) {
        for place in entries.indices {
            guard let mean = books.estimate(entries[place].traits) else { continue }
            entries[place].expectation = .mean(nanodollars: mean.nanodollars, tokens: mean.tokens)
        }
    }

    mutating func forget() { entries.removeAll() }
}
