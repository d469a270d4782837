internal import Records
internal import Wire

/// An escalation that is not over: what its trace record will be made of.
///
/// A single call that nothing hangs on never needs one: its trace is written with its record. A call
/// has one while its conversation is open, while an answer is awaited that another request will
/// bring, and once the client's model has worked for it.
struct Escalation: Sendable {
    let traceID: String
    /// The root: of its own for a conversation, else that of the first call.
    private(set) var spanID: String
    private(set) var parentSpanID: String?
    /// When its first request was seen, in monotonic nanoseconds.
    private(set) var start: UInt64
    private(set) var tool: String?
    private(set) var reason: String?
    private(set) var conversation: String?
    var tally = Tally()
    /// Something of it was the work of a model, or failed where one works.
    var isMetered = false
    /// Requests of it whose end is not known yet.
    var pending: UInt64 = 0
    /// When its last answer came, or was given up.
    var stop: UInt64
    /// When the client had its last answer, after which it wrote the next request.
    var lastAnswer: UInt64?
    /// When it was last heard of.
    var heard: UInt64
    /// Why it is over, once it is: then it waits for its pending requests.
    var end: TraceRecord.End?

    /// Nobody goes on with a conversation after so long: half an hour, as servers keep them.
    static let idleNanosecondsMax: UInt64 = 30 * 60 * 1_000_000_000

    /// That of a call, the root being its own span.
    init(_ call: OpenCall) {
        traceID = call.traceID
        spanID = call.spanID
        parentSpanID = call.parentSpanID
        start = call.stamp
        tool = call.tool ?? call.facts.tool
        reason = call.reason
        stop = call.stamp
        heard = call.stamp
    }

    /// Makes it that of a conversation, which has a root span of its own.
    ///
    /// - Parameter parent: what the call had been given that the id became known with.
    mutating func become(conversation id: String, root: String, parent: String?) {
        conversation = id
        spanID = root
        parentSpanID = parent
    }

    /// Takes in a call that turned out to be of it. The answer that says so may be read after the
    /// request that goes on with it, for they go in opposite directions.
    mutating func join(_ call: OpenCall) {
        guard call.stamp < start else { return }
        start = call.stamp
        tool = call.tool ?? call.facts.tool
        reason = call.reason ?? reason
    }

    /// The span that the client's turn of a call hangs under.
    func spanToHangUnder(of call: CallRecord) -> String {
        conversation == nil ? call.spanID : spanID
    }

    func isIdle(at now: UInt64) -> Bool {
        conversation != nil && pending == 0 && now > heard
            && now - heard > Self.idleNanosecondsMax
    }
}

/// The escalations that are not over, in the order they began.
struct Escalations: Sendable {
    /// So many may be parked with no request under way; of more, the one unheard of for longest is
    /// given up. Those with a request under way are bounded by the requests.
    static let parkedMax = 1024

    private var all: [UInt64: Escalation] = [:]
    private var byConversation: [String: UInt64] = [:]
    private var nextNumber: UInt64 = 0

    var count: Int { all.count }

    subscript(number: UInt64?) -> Escalation? { number.flatMap { all[$0] } }

    /// The one a conversation's next call belongs to.
    func number(of conversation: String) -> UInt64? { byConversation[conversation] }

    mutating func add(_ escalation: Escalation) -> UInt64 {
        let number = nextNumber
        nextNumber &+= 1
        all[number] = escalation
        if let id = escalation.conversation { byConversation[id] = number }
        return number
    }

    mutating func update(_ number: UInt64, _ change: (inout Escalation) -> Void) {
        guard let place = all.index(forKey: number) else { return }
        change(&all.values[place])
    }

    /// A request of it is under way.
    mutating func enter(_ number: UInt64, at stamp: UInt64) {
        update(number) {
            $0.pending &+= 1
            $0.heard = max($0.heard, stamp)
        }
    }

    mutating func become(
        _ number: UInt64, conversation id: String, root: String, parent: String?
    ) {
        update(number) { $0.become(conversation: id, root: root, parent: parent) }
        byConversation[id] = number
    }

    /// Says why one is over: no further request joins it.
    mutating func end(_ number: UInt64, _ end: TraceRecord.End) {
        update(number) { $0.end = $0.end ?? end }
        unname(number)
    }

    mutating func remove(_ number: UInt64) -> Escalation? {
        unname(number)
        return all.removeValue(forKey: number)
    }

    private mutating func unname(_ number: UInt64) {
        guard let id = all[number]?.conversation, byConversation[id] == number else { return }
        byConversation[id] = nil
    }

    /// Those that nobody goes on with, oldest first.
    func idle(at stamp: UInt64) -> [UInt64] {
        all.filter { $0.value.isIdle(at: stamp) }.keys.sorted()
    }

    /// All of them, oldest first.
    var numbers: [UInt64] { all.keys.sorted() }

    /// The one to give up, when there are too many.
    var surplus: UInt64? {
        guard all.count > Self.parkedMax else { return nil }
        var parked = 0
        var oldest: (number: UInt64, heard: UInt64)?
        for (number, escalation) in all where escalation.pending == 0 {
            parked += 1
            if let oldest, (oldest.heard, oldest.number) <= (escalation.heard, number) { continue }
            oldest = (number, escalation.heard)
        }
        return parked > Self.parkedMax ? oldest?.number : nil
    }
}
