import Foundation
import Posix
import Testing

enum Surroundings {
    /// The executable built beside the test bundle.
    static let probe: String = {
        if let path = ProcessInfo.processInfo.environment["RELAY_PROBE"] { return path }
        #if os(Linux)
            let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            return own.deletingLastPathComponent().appendingPathComponent("relay-probe").path
        #else
            let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
            let products = (bundle ?? .main).bundleURL.deletingLastPathComponent()
            return products.appendingPathComponent("relay-probe").path
        #endif
    }()
}

/// A file of its own for a test, removed with it.
final class TemporaryFile {
    let path = NSTemporaryDirectory() + "relay-test-" + UUIDv7().description

    deinit { unlink(path) }

    var text: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    func write(_ text: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    /// The text once `condition` holds for it; files have no event to wait for that works alike on
    /// every system.
    func text(when condition: (String) -> Bool) throws -> String {
        let deadline = MonotonicClock.now() + 10_000_000_000
        while !condition(text) {
            try #require(MonotonicClock.now() < deadline, "the file stays at: \(text)")
            usleep(1000)
        }
        return text
    }
}
