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

    static let modes: [String: Mode] = [
        "--once": .once, "--until-idle": .untilIdle, "--status": .status(json: false),
        "--retry-dead": .retryDead,
    ]

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
    static func deliver(_ words: [String]) throws(Interruption) -> Invocation {
        var options = DeliverOptions()
        var chosen: String?
        var isJSON = false
        var reader = OptionReader(CommandTable.deliver, words)
        while let item = try reader.next() {
            switch item {
            case .flag("--json"): isJSON = true
            case .value("--patience", let text):
                guard let seconds = UInt64(text), seconds <= 86_400 else {
                    throw reader.needs("--patience")
                }
                options.patience = seconds
            case .flag(let word):
                guard let mode = DeliverOptions.modes[word] else { throw reader.unexpected(item) }
                if let chosen, chosen != word {
                    throw .misuse("`deliver` takes `\(chosen)` or `\(word)`, not both.")
                }
                chosen = word
                options.mode = mode
            default: throw reader.unexpected(item)
            }
        }
        if isJSON {
            guard chosen == "--status" else { throw .misuse("`--json` goes with `--status`.") }
            options.mode = .status(json: true)
        }
        if options.patience != nil, chosen == nil || chosen == "--status" {
            throw .misuse("`--patience` goes with `--once`, `--until-idle` or `--retry-dead`.")
        }
        return .deliver(options)
    }
}
