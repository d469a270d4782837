import Foundation
import Testing

/// What no reviewer should have to look for.
struct TidyTests {
    private static let sources: [(name: String, text: String)] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        return (files?.allObjects ?? []).compactMap { $0 as? URL }
            .filter { $0.pathExtension == "swift" }
            .compactMap { file in
                (try? String(contentsOf: file, encoding: .utf8)).map {
                    (file.lastPathComponent, $0)
                }
            }
    }()

    @Test(arguments: [
        ("import Foundation", "it costs every start milliseconds and megabytes; use libc"),
        ("fatalError(", "a trap ends the user's session; return an error"),
        ("try!", "a trap ends the user's session; handle the error"),
        ("TODO", "do it"), ("FIXME", "fix it"),
        ("  print(", "standard output is the protocol; use Console"),
        ("-Ounchecked", "it turns checks into undefined behaviour"),
    ])
    func `sources keep to the rules`(banned: String, instead: String) {
        #expect(Self.sources.count > 50)
        for (name, text) in Self.sources where text.contains(banned) {
            Issue.record("\(name) contains `\(banned)`: \(instead)")
        }
    }

    @Test func `a file is one idea`() {
        for (name, text) in Self.sources {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 400, "\(name) has \(lines) lines: split it")
        }
    }
}
