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
        var calls: [(nanodollars: Int64, tokens: UInt64)] = []
        var next = 0
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
        var recent = tools.removeValue(forKey: key) ?? Recent()
        if recent.calls.count < Self.callsMax {
            recent.calls.append((nanodollars, tokens))
        } else {
            recent.calls[recent.next] = (nanodollars, tokens)
            recent.next = (recent.next + 1) % Self.callsMax
        }
        tools[key] = recent
    }

    /// The mean of the last calls; nil if there were none.
    func mean(_ key: UInt64) -> (nanodollars: Int64, tokens: UInt64)? {
        guard let calls = tools[key]?.calls, !calls.isEmpty else { return nil }
        return (
            calls.reduce(0) { adding($0, $1.nanodollars) } / Int64(calls.count),
            calls.reduce(0) { $0.addingClamped($1.tokens) } / UInt64(calls.count)
        )
    }
}
