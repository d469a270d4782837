import Metering
import Records
import Wire

/// A session played from its messages: what each side writes, when, and the records that come of
/// it. Times are milliseconds from the start; the clock stands still unless it is moved.
struct Script {
    static let start = Timestamp(microseconds: 1_790_000_000_000_000)
    static let session = "01990000-0000-7000-8000-000000000000"
    static let origin: UInt64 = 5_000_000_000

    var meter: Meter
    var records: [Record] = []
    private(set) var milliseconds: UInt64 = 0
    private let vocabulary: Vocabulary

    init(
        _ command: String = "npx -y some-server",
        _ change: (inout MeterConfiguration) -> Void = { _ in }
    ) {
        var configuration = MeterConfiguration(
            session: Self.session, pid: 7,
            clock: SessionClock(wall: Self.start, monotonic: Self.origin),
            identifiers: IdentifierSource(seed: (1, 2)),
            command: command.split(separator: " ").map(String.init),
            vocabulary: Vocabulary())
        change(&configuration)
        let profiles = configuration.profiles
        configuration.vocabulary = Vocabulary(
            pathSegments: Profiles.pathSegments + profiles.flatMap(\.pathSegments),
            innerSegments: Profiles.innerSegments + profiles.flatMap(\.innerSegments))
        vocabulary = configuration.vocabulary
        meter = Meter(configuration)
    }

    var stamp: UInt64 { Self.origin &+ milliseconds &* 1_000_000 }

    mutating func wait(_ more: UInt64) { milliseconds += more }

    /// What the client writes; one line.
    mutating func client(_ line: String, id: String? = nil, decision: CallDecision? = nil) {
        send(line, .clientToServer, id, decision: decision)
    }

    /// What the server writes; the first half of the line comes `taking` milliseconds before the
    /// second.
    mutating func server(_ line: String, taking: UInt64 = 0) {
        send(line, .serverToClient, nil, taking)
    }

    mutating func tick() { meter.tick(at: stamp, into: &records) }

    mutating func end(exitStatus: Int? = 0) {
        meter.ended(at: stamp, started: Self.origin, exitStatus: exitStatus, into: &records)
    }

    private mutating func send(
        _ line: String, _ sender: CallRecord.Direction, _ id: String?, _ taking: UInt64 = 0,
        decision: CallDecision? = nil
    ) {
        var scanner = FrameScanner(vocabulary: vocabulary, sink: Collector())
        let bytes = Array((line.replacing("\n", with: " ") + "\n").utf8)
        let half = bytes.count / 2
        bytes[..<half].withUnsafeBytes { scanner.feed($0, stamp: stamp) }
        milliseconds += taking
        bytes[half...].withUnsafeBytes { scanner.feed($0, stamp: stamp) }
        scanner.finish()
        for message in scanner.sink.messages {
            meter.observed(message, sender: sender, id: id, decision: decision, into: &records)
        }
    }

    // MARK: What came of it

    var calls: [CallRecord] {
        records.compactMap { if case .call(let call) = $0 { call } else { nil } }
    }

    var begins: [BeginRecord] {
        records.compactMap { if case .begin(let begin) = $0 { begin } else { nil } }
    }

    /// The calls that are requests of their own.
    var requests: [CallRecord] { calls.filter { $0.partOf == nil } }

    func call(_ number: Int) -> CallRecord? {
        calls.first { $0.requestID == .number("\(number)") && $0.partOf == nil }
    }

    var ended: SessionRecord? {
        if case .session(let session)? = records.last { session } else { nil }
    }
}

/// Messages as JSON, so that scenarios read like transcripts.
enum Frame {
    static func tool(
        _ id: Int, _ name: String, _ arguments: String = "{}", meta: String? = nil,
        more: String = ""
    ) -> String {
        let meta = meta.map { #","_meta":\#($0)"# } ?? ""
        return
            #"""
            {"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"\#(name)",
            "arguments":\#(arguments)\#(meta)\#(more)}}
            """#
    }

    static func request(_ id: Int, _ method: String, _ params: String = "{}") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#
    }

    static func notify(_ method: String, _ params: String = "{}") -> String {
        #"{"jsonrpc":"2.0","method":"\#(method)","params":\#(params)}"#
    }

    static func result(_ id: Int, _ result: String = "{}") -> String {
        #"{"result":\#(result),"jsonrpc":"2.0","id":\#(id)}"#
    }

    static func text(_ id: Int, _ text: String) -> String {
        result(id, #"{"content":[{"type":"text","text":\#(quoted(text))}]}"#)
    }

    static func error(_ id: Int, _ code: Int, _ message: String) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":\#(code),"message":\#(quoted(message))}}"#
    }

    static func cancel(_ id: Int) -> String {
        notify("notifications/cancelled", #"{"requestId":\#(id)}"#)
    }

    static func hello(_ id: Int = 0, client: String = "claude-code") -> String {
        request(
            id, "initialize",
            #"""
            {"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":
            "\#(client)","version":"1"}}
            """#
        )
    }

    static func welcome(_ id: Int = 0, _ server: String) -> String {
        result(
            id,
            #"""
            {"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":
            "\#(server)","version":"1"}}
            """#
        )
    }

    /// Usage as OpenAI's chat completions report it, in structured content.
    static func usage(_ id: Int, model: String?, input: Int, output: Int) -> String {
        result(id, reported(model: model, input: input, output: output))
    }

    static func reported(model: String?, input: Int, output: Int) -> String {
        let model = model.map { #""model":"\#($0)","# } ?? ""
        return
            #"""
            {"content":[{"type":"text","text":"ok"}],"structuredContent":{\#(model)"usage":{
            "prompt_tokens":\#(input),"completion_tokens":\#(output),
            "total_tokens":\#(input + output)}}}
            """#
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

private struct Collector: FrameSink {
    var messages: [Observation] = []
    mutating func finished(_ observation: Observation) -> Observation {
        messages.append(observation)
        return Observation()
    }
}
