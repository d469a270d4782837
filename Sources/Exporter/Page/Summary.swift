internal import Posix
internal import Records

/// What the page shows: the last month's model calls by the quarter of an hour, and the latest
/// calls and escalations. Bounded, whatever the ledger's length.
///
/// A quarter of an hour, because every time zone's midnight is at one.
struct Summary: Sendable {
    /// Seconds of a slot.
    static let slotSeconds: Int64 = 900
    /// The longest month, and the hour it may have more.
    static let slotsKept: Int64 = 31 * 96 + 4
    /// With one more for each slot it stays below the size at which the table would double.
    static let cellsMax = 45_000

    struct Cell: Hashable, Sendable {
        /// Slots since 1970.
        var slot: Int64
        /// Its place in `groups`.
        var group: Int32
    }

    private(set) var cells: [Cell: Sum] = [:]
    private(set) var groups = GroupTable()
    private(set) var policies = PolicyTally()
    /// Of all kinds.
    private(set) var calls = Ring<Record>(capacity: 200)
    /// Those that used a model, which is what an escalation's turns are.
    private(set) var turns = Ring<Record>(capacity: 2_000)
    private(set) var traces = Ring<TraceRecord>(capacity: 100)
    /// The newest slot seen; what is a month older is forgotten, once a day.
    private var newest: Int64 = 0
    private var pruned: Int64 = 0
    /// Microseconds since 1970.
    private let now: @Sendable () -> Int64

    init(now: @escaping @Sendable () -> Int64 = { WallClock.now() }) { self.now = now }

    /// - Parameter isUsage: whether it is a `usage` record of the ledger, not a `call`.
    mutating func fold(_ call: CallRecord, isUsage: Bool = false) {
        let record = isUsage ? Record.usage(call) : .call(call)
        calls.append(record)
        if call.usesModel { turns.append(record) }
        guard call.usesModel || call.policy != nil else { return }
        let slot = call.time.microseconds / (Self.slotSeconds * 1_000_000)
        advance(to: slot)
        guard slot > newest - Self.slotsKept else { return }
        if let note = call.policy { policies.fold(note, slot: slot) }
        guard call.usesModel else { return }
        var cell = Cell(slot: slot, group: groups.number(of: Group(call)))
        if cells.count >= Self.cellsMax, cells[cell] == nil {
            cell.group = groups.number(of: .other)
        }
        cells[cell, default: Sum()].add(call)
    }

    mutating func fold(_ trace: TraceRecord) { traces.append(trace) }

    private mutating func advance(to slot: Int64) {
        // A clock that was years ahead for one call must not wipe out the month.
        guard slot > newest, slot <= now() / (Self.slotSeconds * 1_000_000) + 96 else { return }
        newest = slot
        guard newest >= pruned + 96 else { return }
        pruned = newest
        let first = newest - Self.slotsKept
        policies.forget(through: first)
        guard cells.contains(where: { $0.key.slot <= first }) else { return }
        // Names that nobody uses any more make room with the cells that had them.
        let old = (cells, groups)
        (cells, groups) = ([:], GroupTable())
        for (cell, sum) in old.0 where cell.slot > first {
            restore(old.1.all[Int(cell.group)], slot: cell.slot, sum)
        }
    }

    // MARK: Taking up a checkpoint

    mutating func restore(_ known: [Group]) {
        for group in known { _ = groups.number(of: group) }
    }

    mutating func restore(_ group: Group, slot: Int64, _ sum: Sum) {
        advance(to: slot)
        cells[Cell(slot: slot, group: groups.number(of: group)), default: Sum()].add(sum)
    }

    mutating func restore(_ tally: PolicyTally) { policies = tally }
    mutating func restore(call: Record) { calls.append(call) }
    mutating func restore(turn: Record) { turns.append(turn) }
}

extension Summary {
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

        static let names = [
            "calls", "errors", "tokens", "estimated_tokens", "usd_nanos", "estimated_usd_nanos",
            "unpriced",
        ]

        init() {}

        init?(_ values: [Int64]) {
            guard values.count == Self.names.count else { return nil }
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

        mutating func add(_ other: Sum) {
            calls &+= other.calls
            errors &+= other.errors
            tokens &+= other.tokens
            estimatedTokens &+= other.estimatedTokens
            nanodollars &+= other.nanodollars
            estimatedNanodollars &+= other.estimatedNanodollars
            unpriced &+= other.unpriced
        }
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
