import Foundation
import Metering
import NaiveWire
import Records
import Testing
import Wire

/// A call as the wire shows it, read through the naive scanner.
struct Exchange {
    var request: RequestFacts
    var answer: Observation
    var server = ServerFacts()

    /// - Parameters:
    ///   - tool: the tool that was called.
    ///   - arguments: its arguments, as JSON.
    ///   - answer: the members of the answer beside `jsonrpc` and `id`, as JSON text:
    ///     `"result":{…}` or `"error":{…}`.
    ///   - provider: what is known of the server.
    init(
        tool: String = "ask",
        arguments: String = #"{"prompt":"What is the capital of France?"}"#,
        method: String = "tools/call",
        answer: String, provider: String? = "openai"
    ) throws {
        let call = """
            {"jsonrpc":"2.0","id":1,"method":"\(method)","params":{"name":"\(tool)",\
            "arguments":\(arguments)}}
            """
        request = RequestFacts(try scan(call))
        self.answer = try scan(#"{"jsonrpc":"2.0","id":1,\#(answer)}"#)
        server.provider = provider
        server.mayEstimate = provider != nil
    }

    init(request: RequestFacts, answer: Observation, server: ServerFacts) {
        self.request = request
        self.answer = answer
        self.server = server
    }

    var usages: [ModelUsage] { UsageReader.read(answer, request: request, server: server) }
    var errorType: CallRecord.ErrorType? {
        ErrorReader.classify(answer, request: request)?.type
    }

    /// An answer with one text.
    static func text(_ text: String, extra: String = "") -> String {
        #""result":{"content":[{"type":"text","text":\#(quoted(text))}]\#(extra)}"#
    }

    /// An answer with structured content and a short text.
    static func structured(_ json: String) -> String {
        #""result":{"content":[{"type":"text","text":"Paris."}],"structuredContent":\#(json)}"#
    }
}

/// A text as a JSON string.
func quoted(_ text: String) -> String {
    guard let data = try? JSONEncoder().encode(text) else { return "\"\"" }
    return String(decoding: data, as: UTF8.self)
}

/// The one message of a line.
func scan(_ line: String) throws -> Observation {
    let (messages, malformed) = NaiveScanner.scan(Array(line.utf8))
    try #require(malformed == 0, "not JSON: \(line)")
    return try #require(messages.first)
}

/// Tokens as tests write them: input, cached, write, output, reasoning.
struct Tokens: Equatable, CustomStringConvertible {
    var input: UInt64?
    var cached: UInt64?
    var write: UInt64?
    var output: UInt64?
    var reasoning: UInt64?

    init(
        _ input: UInt64?, _ output: UInt64?, cached: UInt64? = nil, write: UInt64? = nil,
        reasoning: UInt64? = nil
    ) {
        self.input = input
        self.output = output
        self.cached = cached
        self.write = write
        self.reasoning = reasoning
    }

    init(_ usage: TokenUsage?) {
        self.init(
            usage?.input, usage?.output, cached: usage?.cachedInput, write: usage?.cacheWrite,
            reasoning: usage?.reasoning)
    }

    var description: String {
        func text(_ number: UInt64?) -> String { number.map { "\($0)" } ?? "-" }
        return "in \(text(input)) cached \(text(cached)) write \(text(write)) "
            + "out \(text(output)) reasoning \(text(reasoning))"
    }
}
