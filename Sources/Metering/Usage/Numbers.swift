import Wire

/// Token counts as servers write them.
enum TokenCount {
    /// No call uses more; a larger number is no count.
    static let max: UInt64 = 10_000_000_000

    /// A whole number, a float (rounded down) or a decimal string; nil for a bool, a negative
    /// number (`-1` for "unknown" is seen), anything else or anything absurd.
    static func read(_ node: Int?, in sketch: Sketch) -> UInt64? {
        node.flatMap { read(utf8: sketch.bytes($0)) }
    }

    static func read(_ text: String) -> UInt64? { read(utf8: Array(text.utf8)[...]) }

    /// What nearly all counts are: a few digits and nothing else.
    private static func plain(_ text: ArraySlice<UInt8>) -> UInt64? {
        guard !text.isEmpty, text.count <= 9 else { return nil }
        var value: UInt64 = 0
        for byte in text {
            guard (48...57).contains(byte) else { return nil }
            value = value &* 10 &+ UInt64(byte & 0x0f)
        }
        return value
    }

    static func read(utf8 text: ArraySlice<UInt8>) -> UInt64? {
        if let count = plain(text) { return count }
        guard text.count <= 64, let value = Decimal(utf8: text)?.scaled(by: 0, .down), value <= max
        else { return nil }
        return value
    }

    static func sum(_ a: UInt64, _ b: UInt64?) -> UInt64 {
        let (sum, overflow) = a.addingReportingOverflow(b ?? 0)
        return overflow ? .max : sum
    }

    /// A sum that may be of numbers that are all unknown.
    static func sumOfKnown(_ a: UInt64?, _ b: UInt64?) -> UInt64? {
        guard let a else { return b }
        return sum(a, b)
    }
}

/// Reported money, in billionths of a US dollar.
enum ReportedCost {
    /// A million dollars: no call costs more.
    private static let max: UInt64 = 1_000_000_000_000_000

    /// Where an object may say what it cost.
    static let keys = KeySet([
        .costTicks, .costTicksCamel, .totalCostUSD, .costUSD, .costUSDCamel, .totalCost, .cost,
    ])

    static func dollars(_ text: String) -> Int64? { dollars(utf8: Array(text.utf8)[...]) }

    static func dollars(utf8 text: ArraySlice<UInt8>) -> Int64? { read(text, scale: 9) }

    /// What an object says it cost; nil if nothing, or not in dollars.
    ///
    /// xAI: `cost_in_usd_ticks`, 1 tick = 1e-10 USD. OpenRouter: `cost`. Perplexity:
    /// `cost.total_cost`. Claude Code: `total_cost_usd`, `costUSD`. Servers: `cost_usd`.
    static func read(of object: Int, in sketch: Sketch) -> Int64? {
        if let currency = sketch.string(sketch.child(.currency, of: object)),
            currency.lowercased() != "usd"
        {
            return nil
        }
        guard KeySet(of: object, in: sketch).intersects(keys) else { return nil }
        for key in [Key.costTicks, .costTicksCamel] {
            if let text = number(sketch.child(key, of: object), in: sketch),
                let cost = read(text, scale: -1)
            {
                return cost
            }
        }
        for key in [Key.totalCostUSD, .costUSD, .costUSDCamel, .totalCost, .cost] {
            guard let node = sketch.child(key, of: object) else { continue }
            if let text = number(node, in: sketch), let cost = dollars(utf8: text) { return cost }
            if key == .cost, sketch.nodes[node].kind == .object {
                if let cost = read(of: node, in: sketch) { return cost }
                if let text = number(sketch.child(.total, of: node), in: sketch) {
                    return dollars(utf8: text)
                }
            }
        }
        return nil
    }

    private static func number(_ node: Int?, in sketch: Sketch) -> ArraySlice<UInt8>? {
        guard sketch.isKind(.number, node) || sketch.isKind(.string, node) else { return nil }
        return sketch.bytes(node)
    }

    private static func read(_ text: ArraySlice<UInt8>, scale: Int) -> Int64? {
        guard text.count <= 64, let value = Decimal(utf8: text)?.scaled(by: scale, .nearest),
            value <= max
        else { return nil }
        return Int64(value)
    }
}
