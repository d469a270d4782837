package import Records

/// The figures of the ledger, kept up to date record by record.
///
/// Every record counts once: a repeated id is passed over. Nothing is rounded: money is whole
/// nano-dollars inside, time whole microseconds.
package struct Metrics: Sendable {
    var tables: [SeriesTable]
    var seen = IDSet()
    var flight = Flight()
    var summary = Summary()
    var limits = LimitUse([])
    /// What a checkpoint held of the limits there were.
    var savedLimits: [LimitUse.Row] = []
    private var cache: [ModelCallKey: ModelCallSeries] = [:]
    private var plainCache: [PlainCallKey: PlainCallSeries] = [:]

    /// More combinations of labels than this are looked up anew each time.
    private static let cacheMax = 10_000

    package init() {
        tables = MetricID.allCases.map { SeriesTable($0.family) }
        // One series without labels is there from the start.
        for id in MetricID.allCases where id.family.labels.isEmpty { _ = series(id, []) }
    }

    mutating func series(_ id: MetricID, _ labels: [String]) -> Int {
        tables[id.rawValue].series(labels)
    }

    mutating func add(_ id: MetricID, _ labels: [String], _ amount: Int64 = 1) {
        let series = series(id, labels)
        tables[id.rawValue].add(amount, to: series)
    }

    /// Takes in a record.
    package mutating func fold(_ record: Record) {
        switch record {
        case .session(let session): fold(session)
        case .begin(let begin):
            if !seen.contains(begin.id) { flight.begin(begin) }
        case .call(let call):
            flight.end(call.id)
            guard seen.insert(call.id) else { return }
            if call.partOf == nil { fold(request: call) }
            if call.usesModel { fold(model: call) }
            if let note = call.policy { fold(note, of: call) }
            summary.fold(call)
        case .usage(let call):
            guard seen.insert(call.id) else { return }
            fold(model: call)
            summary.fold(call, isUsage: true)
        case .trace(let trace):
            guard seen.insert(trace.id) else { return }
            fold(trace)
            summary.fold(trace)
        case .mark:
            // The call that reached the share says so, too; how far the budget is shows its gauge.
            break
        }
    }

    /// Forgets sessions whose relay is gone without having said so; what was under way in them is
    /// lost.
    ///
    /// - Parameter alive: the process ids of relays that live.
    mutating func bury(except alive: Set<Int>) {
        for (server, lost) in flight.bury(except: alive) {
            add(.lostCalls, [server], Int64(lost))
            add(.sessions, [server, ""])
        }
    }

    // MARK: Requests

    private mutating func fold(request call: CallRecord) {
        let key = PlainCallKey(
            server: call.server ?? "", method: call.method, tool: call.tool ?? "",
            direction: call.direction, outcome: call.outcome)
        let found = plainCache[key] ?? make(key)
        tables[MetricID.calls.rawValue].add(1, to: found.calls)
        if let duration = found.duration {
            tables[MetricID.callDuration.rawValue].observe(call.workMicroseconds, in: duration)
        }
        if let place = found.firstByte, let first = call.firstByteMicroseconds {
            tables[MetricID.firstByte.rawValue].observe(first, in: place)
        }
        if let operation = found.operation {
            tables[MetricID.resourceOperations.rawValue].add(1, to: operation)
        }
        if call.outcome == .lost { add(.lostCalls, [key.server]) }
        if !call.wasBlocked, let type = call.errorType {
            add(.errors, [key.server, type.rawValue])
        }
    }

    private mutating func make(_ key: PlainCallKey) -> PlainCallSeries {
        // A server's first call shows its errors as 0, so that the first one is an increase.
        for type in CallRecord.ErrorType.allCases {
            _ = series(.errors, [key.server, type.rawValue])
        }
        _ = series(.lostCalls, [key.server])
        for outcome in [CallRecord.Outcome.ok, .error] {
            _ = series(
                .calls,
                [key.server, key.method, key.tool, key.direction.rawValue, outcome.rawValue])
        }
        let wasSent = key.outcome != .blocked
        let operation = wasSent ? ResourceOperation(method: key.method, tool: key.tool) : nil
        let made = PlainCallSeries(
            calls: series(
                .calls,
                [
                    key.server, key.method, key.tool, key.direction.rawValue, key.outcome.rawValue,
                ]),
            // A histogram that nothing is counted in has no quantiles, and is better not there.
            duration: wasSent ? series(.callDuration, [key.server, key.method]) : nil,
            firstByte: wasSent ? series(.firstByte, [key.server, key.method]) : nil,
            operation: operation.map {
                series(.resourceOperations, [key.server, $0.rawValue])
            })
        if plainCache.count < Self.cacheMax { plainCache[key] = made }
        return made
    }

    // MARK: Model calls

    private mutating func fold(model call: CallRecord) {
        let key = ModelCallKey(call)
        let found = cache[key] ?? make(key)
        tables[MetricID.requests.rawValue].add(1, to: found.requests)
        if let duration = found.duration {
            tables[MetricID.duration.rawValue].observe(call.workMicroseconds, in: duration)
        }
        tables[MetricID.modelSelection.rawValue].add(1, to: found.selection)
        if call.errorType == .rateLimit {
            tables[MetricID.limitHits.rawValue].add(1, to: found.limitHits)
        }
        limits.fold(call)
        let split = TokenSplit(call.usage)
        let isUnpriced = call.cost?.source == .unpriced
        for (place, tokens) in split.all.enumerated() where tokens > 0 {
            tables[MetricID.tokens.rawValue].add(tokens, to: found.tokens[place])
            if isUnpriced {
                add(.unpricedTokens, [key.provider, key.model, TokenSplit.names[place]], tokens)
            }
        }
        if let tokensPerRequest = found.tokensPerRequest {
            tables[MetricID.tokensPerRequest.rawValue].observe(split.total, in: tokensPerRequest)
        }
        if let nanodollars = call.cost?.nanodollars {
            tables[MetricID.cost.rawValue].add(nanodollars, to: found.cost)
        }
        if call.outcome == .ok {
            tables[MetricID.successes.rawValue].add(1, to: found.successes)
            tables[MetricID.successTokens.rawValue].add(split.total, to: found.successTokens)
        }
    }

    private mutating func make(_ key: ModelCallKey) -> ModelCallSeries {
        let per1k = [key.provider, key.model]
        _ = series(.costPer1k, per1k)
        // Without failures a rate of errors is 0, and not unknown.
        for status in ["success", "error", "timeout", "rate_limited"] {
            _ = series(
                .requests,
                [
                    key.provider, key.model, key.operation, status, key.agentID, key.server,
                    key.tool,
                ])
        }
        let method = key.operation == "sampling/createMessage" ? "sample" : "generate"
        let made = ModelCallSeries(
            requests: series(
                .requests,
                [
                    key.provider, key.model, key.operation, key.status, key.agentID, key.server,
                    key.tool,
                ]),
            tokens: TokenSplit.names.map {
                series(
                    .tokens,
                    [
                        key.provider, key.model, $0, key.usageSource, key.agentID, key.server,
                        key.tool,
                    ])
            },
            cost: series(
                .cost,
                [
                    key.provider, key.model, key.operation, key.costSource, key.agentID,
                    key.server, key.tool,
                ]),
            duration: key.isTimed
                ? series(.duration, [key.provider, key.model, key.operation]) : nil,
            tokensPerRequest: key.hasUsage ? series(.tokensPerRequest, per1k) : nil,
            selection: series(
                .modelSelection, [key.provider, key.model, key.reason, key.eventType]),
            limitHits: series(.limitHits, per1k),
            successes: series(.successes, [key.provider, method]),
            successTokens: series(.successTokens, [key.provider, method]))
        if cache.count < Self.cacheMax { cache[key] = made }
        return made
    }

    // MARK: Sessions and escalations

    private mutating func fold(_ session: SessionRecord) {
        switch session.event {
        case .started:
            guard seen.insert(session.id) else { return }
            flight.started(session)
        case .ended:
            guard seen.insert(session.id + "/ended") else { return }
            flight.ended(session.id)
            add(.sessions, [session.server ?? "", session.client ?? ""])
            if let duration = session.durationMilliseconds {
                let number = series(.sessionDuration, [session.server ?? ""])
                tables[MetricID.sessionDuration.rawValue].observe(
                    microseconds(duration), in: number)
            }
            add(.resyncs, [], Int64(clamping: session.counts["malformed"] ?? 0))
            add(.recordsDropped, [], Int64(clamping: session.counts["dropped"] ?? 0))
        }
    }

    private mutating func fold(_ trace: TraceRecord) {
        let event = trace.eventType ?? ""
        let server = trace.server ?? ""
        add(
            .escalations,
            [event, trace.outcome.rawValue, trace.end.rawValue, trace.agentID ?? "", server])
        add(.escalationCost, [event, server], trace.cost.nanodollars ?? 0)
        // A histogram nothing was ever counted in has no quantiles, and is better not there.
        if let value = trace.quality {
            let quality = series(.quality, [event, server])
            tables[MetricID.quality.rawValue].observe(fixed(value, 1e6), in: quality)
        }
        if let value = trace.qualityPerDollar {
            let perDollar = series(.qualityPerDollar, [event, server])
            tables[MetricID.qualityPerDollar.rawValue].observe(fixed(value, 1e3), in: perDollar)
        }
    }
}

