import Foundation
import Testing

@testable import Records

/// The compiled-in table against figures that the genai-prices library computed
/// (Tests/Interop/prices_oracle.py writes the fixtures).
@Suite struct PriceOracle {
    private func lines(_ name: String) throws -> [JSONValue] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/\(name)")
        return try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
            .map { try JSONValue(parsing: Array($0)) }
    }

    @Test func pricesEveryModel() throws {
        var models: Set<String> = []
        var count = 0
        for line in try lines("price_oracle.jsonl") {
            let fields = try #require(line.array)
            let tokens = (fields[3].array ?? []).compactMap { $0.uint64 }
            let time = try #require(Timestamp(rfc3339: fields[2].string ?? ""))
            let usage = TokenUsage(
                source: .reported, input: tokens[0], cachedInput: tokens[1], cacheWrite: tokens[2],
                cacheWrite1h: tokens[3], output: tokens[4], reasoning: tokens[5])
            let cost = PriceTable.builtIn.price(
                provider: fields[0].string, model: fields[1].string, usage: usage, at: time)
            #expect(cost == Cost(source: .priced, nanodollars: fields[4].int64), "\(line)")
            models.insert("\(fields[0]) \(fields[1])")
            count += 1
        }
        #expect(count > 3000)
        // Every entry is covered, save those whose every name an earlier one claims.
        #expect(PriceTable.builtIn.entries.count - models.count <= 2)
    }

    @Test func tellsModelsApart() throws {
        var count = 0
        for line in try lines("match_oracle.jsonl") {
            let fields = try #require(line.array)
            let entry = PriceTable.builtIn.match(
                provider: fields[0].string, model: fields[1].string)
            #expect(entry?.id == fields[2].string, "\(line)")
            count += 1
        }
        #expect(count > 5000)
    }
}
