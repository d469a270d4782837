import Foundation
import Posix
import Testing

/// The built program in front of a server, with the test as its client: messages go back and forth.
final class Conversation {
    private let process: ChildProcess
    private var input: Descriptor?
    private let output: Descriptor
    private let errors: URL
    private var pending: [UInt8] = []
    private var status: TerminationStatus?

    /// - Parameters:
    ///   - environment: all it gets besides `PATH`.
    ///   - directory: for what it says on standard error.
    init(
        _ command: [String], environment: [String: String], in directory: TemporaryDirectory
    ) throws {
        Signals.prepare()
        errors = directory.url.appendingPathComponent("errors-\(UUID().uuidString)")
        var requests = try Posix.Pipe()
        var answers = try Posix.Pipe()
        let variables = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        let requestsReader = requests.takeReader()
        let answersWriter = answers.takeWriter()
        let errorsWriter = try Descriptor.open(errors.path, O_WRONLY | O_CREAT | O_APPEND)
        var launch = Launch(
            arguments: CStringArray([Program.path] + command),
            environment: CStringArray(variables.map { "\($0)=\($1)" }))
        launch.input = requestsReader.raw
        launch.output = answersWriter.raw
        launch.error = errorsWriter.raw
        process = try launch.start()
        input = requests.takeWriter()
        output = answers.takeReader()
    }

    deinit {
        if status == nil {
            process.signalGroup(SIGKILL)
            _ = process.reap()
        }
    }

    func send(_ line: String) throws {
        guard let number = input?.raw else { throw SystemError(call: "send", code: EPIPE) }
        try Array((line + "\n").utf8).withUnsafeBytes { try writeAll(number, $0) }
    }

    /// The next line as it is.
    func line() throws -> String {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                return line
            }
            var item = pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)
            try #require(poll(&item, 1, 20_000) == 1, "nothing comes; \(said)")
            let chunk = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                count = try output.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            try #require(!chunk.isEmpty, "the output ended; \(said)")
            pending += chunk
        }
    }

    /// The next line as a message.
    func message() throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(try line().utf8))
        return try #require(value as? [String: Any])
    }

    /// Closes the client's end, and waits for the program's.
    func end() throws -> TerminationStatus {
        input = nil
        let status = process.reap()
        self.status = status
        return status
    }

    /// What was said on standard error so far, by the program and the server.
    var said: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
}
