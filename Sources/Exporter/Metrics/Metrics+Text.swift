extension Metrics {
    /// What is shown, without the ids that were counted: those would be copied as soon as the next
    /// record comes.
    var snapshot: MetricsSnapshot { MetricsSnapshot(tables: tables, sessions: flight.sessions) }
}

/// The figures of one moment.
struct MetricsSnapshot: Sendable {
    private(set) var tables: [SeriesTable]
    let sessions: [String: Flight.Session]

    /// `/metrics`: every family, in order.
    ///
    /// - Parameter extra: tables that are not of the ledger, shown after those that are.
    mutating func text(_ format: ExpositionFormat, extra: [SeriesTable] = []) -> [UInt8] {
        refreshGauges()
        var exposition = Exposition(format)
        for table in tables { exposition.write(table) }
        for table in extra { exposition.write(table) }
        return exposition.finish()
    }

    /// Gauges that follow from other figures.
    private mutating func refreshGauges() {
        costPer1k()
        var inFlight: [String: Int64] = [:]
        var active: [String: Int64] = [:]
        for session in sessions.values {
            inFlight[session.server, default: 0] += Int64(session.requests.count)
            active[session.server, default: 0] += 1
        }
        // A server that was seen and is gone is at 0, not absent.
        for key in tables[MetricID.calls.rawValue].keys {
            guard let server = key.first else { continue }
            inFlight[server, default: 0] += 0
            active[server, default: 0] += 0
        }
        for (id, values) in [(MetricID.inFlight, inFlight), (.sessionsActive, active)] {
            for (server, value) in values.sorted(by: { $0.key < $1.key }) {
                set(id, [server], value)
            }
        }
    }

    private mutating func costPer1k() {
        var tokens: [[String]: Int64] = [:]
        for (number, key) in tables[MetricID.tokens.rawValue].keys.enumerated() {
            let value = tables[MetricID.tokens.rawValue].values(of: number).first ?? 0
            tokens[Array(key.prefix(2)), default: 0] &+= value
        }
        for (number, key) in tables[MetricID.unpricedTokens.rawValue].keys.enumerated() {
            let value = tables[MetricID.unpricedTokens.rawValue].values(of: number).first ?? 0
            tokens[Array(key.prefix(2)), default: 0] &-= value
        }
        var cost: [[String]: Int64] = [:]
        for (number, key) in tables[MetricID.cost.rawValue].keys.enumerated() {
            let value = tables[MetricID.cost.rawValue].values(of: number).first ?? 0
            cost[Array(key.prefix(2)), default: 0] &+= value
        }
        for (key, nanodollars) in cost {
            guard let count = tokens[key], count > 0 else { continue }
            let per1k = Double(nanodollars) * 1_000 / Double(count)
            set(.costPer1k, key, fixed(per1k, 1))
        }
    }

    mutating func set(_ id: MetricID, _ labels: [String], _ value: Int64) {
        let number = tables[id.rawValue].series(labels)
        tables[id.rawValue].set(value, of: number)
    }
}
