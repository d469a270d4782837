/// The answer to a query: every figure of it, in no form yet.
package struct Report: Sendable {
    package struct Group: Sendable {
        /// One value for each dimension asked for; nil where records have none.
        package let keys: [String?]
        package let sum: Sum
        package let durations: Durations?
        /// Billionths of a dollar the same names came to in the time before; nil when grouped by
        /// time.
        package let nanodollarsBefore: Int64?
    }

    /// A request and what it cost, its shares included.
    package struct Operation: Sendable {
        /// Microseconds since 1970.
        package let time: Int64
        /// Nil for an id that is no UUID.
        package let id: String?
        package let tool: String?
        package let model: String?
        package let server: String?
        package let isClient: Bool
        package let isEstimated: Bool
        package let outcome: Outcome
        /// Microseconds.
        package let duration: UInt64
        package let inputTokens: UInt64?
        package let outputTokens: UInt64?
        package let nanodollars: Int64
    }

    package struct BudgetState: Sendable {
        package let budget: Budget
        /// Seconds since 1970.
        package let stretch: Range<Int64>
        package let moment: Int64
        /// Billionths of a dollar.
        package let spent: Int64
        /// What it will be at the end if it goes on like that; nil when nothing can be said yet.
        package let projected: Int64?
    }

    /// A stretch of the calendar in the picture of the whole period.
    package struct Bar: Sendable {
        package let name: String
        package var nanodollars: Int64
        package var requests: Int
    }

    package let query: Query
    package let total: Sum
    package let durations: Durations?
    /// The time before.
    package let before: Sum
    package let groups: [Group]
    package let operations: [Operation]
    package let budgets: [BudgetState]
    /// What policies did in the period.
    package let policies: [PolicySum]
    /// Models without a price, and how many records they have, most first.
    package let unpriced: [(model: String, records: Int)]
    /// Nil when a filter asks for what an escalation does not have.
    package let escalations: Escalations?
    package let bars: [Bar]
    package let barUnit: CalendarUnit
    package let ledger: LedgerState

    /// What reading the ledger met.
    package struct LedgerState: Equatable, Sendable {
        package let segments: Int
        package let lines: Int
        package let skipped: Int
        package let unknown: Int
        package let torn: Int
        package let unreadable: Int
        /// Records dated later than now.
        package let future: Int
        package let firstError: String?
    }
}

/// Analyses that are over, and what they were worth.
package struct Escalations: Sendable {
    package private(set) var count = 0
    package private(set) var turns: UInt64 = 0
    package private(set) var clientTurns: UInt64 = 0
    /// Billionths of a dollar, of those that have a cost.
    package private(set) var nanodollars: Int64 = 0
    package private(set) var costed = 0
    package private(set) var rated = 0
    private var qualities = 0.0
    private var ratedQuality = 0.0
    private var ratedNanodollars: Int64 = 0
    private var costedMicroseconds: UInt64 = 0

    mutating func add(_ row: Row) {
        func number(_ count: UInt32) -> UInt64 { count == Row.noTokens ? 0 : UInt64(count) }
        count += 1
        turns &+= number(row.output)
        clientTurns &+= number(row.reasoning)
        if let quality = row.quality {
            rated += 1
            qualities += quality
        }
        guard row.nanodollars != Row.noCost else { return }
        costed += 1
        nanodollars = adding(nanodollars, row.nanodollars)
        costedMicroseconds &+= row.duration
        if let quality = row.quality {
            ratedQuality += quality
            ratedNanodollars = adding(ratedNanodollars, row.nanodollars)
        }
    }

    /// 0 … 1, of those that are rated.
    package var meanQuality: Double? { rated > 0 ? qualities / Double(rated) : nil }

    /// Of those that have both.
    package var qualityPerDollar: Double? {
        ratedNanodollars > 0 ? ratedQuality / (Double(ratedNanodollars) / 1e9) : nil
    }

    /// From an analysis's first request to its last answer.
    package var dollarsPerMinute: Double? {
        guard costed > 0, costedMicroseconds >= 1_000_000 else { return nil }
        return Double(nanodollars) / 1e9 / (Double(costedMicroseconds) / 60e6)
    }
}
