import Ledger
import Posix
import Records
import Reports

/// What the ledger comes to: spend by budget, calls by limit, marks, what calls cost of late. Made
/// of the ledger's lines in any order, each given once; the sums are those of a report.
final class Books {
    private(set) var budgets: BudgetBook
    private(set) var limits: LimitBook
    private var recent = RecentCalls()
    private var repeatable = RepeatableUsage()
    private var names = Labels()
    private var dates = DateCache()
    private var traits: [Traits?] = []
    /// The segments that `usage` lines stood in.
    private var segments: [SegmentName] = []
    /// Calls under way, as of the last look at the reservations.
    private var visible: Set<Identity> = []
    /// Of those: the ones that are in the ledger by now.
    private var settled: Set<Identity> = []
    /// Calls that came since the last look, and may have been reserved after it.
    private var latest: Set<Identity> = []
    private var latestSince: Int64 = .max

    /// What names mean to the rules.
    struct Traits {
        var budgets: UInt32
        var limits: UInt32
        var tool: UInt64
        var toolAndModel: UInt64
        var model: String?
        var usesModel: Bool
    }

    /// Names that are remembered; somebody who makes up new ones all the time has them forgotten.
    private static let traitsMax = 1 << 14
    private static let latestMax = 1 << 14
    /// So long before it was let through can a call have begun; in microseconds.
    private static let latestMargin: Int64 = 10_000_000

    init(_ rules: AccountRules, _ calendar: Calendar, now: Int64) {
        budgets = BudgetBook(
            rules.budgets, calendar, now: now.quotientAndRemainder(dividingBy: 1_000_000).quotient)
        limits = LimitBook(rules.limits)
    }

    // MARK: Lines

    /// Reservations were looked at. A call among them that is in the ledger, or will be when the
    /// ledger is read next, is not to be counted twice.
    ///
    /// Whoever looks before reading misses no call: its record is in the ledger before its
    /// reservation ends. Of the calls read since, one that was not among those of the look was
    /// over by then, or began later; so that is what has to be remembered up to the next look.
    func looked(at calls: some Sequence<Identity>, at now: Int64) {
        var still: Set<Identity> = []
        if !visible.isEmpty { visible.removeAll(keepingCapacity: true) }
        for id in calls {
            visible.insert(id)
            if isSettled(id) { still.insert(id) }
        }
        settled = still
        if !latest.isEmpty { latest.removeAll(keepingCapacity: true) }
        latestSince = now &- Self.latestMargin
    }

    /// Whether a call that is reserved is in the ledger.
    func isSettled(_ id: Identity) -> Bool { settled.contains(id) || latest.contains(id) }

    /// Takes a line of the ledger.
    func take(_ line: Span<UInt8>, _ segment: SegmentName) {
        let quick = line.withUnsafeBytes { bytes -> Projection? in
            var walk = LineWalk(bytes)
            return walk.projection(&names, &dates)
        }
        if var quick, (try? quick.readPolicy(in: line)) != nil { return add(quick, segment) }
        guard let decoded = try? Record.decode(line: line), case .record(let record) = decoded
        else { return }
        if case .mark(let mark) = record {
            saw(mark)
        } else {
            add(Projection(record, line, &names), segment)
        }
    }

    func saw(_ mark: MarkRecord) {
        switch mark.policy.reason {
        case .rateLimit: limits.saw(mark: mark.id, rule: mark.policy.rule)
        default: budgets.saw(mark: Identity.any(mark.id).0)
        }
    }

    private func add(_ line: Projection, _ segment: SegmentName) {
        let row = line.row
        switch line.kind {
        case .call:
            let traits = traits(of: line.labels)
            // A call that was held back counts from when it was sent.
            let sent = adding(row.time, Int64(clamping: line.held))
            if visible.contains(row.id) {
                settled.insert(row.id)
            } else if sent >= latestSince, latest.count < Self.latestMax {
                latest.insert(row.id)
            }
            if row.nanodollars != Row.noCost {
                budgets.add(row.nanodollars, at: seconds(row.time), traits.budgets)
            }
            addCall(line, traits, sent: sent)
        case .usage:
            addUsage(row, self.traits(of: line.labels), segment)
        case .begin, .session, .trace: break
        }
    }

