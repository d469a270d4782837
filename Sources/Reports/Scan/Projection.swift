package import Records

/// What a report needs of one line, and of which kind the line is.
package struct Projection {
    package enum Kind: Sendable { case call, usage, trace, begin, session }

    package var kind: Kind
    package var row: Row
    package var labels = LabelSet()
    /// Whose share the record is.
    package var partOf: Identity?
    /// When the provider's error said to come back, in microseconds after the answer; 0 if it did
    /// not.
    package var retryAfter: UInt64 = 0
    /// Where in the line it stands what a policy did to the call, if that was not read yet.
    var policyPlace: Range<Int>?
    /// What a policy did to the call.
    var policy: PolicyNote?
}

/// Why a line gives no projection.
package enum Unprojected: Error {
    /// A version, a kind or a value this program does not know.
    case unknown
    /// No record.
    case broken
}

extension Projection {
    /// Reads a line in any form JSON has: what `LineWalk` leaves to others.
    init(anyForm line: Span<UInt8>, _ names: inout Labels) throws(Unprojected) {
        let decoded: Record.Decoded
        do throws(JSONError) {
            decoded = try Record.decode(line: line)
        } catch {
            throw .broken
        }
        guard case .record(let record) = decoded else { throw .unknown }
        self.init(record, line, &names)
    }

    /// - Parameter line: what the record was read from.
    package init(_ record: Record, _ line: Span<UInt8>, _ names: inout Labels) {
        switch record {
        case .session(let session):
            self.init(kind: .session, row: Row(id: .any(session.id).0, time: 0))
        case .begin(let begin):
            self.init(kind: .begin, row: Row(begin.id, begin.time))
            row.direction = Direction(begin.direction)
            set(.tool, begin.tool, &names)
            set(.server, begin.server, &names)
        case .call(let call): self.init(.call, call, &names)
        case .usage(let call): self.init(.usage, call, &names)
        case .trace(let trace): self.init(trace, &names)
        case .mark(let mark):
            // What a budget had reached is reckoned anew, from the calls.
            self.init(kind: .session, row: Row(id: .any(mark.id).0, time: 0))
        }
    }

    private init(
        _ kind: Kind, _ call: CallRecord, _ names: inout Labels
    ) {
        self.init(kind: kind, row: Row(call.id, call.time))
        row.kind = kind == .call ? .call : .usage
        row.duration = microseconds(call.durationMilliseconds)
        take(call.policy)
        row.direction = Direction(call.direction)
        row.outcome = Outcome(call.outcome)
        if kind == .call { retryAfter = microseconds(call.retryAfterMilliseconds ?? 0) }
        if let usage = call.usage {
            row.marks.insert(.hasUsage)
            if usage.source == .estimated { row.marks.insert(.estimated) }
            row.input = Row.tokens(usage.input)
            row.cached = Row.tokens(usage.cachedInput)
            row.output = Row.tokens(usage.output)
            row.reasoning = Row.tokens(usage.reasoning)
        }
        take(call.cost)
        if let whole = call.partOf {
            row.marks.insert(.part)
            partOf = Identity.any(whole).0
        }
        set(.provider, call.provider, &names)
        set(.model, call.model, &names)
        set(.tool, call.tool, &names)
        set(.server, call.server, &names)
        set(.agent, call.agentID, &names)
        set(.client, call.client, &names)
        set(.eventType, call.eventType, &names)
        set(.project, call.project, &names)
    }

    private init(_ trace: TraceRecord, _ names: inout Labels) {
        self.init(kind: .trace, row: Row(trace.id, trace.time))
        row.kind = .trace
        row.duration = microseconds(trace.durationMilliseconds)
        row.outcome = Outcome(trace.outcome)
        row.quality = trace.quality
        row.output = Row.tokens(trace.turns)
        row.reasoning = Row.tokens(trace.clientTurns)
        take(trace.cost)
        set(.tool, trace.tool, &names)
        set(.server, trace.server, &names)
        set(.agent, trace.agentID, &names)
        set(.client, trace.client, &names)
        set(.eventType, trace.eventType, &names)
    }

    /// Reads what a policy did where the walk over this line found it.
    package mutating func readPolicy(in line: Span<UInt8>) throws(JSONError) {
        guard let place = policyPlace else { return }
        policyPlace = nil
        take(try PolicyNote.decode(line.extracting(place)))
    }

    private mutating func take(_ note: PolicyNote?) {
        guard kind == .call || kind == .usage, let note else { return }
        policy = note
        // How long the server took is the question, not how long the call was held back.
        row.duration -= min(row.duration, held)
    }

    /// How long a policy held the call back before it was sent, in microseconds, once the policy
    /// was read.
    package var held: UInt64 { policy?.waitedMilliseconds.map(microseconds) ?? 0 }

    private mutating func take(_ cost: Cost?) {
        guard let cost else { return }
        switch cost.source {
        case .reported: row.marks.insert(.costReported)
        case .priced: row.marks.insert(.costPriced)
        case .unpriced: row.marks.insert(.unpriced)
        }
        if let nanodollars = cost.nanodollars { row.nanodollars = nanodollars }
    }

    private mutating func set(_ label: Label, _ text: String?, _ names: inout Labels) {
        guard var text else { return }
        labels[label] = text.withUTF8 { names.place(of: label, UnsafeRawBufferPointer($0)) }
    }
}

extension Row {
    fileprivate init(_ id: String, _ time: Timestamp) {
        let (identity, isUUID) = Identity.any(id)
        self.init(id: identity, time: time.microseconds)
        if !isUUID { marks.insert(.hashedID) }
    }
}

extension Identity {
    /// The identity of an id, and whether it is a UUID.
    package static func any(_ id: String) -> (Identity, Bool) {
        var id = id
        return id.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            if let uuid = Identity(uuid: bytes) { return (uuid, true) }
            return (Identity(hashOf: bytes), false)
        }
    }
}

extension Outcome {
    init(_ outcome: CallRecord.Outcome) {
        self =
            switch outcome {
            case .ok: .ok
            case .error: .error
            case .cancelled: .cancelled
            case .lost: .lost
            case .blocked: .blocked
            }
    }
}

extension Direction {
    init(_ direction: CallRecord.Direction) {
        self =
            switch direction {
            case .clientToServer: .clientToServer
            case .serverToClient: .serverToClient
            case .client: .client
            }
    }
}

/// The nearest microsecond; nothing less than 0.
func microseconds(_ milliseconds: Double) -> UInt64 {
    let value = (milliseconds * 1_000).rounded()
    return value > 0 ? UInt64(exactly: min(value, 9e18)) ?? 0 : 0
}
