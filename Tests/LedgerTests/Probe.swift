import Foundation
import Testing

/// A `ledger-probe` at work, read line by line.
final class Probe {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var pending = Data()

    /// - Parameter umask: the file mode creation mask it starts with, in octal; nil for ours.
    init(_ arguments: String..., umask: String? = nil) throws {
        let program = try Probe.program()
        if let umask {
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", "umask \(umask); exec \"$@\"", "sh", program] + arguments
        } else {
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
        }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit { kill() }

    func send(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    func closeInput() throws { try input.fileHandleForWriting.close() }

    /// The next line it says; nil when it has ended and everything was read.
    func readLine() -> String? {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                defer { pending = Data(pending[(end + 1)...]) }
                return String(decoding: pending[..<end], as: UTF8.self)
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            pending += more
        }
    }

    func readLines() -> [String] {
        var lines: [String] = []
        while let line = readLine() { lines.append(line) }
        return lines
    }

    /// SIGKILL, and waits until it is gone. Ends nothing but itself.
    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
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
