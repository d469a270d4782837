import Records
import Testing

@testable import Metering

/// What holds for escalations in whatever order their calls come and end.
struct TracePropertyTests {
    /// A session of several conversations, single shots and plain tools, each call open for a while.
    private struct Play {
        var random: MeterPropertyTests.Generator
        var script: Script
        private var nextID = 1
        private var nextConversation = 0
        private var conversations: [String] = []
        private var open: [(id: Int, kind: Kind, conversation: String)] = []
        private var sampling: Int?

        private enum Kind { case start, go, finalize, single, plain, status, task }

        init(seed: Int) {
            random = MeterPropertyTests.Generator(state: UInt64(seed))
            script = Deep.script(
                client: seed % 3 == 0 ? nil : "claude-code",
                model: seed % 2 == 0 ? "claude-sonnet-4-5" : nil)
        }

        private mutating func number(_ range: Range<Int>) -> Int {
            Int.random(in: range, using: &random)
        }

        mutating func step() {
            script.wait(UInt64(number(0..<40)) * 1000)
            if number(0..<200) == 0 { script.wait(31 * 60_000) }
            if number(0..<20) == 0 { script.tick() }
            switch number(0..<10) {
            case 0...4 where open.count < 6: ask()
            case 5: sample()
            default: answer()
            }
        }

        private mutating func ask() {
            let id = nextID
            nextID += 1
            var conversation = ""
            let kinds: [Kind] = [.start, .go, .go, .finalize, .single, .plain, .status, .task]
            let kind = kinds[number(0..<kinds.count)]
            if kind == .start {
                nextConversation += 1
                conversation = "c\(nextConversation)"
            } else if let known = conversations.randomElement(using: &random) {
                conversation = known
            } else if kind == .go || kind == .finalize || kind == .status {
                conversation = "old\(number(0..<3))"
            }
            switch kind {
            case .start: script.client(Deep.start(id))
            case .go: script.client(Deep.go(id, conversation))
            case .finalize: script.client(Deep.finalize(id, conversation))
            case .status: script.client(Deep.status(id, conversation))
            case .single, .task: script.client(Deep.escalate(id))
            case .plain: script.client(Frame.tool(id, "health_check"))
            }
            open.append((id, kind, conversation))
        }

        private mutating func answer() {
            guard !open.isEmpty else { return }
            let (id, kind, conversation) = open.remove(at: number(0..<open.count))
            let (input, output) = (number(1..<5000), number(1..<500))
            let model = number(0..<8) == 0 ? "gemini-99-unheard-of" : "gemini-2.5-pro"
            func good(_ more: String) -> String {
                Deep.answer(id, more, model: model, input: input, output: output)
            }
            switch number(0..<10) {
            case 0: script.server(Deep.failure(id))
            case 1: script.server(Deep.gone(id, conversation))
            case 2:
                script.client(Frame.cancel(id))
                if number(0..<2) == 0 { script.server(good("")) }
            case 3: script.server(Deep.busy(id, conversation))
            default:
                switch kind {
                case .start:
                    script.server(good(Deep.started(conversation)))
                    conversations.append(conversation)
                case .finalize: script.server(good(Deep.found(0.75)))
                case .status: script.server(Frame.text(id, #"{"status":"active"}"#))
                case .plain: script.server(Frame.text(id, "ok"))
                case .task: task(id, good)
                case .go, .single: script.server(good(""))
                }
            }
        }

        private mutating func task(_ id: Int, _ good: (String) -> String) {
            script.server(Frame.result(id, #"{"task":{"taskId":"t\#(id)"}}"#))
            let fetch = nextID
            nextID += 1
            if number(0..<3) == 0 { return }
            script.client(Frame.request(fetch, "tasks/result", #"{"taskId":"t\#(id)"}"#))
            script.server(good("").replacing("\"id\":\(id)}", with: "\"id\":\(fetch)}"))
        }

        /// Only where it is clear what for: for one of several calls it cannot be.
        private mutating func sample() {
            if let id = sampling {
                sampling = nil
                script.client(Deep.sampled(id))
            } else if open.count == 1, open[0].kind == .single || open[0].kind == .go {
                let id = 10_000 + nextID
                nextID += 1
                sampling = id
                script.server(Deep.sampling(id))
            }
        }
    }

    /// Whether a request is a turn, by its record alone.
    private func isTurn(_ call: CallRecord) -> Bool {
        guard call.direction == .clientToServer, call.partOf == nil else { return false }
        if call.method == "tools/call" {
            return call.tool != "health_check" && call.tool != "get_conversation_status"
        }
        return call.usage != nil
    }

    @Test(arguments: 0..<150)
    func `every turn is in one trace, which holds what its records hold`(seed: Int) {
        var play = Play(seed: seed)
        for _ in 0..<200 { play.step() }
        // Killed in the middle of it.
        play.script.end(exitStatus: 137)
        let script = play.script
        let traces = script.traces
        #expect(script.meter.escalations.count == 0)
        #expect(Set(traces.map(\.id)).count == traces.count)
        #expect(Set(traces.map(\.traceID)).count == traces.count)

        let usage = script.clientTurns
        #expect(Set(usage.map(\.id)).count == usage.count)
        let byTrace = Dictionary(grouping: script.calls + usage, by: \.traceID)
        for trace in traces {
            let records = byTrace[trace.traceID] ?? []
            let turns = records.filter { isTurn($0) && $0.method == "tools/call" }
            let client = records.filter {
                // One that nobody answered is none.
                $0.direction == .client || $0.method == "sampling/createMessage" && $0.usesModel
            }
            #expect(trace.turns == UInt64(turns.count))
            #expect(trace.clientTurns == UInt64(client.count))
            #expect(
                trace.cost.nanodollars
                    == records.compactMap { $0.cost?.nanodollars }
                    .reduce(nil) { ($0 ?? 0) + $1 })
            #expect(
                trace.modelCalls
                    == records.filter(\.usesModel).reduce(0) { $0 + ($1.modelCalls ?? 1) })
            #expect(trace.time == turns.map(\.time).min())
            let root = trace.spanID
            if let id = trace.conversation {
                #expect(!records.contains { $0.spanID == root })
                #expect(turns.allSatisfy { $0.conversation == id && $0.parentSpanID == root })
                #expect(records.allSatisfy { $0.direction != .client || $0.parentSpanID == root })
            } else {
                #expect(turns.map(\.spanID) == [root])
                #expect(trace.end == .answered || trace.end == .exit)
            }
            #expect(trace.end != .finalized || trace.outcome != .lost || trace.turns > 1)
            #expect(trace.quality.map { $0 == 0.75 } ?? true)
            #expect((trace.qualityPerDollar ?? 1) > 0)
        }
        // Nothing is outside: neither a turn nor a dollar.
        let known = Set(traces.map(\.traceID))
        #expect(script.calls.filter(isTurn).allSatisfy { known.contains($0.traceID) })
        #expect(usage.allSatisfy { known.contains($0.traceID) })
        #expect(
            traces.compactMap(\.cost.nanodollars).reduce(0, +)
                == (script.calls + usage).compactMap { $0.cost?.nanodollars }.reduce(0, +))
        // A trace comes after everything that is in it.
        var over: Set<String> = []
        for record in script.records {
            switch record {
            case .call(let call) where isTurn(call), .usage(let call):
                #expect(!over.contains(call.traceID))
            case .trace(let trace): #expect(over.insert(trace.traceID).inserted)
            default: break
            }
        }
    }
}
