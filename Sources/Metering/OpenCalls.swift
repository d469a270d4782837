internal import Records
internal import Wire

/// What tells a request from every other in flight: ids are unique per sender only, and `1` and
/// `"1"` are two ids (JSON-RPC 2.0 §4; MCP, "Requests").
struct CallKey: Hashable, Sendable {
    let direction: CallRecord.Direction
    let id: RequestID
}

/// A request that has no record yet.
struct OpenCall: Sendable {
    let key: CallKey
    /// The id of its record.
    let id: String
    /// When its last byte was seen, in monotonic nanoseconds.
    let stamp: UInt64
    let method: String
    let tool: String?
    let requestBytes: UInt64
    let spanID: String
    var traceID: String
    var parentSpanID: String?
    var facts: RequestFacts
    var reason: String?
    var conversation: String?
    var toolUseID: String?
    var retryOf: String?
    /// The task a `tasks/…` request asks about.
    var task: TaskKey?
    /// The escalation it is known to be part of, in `Meter.escalations`.
    var escalation: UInt64?
    /// When the client had the answer before, in a conversation.
    var lastAnswer: UInt64?
    /// When the sender took the request back.
    var cancelStamp: UInt64?
    /// When the other side said that it is over (subscriptions).
    var endStamp: UInt64?
    /// What events beside the answer said of its usage (Codex).
    var events = ModelUsage()
    /// What was decided of it before it was sent.
    let decision: CallDecision?
    /// The client's models that worked for this request (`inputResponses`, MCP 2026-07-28).
    var sampled: [ModelUsage] = []
}

/// The requests in flight, in the order they came; at most `limit` of them.
struct OpenCalls: Sendable {
    /// A call of a key.
    private struct Place {
        var number: UInt64
        var isCancelled = false
    }

    /// The calls of a key, oldest first: senders must not repeat an id in flight, some do.
    private struct Places {
        var first: Place
        var others: [Place] = []

        /// The one an answer belongs to: the oldest that was not cancelled, for cancelled requests
        /// are seldom answered; else the oldest.
        var answered: UInt64 {
            guard first.isCancelled else { return first.number }
            return others.first { !$0.isCancelled }?.number ?? first.number
        }
    }

    private let limit: Int
    private var calls: [UInt64: OpenCall] = [:]
    private var byKey: [CallKey: Places] = [:]
    /// `tools/call` requests of the client that were not cancelled.
    private var runningTools: Set<UInt64> = []
    private var nextNumber: UInt64 = 0
    /// No open call has a smaller number.
    private var oldest: UInt64 = 0

    init(limit: Int) { self.limit = max(limit, 1) }

    var count: Int { calls.count }

    /// The one tool call in progress; nil when there is none or a choice.
    var onlyRunningTool: OpenCall? {
        runningTools.count == 1 ? runningTools.first.flatMap { calls[$0] } : nil
    }

    /// The oldest tool call in progress that was made by one of these tool uses.
    func tool(using toolUses: [String]) -> OpenCall? {
        guard !toolUses.isEmpty else { return nil }
        return runningTools.sorted().lazy.compactMap { calls[$0] }.first { call in
            call.toolUseID.map(toolUses.contains) == true
        }
    }

    /// Opens a call. When there are too many, the oldest is given back, closed.
    mutating func open(_ call: consuming OpenCall) -> OpenCall? {
        let evicted = calls.count >= limit ? removeOldest() : nil
        let place = Place(number: nextNumber)
        nextNumber &+= 1
        if let known = byKey.updateValue(Places(first: place), forKey: call.key) {
            byKey[call.key] = Places(first: known.first, others: known.others + [place])
        }
        if call.method == "tools/call", call.key.direction == .clientToServer {
            runningTools.insert(place.number)
        }
        calls[place.number] = call
        return evicted
    }

    /// Closes the call an answer belongs to.
    mutating func close(_ key: CallKey) -> OpenCall? {
        byKey.index(forKey: key).flatMap { remove(byKey.values[$0].answered, at: $0) }
    }

