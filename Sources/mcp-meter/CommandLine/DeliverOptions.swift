import Delivery

/// How `mcp-meter deliver` is to deliver.
struct DeliverOptions: Equatable {
    enum Mode: Equatable {
        /// Until a signal comes.
        case forever
        case once
        /// As relays start it: says nothing.
        case untilIdle
        case status(json: Bool)
        case retryDead
    }

    var mode = Mode.forever
    /// For how long what cannot be delivered is tried, in seconds; nil for the mode's own.
    var patience: UInt64?

    /// A shipper stays so long after the last record, in milliseconds: a session's next record
    /// shall not need to start another.
    private static let linger: UInt64 = 3_000

    var goal: ShippingGoal {
        let milliseconds = patience.map { $0.multipliedReportingOverflow(by: 1_000).partialValue }
        return switch mode {
        case .forever, .status: .forever
        case .untilIdle: .untilIdle(patience: milliseconds ?? 300_000, linger: Self.linger)
        case .once, .retryDead: .once(patience: milliseconds ?? 30_000)
        }
    }
}

extension Arguments {
    static func deliver(_ words: [String]) -> Invocation {
        var options = DeliverOptions()
        var chosen: String?
        var isJSON = false
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--once", "--until-idle", "--status", "--retry-dead":
                if let chosen, chosen != word {
                    return .misuse("`deliver` takes `\(chosen)` or `\(word)`, not both.")
                }
                chosen = word
                options.mode =
                    switch word {
                    case "--once": .once
                    case "--until-idle": .untilIdle
                    case "--status": .status(json: false)
                    default: .retryDead
                    }
            case "--json": isJSON = true
            case "--patience":
                guard let value = rest.popFirst(), let seconds = UInt64(value), seconds <= 86_400
                else { return .misuse("`--patience` needs seconds, at most 86400.") }
                options.patience = seconds
            case _ where isHelp(word): return .help("deliver")
            default:
                return unexpected(
                    word, in: "deliver",
                    [
                        "--once", "--until-idle", "--status", "--json", "--retry-dead",
                        "--patience", "--help",
                    ])
            }
        }
        if isJSON {
            guard chosen == "--status" else { return .misuse("`--json` goes with `--status`.") }
            options.mode = .status(json: true)
        }
        if options.patience != nil, chosen == nil || chosen == "--status" {
            return .misuse(
                "`--patience` goes with `--once`, `--until-idle` or `--retry-dead`.")
        }
        return .deliver(options)
    }
}
