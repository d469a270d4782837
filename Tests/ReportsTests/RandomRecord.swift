import Records

@testable import Reports

/// Sebastiano Vigna's splitmix64: the same numbers for the same seed, everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Records of every kind, with every key there or not.
enum RandomRecord {
    /// - Parameter isPlain: no text that has to be escaped, and no number beyond reason.
    static func make(_ random: inout SplitMix64, isPlain: Bool) -> Record {
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
            .session(
                SessionRecord(
                    event: .ended, id: id(&random), time: time(&random), pid: 7,
                    server: name(&random, isPlain), exitStatus: -1,
                    counts: ["frames": 3, "lines": 0]))
        case 1:
            .begin(
                BeginRecord(
                    id: id(&random), time: time(&random), session: "s",
                    direction: .clientToServer, method: "tools/call",
                    tool: name(&random, isPlain), requestID: .string("r"),
                    server: name(&random, isPlain)))
        case 2, 3: .usage(call(&random, isPlain))
        case 4: .trace(trace(&random, isPlain))
        default: .call(call(&random, isPlain))
        }
    }

    private static func id(_ random: inout SplitMix64) -> String {
        Identity(high: random.next(), low: random.next()).text
    }

    private static func time(_ random: inout SplitMix64) -> Timestamp {
        Timestamp(microseconds: Int64.random(in: 0...4_000_000_000_000_000, using: &random))
    }

    private static func name(_ random: inout SplitMix64, _ isPlain: Bool) -> String? {
        let plain = ["gemini-2.5-pro", "größe", "a", "", "a name, with {} and :", "日本"]
        let awkward = ["\"", "\\", "a\\\\", "\n", "\u{1}", "\u{1F600}\"", "\\\"", "e\u{301}"]
        let names = isPlain ? plain : plain + awkward
        guard Bool.random(using: &random) else { return nil }
        return names[Int.random(in: 0..<names.count, using: &random)]
    }

    private static func count(_ random: inout SplitMix64, _ isPlain: Bool) -> UInt64? {
        switch Int.random(in: 0..<(isPlain ? 3 : 5), using: &random) {
        case 0: nil
        case 1: 0
        case 2: UInt64.random(in: 0...200_000, using: &random)
        case 3: .max
        default: UInt64(UInt32.max) - UInt64.random(in: 0...3, using: &random)
        }
    }

    private static func milliseconds(_ random: inout SplitMix64, _ isPlain: Bool) -> Double {
        if !isPlain, Int.random(in: 0..<9, using: &random) == 0 { return 1e17 }
        return Double(UInt64.random(in: 0...9_000_000_000, using: &random)) / 1_000
    }

    private static func cost(_ random: inout SplitMix64, _ isPlain: Bool) -> Cost {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: Cost(source: .unpriced)
        case 1:
            Cost(
                source: .reported,
                nanodollars: isPlain ? 0 : Int64.random(in: .min + 1 ... .max, using: &random))
        default:
            Cost(source: .priced, nanodollars: Int64.random(in: 0...9_000_000_000, using: &random))
        }
    }

    private static func call(_ random: inout SplitMix64, _ isPlain: Bool) -> CallRecord {
        let outcomes: [CallRecord.Outcome] = [.ok, .error, .cancelled, .lost, .blocked]
        let directions: [CallRecord.Direction] = [.clientToServer, .serverToClient, .client]
        var call = CallRecord(
            id: id(&random), time: time(&random),
            durationMilliseconds: milliseconds(&random, isPlain), session: "s",
            direction: directions[Int.random(in: 0..<3, using: &random)], method: "tools/call",
            requestID: .number("12"), outcome: outcomes[Int.random(in: 0..<5, using: &random)],
            traceID: "t", spanID: "p", requestBytes: 3)
        call.tool = name(&random, isPlain)
        call.server = name(&random, isPlain)
        call.client = name(&random, isPlain)
        call.agentID = name(&random, isPlain)
        call.provider = name(&random, isPlain)
        call.model = name(&random, isPlain)
        call.eventType = name(&random, isPlain)
        call.escalationReason = name(&random, isPlain)
        call.errorCode = -32_603
        call.quality = 0.5
        if Bool.random(using: &random) {
            let sources: [TokenUsage.Source] = [.reported, .sessionLog, .estimated]
            call.usage = TokenUsage(
                source: sources[Int.random(in: 0..<3, using: &random)],
                input: count(&random, isPlain), cachedInput: count(&random, isPlain),
                cacheWrite: count(&random, true), output: count(&random, isPlain),
                reasoning: count(&random, isPlain))
        }
        if Bool.random(using: &random) { call.cost = cost(&random, isPlain) }
        if Bool.random(using: &random) { call.partOf = id(&random) }
        if Int.random(in: 0..<3, using: &random) == 0 { call.policy = policy(&random, isPlain) }
        return call
    }

    private static func policy(_ random: inout SplitMix64, _ isPlain: Bool) -> PolicyNote {
        var note = PolicyNote(
            action: PolicyNote.Action.allCases.randomElement(using: &random) ?? .blocked,
            reason: PolicyNote.Reason.allCases.randomElement(using: &random) ?? .budget,
            rule: name(&random, isPlain))
        note.askedModel = name(&random, isPlain)
        note.savedNanodollars = Int64.random(in: -9_000_000_000...9_000_000_000, using: &random)
        if Bool.random(using: &random) { note.until = time(&random) }
        if Bool.random(using: &random) {
            note.waitedMilliseconds = milliseconds(&random, isPlain)
        }
        return note
    }

    private static func trace(_ random: inout SplitMix64, _ isPlain: Bool) -> TraceRecord {
        var trace = TraceRecord(
            id: id(&random), time: time(&random),
            durationMilliseconds: milliseconds(&random, isPlain), session: "s",
            cost: cost(&random, isPlain), outcome: .ok, traceID: "t", spanID: "p", end: .idle,
            turns: 3, clientTurns: 2, unpricedTurns: 1, modelCalls: 4)
        trace.tool = name(&random, isPlain)
        let hundredths = Double(Int.random(in: 0...100, using: &random)) / 100
        trace.quality =
            Bool.random(using: &random)
            ? nil : isPlain ? hundredths : Double.random(in: 0...1, using: &random)
        return trace
    }
}
