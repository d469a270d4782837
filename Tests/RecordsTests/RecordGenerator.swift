import Records

/// Records with every field present or absent at random and awkward text in every string.
struct RecordGenerator {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func record() -> Record {
        switch Int.random(in: 0..<7, using: &random) {
        case 0: .session(session())
        case 1: .begin(begin())
        case 2: .usage(call())
        case 3: .trace(trace())
        case 4: .mark(mark())
        default: .call(call())
        }
    }

    private mutating func session() -> SessionRecord {
        var counts: [String: UInt64] = [:]
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            counts[text()] = UInt64.random(in: 0 ... .max, using: &random)
        }
        return SessionRecord(
            event: Bool.random(using: &random) ? .started : .ended, id: text(), time: time(),
            pid: Int.random(in: .min ... .max, using: &random), server: maybeText(),
            client: maybeText(), exitStatus: maybe { Int.random(in: -1...255, using: &$0) },
            durationMilliseconds: maybe { Self.milliseconds(&$0) }, counts: counts)
    }

    private mutating func begin() -> BeginRecord {
        BeginRecord(
            id: text(), time: time(), session: text(), direction: direction(), method: text(),
            tool: maybeText(), requestID: requestID(), server: maybeText())
    }

    private mutating func call() -> CallRecord {
        let outcomes: [CallRecord.Outcome] = [.ok, .error, .cancelled, .lost, .blocked]
        let sources: [CallRecord.ModelSource] = [.response, .argument, .env, .profile, .config]
        var call = CallRecord(
            id: text(), time: time(), durationMilliseconds: Self.milliseconds(&random),
            session: text(), direction: direction(), method: text(), requestID: requestID(),
            outcome: pick(outcomes), traceID: text(), spanID: text(),
            requestBytes: UInt64.random(in: 0 ... .max, using: &random))
        call.firstByteMilliseconds = maybe { Self.milliseconds(&$0) }
        call.tool = maybeText()
        call.server = maybeText()
        call.client = maybeText()
        call.agentID = maybeText()
        call.surface = maybeText()
        call.project = maybeText()
        call.provider = maybeText()
        call.model = maybeText()
        call.modelSource = maybe { sources[Int.random(in: 0..<sources.count, using: &$0)] }
        call.serviceTier = maybeText()
        call.usage = Bool.random(using: &random) ? usage() : nil
        call.cost = Bool.random(using: &random) ? cost() : nil
        call.errorType = maybe {
            let types = CallRecord.ErrorType.allCases
            return types[Int.random(in: 0..<types.count, using: &$0)]
        }
        call.errorCode = maybe { Int.random(in: .min ... .max, using: &$0) }
        call.eventType = maybeText()
        call.escalationReason = maybeText()
        call.conversation = maybeText()
        call.toolUseID = maybeText()
        call.parentSpanID = maybeText()
        call.responseBytes = maybe { UInt64.random(in: 0 ... .max, using: &$0) }
        call.quality = maybe { Double.random(in: 0...1, using: &$0) }
        call.retryOf = maybeText()
        call.partOf = maybeText()
        call.modelCalls = maybe { UInt64.random(in: 0 ... .max, using: &$0) }
        call.retryAfterMilliseconds = maybe { Self.milliseconds(&$0) }
        call.policy = Bool.random(using: &random) ? policy() : nil
        return call
    }

    private mutating func mark() -> MarkRecord {
        MarkRecord(id: text(), time: time(), session: text(), policy: policy())
    }

    private mutating func policy() -> PolicyNote {
        var note = PolicyNote(
            action: pick(PolicyNote.Action.allCases), reason: pick(PolicyNote.Reason.allCases),
            rule: maybeText())
        note.spentNanodollars = maybe { Int64.random(in: .min ... .max, using: &$0) }
        note.limitNanodollars = maybe { Int64.random(in: .min ... .max, using: &$0) }
        note.percent = maybe { UInt64.random(in: 0 ... .max, using: &$0) }
        note.until = Bool.random(using: &random) ? time() : nil
        note.askedModel = maybeText()
        note.routedModel = maybeText()
        note.savedNanodollars = maybe { Int64.random(in: .min ... .max, using: &$0) }
        note.waitedMilliseconds = maybe { Self.milliseconds(&$0) }
        return note
    }

    private mutating func trace() -> TraceRecord {
        let outcomes: [CallRecord.Outcome] = [.ok, .error, .cancelled, .lost]
        var trace = TraceRecord(
            id: text(), time: time(), durationMilliseconds: Self.milliseconds(&random),
            session: text(), cost: cost(), outcome: pick(outcomes), traceID: text(),
            spanID: text(), end: pick(TraceRecord.End.allCases), turns: count(),
            clientTurns: count(), unpricedTurns: count(), modelCalls: count())
        trace.tool = maybeText()
        trace.server = maybeText()
        trace.client = maybeText()
        trace.agentID = maybeText()
        trace.surface = maybeText()
        trace.errorType = maybe {
            let types = CallRecord.ErrorType.allCases
            return types[Int.random(in: 0..<types.count, using: &$0)]
        }
        trace.eventType = maybeText()
        trace.escalationReason = maybeText()
        trace.conversation = maybeText()
        trace.parentSpanID = maybeText()
        trace.quality = maybe { Double.random(in: 0...1, using: &$0) }
        trace.qualitySource = maybe { Bool.random(using: &$0) ? .confidence : .status }
        trace.qualityPerDollar = maybe { Double.random(in: 0...1e6, using: &$0) }
        return trace
    }

    private mutating func count() -> UInt64 {
        pick([0, 1, 7, .max])
    }

    mutating func usage() -> TokenUsage {
        let sources: [TokenUsage.Source] = [.reported, .sessionLog, .estimated]
        return TokenUsage(
            source: pick(sources), input: tokens(), cachedInput: tokens(), cacheWrite: tokens(),
            cacheWrite1h: tokens(), output: tokens(), reasoning: tokens())
    }

    private mutating func cost() -> Cost {
        let sources: [Cost.Source] = [.reported, .priced, .unpriced]
        return Cost(
            source: pick(sources),
            nanodollars: maybe { Int64.random(in: .min ... .max, using: &$0) })
    }

    private mutating func tokens() -> UInt64? {
        maybe { UInt64.random(in: 0...(1 << UInt64.random(in: 0...63, using: &$0)), using: &$0) }
    }

    private mutating func direction() -> CallRecord.Direction {
        pick([.clientToServer, .serverToClient, .client])
    }

    private mutating func requestID() -> RecordID {
        let literals = ["0", "11", "-7", "1.5", "1e3", "-0.0E-2", "123456789012345678901234567890"]
        return Bool.random(using: &random) ? .string(text()) : .number(pick(literals))
    }

    private mutating func time() -> Timestamp {
        // The years 0000…9999, which RFC 3339 can say.
        Timestamp(
            microseconds: Int64.random(
                in: -62_167_219_200_000_000...253_402_300_799_999_999, using: &random))
    }

    private static func milliseconds(_ random: inout SeededGenerator) -> Double {
        Double(Int64.random(in: 0...(1 << 42), using: &random)) / 1000
    }

    private mutating func text() -> String {
        let pieces = [
            "a", "tools/call", "\"", "\\", "\n", "\u{0}", "é", "😀", "\u{2028}", "0199f00d-7000",
            "plain ASCII of more than eight bytes", "\u{7F}", "</script>",
        ]
        return (0..<Int.random(in: 0...4, using: &random)).map { _ in pick(pieces) }.joined()
    }

    private mutating func maybeText() -> String? { Bool.random(using: &random) ? text() : nil }

    private mutating func maybe<Value>(_ make: (inout SeededGenerator) -> Value) -> Value? {
        Bool.random(using: &random) ? make(&random) : nil
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: 0..<values.count, using: &random)]
    }
}