    private func addCall(_ line: Projection, _ traits: Traits, sent: Int64) {
        let row = line.row
        let usesModel =
            traits.usesModel
            || !row.marks.isDisjoint(with: [.hasUsage, .costReported, .costPriced, .unpriced])
        guard usesModel, row.direction == .clientToServer, row.outcome != .blocked else { return }
        let isPart = row.marks.contains(.part)
        let tokens = tokens(row)
        limits.add(traits.limits, at: sent, tokens: tokens, isPart: isPart)
        if line.retryAfter > 0, row.outcome == .error, let model = traits.model {
            let length = Int64(clamping: row.duration)
            limits.hold(model, answered: adding(sent, length), for: line.retryAfter)
        }
        if !isPart, row.nanodollars != Row.noCost, row.outcome == .ok {
            let cost = max(0, row.nanodollars)
            recent.add(traits.toolAndModel, nanodollars: cost, tokens: tokens)
            if traits.model != nil {
                recent.add(traits.tool, nanodollars: cost, tokens: tokens)
            }
        }
    }

    private func addUsage(_ row: Row, _ traits: Traits, _ segment: SegmentName) {
        var line = RepeatableUsage.Line()
        line.nanodollars = row.nanodollars == Row.noCost ? 0 : row.nanodollars
        line.seconds = UInt32(clamping: seconds(row.time))
        line.budgets = traits.budgets
        line.segment = number(of: segment)
        let isKept = budgets.start.map { Int64(line.seconds) >= $0 } ?? false
        let replaced = repeatable.replace(row.id, with: line, isKept: isKept) { [segments] a, b in
            segments[Int(a)] < segments[Int(b)]
        }
        guard let replaced else { return }
        budgets.add(0 &- replaced.nanodollars, at: Int64(replaced.seconds), replaced.budgets)
        budgets.add(line.nanodollars, at: Int64(line.seconds), line.budgets)
    }

    private func number(of segment: SegmentName) -> UInt32 {
        if segments.last != segment {
            if let known = segments.lastIndex(of: segment) { return UInt32(clamping: known) }
            segments.append(segment)
        }
        return UInt32(clamping: segments.count - 1)
    }

    private func tokens(_ row: Row) -> UInt64 {
        func count(_ tokens: UInt32) -> UInt64 { tokens == Row.noTokens ? 0 : UInt64(tokens) }
        return count(row.input) + count(row.output)
    }

    private func seconds(_ microseconds: Int64) -> Int64 {
        // Rounded down, also before 1970.
        let (quotient, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return rest < 0 ? quotient - 1 : quotient
    }

    // MARK: Names

    private func traits(of labels: LabelSet) -> Traits {
        let place = Int(names.place(of: labels))
        if place < traits.count, let known = traits[place] { return known }
        func text(_ label: Label) -> String? { names.text(label, of: place) }
        let model = text(.model)
        let (server, tool) = (text(.server), text(.tool))
        let new = Traits(
            budgets: budgets.mask(model: model, agent: text(.agent)),
            limits: limits.mask(model: model),
            tool: RecentCalls.key(server: server, tool: tool, model: nil),
            toolAndModel: RecentCalls.key(server: server, tool: tool, model: model),
            model: model, usesModel: model != nil || text(.provider) != nil)
        if place >= Self.traitsMax {
            names = Labels()
            traits.removeAll()
            return new
        }
        while traits.count <= place { traits.append(nil) }
        traits[place] = new
        return new
    }

    /// What the names of a call that is asked for mean.
    func traits(
        server: String?, tool: String?, model: String?, agent: String?
    ) -> Traits {
        var set = LabelSet()
        for case (let label, .some(var text)) in [
            (Label.server, server), (.tool, tool), (.model, model), (.agent, agent),
        ] {
            set[label] = text.withUTF8 { names.place(of: label, UnsafeRawBufferPointer($0)) }
        }
        return traits(of: set)
    }

    /// What a call is expected to come to by what others came to; nil if there were none.
    func estimate(_ traits: Traits) -> (nanodollars: Int64, tokens: UInt64)? {
        recent.mean(traits.model == nil ? traits.tool : traits.toolAndModel)
    }

    // MARK: What they say

    func spent(_ place: Int, at now: Int64) -> (range: Range<Int64>, nanodollars: Int64)? {
        budgets.state(of: place, at: seconds(now))
    }

    func newShare(
        _ place: Int, _ range: Range<Int64>, spent: Int64
    ) -> (percent: UInt64, id: String)? {
        budgets.newShare(of: place, range, spent: spent)
    }

    func used(_ place: Int, at now: Int64) -> UInt64 { limits.used(of: place, at: now) }

    func departure(of amount: UInt64, from place: Int, at now: Int64) -> Int64 {
        limits.departure(of: amount, from: place, at: now)
    }

    func newLimitMark(_ place: Int, at now: Int64) -> String? {
        limits.newMark(of: place, at: now)
    }
}
