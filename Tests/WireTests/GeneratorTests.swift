import NaiveWire
import Testing
import Wire

/// The generated streams have in them what they are for: agreement about nothing says nothing.
@Suite struct GeneratorTests {
    @Test func reachesEveryRule() {
        let vocabulary = Generator.vocabulary
        var tally: [String: Int] = [:]
        var keys: Set<Key> = []
        func note(_ what: String, if isSo: Bool = true) { if isSo { tally[what, default: 0] += 1 } }
        for seed in 0..<300 as Range<UInt64> {
            var generator = Generator(seed: seed, vocabulary: vocabulary)
            let found = NaiveScanner.scan(generator.stream(), vocabulary: vocabulary)
            note("malformed", if: found.malformed > 0)
            for message in found.messages {
                note("message")
                note("batch", if: message.isInBatch)
                note("arguments", if: !message.argumentSize.isEmpty)
                note("prompt argument", if: message.hasPromptArgument)
                note("prompt", if: !message.promptSize.isEmpty)
                note("structured", if: !message.structuredSize.isEmpty)
                note("dropped text", if: !message.uncountedTextSize.isEmpty)
                note("large tree", if: message.sketch.nodes.count > 30)
                for node in message.sketch.nodes {
                    note("\(node.kind)")
                    note("\(node.key)")
                    keys.insert(node.key)
                    note("cut string", if: node.isTruncated)
                }
                for text in message.texts {
                    note("\(text.shape)")
                    note("answer", if: text.hasAnswer && !text.answerSize.isEmpty)
                    note("open fence", if: text.hasOpenFence)
                    note("longer than the tail", if: text.tail >= 0 && text.isLongerThanTail)
                    let documents = message.sketch.children(of: Int(text.node)).filter {
                        message.sketch.nodes[$0].key == .document
                    }
                    note("17 documents", if: documents.count == Limits.repeatsMax + 1)
                }
            }
        }
        let wanted = [
            "malformed", "message", "batch", "arguments", "prompt argument", "prompt",
            "structured", "dropped text", "large tree", "cut string", "answer", "open fence",
            "longer than the tail", "17 documents", "object", "array", "string", "number",
            "bool", "null", "digest", "prose", "json", "jsonLines", "events", "named", "tools",
            "modelUsage", "inputResponses",
        ]
        for what in wanted { #expect(tally[what, default: 0] > 2, "\(what)") }
        #expect(keys.count > 120)
    }
}
