/// What a report can be grouped by.
package enum Dimension: String, CaseIterable, Sendable {
    case provider, model, tool, server, agent, client, project
    case hour, day, week, month
    case eventType = "event-type"
    case outcome, direction

    /// The name it has in a record, where it is one.
    var label: Label? {
        switch self {
        case .provider: .provider
        case .model: .model
        case .tool: .tool
        case .server: .server
        case .agent: .agent
        case .client: .client
        case .project: .project
        case .eventType: .eventType
        default: nil
        }
    }

    /// The stretch of the calendar, where it is one.
    var unit: CalendarUnit? {
        switch self {
        case .hour: .hour
        case .day: .day
        case .week: .week
        case .month: .month
        default: nil
        }
    }
}

/// What is asked.
package struct Query: Sendable {
    package var period: Period
    package var calendar: Calendar
    package var dimensions: [Dimension] = [.model]
    /// Names that are wanted; a record must have one of each label's. `*` stands for anything.
    package var filters: [Label: [String]] = [:]
    package var outcomes: Set<Outcome> = []
    /// How many of the most expensive operations are listed.
    package var top = 5
    package var budgets: [Budget] = []
    /// Seconds since 1970.
    package var now: Int64

    package init(period: Period, calendar: Calendar, now: Int64) {
        self.period = period
        self.calendar = calendar
        self.now = now
    }

    /// Microseconds since 1970: all that must be read to answer.
    package var window: Range<Int64> {
        var (start, end) = (
            min(period.range.lowerBound, period.before.lowerBound), period.range.upperBound
        )
        for budget in budgets {
            let stretch = budget.stretch(at: moment, calendar)
            start = min(start, stretch.lowerBound)
            end = max(end, moment)
        }
        return start * 1_000_000..<end * 1_000_000
    }

    /// Up to when there can be anything: the end of the period, or now.
    var moment: Int64 { max(min(period.range.upperBound, now), period.range.lowerBound + 1) }

    /// What of a ledger is asked for at all, as one predicate a combination of names.
    func isWanted(_ labels: Labels) -> [Bool] {
        labels.sets.indices.map { set in
            filters.allSatisfy { label, patterns in
                guard let text = labels.text(label, of: set) else { return false }
                return patterns.contains { matches(text, $0) }
            }
        }
    }
}

/// Whether a text is what a pattern says, in which `*` stands for any characters.
package func matches(_ text: String, _ pattern: String) -> Bool {
    let (text, pattern) = (Array(text.lowercased().utf8), Array(pattern.lowercased().utf8))
    let star = UInt8(ascii: "*")
    var (place, wanted) = (0, 0)
    var back: (place: Int, wanted: Int)?
    while place < text.count {
        if wanted < pattern.count, pattern[wanted] == star {
            back = (place, wanted + 1)
            wanted += 1
        } else if wanted < pattern.count, pattern[wanted] == text[place] {
            place += 1
            wanted += 1
        } else if let (from, after) = back {
            back = (from + 1, after)
            (place, wanted) = (from + 1, after)
        } else {
            return false
        }
    }
    return pattern[wanted...].allSatisfy { $0 == star }
}

/// What may be spent in a stretch of time.
package struct Budget: Equatable, Sendable {
    /// Billionths of a dollar.
    package let nanodollars: Int64
    package let unit: CalendarUnit
    /// The model it is for, in which `*` stands for any characters; nil for all.
    package let model: String?
    /// The agent it is for, likewise.
    package let agent: String?

    package init(
        nanodollars: Int64, unit: CalendarUnit, model: String? = nil, agent: String? = nil
    ) {
        self.nanodollars = nanodollars
        self.unit = unit
        self.model = model
        self.agent = agent
    }

    /// Reads budgets, separated by commas:
    ///
    ///     budget = [ MODEL "=" / "agent:" AGENT "=" ] [ "$" ] AMOUNT "/" UNIT
    ///     AMOUNT = dollars, up to nine digits, and up to nine more after a point
    ///     UNIT   = "hour" / "day" / "week" / "month" / "year"
    ///
    /// as in `10/day,50/week,gemini-2.5-pro=5/day,agent:deep-code-reasoner=2/day`.
    ///
    /// - Returns: nil, and the part that is wrong, for any other text.
    package static func parse(_ text: String) -> (budgets: [Budget]?, wrong: String) {
        var budgets: [Budget] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let budget = Budget(part) else { return (nil, String(part)) }
            budgets.append(budget)
        }
        return budgets.isEmpty ? (nil, text) : (budgets, "")
    }

    private init?(_ text: Substring) {
        var amount = text.drop { $0 == " " }
        var name: String?
        if let equals = amount.lastIndex(of: "=") {
            name = String(amount[..<equals])
            amount = amount[amount.index(after: equals)...]
        }
        let isAgent = name?.hasPrefix("agent:") ?? false
        if isAgent { name = name.map { String($0.dropFirst("agent:".count)) } }
        if name?.isEmpty ?? false { return nil }
        let parts = amount.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let unit = CalendarUnit(rawValue: String(parts[1])),
            let nanodollars = Money.parse(parts[0].first == "$" ? parts[0].dropFirst() : parts[0]),
            nanodollars > 0
        else { return nil }
        self.init(
            nanodollars: nanodollars, unit: unit, model: isAgent ? nil : name,
            agent: isAgent ? name : nil)
    }

    /// As it is written where it is set: `agent:deep-code-reasoner=2/day`.
    package var rule: String {
        let whose = model.map { "\($0)=" } ?? agent.map { "agent:\($0)=" } ?? ""
        return "\(whose)\(Money.plain(nanodollars))/\(unit.rawValue)"
    }

    /// Whether it holds for what has these names.
    package func isFor(model name: String?, agent other: String?) -> Bool {
        if let model { return name.map { matches($0, model) } ?? false }
        if let agent { return other.map { matches($0, agent) } ?? false }
        return true
    }

    /// The hour, day, week, month or year a moment is in. Seconds since 1970.
    package func stretch(at moment: Int64, _ calendar: Calendar) -> Range<Int64> {
        // The end of a period belongs to the period.
        let inside = moment - 1
        let start = calendar.start(of: unit, inside)
        return start..<max(calendar.start(of: unit, inside, moved: 1), start + 1)
    }
}

/// Amounts of dollars.
package enum Money {
    /// Reads `12`, `12.5`, `0.000000001`; nil for anything else, or more than nine billion.
    static func parse(_ text: some StringProtocol) -> Int64? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = number(parts[0], 10) else { return nil }
        guard parts.count == 2 else { return whole * 1_000_000_000 }
        guard var fraction = number(parts[1], 9) else { return nil }
        for _ in parts[1].count..<9 { fraction *= 10 }
        let (sum, overflow) = (whole * 1_000_000_000).addingReportingOverflow(fraction)
        return overflow ? nil : sum
    }

    /// `12.5`: what `parse` reads, in its shortest form.
    static func plain(_ nanodollars: Int64) -> String {
        let (whole, rest) = nanodollars.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest == 0 { return String(whole) }
        var fraction = Reports.digits(rest, 9)[...]
        while fraction.utf8.last == UInt8(ascii: "0") { fraction.removeLast() }
        return "\(whole).\(fraction)"
    }

    private static func number(_ text: some Collection<UInt8>, _ digits: Int) -> Int64? {
        guard !text.isEmpty, text.count <= digits else { return nil }
        var value: Int64 = 0
        for byte in text {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 48)
        }
        return value <= 9_000_000_000 ? value : nil
    }
}
