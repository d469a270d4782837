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
    /// When the sender took the request back.
    var cancelStamp: UInt64?
    /// When the other side said that it is over (subscriptions).
    var endStamp: UInt64?
    /// What events beside the answer said of its usage (Codex).
    var events = ModelUsage()
    /// The client's models that worked for this request (`inputResponses`, MCP 2026-07-28).
    var sampled: [ModelUsage] = []
}

/// The requests in flight, in the order they came; at most `limit` of them.
struct OpenCalls: Sendable {
    private let limit: Int
    private var calls: [UInt64: OpenCall] = [:]
    /// The calls of a key, oldest first: senders must not repeat an id in flight, some do.
    private var byKey: [CallKey: [UInt64]] = [:]
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

    /// Opens a call. When there are too many, the oldest is given back, closed.
    mutating func open(_ call: OpenCall) -> OpenCall? {
        let evicted = calls.count >= limit ? removeOldest() : nil
        let number = nextNumber
        nextNumber &+= 1
        calls[number] = call
        byKey[call.key, default: []].append(number)
        if call.method == "tools/call", call.key.direction == .clientToServer {
            runningTools.insert(number)
        }
        return evicted
    }

    /// Closes the call an answer belongs to: the oldest of its id that was not cancelled, for
    /// cancelled requests are seldom answered; else the oldest.
    mutating func close(_ key: CallKey) -> OpenCall? {
        guard let numbers = byKey[key] else { return nil }
        let number = numbers.first { calls[$0]?.cancelStamp == nil } ?? numbers.first
        return number.flatMap { remove($0) }
    }

    /// Marks a call as taken back: the newest of its id. False if there is none.
    mutating func cancel(_ key: CallKey, at stamp: UInt64) -> Bool {
        guard let number = byKey[key]?.last(where: { calls[$0]?.cancelStamp == nil }) else {
            return false
        }
        calls[number]?.cancelStamp = stamp
        runningTools.remove(number)
        return true
    }

    /// Changes the call of a key that an answer would close.
    mutating func update(_ key: CallKey, _ change: (inout OpenCall) -> Void) -> Bool {
        guard let numbers = byKey[key],
            let number = numbers.first(where: { calls[$0]?.cancelStamp == nil }) ?? numbers.first,
            var call = calls[number]
        else { return false }
        change(&call)
        calls[number] = call
        return true
    }

    /// The method of the call an answer with this key would close.
    func method(of key: CallKey) -> String? { byKey[key]?.first.flatMap { calls[$0]?.method } }

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
        guard let call = calls.removeValue(forKey: number) else { return nil }
        runningTools.remove(number)
        if var numbers = byKey[call.key] {
            numbers.removeAll { $0 == number }
            byKey[call.key] = numbers.isEmpty ? nil : numbers
        }
        return call
    }
}

/// A set that forgets its oldest members.
struct RecentSet<Element: Hashable & Sendable>: Sendable {
    private let limit: Int
    private var members: [Element: Int] = [:]
    private var ring: [Element] = []
    private var next = 0

    init(limit: Int) { self.limit = max(limit, 1) }

    func contains(_ element: Element) -> Bool { members[element] != nil }

    mutating func insert(_ element: Element) {
        members[element, default: 0] += 1
        guard ring.count >= limit else {
            ring.append(element)
            return
        }
        let forgotten = ring[next]
        ring[next] = element
        next = (next + 1) % limit
        let left = (members[forgotten] ?? 1) - 1
        members[forgotten] = left > 0 ? left : nil
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

    mutating func removeAll(where condition: (Value) -> Bool) {
        entries = entries.filter { !condition($0.value.value) }
    }
}
