import Records

/// What a reader made of the lines of one file, until somebody takes it.
struct LogOutput {
    /// In the order of the lines, with where each line begins.
    var messages: [(message: LoggedMessage, offset: UInt64)] = []
    var skipped: [SkipReason: Int] = [:]
    /// Whole lines that should tell of a model call and are no JSON.
    var malformed = 0

    mutating func skip(_ reason: SkipReason) { skipped[reason, default: 0] += 1 }
}

/// Reads the lines of one file of a client's.
protocol LogLineReader {
    /// What every line that can tell of a model call has in it.
    static var needle: Needle { get }
    /// Whether reading can go on in the middle of a file as if from its beginning.
    static var isStateless: Bool { get }

    mutating func read(_ line: LineReader.Line, into output: inout LogOutput)

    /// The file has no more lines, for now.
    ///
    /// - Returns: whether something waits for more.
    mutating func finish(into output: inout LogOutput) -> Bool
}

extension LogLineReader {
    mutating func finish(into output: inout LogOutput) -> Bool { false }
}

extension TokenUsage {
    /// Counts of a session log. The parts are held to their wholes where the log is at odds.
    init(
        logged input: UInt64?, cached: UInt64? = nil, cacheWrite: UInt64? = nil,
        cacheWrite1h: UInt64? = nil, output: UInt64?, reasoning: UInt64? = nil
    ) {
        self.init(
            source: .sessionLog, input: input, cachedInput: cached, cacheWrite: cacheWrite,
            cacheWrite1h: cacheWrite1h, output: output, reasoning: reasoning)
    }

    var isEmpty: Bool { (input ?? 0) == 0 && (output ?? 0) == 0 }
}

/// A sum that stays at the largest number instead of going past it.
func saturatingSum(_ values: UInt64?...) -> UInt64 {
    values.reduce(0) { sum, value in
        let (next, overflow) = sum.addingReportingOverflow(value ?? 0)
        return overflow ? .max : next
    }
}
