internal import Records

/// What the records of an escalation add up to.
struct Tally: Sendable, Equatable {
    /// Requests to the server: the tool calls, not the polls of a task.
    private(set) var turns: UInt64 = 0
    /// The client's own model calls.
    private(set) var clientTurns: UInt64 = 0
    private(set) var modelCalls: UInt64 = 0
    /// Turns that used a model and have no price.
    private(set) var unpricedTurns: UInt64 = 0
    private var hasUnpricedServerTurn = false
    /// Billionths of a dollar; nil while no record has a cost.
    private var nanodollars: Int64?
    private var isReported = true
    /// Of the last turn.
    private(set) var outcome = CallRecord.Outcome.ok
    private(set) var errorType: CallRecord.ErrorType?
    /// Of the last turn that has one.
    private(set) var quality: Double?
    private(set) var qualitySource: TraceRecord.QualitySource?

    /// Adds what ended of a request to the server.
    ///
    /// - Parameter parts: the records of its further models.
    mutating func add(
        turn record: CallRecord, parts: [CallRecord], qualitySource: TraceRecord.QualitySource?
    ) {
        // A task is asked for with one request and fetched with others.
        if record.method == "tools/call" || turns == 0 { turns &+= 1 }
        outcome = record.outcome
        errorType = record.errorType
        if let quality = record.quality {
            self.quality = quality
            self.qualitySource = qualitySource
        }
        for part in parts { count(part) }
        count(record)
        if record.isUnpriced || parts.contains(where: \.isUnpriced) {
            unpricedTurns &+= 1
            hasUnpricedServerTurn = true
        }
    }

    /// Adds a model call of the client's.
    mutating func add(clientTurn record: CallRecord) {
        clientTurns &+= 1
        count(record)
        if record.isUnpriced { unpricedTurns &+= 1 }
    }

    private mutating func count(_ record: CallRecord) {
        if record.usesModel { modelCalls = addClamped(modelCalls, record.modelCalls ?? 1) ?? 0 }
        guard let cost = record.cost, let amount = cost.nanodollars else { return }
        nanodollars = addClamped(nanodollars, amount)
        if cost.source != .reported { isReported = false }
    }

    var cost: Cost {
        guard let nanodollars else { return Cost(source: .unpriced) }
        return Cost(source: isReported ? .reported : .priced, nanodollars: nanodollars)
    }

    /// Nil without quality or cost, and where a turn of the server's is missing in the cost.
    var qualityPerDollar: Double? {
        guard let quality, let nanodollars, nanodollars > 0, !hasUnpricedServerTurn else {
            return nil
        }
        return quality / (Double(nanodollars) / 1_000_000_000)
    }
}

extension CallRecord {
    /// Whether it names a model, who sells it, what one used or what that cost.
    var usesModel: Bool { provider != nil || model != nil || usage != nil || cost != nil }

    /// Whether money may have been spent that the record cannot name. A failed call without usage
    /// is none: it is not billed, as far as its answer tells. One that was given up may go on at the
    /// provider and be billed.
    fileprivate var isUnpriced: Bool {
        if let cost { return cost.source == .unpriced }
        return usesModel && outcome != .error && outcome != .blocked
    }
}
