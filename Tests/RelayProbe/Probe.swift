import Posix
import Relay

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `relay-probe [--box FILE] [--report FILE] [--grace MS] [--delay MS] [--exec] COMMAND [ARG…]`
///
/// A relay with observers that only count, for tests and benchmarks.
/// - `--box`: each chunk from the client is claimed in the black box, which is saved to FILE.
/// - `--report`: when the relay ends, FILE gets what was observed.
/// - `--grace`: both graces, in milliseconds.
/// - `--delay`: how long the observer of the client's bytes takes for each chunk, in milliseconds.
/// - `--judge`: the client's lines are judged (`WordJudge`); the report says what became of them.
/// - `--exec`: become the command instead.
@main
struct Probe {
    static func main() {
        var options = Options()
        let first = options.parse()
        let arguments = CStringArray.commandLine(from: first)
        let environment = CStringArray.environment(
            removing: ["PROBE_HIDDEN"], prefixes: ["PROBE_SECRET_"])
        if options.exec { complain(replaceProcess(arguments: arguments)) }

        var configuration = Relay.Configuration(arguments: arguments, environment: environment)
        if let grace = options.graceMilliseconds {
            configuration.grace = grace * 1_000_000
            configuration.killGrace = grace * 1_000_000
        }
        do {
            var relay = try Relay(starting: configuration)
            if let path = options.box { relay.blackBox.setPath(path) }
            let client = Counter(
                box: options.box == nil ? nil : relay.blackBox, delay: options.delayMilliseconds)
            let server = Counter(box: nil, delay: 0)
            var report = ""
            let status: TerminationStatus
            if options.judges {
                let judge = WordJudge(client)
                status = try relay.run(judgingClient: judge, observingServer: server)
                report = judge.summary
            } else {
                status = try relay.run(observingClient: client, observingServer: server)
            }
            if let path = options.report {
                write("client \(client.summary)\nserver \(server.summary)\n" + report, to: path)
            }
            relay.leave(with: status)
        } catch let failure as LaunchFailure {
            complain(failure)
        } catch {
            print("relay-probe: \(error)")
            exit(125)
        }
    }

    private static func complain(_ failure: LaunchFailure) -> Never {
        _ = Array("relay-probe: \(failure)\n".utf8).withUnsafeBytes { try? writeAll(2, $0) }
        exit(failure.exitCode)
    }

    private static func write(_ text: String, to path: String) {
        guard let file = try? Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC) else { return }
        _ = Array(text.utf8).withUnsafeBytes { try? file.writeAll($0) }
    }
}

private struct Options {
    var box: String?
    var report: String?
    var graceMilliseconds: UInt64?
    var delayMilliseconds: UInt32 = 0
    var exec = false
    var judges = false

    /// Returns the index of the command.
    mutating func parse() -> Int {
        let words = CommandLine.arguments
        var index = 1
        while index < words.count, words[index].hasPrefix("--") {
            let value = index + 1 < words.count ? words[index + 1] : ""
            switch words[index] {
            case "--exec":
                exec = true
                index -= 1
            case "--judge":
                judges = true
                index -= 1
            case "--box": box = value
            case "--report": report = value
            case "--delay": delayMilliseconds = UInt32(value) ?? 0
            case "--grace": graceMilliseconds = UInt64(value)
            default: return index
            }
            index += 2
        }
        return index
    }
}

/// Counts bytes and adds them up, so that a test can tell whether it saw what was forwarded.
final class Counter: ByteObserver, @unchecked Sendable {
    // Sendable: one pump's thread uses it, and the main thread after the pump was shut out.
    private let box: BlackBox?
    private let delay: UInt32
    private var bytes = 0
    private var sum: UInt64 = 0
    private var ended = false
    private var lastStamp: UInt64 = 0
    private var isOrdered = true

    init(box: BlackBox?, delay: UInt32) {
        self.box = box
        self.delay = delay
    }

    func observe(_ chunk: UnsafeRawBufferPointer, stamp: UInt64) {
        if delay > 0 { usleep(delay * 1000) }
        bytes += chunk.count
        // Without `for byte in chunk`: a debug build would be too slow for big streams.
        if chunk.count < 4096 { for byte in chunk { sum &+= UInt64(byte) } }
        isOrdered = isOrdered && stamp >= lastStamp
        lastStamp = stamp
        _ = box?.claim(UnsafeRawBufferPointer(rebasing: chunk.prefix(BlackBox.lineBytesMax)))
    }

    func forwards(since stamp: UInt64) {}

    func end() { ended = true }

    var summary: String { "\(bytes) \(sum) \(ended ? "ended" : "open") \(isOrdered)" }
}
