import Foundation
import Testing

@testable import Setup

/// Whatever a configuration looks like: wrapped it says the same but for mcp-meter, and unwrapped
/// it is what it was, byte for byte, with the edits that came between.
struct RoundTripTests {
    private static let variables = ["MCP_METER": "on", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"]

    @Test(arguments: 0..<40)
    func `JSON`(block: UInt64) throws {
        var wrappedCount = 0
        for seed in block * 25..<block * 25 + 25 {
            var generator = RandomConfiguration(seed: seed)
            let text = generator.json()
            wrappedCount += try check(text, .json, &generator.random, seed)
        }
        #expect(wrappedCount > 20)
    }

    @Test(arguments: 0..<40)
    func `TOML`(block: UInt64) throws {
        var wrappedCount = 0
        for seed in block * 25..<block * 25 + 25 {
            var generator = RandomConfiguration(seed: seed)
            let text = generator.toml()
            wrappedCount += try check(text, .toml, &generator.random, seed)
        }
        #expect(wrappedCount > 20)
    }

    /// - Returns: how many servers were wrapped.
    private func check(
        _ text: String, _ format: Format, _ random: inout Random, _ seed: UInt64
    ) throws -> Int {
        let client: Client = format == .json ? .claudeCode : .codex
        let document: ServerDocument
        do throws(TextError) {
            document = try ServerDocument(text, format, client: client)
        } catch {
            Issue.record("seed \(seed): \(error) in \(text)")
            return 0
        }
        let variables = Self.variables.filter { _ in random.chance(50) }
        let wrapping = Wrapping(
            command: "/opt/mcp-meter",
            variables: variables.sorted { $0.key < $1.key }.map {
                Wrapping.Variable(name: $0.key, value: $0.value)
            })
        // In two goes, of which the second knows of the first only by what was kept.
        var now = document
        var kept: ServerDocument?
        var chosen: Set<Int> = []
        for _ in 0..<2 {
            let indices = document.servers.indices.filter { index in
                document.servers[index].entry.obstacle == nil && random.chance(60)
            }
            let (after, original) = try now.wrapped(
                Dictionary(uniqueKeysWithValues: indices.map { ($0, wrapping) }), original: kept)
            #expect(original.text == text, "seed \(seed)")
            (now, kept) = (after, original)
            chosen.formUnion(indices)
        }
        for index in document.servers.indices {
            #expect(now.servers[index].entry.isWrapped == chosen.contains(index), "seed \(seed)")
        }
        if format == .json { try compare(text, now.text, document, chosen, variables, seed) }
        #expect(
            try now.unwrappedAll(original: kept).text == text, "seed \(seed): \(now.text)")
        // One at a time, in any order.
        var one = now
        for index in chosen.shuffled(using: &random) {
            one = try one.unwrapped([index], original: kept)
        }
        #expect(one.text == text, "seed \(seed)")
        // After edits elsewhere.
        let edited = try ServerDocument(Self.edited(now.text), format, client: client)
        #expect(
            try edited.unwrappedAll(original: kept).text == Self.edited(text), "seed \(seed)")
        return chosen.count
    }

    /// A user's edits: another model, another comment, another server.
    private static func edited(_ text: String) -> String {
        text.replacing(RandomConfiguration.mark, with: "something longer")
            .replacing(
                "/*\(RandomConfiguration.gap)*/", with: #""new": {"command": "z"},"#,
                maxReplacements: 1)
    }

    // MARK: What another reader makes of it

    private func compare(
        _ before: String, _ after: String, _ document: ServerDocument, _ chosen: Set<Int>,
        _ variables: [String: String], _ seed: UInt64
    ) throws {
        var expected = try Self.read(before)
        for index in chosen {
            let server = document.servers[index]
            Self.change(&expected, server.path[...]) { entry in
                let command = entry["command"] as? String ?? ""
                let arguments = entry["args"] as? [String] ?? []
                let isTaken = ["report", "serve", "help"].contains(command)
                let dashes = isTaken || command.hasPrefix("-") ? ["--"] : []
                entry["command"] = "/opt/mcp-meter"
                entry["args"] = dashes + [command] + arguments
                guard !variables.isEmpty else { return }
                var environment = entry["env"] as? [String: Any] ?? [:]
                for (name, value) in variables where environment[name] == nil {
                    environment[name] = value
                }
                entry["env"] = environment
            }
        }
        #expect(
            NSDictionary(dictionary: expected).isEqual(to: try Self.read(after)),
            "seed \(seed): \(after)")
    }

    private static func change(
        _ tree: inout [String: Any], _ path: ArraySlice<String>,
        _ body: (inout [String: Any]) -> Void
    ) {
        guard let key = path.first, var child = tree[key] as? [String: Any] else { return }
        if path.count == 1 {
            body(&child)
        } else {
            change(&child, path.dropFirst(), body)
        }
        tree[key] = child
    }

    /// JSON with comments and trailing commas, the plain way: both are taken out by a regular
    /// expression that passes over strings.
    private static func read(_ text: String) throws -> [String: Any] {
        let body = text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
        // A CR LF is one character to a regular expression, unless it is told otherwise.
        let comment = #/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*(?s:.*?)\*\//#
            .matchingSemantics(.unicodeScalar)
        let comma = #/("(?:[^"\\]|\\.)*")|,(?=\s*[\]}])/#.matchingSemantics(.unicodeScalar)
        let strict = body.replacing(comment) { $0.output.1.map(String.init) ?? " " }
            .replacing(comma) { $0.output.1.map(String.init) ?? " " }
        let tree = try JSONSerialization.jsonObject(with: Data(strict.utf8))
        return try #require(tree as? [String: Any])
    }
}
