internal import Records

/// How much of each rate limit the last window has used, by the ledger. To a sixtieth of a window.
struct LimitUse: Sendable {
    private struct Window: Sendable {
        let limit: RateLimit
        var provider: String?
        /// What each sixtieth of the window used; the slot's number is its place modulo 60.
        var slots = [Int64](repeating: 0, count: 60)
        var newest: Int64 = 0

        var slotMicroseconds: Int64 { limit.window.seconds * 1_000_000 / 60 }

        mutating func advance(to time: Timestamp) {
            let slot = time.microseconds / slotMicroseconds
            guard slot > newest else { return }
            for step in 1...min(60, slot - newest) { slots[Int((newest + step) % 60)] = 0 }
            newest = slot
        }

        mutating func add(_ amount: Int64, at time: Timestamp) {
            advance(to: time)
            let slot = time.microseconds / slotMicroseconds
            guard slot >= 0, slot > newest - 60 else { return }
            slots[Int(slot % 60)] &+= amount
        }

        var used: Int64 { slots.reduce(0, &+) }

        var names: [String] { [limit.model ?? "", limit.unit.rawValue, limit.window.name] }

        mutating func restore(_ row: Row) {
            guard row.names.count == 4, row.numbers.count == slots.count + 1,
                let newest = row.numbers.first, newest >= 0
            else { return }
            provider = row.names[3].isEmpty ? nil : row.names[3]
            self.newest = newest
            slots = Array(row.numbers.dropFirst())
        }
    }

    private var windows: [Window]

    /// - Parameter saved: what `rows` gave; limits that are not in it begin unused.
    init(_ limits: [RateLimit], saved: [Row] = []) {
        windows = limits.map { limit in
            var window = Window(limit: limit)
            if let row = saved.first(where: { $0.names.prefix(3).elementsEqual(window.names) }) {
                window.restore(row)
            }
            return window
        }
    }

    /// One limit's use, to be saved: what the limit is and whose model, the newest slot, the slots.
    typealias Row = (names: [String], numbers: [Int64])

    var rows: [Row] {
        windows.map { ($0.names + [$0.provider ?? ""], [$0.newest] + $0.slots) }
    }

    mutating func fold(_ call: CallRecord) {
        guard !windows.isEmpty, call.partOf == nil else { return }
        for place in windows.indices {
            let limit = windows[place].limit
            if let model = limit.model {
                guard model == call.model else { continue }
                windows[place].provider = call.provider ?? windows[place].provider
            }
            let amount = limit.unit == .requests ? 1 : TokenSplit(call.usage).total
            windows[place].add(amount, at: call.time)
        }
    }

    /// The gauges of each limit that holds for something: labels, what is left, the limit.
    mutating func gauges(at now: Timestamp) -> [(labels: [String], left: Int64, limit: Int64)] {
        windows.indices.compactMap { place in
            windows[place].advance(to: now)
            let window = windows[place]
            let limit = window.limit
            let labels: [String]
            if let model = limit.model {
                guard let provider = window.provider else { return nil }
                labels = [provider, model, "\(limit.unit.rawValue)_per_\(limit.window.name)"]
            } else {
                labels = ["*", "*", "\(limit.unit.rawValue)_per_\(limit.window.name)"]
            }
            let most = Int64(clamping: limit.amount)
            return (labels, max(0, most - window.used), most)
        }
    }
}
