import Posix
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A relay in front of a server, with the test as its client.
///
/// Standard error is a pipe that relay, server and all their descendants hold, and the guardian
/// does not. Its end is the event "every one of them is gone".
final class Session {
    let relay: ChildProcess
    private var input: Descriptor?
    private var output: Descriptor?
    private let errors: Descriptor
    private var pending: [UInt8] = []
    private var status: TerminationStatus?

    init(
        _ options: [String] = [], _ server: [String], through wrapper: String? = nil,
        environment: [String] = [], nonBlocking: Bool = false
    ) throws {
        Signals.prepare()
        var requests = try Pipe()
        var answers = try Pipe()
        var complaints = try Pipe()
        let requestsReader = requests.takeReader()
        let answersWriter = answers.takeWriter()
        let complaintsWriter = complaints.takeWriter()
        if nonBlocking {
            try requestsReader.setNonBlocking()
            try answersWriter.setNonBlocking()
        }
        var words = [Surroundings.probe] + options + server
        if let wrapper { words = ["sh", "-c", wrapper + " exec \"$0\" \"$@\""] + words }
        var launch = Launch(
            arguments: CStringArray(words), environment: .environment(adding: environment))
        launch.input = requestsReader.raw
        launch.output = answersWriter.raw
        launch.error = complaintsWriter.raw
        relay = try launch.start()
        input = requests.takeWriter()
        output = answers.takeReader()
        errors = complaints.takeReader()
    }

    deinit {
        if status == nil {
            relay.signalGroup(SIGKILL)
            _ = relay.reap()
        }
    }

    /// A server written as a shell script.
    static func shell(
        _ script: String, options: [String] = [], through wrapper: String? = nil
    ) throws -> Session {
        try Session(options, ["sh", "-c", script], through: wrapper)
    }

    // MARK: The client's side

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        let number = try #require(inputNumber)
        try bytes.withUnsafeBytes { try writeAll(number, $0) }
    }

    /// Sends until the pipe is full; the number of bytes taken.
    func sendWithoutWaiting(_ bytes: [UInt8]) -> Int {
        guard let number = inputNumber else { return 0 }
        var item = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        guard poll(&item, 1, 300) == 1 else { return 0 }
        return max(0, bytes.withUnsafeBytes { write(number, $0.baseAddress, min(4096, $0.count)) })
    }

    func closeInput() { input = nil }
    func closeOutput() { output = nil }
    var inputNumber: CInt? { input?.raw }
    var outputNumber: CInt? { output?.raw }

    /// The next line, without its newline.
    func line() throws -> String {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                return line
            }
            try #require(try fill() > 0, "the output ended in the middle of a line")
        }
    }

    /// Exactly `count` bytes.
    func bytes(_ count: Int) throws -> [UInt8] {
        while pending.count < count {
            try #require(try fill() > 0, "the output ended after \(pending.count) bytes")
        }
        defer { pending.removeFirst(count) }
        return Array(pending[..<count])
    }

    /// Everything up to the end of the output.
    func rest() throws -> [UInt8] {
        while try fill() > 0 {}
        defer { pending = [] }
        return pending
    }

    func restAsText() throws -> String { String(decoding: try rest(), as: UTF8.self) }

    private func fill() throws -> Int {
        let number = try #require(outputNumber)
        let chunk = try Self.read(number, what: "output")
        pending += chunk
        return chunk.count
    }

    // MARK: The end

    /// Waits for the relay's end.
    func end() throws -> TerminationStatus {
        if let status { return status }
        let deadline = MonotonicClock.now() + 20_000_000_000
        while !relay.hasEnded {
            try #require(MonotonicClock.now() < deadline, "the relay does not end")
            usleep(1000)
        }
        let status = relay.reap()
        self.status = status
        return status
    }

    /// What was written to standard error, by relay, server and descendants, until none was left.
    func errorsUntilAllAreGone() throws -> String {
        var all: [UInt8] = []
        while true {
            let chunk = try Self.read(errors.raw, what: "processes")
            if chunk.isEmpty { return String(decoding: all, as: UTF8.self) }
            all += chunk
        }
    }

    /// Seconds until none of relay, server and descendants was left.
    func secondsUntilAllAreGone() throws -> Double {
        let start = MonotonicClock.now()
        _ = try errorsUntilAllAreGone()
        return Double(MonotonicClock.now() - start) / 1e9
    }

    private static func read(_ number: CInt, what: String) throws -> [UInt8] {
        var item = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        try #require(poll(&item, 1, 20_000) == 1, "nothing happens: \(what)")
        return try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            count = try readBytes(number, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    // MARK: Surroundings

    /// The process ids of a process's children.
    static func children(of parent: pid_t) throws -> [pid_t] {
        try children(of: parent) { _ in true }
    }

    /// The guardian, which shares the relay's command line.
    static func guardian(of relay: pid_t) throws -> pid_t {
        try #require(try children(of: relay) { $0.contains("relay-probe") }.first)
    }

    private static func children(
        of parent: pid_t, where matches: (Substring) -> Bool
    ) throws -> [pid_t] {
        try output(of: ["ps", "-A", "-o", "ppid=", "-o", "pid=", "-o", "args="])
            .split(separator: "\n")
            .compactMap { line in
                let words = line.split(separator: " ", maxSplits: 2)
                guard words.count == 3, pid_t(words[0]) == parent, matches(words[2]) else {
                    return nil
                }
                return pid_t(words[1])
            }
    }

    /// Waits until a process that is not our child has ended, reaped or not.
    static func waitUntilGone(_ process: pid_t) throws {
        let deadline = MonotonicClock.now() + 10_000_000_000
        while MonotonicClock.now() < deadline {
            let state = try output(of: ["ps", "-o", "stat=", "-p", "\(process)"])
            if state.isEmpty || state.hasPrefix("Z") { return }
        }
        Issue.record("process \(process) does not end")
    }

    /// What a command writes.
    static func output(of command: [String]) throws -> String {
        var pipe = try Pipe()
        let writer = pipe.takeWriter()
        let reader = pipe.takeReader()
        var launch = Launch(arguments: CStringArray(command), environment: .environment())
        launch.output = writer.raw
        let process = try launch.start()
        _ = consume writer
        var text: [UInt8] = []
        while case let chunk = try read(reader.raw, what: command[0]), !chunk.isEmpty {
            text += chunk
        }
        _ = process.reap()
        return String(decoding: text, as: UTF8.self)
    }
}
