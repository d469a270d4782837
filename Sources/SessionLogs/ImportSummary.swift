import Records

/// What an import did.
package struct ImportSummary: Equatable, Sendable {
    package struct Counts: Equatable, Sendable {
        /// Logs there are.
        package var files = 0
        /// Of those, not opened: nobody touched them since, or they are older than asked for.
        package var filesUnchanged = 0
        package var bytesRead: UInt64 = 0
        /// Model calls that were not in the ledger.
        package var new = 0
        /// Model calls that were, with fewer tokens than is known now.
        package var corrected = 0
        /// Model calls that are in the ledger already.
        package var known = 0
        /// Model calls that are still being written, for a later pass.
        package var held = 0
        package var skipped: [SkipReason: Int] = [:]
        /// Lines that are no JSON.
        package var malformed = 0
        /// The tokens and the cost of what was written.
        package var inputTokens: UInt64 = 0
        package var outputTokens: UInt64 = 0
        package var nanodollars: Int64 = 0
        /// Of what was written, without a price.
        package var unpriced = 0
    }

    package var clients: [LogClient: Counts] = [:]
    /// In the order they were met, each path once.
    package var problems: [LogProblem] = []

    package init() {}

    /// All clients together.
    package var total: Counts {
        clients.values.reduce(into: Counts()) { $0.add($1) }
    }
}

extension ImportSummary.Counts {
    mutating func add(_ other: Self) {
        files += other.files
        filesUnchanged += other.filesUnchanged
        bytesRead = saturatingSum(bytesRead, other.bytesRead)
        new += other.new
        corrected += other.corrected
        known += other.known
        held += other.held
        skipped.merge(other.skipped) { $0 + $1 }
        malformed += other.malformed
        inputTokens = saturatingSum(inputTokens, other.inputTokens)
        outputTokens = saturatingSum(outputTokens, other.outputTokens)
        add(nanodollars: other.nanodollars)
        unpriced += other.unpriced
    }

    mutating func add(_ record: CallRecord) {
        inputTokens = saturatingSum(inputTokens, record.usage?.input)
        outputTokens = saturatingSum(outputTokens, record.usage?.output)
        if let cost = record.cost?.nanodollars { add(nanodollars: cost) } else { unpriced += 1 }
    }

    private mutating func add(nanodollars other: Int64) {
        let (sum, overflow) = nanodollars.addingReportingOverflow(other)
        nanodollars = overflow ? .max : sum
    }
}
