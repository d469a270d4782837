internal import Records

/// What the page shows: the last month by the hour, and the latest calls and escalations. Bounded,
/// whatever the ledger's length.
struct Summary: Sendable {
    /// What a group of model calls came to.
    struct Sum: Sendable, Equatable {
        var calls: Int64 = 0
        var errors: Int64 = 0
        /// All types together.
        var tokens: Int64 = 0
        /// The part of `tokens` that is estimated.
        var estimatedTokens: Int64 = 0
        var nanodollars: Int64 = 0
        /// The part of `nanodollars` that rests on estimated tokens.
        var estimatedNanodollars: Int64 = 0
        /// Calls that used a model and have no price.
        var unpriced: Int64 = 0

        /// In the order of `init(_:)`.
        var values: [Int64] {
            [calls, errors, tokens, estimatedTokens, nanodollars, estimatedNanodollars, unpriced]
        }

        init() {}

        init?(_ values: [Int64]) {
            guard values.count == 7 else { return nil }
            (calls, errors, tokens, estimatedTokens) = (values[0], values[1], values[2], values[3])
            (nanodollars, estimatedNanodollars, unpriced) = (values[4], values[5], values[6])
        }

        mutating func add(_ call: CallRecord) {
            calls &+= 1
            if call.outcome != .ok { errors &+= 1 }
            let isEstimated = call.usage?.source == .estimated
            let all = TokenSplit(call.usage).total
            tokens &+= all
            if isEstimated { estimatedTokens &+= all }
            if let cost = call.cost?.nanodollars {
                nanodollars &+= cost
                if isEstimated, call.cost?.source == .priced { estimatedNanodollars &+= cost }
            } else if call.cost?.source == .unpriced {
                unpriced &+= 1
            }
        }
    }

    struct Hour: Hashable, Sendable {
        /// Hours since 1970.
        var hour: Int64
        var group: Group
    }

    /// Who and what a figure is about.
    struct Group: Hashable, Sendable {
        var provider: String
        var model: String
        var server: String
        var tool: String
        var agent: String
        var direction: String
    }

    private(set) var hours: [Hour: Sum] = [:]
    private(set) var calls = Ring<CallRecord>(capacity: 500)
    private(set) var traces = Ring<TraceRecord>(capacity: 100)
    /// The newest hour seen; what is a month older is forgotten, once a day.
    private var newest: Int64 = 0
    private var pruned: Int64 = 0
    /// No hour is later: a clock that was years ahead for one call must not wipe the month.
    var horizon = Int64.max

    static let hoursKept: Int64 = 31 * 24
    private static let cellsMax = 60_000

    mutating func fold(_ call: CallRecord) {
        calls.append(call)
        guard call.usesModel else { return }
        let hour = min(call.time.microseconds / 3_600_000_000, horizon)
        advance(to: hour)
        guard hour > newest - Self.hoursKept else { return }
        let cell = Hour(
            hour: hour,
            group: Group(
                provider: call.provider ?? "", model: call.model ?? "", server: call.server ?? "",
                tool: call.tool ?? "", agent: call.agentID ?? "",
                direction: call.direction.rawValue))
        if hours[cell] == nil, hours.count >= Self.cellsMax {
            var other = cell
            other.group = Group(
                provider: otherLabel, model: otherLabel, server: otherLabel, tool: otherLabel,
                agent: otherLabel, direction: otherLabel)
            hours[other, default: Sum()].add(call)
        } else {
            hours[cell, default: Sum()].add(call)
        }
    }

    mutating func fold(_ trace: TraceRecord) { traces.append(trace) }

    mutating func restore(_ cell: Hour, _ sum: Sum) {
        newest = max(newest, cell.hour)
        hours[cell] = sum
    }

    mutating func restore(_ record: Record) {
        switch record {
        case .call(let call), .usage(let call): calls.append(call)
        case .trace(let trace): traces.append(trace)
        case .session, .begin: break
        }
    }

    private mutating func advance(to hour: Int64) {
        guard hour > newest else { return }
        newest = hour
        guard newest >= pruned + 24 else { return }
        pruned = newest
        let first = newest - Self.hoursKept
        hours = hours.filter { $0.key.hour > first }
    }
}

/// The latest elements, oldest first.
struct Ring<Element: Sendable>: Sendable {
    let capacity: Int
    private var elements: [Element] = []
    private var start = 0

    init(capacity: Int) { self.capacity = capacity }

    mutating func append(_ element: Element) {
        if elements.count < capacity {
            elements.append(element)
        } else {
            elements[start] = element
            start = (start + 1) % capacity
        }
    }

    var all: [Element] { Array(elements[start...] + elements[..<start]) }
}
