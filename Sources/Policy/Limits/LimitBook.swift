import Records
import Reports

/// How much of each rate limit is used, and until when providers want to be left alone.
struct LimitBook {
    /// More cannot be told apart by the bits of a mask; whoever sets them refuses them.
    static let countMax = AccountRules.countMax
    /// No provider is believed for longer than this, in microseconds.
    static let holdMax: Int64 = 3_600_000_000
    private static let holdsMax = 64
    /// The share of a limit that is told.
    static let percent: UInt64 = 90
    /// A limit is told of this often at most, and no more often than its window is long; in
    /// seconds.
    private static let tellingSeconds: Int64 = 600

    let limits: [RateLimit]
    private var windows: [RunningWindow]
    /// Until when calls for a model are held, in microseconds since 1970.
    private var holds: [(model: String, until: Int64)] = []
    private var told: [String?]

    init(_ limits: [RateLimit]) {
        self.limits = Array(limits.prefix(Self.countMax))
        windows = self.limits.map { RunningWindow(seconds: $0.window.seconds) }
        told = self.limits.map { _ in nil }
    }

    /// How far back calls matter, in seconds; nil without any limit.
    var length: Int64? {
        limits.map { max($0.window.seconds, Self.holdMax / 1_000_000) }.max()
    }

    /// The limits that hold for a model's calls, as bits.
    func mask(model: String?) -> UInt32 {
        var mask: UInt32 = 0
        for (place, limit) in limits.enumerated() {
            guard let pattern = limit.model else {
                mask |= 1 &<< UInt32(place)
                continue
            }
            if let model, matches(model, pattern) { mask |= 1 &<< UInt32(place) }
        }
        return mask
    }

    /// A call that a model answered, or was to.
    ///
    /// - Parameters:
    ///   - time: when it was begun, in microseconds since 1970.
    ///   - isPart: it is a share of another call: one more for its own model, none for all.
    mutating func add(_ mask: UInt32, at time: Int64, tokens: UInt64, isPart: Bool) {
        for place in limits.indices where mask & (1 &<< UInt32(place)) != 0 {
            switch limits[place].unit {
            case .tokens: windows[place].add(tokens, at: time)
            case .requests:
                if !isPart || limits[place].model != nil { windows[place].add(1, at: time) }
            }
        }
    }

    mutating func used(of place: Int, at now: Int64) -> UInt64 { windows[place].total(at: now) }

    mutating func departure(of amount: UInt64, from place: Int, at now: Int64) -> Int64 {
        windows[place].departure(of: amount, at: now)
    }

    // MARK: Providers' own limits

    /// A provider said to come back after a time. Microseconds since 1970, and microseconds.
    mutating func hold(_ model: String, answered time: Int64, for duration: UInt64) {
        guard !limits.isEmpty else { return }
        let length = Int64(clamping: min(duration, UInt64(Self.holdMax)))
        let until = time &+ length
        let model = model.lowercased()
        if let place = holds.firstIndex(where: { $0.model == model }) {
            holds[place].until = max(holds[place].until, until)
        } else {
            if holds.count == Self.holdsMax { holds.removeFirst() }
            holds.append((model, until))
        }
    }

    /// Until when a model's calls are held; nil when they are not.
    func hold(of model: String, at now: Int64) -> Int64? {
        if holds.isEmpty { return nil }
        let model = model.lowercased()
        // One that lies further ahead was heard before the clock was set back.
        guard let until = holds.first(where: { $0.model == model })?.until, until > now,
            until <= now &+ 2 * Self.holdMax
        else { return nil }
        return until
    }

    /// When the last hold is over that any model's calls are under.
    var lastHold: Int64 { holds.reduce(.min) { max($0, $1.until) } }

    /// How much of a limit can be used with nothing to say about it. May be a little less.
    func ceiling(of place: Int) -> UInt64 {
        let amount = limits[place].amount
        return amount / 100 * Self.percent + amount % 100 * Self.percent / 100
    }

    // MARK: Marks

    /// The id of the mark that is to be made now; nil if there was one a short while ago.
    mutating func newMark(of place: Int, at now: Int64) -> String? {
        let length = max(limits[place].window.seconds, Self.tellingSeconds) &* 1_000_000
        let id = DerivedID.make(
            from: "limit/\(limits[place].rule)", purpose: "\(now / length)",
            index: Int(Self.percent))
        if told[place] == id { return nil }
        told[place] = id
        return id
    }

    /// A mark in the ledger: if it is one of ours, and of this time, it need not be made again.
    mutating func saw(mark id: String, rule: String?) {
        for place in limits.indices where limits[place].rule == rule { told[place] = id }
    }
}
