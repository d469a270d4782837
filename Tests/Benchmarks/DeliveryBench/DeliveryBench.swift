// How fast, and in how much memory, records go from the ledger to receivers that take everything.
//
//     swift run -c release delivery-bench [RECORDS] [SINKS] [ROUNDS]

import Delivery
import Foundation
import Ledger
import Posix
import Records

@main
struct DeliveryBench {
    static func main() throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let records = numbers.first ?? 1_000_000
        let sinks = numbers.dropFirst().first ?? 1
        let state = FileManager.default.temporaryDirectory.path + "/delivery-bench-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: state) }
        let directory = LedgerDirectory(state: state)
        try fill(directory, records)
        let stop = try Latch()
        let shipper = try Shipper(
            Shipper.Setup(
                sinks: (0..<sinks).map { NoSink(number: $0) }, directory: directory,
                goal: .once(patience: 1_000), stop: stop, transport: { NoTransport() }))
        let start = MonotonicClock.now()
        let reports = shipper.run()
        let seconds = Double(MonotonicClock.now() - start) / 1e9
        guard reports.allSatisfy({ $0.end == .shipped }) else { return Swift.print(reports) }
        var usage = rusage()
        getrusage(0, &usage)  // RUSAGE_SELF
        let rate = Double(records) / seconds
        Swift.print(
            "\(records) records, \(sinks) sinks: \(Int(rate)) records/s to each, "
                + "peak \(usage.ru_maxrss / 1_024) MiB")
    }

    /// Calls as they are, in segments of 10,000.
    private static func fill(_ directory: LedgerDirectory, _ count: Int) throws {
        let text = """
            {"v":1,"kind":"call","id":"0199c2f0-7b1e-7a3c-9d4e-%08d0000","time":\
            "2026-11-21T10:00:00.123456Z","duration_ms":18342.1,"first_byte_ms":18341.9,"session":\
            "0199c2f0-0000-7000-8000-000000000001","direction":"client_to_server","method":\
            "tools/call","tool":"escalate_analysis","request_id":11,"server":\
            "deep-code-reasoning-mcp","client":"claude-code","agent_id":"deep-code-reasoner",\
            "surface":"deep-code-reasoning-mcp","provider":"google","model":"gemini-2.5-pro",\
            "model_source":"response","usage":{"source":"reported","input_tokens":2890,\
            "cached_input_tokens":0,"output_tokens":640,"reasoning_tokens":0},"cost":{"source":\
            "priced","usd_nanos":10012500},"outcome":"ok","event_type":"analysis","conversation":\
            "c1","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331",\
            "request_bytes":812,"response_bytes":9120}

            """
        var written = 0
        while written < count {
            var writer = LedgerWriter(directory)
            for _ in 0..<100 where written < count {
                var lines: [UInt8] = []
                for _ in 0..<min(100, count - written) {
                    lines += Array(String(format: text, written).utf8)
                    written += 1
                }
                try writer.append(lines, at: Timestamp(microseconds: WallClock.now()))
            }
        }
    }
}

/// Says how many records there are.
private struct NoSink: Sink {
    let destination: Destination
    let batch = BatchLimits(records: 512, ageMilliseconds: 1_000)

    init(number: Int) { destination = Destination(sink: "none", address: "none:\(number)") }

    func wants(_ record: Record) -> Bool { true }

    func messages(for records: [Record]) -> [Message] {
        [
            Message(
                HTTPRequest(url: "none:", headers: [], body: [UInt8(records.count & 0xff)]),
                records: Array(records.indices))
        ]
    }
}

private struct NoTransport: Transport {
    func send(_ request: HTTPRequest) -> Result<HTTPResponse, TransportError> {
        .success(HTTPResponse(status: 200))
    }
}
