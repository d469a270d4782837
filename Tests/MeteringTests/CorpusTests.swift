import Foundation
import Metering
import NaiveWire
import Records
import Testing
import Wire

/// Frames as seen from real providers and servers, with the record that each must give.
struct CorpusCase: CustomStringConvertible {
    var id: String
    var exchange: Exchange
    var expected: [String: Any]

    var description: String { id }

    /// The corpus calls the ledger's `google` and `xai` by their models' names.
    static func provider(_ name: String?) -> String? {
        switch name {
        case "gemini": "google"
        case "grok": "xai"
        default: name
        }
    }

    init(line: String) throws {
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        id = try #require(object["id"] as? String)
        expected = try #require(object["expect"] as? [String: Any])
        let context = object["context"] as? [String: Any] ?? [:]

        func observe(_ key: String) throws -> Observation? {
            guard object[key] is [String: Any] else { return nil }
            return try scan(try #require(Self.object(of: key, in: line)))
        }
        let answer = try #require(try observe("frame"))
        let request = try observe("request").map { RequestFacts($0) } ?? RequestFacts(method: "")
        var server = ServerFacts()
        server.provider = Self.provider(context["provider"] as? String)
        server.mayEstimate = server.provider != nil
        let environment = context["env"] as? [String: String]
        server.model =
            context["default_model"] as? String
            ?? environment?.sorted { $0.key < $1.key }
            .first { $0.key.hasSuffix("MODEL") }?.value
        server.modelSource = server.model == nil ? nil : .env
        exchange = Exchange(request: request, answer: answer, server: server)
    }

    /// The text of an object as it stands in the line, its numbers and order untouched.
    private static func object(of key: String, in line: String) -> String? {
        guard let start = line.range(of: "\"\(key)\": {")?.upperBound else { return nil }
        var depth = 1
        var isString = false
        var isEscaped = false
        for index in line[start...].indices {
            let character = line[index]
            if isEscaped {
                isEscaped = false
            } else if isString {
                isEscaped = character == "\\"
                isString = character != "\""
            } else if character == "\"" {
                isString = true
            } else if character == "{" {
                depth += 1
            } else if character == "}" {
                depth -= 1
                if depth == 0 { return "{" + line[start...index] }
            }
        }
        return nil
    }

    static func load() throws -> [CorpusCase] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "WireTests/Fixtures/usage_corpus.jsonl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .map { try CorpusCase(line: String($0)) }
    }
}

@Suite struct CorpusTests {
    @Test func everyFrameGivesItsRecord() throws {
        let cases = try CorpusCase.load()
        #expect(cases.count == 101)
        for one in cases { check(one) }
    }

    private func check(_ one: CorpusCase) {
        let note = Comment(rawValue: one.id)
        let usages = usages(of: one)
        let sum = usages.reduce(into: Tally()) { $0.add($1) }
        let isEstimated = usages.contains { $0.usage?.source == .estimated }

        #expect(isEstimated == one.expected["estimated"] as? Bool, note)
        for (key, actual) in [
            ("input_tokens", sum.input), ("cached_input_tokens", sum.cached),
            ("cache_write_tokens", sum.write), ("output_tokens", sum.output),
            ("reasoning_tokens", sum.reasoning),
        ] {
            let wanted = (one.expected[key] as? NSNumber)?.uint64Value
            if isEstimated, let wanted, let actual {
                let difference = abs(Double(actual) - Double(wanted))
                #expect(
                    difference <= max(1, 0.35 * Double(wanted)),
                    "\(one.id) \(key): \(actual), not \(wanted)")
            } else {
                #expect(actual == wanted, "\(one.id) \(key)")
            }
        }
        let model = usages.first?.model
        #expect(model == one.expected["model"] as? String, note)
        let provider = CorpusCase.provider(one.expected["provider"] as? String)
        // A server that fans out: each record has the provider of its own model.
        if provider != "multi", let usage = usages.first {
            #expect(usage.provider == provider, note)
        }
        for usage in usages { #expect(usage.provider != "multi", note) }
        if let records = one.expected["records"] as? Int { #expect(usages.count == records, note) }
        if let cost = one.expected["cost_usd"] as? NSNumber {
            #expect(
                usages.first?.reportedNanodollars == Int64((cost.doubleValue * 1e9).rounded()), note
            )
        }
        if one.exchange.answer.kind != .notification {
            #expect(
                one.exchange.errorType?.rawValue == one.expected["error_class"] as? String, note)
        }
    }

    private func usages(of one: CorpusCase) -> [ModelUsage] {
        guard one.exchange.answer.kind == .notification else { return one.exchange.usages }
        let event = UsageReader.read(codexEvent: one.exchange.answer)
        var usage = ModelUsage()
        usage.provider = "openai"
        usage.model = event?.model
        usage.usage = event?.usage
        return [usage]
    }
}

/// The sum of several records, unknown where all are.
private struct Tally {
    var input, cached, write, output, reasoning: UInt64?

    mutating func add(_ usage: ModelUsage) {
        func sum(_ a: UInt64?, _ b: UInt64?) -> UInt64? {
            a == nil && b == nil ? nil : (a ?? 0) + (b ?? 0)
        }
        input = sum(input, usage.usage?.input)
        cached = sum(cached, usage.usage?.cachedInput)
        write = sum(write, usage.usage?.cacheWrite)
        output = sum(output, usage.usage?.output)
        reasoning = sum(reasoning, usage.usage?.reasoning)
    }
}
