import Posix
import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Starts a server as a client would, asks it to `initialize` (MCP, "Lifecycle"), and ends it.
///
/// Whatever happens to this process meanwhile, a guardian sees to it that nothing of the server
/// stays behind.
struct ServerTrial: Sendable {
    enum Outcome: Equatable, Sendable {
        /// It answered: the name and version it gives itself, if it does.
        case answered(name: String?, version: String?)
        /// It answered with this error.
        case refused(code: String)
        /// It ended without an answer.
        case ended(TerminationStatus)
        /// It runs, and has not answered.
        case silent
        /// It could not be started.
        case notStarted(LaunchFailure)
        /// Nobody can be started: the system's reason.
        case unable(SystemError)
    }

    struct Result: Equatable, Sendable {
        var outcome: Outcome
        /// From its start to its answer, or to when that was given up.
        var milliseconds: UInt64 = 0
        /// It wrote lines that are no JSON-RPC, which clients stumble over.
        var isNoisy = false
    }

    /// The program and its arguments.
    let command: [String]
    let environment: [String: String]
    /// How long it may take to answer.
    let patienceMilliseconds: UInt64

    /// How long it may take to end once its input has, and again once it was told to.
    private static let grace: UInt64 = 1_000_000_000
    /// More than all of that together.
    static let secondsToEnd: UInt64 = 5

    func run() -> Result {
        do throws(SystemError) {
            return try start()
        } catch {
            return Result(outcome: .unable(error))
        }
    }

    private func start() throws(SystemError) -> Result {
        var input = try Pipe()
        var output = try Pipe()
        let theirInput = input.takeReader()
        let ours = input.takeWriter()
        let answers = output.takeReader()
        let theirOutput = output.takeWriter()
        // What it says there may be secret.
        let errors = try Descriptor.open("/dev/null", O_WRONLY)
        let box = try BlackBox()
        let guardian = try Guardian(guarding: box)
        var launch = Launch(
            arguments: CStringArray(command),
            environment: CStringArray(environment.map { "\($0.key)=\($0.value)" }))
        launch.input = theirInput.raw
        launch.output = theirOutput.raw
        launch.error = errors.raw
        launch.box = box
        let began = MonotonicClock.now()
        let child: ChildProcess
        do throws(LaunchFailure) {
            child = try launch.start()
        } catch {
            guardian.dismiss()
            return Result(outcome: .notStarted(error))
        }
        // Its ends of the pipes are its own now; of ours it would not see the end.
        _ = consume theirInput
        _ = consume theirOutput
        try? ours.writeAll(Array(Self.request.utf8))
        var reader = AnswerReader(answers)
        let answer = reader.read(until: began &+ patienceMilliseconds &* 1_000_000)
        let took = (MonotonicClock.now() &- began) / 1_000_000
        _ = consume ours
        // One that closed its output without an answer is about to end by itself, or nearly so.
        let status = end(child, &reader)
        box.setGroup(0)
        guardian.dismiss()
        let outcome: Outcome =
            switch answer {
            case .outcome(let outcome): outcome
            case .end: .ended(status)
            case .silence: .silent
            }
        return Result(outcome: outcome, milliseconds: took, isNoisy: reader.isNoisy)
    }

    private static let request = """
        {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",\
        "capabilities":{},"clientInfo":{"name":"mcp-meter-doctor","version":"\(Version.text)"}}}\n
        """

    /// Its input has ended: it should, too, and with it all that it started.
    private func end(_ child: ChildProcess, _ reader: inout AnswerReader) -> TerminationStatus {
        for signal in [nil, SIGTERM, SIGKILL] {
            if let signal { child.signalGroup(signal) }
            let deadline = MonotonicClock.now() &+ Self.grace
            while !child.hasEnded, MonotonicClock.now() < deadline {
                // Output that nobody reads could keep it from ending.
                reader.drain(until: min(deadline, MonotonicClock.now() &+ 10_000_000))
            }
            if child.hasEnded { break }
        }
        // Until it is reaped its group's number is nobody else's.
        child.signalGroup(SIGTERM)
        reader.drain(until: MonotonicClock.now() &+ 100_000_000)
        child.signalGroup(SIGKILL)
        return child.reap()
    }
}

/// Reads a server's output up to its answer.
private struct AnswerReader: ~Copyable {
    enum Answer {
        case outcome(ServerTrial.Outcome)
        case end
        case silence
    }

    private let output: Descriptor
    private var line: [UInt8] = []
    private var isTooLong = false
    private var hasEnded = false
    private(set) var isNoisy = false

    /// A longer line is no answer of a server's that says who it is.
    private static let lineMax = 1 << 20

    init(_ output: consuming Descriptor) { self.output = output }

    mutating func read(until deadline: UInt64) -> Answer {
        while let chunk = next(until: deadline) {
            if chunk.isEmpty { return .end }
            for byte in chunk {
                guard byte == UInt8(ascii: "\n") else {
                    isTooLong = isTooLong || line.count >= Self.lineMax
                    if !isTooLong { line.append(byte) }
                    continue
                }
                defer {
                    line = []
                    isTooLong = false
                }
                if let outcome = outcome() { return .outcome(outcome) }
            }
        }
        return .silence
    }

    /// Reads what comes, and forgets it.
    mutating func drain(until deadline: UInt64) {
        while let chunk = next(until: deadline) {
            guard chunk.isEmpty else { continue }
            let now = MonotonicClock.now()
            if now < deadline { MonotonicClock.sleep(nanoseconds: min(deadline - now, 5_000_000)) }
            return
        }
    }

    /// Empty at the end; nil when the deadline has passed.
    private mutating func next(until deadline: UInt64) -> ArraySlice<UInt8>? {
        if hasEnded { return [] }
        while true {
            let now = MonotonicClock.now()
            guard now < deadline else { return nil }
            var item = pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)
            let wait = CInt(clamping: (deadline - now + 999_999) / 1_000_000)
            guard poll(&item, 1, wait) > 0 else { continue }
            var chunk = [UInt8](repeating: 0, count: 16 << 10)
            let count = chunk.withUnsafeMutableBytes { buffer in
                (try? readBytes(output.raw, into: buffer)) ?? 0
            }
            hasEnded = count == 0
            return chunk[..<count]
        }
    }

    /// What the line says of our request; nil if it is about something else.
    private mutating func outcome() -> ServerTrial.Outcome? {
        guard !isTooLong, line.contains(where: { $0 > 0x20 }) else { return nil }
        guard let message = try? JSONValue(parsing: line), message["jsonrpc"] != nil else {
            isNoisy = true
            return nil
        }
        guard message["id"] == .number("1"), message["method"] == nil else { return nil }
        if let error = message["error"] {
            guard case .number(let code)? = error["code"] else { return .refused(code: "none") }
            return .refused(code: code)
        }
        let server = message["result"]?["serverInfo"]
        return .answered(name: text(server?["name"]), version: text(server?["version"]))
    }

    /// In one line, and no longer than a name.
    private func text(_ value: JSONValue?) -> String? {
        guard case .string(let text)? = value else { return nil }
        let visible = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
        return String(String.UnicodeScalarView(visible.prefix(60)))
    }
}