extension CallRecord {
    /// Matched, not compared: `==` of an enumeration of another module is a call through tables.
    var wasBlocked: Bool { if case .blocked = outcome { true } else { false } }

    /// Whether it stands for a model call. A call that was blocked never came to the model.
    var usesModel: Bool {
        !wasBlocked && (provider != nil || model != nil || usage != nil)
    }
}

/// The five kinds of tokens, which do not overlap.
struct TokenSplit {
    static let names = ["input", "cached_input", "cache_write", "output", "reasoning"]
    /// In the order of `names`.
    private(set) var all: [Int64]
    private(set) var total: Int64

    init(_ usage: TokenUsage?) {
        let cached = Int64(clamping: usage?.cachedInput ?? 0)
        let written = Int64(clamping: usage?.cacheWrite ?? 0)
        let reasoning = Int64(clamping: usage?.reasoning ?? 0)
        // Parts lie inside their wholes; where a provider says otherwise the parts are believed.
        let input = max(0, Int64(clamping: usage?.input ?? 0).subtracting(cached, written))
        let output = max(0, Int64(clamping: usage?.output ?? 0).subtracting(reasoning))
        all = [input, cached, written, output, reasoning]
        total = all.reduce(0) { sum, next in
            let (total, overflow) = sum.addingReportingOverflow(next)
            return overflow ? .max : total
        }
    }
}

extension Int64 {
    fileprivate func subtracting(_ parts: Int64...) -> Int64 {
        parts.reduce(self) { $0.subtractingReportingOverflow($1).partialValue }
    }
}

func microseconds(_ milliseconds: Double) -> Int64 { fixed(milliseconds, 1_000) }

/// A figure as a whole number of parts; what is no number, or out of all proportion, is 0.
func fixed(_ value: Double, _ scale: Double) -> Int64 {
    let scaled = value * scale
    return scaled.isFinite && abs(scaled) < 9e18 ? Int64(scaled.rounded()) : 0
}
