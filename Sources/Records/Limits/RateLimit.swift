/// One rule of `MCP_METER_RATE_LIMIT`: so many requests, or tokens, in a running window.
package struct RateLimit: Equatable, Sendable {
    package enum Unit: String, Sendable { case requests, tokens }

    package enum Window: Int64, Sendable, CaseIterable {
        case second = 1
        case minute = 60
        case hour = 3600
        case day = 86400

        package var seconds: Int64 { rawValue }

        /// `minute`, as metrics name it.
        package var name: String {
            switch self {
            case .second: "second"
            case .minute: "minute"
            case .hour: "hour"
            case .day: "day"
            }
        }
    }

    package var unit: Unit
    /// The model it holds for; nil: all of them together.
    package var model: String?
    package var amount: UInt64
    package var window: Window

    package init(unit: Unit, model: String?, amount: UInt64, window: Window) {
        self.unit = unit
        self.model = model
        self.amount = amount
        self.window = window
    }

    /// Reads `60/min;gemini-2.5-pro=10/min;tokens:gemini-2.5-pro=250000/min`.
    ///
    /// - Throws: which part is wrong, and what was expected. A list that is wrong in part is wrong.
    package static func list(_ text: String) throws(RateLimitError) -> [RateLimit] {
        var limits: [RateLimit] = []
        for part in text.split(separator: ";") {
            let rule = part.filter { $0 != " " }
            if rule.isEmpty { continue }
            guard let limit = RateLimit(rule: rule) else {
                throw RateLimitError(part: String(rule.prefix(64)))
            }
            limits.append(limit)
        }
        guard !limits.isEmpty else { throw RateLimitError(part: text) }
        return limits
    }

    private init?(rule: String) {
        var rest = rule[...]
        unit = .requests
        if rest.hasPrefix("tokens:") {
            unit = .tokens
            rest = rest.dropFirst("tokens:".count)
        }
        if let equals = rest.lastIndex(of: "=") {
            guard equals > rest.startIndex else { return nil }
            model = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
        }
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let amount = UInt64(parts[0]), amount > 0,
            let window = Self.windows[String(parts[1])]
        else { return nil }
        self.amount = amount
        self.window = window
    }

    /// As it is written where it is set: `tokens:gemini-2.5-pro=250000/min`.
    package var rule: String {
        let whose = model.map { "\($0)=" } ?? ""
        let length =
            switch window {
            case .second: "s"
            case .minute: "min"
            case .hour: "hour"
            case .day: "day"
            }
        return "\(unit == .tokens ? "tokens:" : "")\(whose)\(amount)/\(length)"
    }

    private static let windows: [String: Window] = [
        "s": .second, "sec": .second, "second": .second, "min": .minute, "minute": .minute,
        "h": .hour, "hour": .hour, "d": .day, "day": .day,
    ]
}

/// A rule that cannot be read.
package struct RateLimitError: Error, Equatable, Sendable, CustomStringConvertible {
    package let part: String

    package var description: String {
        "`\(part)`; expected rules such as 60/min;gemini-2.5-pro=10/min;tokens:gemini-2.5-pro=250000/min"
    }
}
