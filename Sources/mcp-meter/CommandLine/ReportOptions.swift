import Reports

/// What `mcp-meter report` is to say, and how.
struct ReportOptions: Equatable {
    enum Format: String, CaseIterable { case text, json, csv, markdown, html }

    var since: String?
    var until: String?
    /// A whole stretch of the calendar, instead of the two bounds.
    var period: String?
    var timeZone: String?
    var dimensions: [Dimension] = [.model]
    var filters: [Label: [String]] = [:]
    var outcomes: Set<Outcome> = []
    var top = 5
    /// Nil for what MCP_METER_BUDGET says.
    var budget: [Budget]?
    var format: Format?
    var isLive = false
    /// Whom to mail it to.
    var recipients: [String] = []
    var sender: String?
    /// Hand the mail to the system's `sendmail` instead of a server.
    var usesSendmail = false

    /// The options that choose calls by a name they bear.
    static let filters = Label.allCases.map { label in
        (name: label == .eventType ? "--event-type" : "--\(label)", label: label)
    }
}

extension Arguments {
    static func report(_ words: [String]) throws(Interruption) -> Invocation {
        var options = ReportOptions()
        var reader = OptionReader(CommandTable.report, words)
        while let item = try reader.next() {
            switch item {
            case .flag("--live"): options.isLive = true
            case .flag("--sendmail"): options.usesSendmail = true
            case .value(let name, let value):
                if let wrong = take(name, value, &options) { throw .misuse(wrong) }
            default: throw reader.unexpected(item)
            }
        }
        if let wrong = contradiction(options) { throw .misuse(wrong) }
        return .report(options)
    }

    /// What is wrong with an option's value.
    private static func take(
        _ word: String, _ value: String, _ options: inout ReportOptions
    ) -> String? {
        if let label = ReportOptions.filters.first(where: { $0.name == word })?.label {
            options.filters[label, default: []].append(value)
            return nil
        }
        switch word {
        case "--since": options.since = value
        case "--until": options.until = value
        case "--period": options.period = value
        case "--time-zone": options.timeZone = value
        case "--from", "--mail":
            guard isAddress(value) else {
                return "`\(word)` takes an address such as me@example.org, not `\(value)`."
            }
            if word == "--from" {
                options.sender = value
            } else {
                options.recipients.append(value)
            }
        case "--by": return takeDimensions(value, &options)
        case "--outcome":
            for name in value.split(separator: ",", omittingEmptySubsequences: false) {
                guard let outcome = Outcome.allCases.first(where: { "\($0.name)" == name }) else {
                    let all = Outcome.allCases.map { "\($0.name)" }
                    return "`--outcome` takes \(all.joined(separator: ", ")), not `\(name)`."
                        + Spelling.suggestion(String(name), all)
                }
                options.outcomes.insert(outcome)
            }
        case "--top":
            guard let count = Int(value), (0...1_000).contains(count) else {
                return "`--top` takes a number from 0 to 1000, not `\(value)`."
            }
            options.top = count
        case "--budget":
            let (budgets, wrong) = Budget.parse(value)
            guard let budgets else {
                return "`--budget` takes amounts such as 50/week or 10/day,200/month, "
                    + "not `\(wrong)`."
            }
            options.budget = budgets
        default:
            guard let format = ReportOptions.Format(rawValue: value == "md" ? "markdown" : value)
            else {
                let all = ReportOptions.Format.allCases.map(\.rawValue)
                return "`--format` takes \(all.joined(separator: ", ")), not `\(value)`."
                    + Spelling.suggestion(value, all)
            }
            options.format = format
        }
        return nil
    }

    /// Whether a text is an address as servers take it (RFC 5321 §4.1.2, without quoted names):
    /// nothing in it can end a header line or begin another command.
    static func isAddress(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 254, text.utf8.first != UInt8(ascii: "-") else {
            return false
        }
        let banned = Array("()<>[]:;,\\\"".utf8)
        return parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { $0 > 0x20 && $0 < 0x7f && !banned.contains($0) }
        }
    }

    private static func takeDimensions(
        _ value: String, _ options: inout ReportOptions
    ) -> String? {
        options.dimensions = []
        for name in value.split(separator: ",", omittingEmptySubsequences: false) {
            let name = name == "event_type" ? "event-type" : String(name)
            guard let dimension = Dimension(rawValue: name) else {
                let all = Dimension.allCases.map(\.rawValue)
                return "`--by` takes \(all.joined(separator: ", ")), not `\(name)`."
                    + Spelling.suggestion(name, all)
            }
            if !options.dimensions.contains(dimension) { options.dimensions.append(dimension) }
        }
        return nil
    }

    private static func contradiction(_ options: ReportOptions) -> String? {
        if let period = options.period {
            if options.since != nil || options.until != nil {
                return "`report` takes `--period \(period)` or `--since` and `--until`, not both."
            }
        }
        if options.isLive {
            if !options.recipients.isEmpty { return "`--live` does not go with `--mail`." }
            if let format = options.format, format != .text {
                return "`--live` shows text, not \(format.rawValue)."
            }
        }
        if options.recipients.isEmpty {
            if options.usesSendmail { return "`--sendmail` goes with `--mail`." }
            if options.sender != nil { return "`--from` goes with `--mail`." }
        } else if options.format != nil {
            return "`--mail` sends text and HTML together: leave `--format` out."
        }
        return nil
    }
}
