import Foundation
import Posix
import Testing

/// A `ledger-probe` at work, read line by line.
///
/// Started by our own launcher: Foundation's `Process` waits for all its children on one thread, and
/// that thread can be held up by one that lives on.
final class Probe {
    private let process: ChildProcess
    private var input: Descriptor?
    private let output: Descriptor
    private var pending: [UInt8] = []
    private var isGone = false

    /// - Parameter umask: the file mode creation mask it starts with, in octal; nil for ours.
    init(_ arguments: String..., umask: String? = nil) throws {
        var command = [try Probe.program()] + arguments
        if let umask { command = ["/bin/sh", "-c", "umask \(umask); exec \"$@\"", "sh"] + command }
        var requests = try Posix.Pipe()
        var answers = try Posix.Pipe()
        let standardInput = requests.takeReader()
        let standardOutput = answers.takeWriter()
        var launch = Launch(arguments: CStringArray(command), environment: .environment())
        launch.input = standardInput.raw
        launch.output = standardOutput.raw
        process = try launch.start()
        input = requests.takeWriter()
        output = answers.takeReader()
    }

    deinit { kill() }

    func send(_ line: String) throws { try input?.writeAll(Array((line + "\n").utf8)) }

    func closeInput() { input = nil }

    /// The next line it says; nil when it has ended and everything was read.
    func readLine() -> String? {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                defer { pending.removeFirst(end + 1) }
                return String(decoding: pending[..<end], as: UTF8.self)
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = chunk.withUnsafeMutableBytes { (try? output.read(into: $0)) ?? 0 }
            if count == 0 { return nil }
            pending += chunk[..<count]
        }
    }

    func readLines() -> [String] {
        var lines: [String] = []
        while let line = readLine() { lines.append(line) }
        return lines
    }

    /// SIGKILL, and waits until it is gone. Ends nothing but itself.
    func kill() {
        guard !isGone else { return }
        isGone = true
        process.signalGroup(SIGKILL)
        _ = process.reap()
    }

    /// The products of this build lie beside the bundle, or the runner, that the tests are in.
    private static func program() throws -> String {
        let bundles = Bundle.allBundles.map(\.bundleURL)
        let places = bundles + [URL(filePath: CommandLine.arguments[0])]
        let candidates = places.flatMap { place in
            [place, place.deletingLastPathComponent()].map {
                $0.appending(path: "ledger-probe").path
            }
        }
        return try #require(
            candidates.first { FileManager.default.isExecutableFile(atPath: $0) },
            "no ledger-probe in \(candidates)")
    }
}
