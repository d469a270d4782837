import Metering
import Posix
import Records
import Wire

/// `mcp-meter inspect`: captured messages in, the records they would give out.
enum InspectCommand {
    static func run(_ options: InspectOptions) {
        let environment = Environment.current()
        let configuration = Configuration(environment)
        for complaint in configuration.complaints { Console.complain(complaint) }
        let profiles = ConfigurationFiles.profiles(configuration)
        let vocabulary = Vocabulary(with: profiles)
        let clock = SessionClock(wall: Timestamp(microseconds: WallClock.now()), monotonic: 0)
        let meter = Meter(
            MeterConfiguration(
                SessionPlan(
                    command: options.server, configuration: configuration,
                    environment: environment),
                session: UUIDv7().description, clock: clock, seed: (randomBits(), randomBits()),
                vocabulary: vocabulary, profiles: profiles))
        var scanner = FrameScanner(vocabulary: vocabulary, sink: Inspector(meter: meter))
        do throws(SystemError) {
            try feed(&scanner)
        } catch {
            Console.fail("standard input cannot be read: \(error).", ExitCode.noInput)
        }
        scanner.finish()
        scanner.sink.end()
        report(scanner.sink, malformed: scanner.malformedLines)
    }

    private static func feed(_ scanner: inout FrameScanner<Inspector>) throws(SystemError) {
        let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { space.deallocate() }
        while true {
            let count = try readBytes(0, into: space)
            if count == 0 { return }
            scanner.feed(UnsafeRawBufferPointer(rebasing: space[..<count]), stamp: 0)
        }
    }

    private static func report(_ inspector: Inspector, malformed: UInt64) {
        if malformed > 0 {
            Console.complain("\(malformed) lines were no JSON-RPC message and were passed over.")
        }
        if inspector.meter.counts.unknown > 0 {
            Console.complain(
                "\(inspector.meter.counts.unknown) answers had no request before them: capture "
                    + "both sides, in the order they went by.")
        }
        if inspector.calls == 0 {
            Console.complain(
                "no call was found; expected JSON-RPC requests and their answers, one a line.")
        }
    }
}

/// Takes messages of both sides from one stream and says which side each came from.
private struct Inspector: FrameSink {
    var meter: Meter
    private(set) var calls = 0
    private var records: [Record] = []
    /// Requests that are open, by who sent them.
    private var open: [RequestID: CallRecord.Direction] = [:]

    init(meter: Meter) { self.meter = meter }

    mutating func finished(_ observation: Observation) -> Observation {
        meter.observed(observation, sender: sender(of: observation), into: &records)
        write()
        observation.reset()
        return observation
    }

    mutating func end() {
        meter.ended(at: 0, started: 0, exitStatus: nil, into: &records)
        write()
    }

    private mutating func sender(of message: Observation) -> CallRecord.Direction {
        switch message.kind {
        case .request:
            let sender =
                Self.serverMethods.contains(message.method ?? "")
                ? CallRecord.Direction.serverToClient : .clientToServer
            if let id = message.id { open[id] = sender }
            return sender
        case .result, .error:
            let asked = message.id.flatMap { open.removeValue(forKey: $0) }
            return asked == .serverToClient ? .clientToServer : .serverToClient
        case .notification, .other:
            return message.method == "notifications/cancelled" ? .clientToServer : .serverToClient
        }
    }

    /// What only servers ask: MCP 2024-11-05 … 2025-11-25.
    private static let serverMethods: Set = [
        "sampling/createMessage", "elicitation/create", "roots/list",
    ]

    private mutating func write() {
        var bytes: [UInt8] = []
        for record in records {
            switch record {
            case .call: calls += 1
            case .usage, .trace: break
            case .session, .begin, .mark: continue
            }
            record.encode(into: &bytes)
        }
        records.removeAll(keepingCapacity: true)
        if !bytes.isEmpty { Console.print(String(decoding: bytes, as: UTF8.self)) }
    }
}
