import Records
import Reports

/// What the last calls of each tool came to: what the next one is expected to come to.
struct RecentCalls {
    /// So many of the last calls count.
    static let callsMax = 20
    /// Tools, each with each of its models, that are remembered.
    private static let toolsMax = 256

    private var tools: [UInt64: Recent] = [:]

    private struct Recent {
        private var calls: [(nanodollars: Int64, tokens: UInt64)] = []
        private var next = 0
        /// Asked for more often than it changes.
        private(set) var mean: (nanodollars: Int64, tokens: UInt64) = (0, 0)

        mutating func add(nanodollars: Int64, tokens: UInt64) {
            if calls.count < RecentCalls.callsMax {
                calls.append((nanodollars, tokens))
            } else {
                calls[next] = (nanodollars, tokens)
                next = (next + 1) % RecentCalls.callsMax
            }
            var sum: (nanodollars: Int64, tokens: UInt64) = (0, 0)
            for call in calls {
                sum.nanodollars = adding(sum.nanodollars, call.nanodollars)
                sum.tokens = sum.tokens.addingClamped(call.tokens)
            }
            mean = (sum.nanodollars / Int64(calls.count), sum.tokens / UInt64(calls.count))
        }
    }

    /// The key of a tool's calls, or of those that use one model.
    static func key(server: String?, tool: String?, model: String?) -> UInt64 {
        var hash = FNV1a.hash(server ?? "\u{1}")
        hash = FNV1a.hash(tool ?? "\u{1}", after: FNV1a.hash("\u{0}", after: hash))
        guard let model else { return hash }
        return FNV1a.hash(model, after: FNV1a.hash("\u{0}", after: hash))
    }

    mutating func add(_ key: UInt64, nanodollars: Int64, tokens: UInt64) {
        if tools.count >= Self.toolsMax, tools[key] == nil { tools.removeAll() }
        tools[key, default: Recent()].add(nanodollars: nanodollars, tokens: tokens)
    }

    /// The mean of the last calls; nil if there were none.
    func mean(_ key: UInt64) -> (nanodollars: Int64, tokens: UInt64)? { tools[key]?.mean }
}
