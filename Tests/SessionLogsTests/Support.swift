import Foundation
import Ledger
import Posix
import Records
import Testing

@testable import SessionLogs

/// A home directory with logs in it, and a state directory beside; both go with the value.
final class Desk {
    let url: URL
    var home: URL { url.appending(path: "home") }
    var directory: LedgerDirectory { LedgerDirectory(state: url.appending(path: "state").path) }

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "logs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes a file below the home directory.
    @discardableResult
    func write(_ path: String, _ lines: [String], ending: String = "\n") throws -> URL {
        let file = home.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data((lines.joined(separator: "\n") + ending).utf8).write(to: file)
        return file
    }

    func append(_ path: String, _ text: String) throws {
        let handle = try FileHandle(forWritingTo: home.appending(path: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    var environment: [String: String] { ["HOME": home.path] }

    @discardableResult
    func runImport(
        _ change: (inout LogImporter.Options) -> Void = { _ in }
    ) throws -> ImportSummary {
        var options = LogImporter.Options()
        change(&options)
        var importer = LogImporter(
            directory, prices: .builtIn, project: .hash, options: options)
        let places = LogPlaces(environment, clients: Set(LogClient.allCases))
        return try importer.run(LogFinder(places)) { _ in }
    }

    /// The ledger's usage records, as they stand.
    func records() throws -> [CallRecord] {
        var records: [CallRecord] = []
        _ = try LedgerReader(directory).forEachLine { line in
            if case .record(.usage(let record))? = try? Record.decode(line: line) {
                records.append(record)
            }
            return .goOn
        }
        return records
    }

    /// The same, `model input/cached/write/write1h/output/reasoning` each, sorted.
    func tokens() throws -> [String] {
        try records().map { record in
            let usage = record.usage
            let counts = [
                usage?.input, usage?.cachedInput, usage?.cacheWrite, usage?.cacheWrite1h,
                usage?.output, usage?.reasoning,
            ]
            return (record.model ?? "-") + " "
                + counts.map { $0.map(String.init) ?? "-" }.joined(separator: "/")
        }.sorted()
    }
}

/// Lines as the clients write them.
enum Lines {
    static func claude(
        _ id: String?, output: Int, request: String? = "req_1", input: Int = 10, read: Int = 200,
        write5m: Int = 30, write1h: Int = 0, second: Int = 0, sidechain: Bool = false,
        model: String = "claude-opus-4-6", content: String = "[]", more: String = ""
    ) -> String {
        let id = id.map { #""id":"\#($0)","# } ?? ""
        let request = request.map { #""requestId":"\#($0)","# } ?? ""
        return #"{"type":"assistant","sessionId":"S","uuid":"u\#(second)\#(output)",\#(request)"#
            + #""timestamp":"2026-08-10T12:00:\#(second < 10 ? "0" : "")\#(second).123Z","#
            + #""isSidechain":\#(sidechain),"cwd":"/w",\#(more)"message":{\#(id)"role":"assistant","#
            + #""model":"\#(model)","content":\#(content),"usage":{"input_tokens":\#(input),"#
            + #""cache_creation_input_tokens":\#(write5m + write1h),"#
            + #""cache_read_input_tokens":\#(read),"cache_creation":{"ephemeral_5m_input_tokens":"#
            + #"\#(write5m),"ephemeral_1h_input_tokens":\#(write1h)},"output_tokens":\#(output)}}}"#
    }

    static func codex(
        second: Int, last: (Int, Int)?, total: (Int, Int)?, milliseconds: Int = 0
    ) -> String {
        func object(_ name: String, _ counts: (Int, Int)?) -> String? {
            counts.map {
                #""\#(name)":{"input_tokens":\#($0.0),"cached_input_tokens":1,"output_tokens":"#
                    + #"\#($0.1),"reasoning_output_tokens":2,"total_tokens":\#($0.0 + $0.1)}"#
            }
        }
        let parts = [object("total_token_usage", total), object("last_token_usage", last)]
        let info = parts.compactMap(\.self).joined(separator: ",")
        return #"{"timestamp":"2026-05-13T09:00:\#(10 + second).\#(100 + milliseconds)Z","#
            + #""type":"event_msg","payload":{"type":"token_count","info":"#
            + (info.isEmpty ? "null" : "{\(info)}") + #","rate_limits":null}}"#
    }

    static func codexMeta(_ more: String = "") -> String {
        #"{"timestamp":"2026-05-13T09:00:00.000Z","type":"session_meta","payload":{"id":"C1","#
            + #""cwd":"/w","model_provider":"openai"\#(more)}}"#
    }

    static let codexContext =
        #"{"timestamp":"2026-05-13T09:00:01.000Z","type":"turn_context","payload":{"cwd":"/w","#
        + #""model":"gpt-5-codex"}}"#

    static func gemini(_ id: String, _ tokens: String?) -> String {
        #"{"id":"\#(id)","timestamp":"2026-05-13T09:00:10.000Z","type":"gemini","content":"","#
            + #""model":"gemini-2.5-pro"\#(tokens.map { #","tokens":{\#($0)}"# } ?? "")}"#
    }

    static let geminiHead =
        #"{"sessionId":"G1","projectHash":"h","startTime":"2026-05-13T09:00:00Z"}"#

    static func grok(_ prompt: String, usage: String, method: String = "_x.ai/session/update")
        -> String
    {
        #"{"timestamp":1786724773,"method":"\#(method)","params":{"sessionId":"K1","update":{"#
            + #""sessionUpdate":"turn_completed","prompt_id":"\#(prompt)","usage":{\#(usage)}},"#
            + #""_meta":{"eventId":"e-\#(prompt)","agentTimestampMs":1786724773589}}}"#
    }
}
