/// One rule of `MCP_METER_ROUTES`: which calls it is for, and which model they get.
package struct RouteRule: Sendable, Equatable {
    /// As its owner called it, else `rule 3`.
    package var name: String
    package var conditions = Conditions()
    package var result: Result

    package init(name: String, result: Result) {
        self.name = name
        self.result = result
    }

    package enum Result: Sendable, Equatable {
        /// The call goes on as it is, and no later rule is asked.
        case keep
        /// The first of these that the tool takes.
        case models([String])
    }

    /// All that are set must hold; those that are not hold for every call.
    package struct Conditions: Sendable, Equatable {
        /// Any of these.
        package var tools: [Glob] = []
        package var servers: [Glob] = []
        /// The model the call asks for, or that the server would use.
        package var models: [Glob] = []
        package var classes: ContentClasses = []
        /// Estimated, of the arguments.
        package var tokens: Bounds?
        package var files: Bounds?
        package var budgetLeft: Share?
        /// Local time of day; past midnight where it ends before it begins.
        package var time: TimeWindow?
        /// The weekdays on which the window begins, or of the moment without one; bit 0 is Monday.
        package var weekdays: UInt8?

        package init() {}
    }

    /// Both ends are in it.
    package struct Bounds: Sendable, Equatable {
        package var min: UInt64 = 0
        package var max: UInt64 = .max

        package init() {}

        func contains(_ value: UInt64) -> Bool { value >= min && value <= max }
    }

    /// Of a budget, 0…1; neither end is in it.
    package struct Share: Sendable, Equatable {
        package var above: Double?
        package var below: Double?

        package init() {}

        func contains(_ value: Double) -> Bool {
            above.map { value > $0 } ?? true && below.map { value < $0 } ?? true
        }
    }

    /// Minutes of the day, the first in it, the last not.
    package struct TimeWindow: Sendable, Equatable {
        package var start: Int
        package var end: Int

        package init(start: Int, end: Int) {
            self.start = start
            self.end = end
        }

        /// Whether a time is in it, and whether it began the day before.
        func holds(_ minute: Int) -> (isInside: Bool, beganYesterday: Bool) {
            if start < end { return (minute >= start && minute < end, false) }
            return (minute >= start || minute < end, minute < end && minute < start)
        }
    }
}

/// A pattern of names: `*` is anything, `?` one character; ASCII case does not count.
package struct Glob: Sendable, Equatable {
    package let text: String
    private let pattern: [UInt8]

    package init(_ text: String) {
        self.text = text
        pattern = text.utf8.map(Self.lowercase)
    }

    /// Takes time in proportion to both lengths multiplied at worst, whatever they hold.
    package func matches(_ name: String) -> Bool {
        let name = name.utf8.map(Self.lowercase)
        var (p, n) = (0, 0)
        /// Where the last `*` stood, and how much of the name it has taken.
        var star: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = (p, n)
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") {
                n += 1
                while n < name.count, name[n] & 0xC0 == 0x80 { n += 1 }
                p += 1
            } else if p < pattern.count, pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                p = last.pattern + 1
                n = last.name + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