    /// Marks a call as taken back: the newest of its id. False if there is none.
    mutating func cancel(_ key: CallKey, at stamp: UInt64) -> Bool {
        guard var places = byKey[key] else { return false }
        let number: UInt64
        if let last = places.others.lastIndex(where: { !$0.isCancelled }) {
            places.others[last].isCancelled = true
            number = places.others[last].number
        } else if !places.first.isCancelled {
            places.first.isCancelled = true
            number = places.first.number
        } else {
            return false
        }
        byKey[key] = places
        calls[number]?.cancelStamp = stamp
        runningTools.remove(number)
        return true
    }

    /// Changes the call of a key that an answer would close.
    mutating func update(_ key: CallKey, _ change: (inout OpenCall) -> Void) -> Bool {
        guard let number = byKey[key]?.answered, var call = calls[number] else { return false }
        change(&call)
        calls[number] = call
        return true
    }

    /// Changes the one tool call in progress.
    mutating func updateOnlyRunningTool(_ change: (inout OpenCall) -> Void) {
        guard runningTools.count == 1, let number = runningTools.first, var call = calls[number]
        else { return }
        change(&call)
        calls[number] = call
    }

    /// The method of the oldest call with a key.
    func method(of key: CallKey) -> String? {
        byKey[key].flatMap { calls[$0.first.number]?.method }
    }

    /// Closes every call that was cancelled before a stamp, oldest first.
    mutating func closeCancelled(before stamp: UInt64) -> [OpenCall] {
        let numbers = calls.filter { ($0.value.cancelStamp ?? .max) < stamp }.keys.sorted()
        return numbers.compactMap { remove($0) }
    }

    /// Closes every call, oldest first.
    mutating func closeAll() -> [OpenCall] { calls.keys.sorted().compactMap { remove($0) } }

    private mutating func removeOldest() -> OpenCall? {
        while oldest < nextNumber {
            defer { oldest &+= 1 }
            if let call = remove(oldest) { return call }
        }
        return nil
    }

    private mutating func remove(_ number: UInt64) -> OpenCall? {
        guard let key = calls[number]?.key, let place = byKey.index(forKey: key) else { return nil }
        return remove(number, at: place)
    }

    /// - Parameter place: of the call's key.
    private mutating func remove(
        _ number: UInt64, at place: Dictionary<CallKey, Places>.Index
    ) -> OpenCall? {
        runningTools.remove(number)
        if byKey.values[place].others.isEmpty {
            byKey.remove(at: place)
        } else if byKey.values[place].first.number == number {
            byKey.values[place].first = byKey.values[place].others.removeFirst()
        } else {
            byKey.values[place].others.removeAll { $0.number == number }
        }
        return calls.removeValue(forKey: number)
    }
}

/// A set that forgets its oldest members. Adding, which every call does, costs next to nothing;
/// looking, which only stray answers do, is a scan.
struct RecentSet<Element: Hashable & Sendable>: Sendable {
    private let limit: Int
    private var ring: [Element] = []
    private var next = 0

    init(limit: Int) { self.limit = max(limit, 1) }

    func contains(_ element: Element) -> Bool { ring.contains(element) }

    mutating func insert(_ element: Element) {
        guard ring.count >= limit else {
            ring.append(element)
            return
        }
        ring[next] = element
        next = (next + 1) % limit
    }
}

/// A dictionary that forgets the entry that was written longest ago.
struct RecentMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let limit: Int
    private var entries: [Key: (value: Value, age: UInt64)] = [:]
    private var clock: UInt64 = 0

    init(limit: Int) { self.limit = max(limit, 1) }

    subscript(key: Key) -> Value? {
        get { entries[key]?.value }
        set {
            clock &+= 1
            entries[key] = newValue.map { ($0, clock) }
            guard entries.count > limit else { return }
            // A scan, but only where a peer keeps more open than anyone needs; half go at once.
            let ages = entries.values.map(\.age).sorted()
            let middle = ages[ages.count / 2]
            entries = entries.filter { $0.value.age >= middle }
        }
    }
}
