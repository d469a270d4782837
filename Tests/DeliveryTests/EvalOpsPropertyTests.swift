import Foundation
import Records
import Testing

@testable import Delivery

/// What holds for any ledger.
struct EvalOpsPropertyTests {
    private static let environment = [
        "EVALOPS_BASE_URL": "https://api.test", "EVALOPS_TOKEN": "t", "EVALOPS_TEAM_ID": "team",
        "EVALOPS_ORGANIZATION_ID": "org",
    ]

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `every body is what the protos say`(seed: UInt64) throws {
        let schema = try EvalOpsSchema()
        let names = [
            "RecordUsageBatch": "RecordUsageBatchRequest", "RecordUsage": "RecordUsageRequest",
            "IngestSpans": "IngestSpansRequest",
            "AnnotateTraceQuality": "AnnotateTraceQualityRequest",
        ]
        for (sink, records) in ledgers(seed) {
            var sink = sink
            let messages = sink.messages(for: records)
            for message in messages {
                let method = message.request.url.split(separator: "/").last.map(String.init) ?? ""
                let name = try #require(names[method], "\(method)")
                let faults = schema.faults(of: message.request.body, as: name)
                #expect(faults.isEmpty, "\(faults)")
                for header in message.request.headers {
                    #expect(EvalOpsHeader.canCarry(header.value), "\(header)")
                }
            }
            // No record is left out, and the same again is the same.
            #expect(Set(messages.flatMap(\.records)) == Set(records.indices))
            let again = sink.messages(for: records)
            #expect(again.map(\.request.body) == messages.map(\.request.body))
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `the meter's sums are the ledger's`(seed: UInt64) throws {
        for (sink, records) in ledgers(seed) where sink is EvalOpsMeter {
            var batched = sink
            var single = sink
            guard let first = single.messages(for: records).first else { continue }
            #expect(single.judge(HTTPResponse(status: 404), to: first) == .sayAgain)
            let calls = records.compactMap { record -> CallRecord? in
                switch record {
                case .call(let call), .usage(let call): call
                default: nil
                }
            }
            let ways = [
                try objects(batched.messages(for: records)).flatMap {
                    $0["records"] as? [[String: Any]] ?? []
                },
                try objects(single.messages(for: records)),
            ]
            for usages in ways {
                #expect(usages.compactMap { $0["requestId"] as? String } == calls.map(\.id))
                let costs = usages.compactMap { $0["totalCostUsd"] as? NSNumber }
                // Decimal: to the last digit.
                let sum = costs.compactMap { Decimal(string: $0.stringValue) }
                    .reduce(Decimal(0), +)
                let expected = calls.compactMap { EvalOpsWords.nanodollars($0.cost) }
                    .reduce(Decimal(0)) { $0 + Decimal($1) / 1_000_000_000 }
                #expect(sum == expected)
                #expect(costs.count == calls.count { EvalOpsWords.nanodollars($0.cost) != nil })
                for (usage, call) in zip(usages, calls) {
                    try expectTokens(usage, call)
                }
            }
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `tokens and cost stand once in a trace`(seed: UInt64) throws {
        for (sink, records) in ledgers(seed) where sink is EvalOpsTraces {
            var sink = sink
            let spans = try objects(sink.messages(for: records)).flatMap {
                $0["spans"] as? [[String: Any]] ?? []
            }
            let ids = spans.compactMap { $0["spanId"] as? String }
            #expect(ids.count == Set(ids).count)
            for span in spans where span["kind"] as? String != "llm" {
                for key in ["tokenInput", "tokenOutput", "costUsd", "model"] {
                    #expect(span[key] == nil)
                }
            }
            // Foundation's own conversion is a little off.
            let costs = spans.compactMap { ($0["costUsd"] as? NSNumber)?.stringValue }
                .compactMap(Double.init)
            let expected = records.compactMap { record -> Int64? in
                switch record {
                // What is blocked has no cost; were there one, no model's span would tell it.
                case .call(let call) where call.outcome == .blocked && call.partOf == nil: nil
                case .call(let call), .usage(let call): EvalOpsWords.nanodollars(call.cost)
                default: nil
                }
            }
            #expect(costs == expected.map { Double($0) / 1e9 })
        }
    }

    // MARK: Helpers

    /// Each sink with the records of a random ledger that it wants.
    private func ledgers(_ seed: UInt64) -> [(any Sink, [Record])] {
        var generator = EvalOpsRecordGenerator(seed: seed)
        let records = (0..<60).map { generator.record($0) }
        return EvalOps.read(Self.environment) { Issue.record("\($0)") }
            .map { sink in (sink, records.filter(sink.wants)) }
    }

    private func objects(_ messages: [Message]) throws -> [[String: Any]] {
        try messages.map { message in
            let object = try JSONSerialization.jsonObject(with: Data(message.request.body))
            return try #require(object as? [String: Any])
        }
    }

    private func expectTokens(_ usage: [String: Any], _ call: CallRecord) throws {
        func sent(_ key: String) -> UInt64? { (usage[key] as? NSNumber)?.uint64Value }
        let most = UInt64(Int64.max)
        #expect(sent("outputTokens") == call.usage?.output.map { min($0, most) })
        let columns = ["inputTokens", "cacheReadTokens", "cacheWriteTokens"].compactMap(sent)
        if let input = call.usage?.input, input <= most {
            #expect(columns.reduce(0, +) == input)
        }
        if call.usage == nil { #expect(columns.isEmpty) }
    }
}
