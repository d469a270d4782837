import Foundation
import Testing

@testable import Delivery

struct MosaicFileTests {
    private let directory = FileManager.default.temporaryDirectory
        .appendingPathComponent("mcp-meter-file-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    private func send(
        _ body: String, to path: String
    ) -> Result<HTTPResponse, TransportError> {
        var transport = FileTransport()
        return transport.send(
            HTTPRequest(url: FileTransport.url(of: path), headers: [], body: Array(body.utf8)))
    }

    @Test(arguments: ["events.jsonl", "with blank %41 ünd ?#.jsonl"])
    func `bodies are appended one after another, readable by this user alone`(name: String) throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appendingPathComponent(name).path
        #expect(FileTransport.handles(FileTransport.url(of: path)))
        #expect(send("{\"a\":1}\n", to: path) == .success(HTTPResponse(status: 200)))
        #expect(send("{\"b\":2}\n{\"c\":3}\n", to: path) == .success(HTTPResponse(status: 200)))
        #expect(
            try String(contentsOfFile: path, encoding: .utf8) == "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n"
        )
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a torn last line spoils no other`() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appendingPathComponent("torn").path
        try Data("{\"a\":1}\n{\"b\":".utf8).write(to: URL(fileURLWithPath: path))
        #expect(send("{\"c\":3}\n", to: path) == .success(HTTPResponse(status: 200)))
        #expect(
            try String(contentsOfFile: path, encoding: .utf8) == "{\"a\":1}\n{\"b\":\n{\"c\":3}\n")
    }

    #if os(Linux)
        @Test func `what there is no room for may be tried again`() throws {
            // Writing to it fails with ENOSPC.
            let full = send("{}\n", to: "/dev/full")
            #expect(full == .failure(.failed("/dev/full: write: No space left on device")))
        }
    #endif

    @Test func `what needs a hand says so`() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let missing = directory.appendingPathComponent("no/such/place").path
        for path in [missing, directory.path] {
            guard case .failure(.untrusted(let reason)) = send("{}\n", to: path) else {
                Issue.record("\(path) was written to")
                continue
            }
            #expect(reason.hasPrefix(path + ": "))
        }
    }

    @Test func `writers of one file do not cut into each other`() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appendingPathComponent("shared").path
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let line =
                        "{\"writer\":\(writer),\"text\":\"\(String(repeating: "x", count: 9000))\"}\n"
                    for _ in 0..<25 {
                        // Another one may be writing: that is a reason to try again, no more.
                        while case .failure(.failed) = send(line, to: path) {}
                    }
                }
            }
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 100)
        for line in lines {
            #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil)
        }
    }
}
