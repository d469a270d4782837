import Foundation
import Posix

/// The built program, run as a user runs it.
struct Program {
    struct Run {
        var status: Int32
        var output: String
        var errors: String
    }

    /// It is built beside the tests.
    static let path: String = {
        let own = URL(fileURLWithPath: CommandLine.arguments[0])
        let candidates = [
            own.deletingLastPathComponent().appendingPathComponent("mcp-meter").path,
            Bundle.main.bundleURL.appendingPathComponent("mcp-meter").path,
            // macOS: the tests are in a bundle beside it.
            Bundle(for: Anchor.self).bundleURL.deletingLastPathComponent()
                .appendingPathComponent("mcp-meter").path,
        ]
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
            ?? candidates[0]
    }()

    private final class Anchor {}

    /// Runs it to its end.
    ///
    /// - Parameters:
    ///   - environment: all it gets besides `PATH`.
    ///   - input: its standard input.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String = ""
    ) throws -> Run {
        let directory = try TemporaryDirectory()
        let files = ["in", "out", "err"].map { directory.url.appendingPathComponent($0) }
        try Data(input.utf8).write(to: files[0])
        let variables = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        let standardInput = try Descriptor.open(files[0].path, O_RDONLY)
        let standardOutput = try Descriptor.open(files[1].path, O_WRONLY | O_CREAT)
        let standardError = try Descriptor.open(files[2].path, O_WRONLY | O_CREAT)
        var launch = Launch(
            arguments: CStringArray([path] + arguments),
            environment: CStringArray(variables.map { "\($0)=\($1)" }))
        launch.input = standardInput.raw
        launch.output = standardOutput.raw
        launch.error = standardError.raw
        let status = try launch.start().reap()
        return Run(
            status: status.shellCode, output: try String(contentsOf: files[1], encoding: .utf8),
            errors: try String(contentsOf: files[2], encoding: .utf8))
    }
}

/// A directory that goes with the value.
final class TemporaryDirectory {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "mcp-meter-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The ledger's lines, all segments together.
    func ledgerLines() throws -> [[String: Any]] {
        let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)
        var lines: [[String: Any]] = []
        for case let file as URL in files ?? .init() where file.pathExtension == "jsonl" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
                if let object = value as? [String: Any] { lines.append(object) }
            }
        }
        return lines
    }
}
