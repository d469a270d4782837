/// What many records come to.
package struct Sum: Sendable {
    /// Requests, whatever came of them. Neither shares of requests nor the client's own turns.
    package private(set) var requests = 0
    /// Those that used a model.
    package private(set) var modelRequests = 0
    package private(set) var errors = 0
    package private(set) var cancelled = 0
    package private(set) var lost = 0
    package private(set) var blocked = 0
    /// The client's own model calls: their tokens and cost are in the sums, too.
    package private(set) var clientTurns = 0
    package private(set) var clientNanodollars: Int64 = 0

    package private(set) var inputTokens: UInt64 = 0
    package private(set) var cachedTokens: UInt64 = 0
    package private(set) var outputTokens: UInt64 = 0
    package private(set) var reasoningTokens: UInt64 = 0
    /// Input and output tokens that are estimates.
    package private(set) var estimatedTokens: UInt64 = 0

    /// Billionths of a dollar.
    package private(set) var nanodollars: Int64 = 0
    /// Of those: worked out from estimated tokens.
    package private(set) var estimatedNanodollars: Int64 = 0
    /// Records that have a cost; with none, the cost is unknown, and not 0.
    package private(set) var costed = 0
    /// Records that used a model for which there is no price.
    package private(set) var unpriced = 0
    /// Tokens and time of records that have a cost.
    private var costedTokens: UInt64 = 0
    private var costedMicroseconds: UInt64 = 0
    private var costedRequests = 0
    private var requestNanodollars: Int64 = 0

    /// Microseconds that answered requests took.
    var durations: [UInt64] = []

    init() {}

    mutating func add(_ row: Row, usesModel: Bool) {
        let isClient = row.kind == .usage
        let isRequest = !isClient && !row.marks.contains(.part)
        if isClient { clientTurns += 1 }
        if isRequest {
            requests += 1
            if usesModel { modelRequests += 1 }
            switch row.outcome {
            case .ok, .error: if row.kind == .call { durations.append(row.duration) }
            default: break
            }
            switch row.outcome {
            case .ok: break
            case .error: errors += 1
            case .cancelled: cancelled += 1
            case .lost: lost += 1
            case .blocked: blocked += 1
            }
        }
        let tokens = addTokens(row)
        if row.marks.contains(.unpriced) { unpriced += 1 }
        guard row.nanodollars != Row.noCost else { return }
        costed += 1
        nanodollars = adding(nanodollars, row.nanodollars)
        costedTokens &+= tokens
        if row.marks.contains(.estimated), !row.marks.contains(.costReported) {
            estimatedNanodollars = adding(estimatedNanodollars, row.nanodollars)
        }
        if isClient {
            clientNanodollars = adding(clientNanodollars, row.nanodollars)
        } else {
            requestNanodollars = adding(requestNanodollars, row.nanodollars)
            if isRequest {
                costedRequests += 1
                costedMicroseconds &+= row.duration
            }
        }
    }

    /// Returns input and output tokens.
    private mutating func addTokens(_ row: Row) -> UInt64 {
        func count(_ tokens: UInt32) -> UInt64 { tokens == Row.noTokens ? 0 : UInt64(tokens) }
        let tokens = count(row.input) + count(row.output)
        inputTokens &+= count(row.input)
        cachedTokens &+= count(row.cached)
        outputTokens &+= count(row.output)
        reasoningTokens &+= count(row.reasoning)
        if row.marks.contains(.estimated) { estimatedTokens &+= tokens }
        return tokens
    }

    mutating func add(_ other: Sum) {
        requests += other.requests
        modelRequests += other.modelRequests
        errors += other.errors
        cancelled += other.cancelled
        lost += other.lost
        blocked += other.blocked
        clientTurns += other.clientTurns
        clientNanodollars = adding(clientNanodollars, other.clientNanodollars)
        inputTokens &+= other.inputTokens
        cachedTokens &+= other.cachedTokens
        outputTokens &+= other.outputTokens
        reasoningTokens &+= other.reasoningTokens
        estimatedTokens &+= other.estimatedTokens
        nanodollars = adding(nanodollars, other.nanodollars)
        estimatedNanodollars = adding(estimatedNanodollars, other.estimatedNanodollars)
        costed += other.costed
        unpriced += other.unpriced
        costedTokens &+= other.costedTokens
        costedMicroseconds &+= other.costedMicroseconds
        costedRequests += other.costedRequests
        requestNanodollars = adding(requestNanodollars, other.requestNanodollars)
    }

    // MARK: Ratios

    /// Billionths of a dollar; nil when no record has a cost.
    package var cost: Int64? { costed > 0 ? nanodollars : nil }

    package var tokens: UInt64 { inputTokens &+ outputTokens }

    /// Dollars per 1,000 tokens, of the records that have a cost.
    package var dollarsPerThousandTokens: Double? {
        ratio(nanodollars, 1e9, by: Double(costedTokens) / 1_000)
    }

    /// Dollars per request that used a model and has a cost, its shares included; without the
    /// client's turns.
    package var dollarsPerRequest: Double? {
        ratio(requestNanodollars, 1e9, by: Double(costedRequests))
    }

    /// Dollars per minute that these requests took; without the client's turns. Less than a second
    /// in all says nothing about a minute.
    package var dollarsPerMinute: Double? {
        costedMicroseconds < 1_000_000
            ? nil : ratio(requestNanodollars, 1e9, by: Double(costedMicroseconds) / 60e6)
    }

    /// 0 … 1: how much of the cost comes from estimated tokens.
    package var estimatedCostShare: Double? {
        nanodollars > 0 ? Double(estimatedNanodollars) / Double(nanodollars) : nil
    }

    /// 0 … 1: how many of the tokens are estimates.
    package var estimatedTokenShare: Double? {
        tokens > 0 ? Double(estimatedTokens) / Double(tokens) : nil
    }

    private func ratio(_ value: Int64, _ unit: Double, by divisor: Double) -> Double? {
        guard costed > 0, divisor > 0 else { return nil }
        return Double(value) / unit / divisor
    }
}

/// A sum that stays at the ends of its range.
package func adding(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? (b < 0 ? .min : .max) : sum
}

/// How long requests took: the nearest-rank percentiles, in microseconds.
package struct Durations: Equatable, Sendable {
    package let median: UInt64
    package let p95: UInt64

    /// Sorts each list. Nil when they are empty.
    init?(_ lists: inout [[UInt64]]) {
        for index in lists.indices { lists[index].sort() }
        self.init(sorted: lists)
    }

    /// Of several sorted lists together, which are not copied.
    init?(sorted lists: [[UInt64]]) {
        let count = lists.reduce(0) { $0 + $1.count }
        guard count > 0 else { return nil }
        median = Self.value(rank: (50 * count + 99) / 100, lists)
        p95 = Self.value(rank: (95 * count + 99) / 100, lists)
    }

    /// The smallest value that at least `rank` of all are no larger than.
    private static func value(rank: Int, _ lists: [[UInt64]]) -> UInt64 {
        var low: UInt64 = 0
        var high = lists.reduce(0) { max($0, $1.last ?? 0) }
        while low < high {
            let middle = low + (high - low) / 2
            let count = lists.reduce(0) { $0 + $1.partitioningIndex { $0 > middle } }
            if count >= rank { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
