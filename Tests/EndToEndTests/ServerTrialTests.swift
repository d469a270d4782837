import Foundation
import Posix
import Records
import Testing

@testable import Setup
@testable import mcp_meter

/// Servers that are started to see whether they answer, each of them real.
struct ServerTrialTests {
    /// A server that is gone when it is written to must be an error, and not our end.
    init() { Signals.prepare() }

    private func trial(_ script: String, patience: UInt64 = 10_000) -> ServerTrial.Result {
        ServerTrial(
            command: ["sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"],
            patienceMilliseconds: patience
        ).run()
    }

    private static let answer =
        #"{"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"s\nx","version":"2"}}}"#

    @Test func `an answer is read, whatever stands around it`() {
        let plain = trial("read line; printf '%s\\n' '\(Self.answer)'; cat >/dev/null")
        #expect(plain.outcome == .answered(name: "sx", version: "2"))
        #expect(!plain.isNoisy)
        let noisy = trial(
            "echo starting; read line; echo '{\"jsonrpc\":\"2.0\",\"method\":\"log\"}'; "
                + "printf '%s' '\(Self.answer)' | cut -c1-20 | tr -d '\\n'; "
                + "printf '%s\\n' '\(Self.answer)' | cut -c21-; cat >/dev/null")
        #expect(noisy.outcome == .answered(name: "sx", version: "2"))
        #expect(noisy.isNoisy)
    }

    @Test func `it is asked as a client asks`() throws {
        let directory = try TemporaryDirectory()
        let file = directory.url.appendingPathComponent("asked").path
        _ = trial("read -r line; printf '%s' \"$line\" > \(file); exit 0")
        let asked = try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: file))))
        #expect(asked["method"] == .string("initialize"))
        #expect(asked["params"]?["protocolVersion"] != nil)
        #expect(asked["params"]?["clientInfo"]?["version"] == .string(Version.text))
    }

    @Test(arguments: [
        ("exit 3", ServerTrial.Outcome.ended(.exited(3))),
        ("kill -9 $$", .ended(.signalled(9))),
        ("exec >&-; sleep 0.1; exit 4", .ended(.exited(4))),
        (
            #"echo '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"secret"}}'; cat"#,
            .refused(code: "-32602")
        ),
        (#"echo '{"jsonrpc":"2.0","id":1,"error":7}'; cat"#, .refused(code: "none")),
        (#"echo '{"jsonrpc":"2.0","id":1,"result":[]}'; cat"#, .answered(name: nil, version: nil)),
    ])
    func `what else may come of it`(script: String, expected: ServerTrial.Outcome) {
        #expect(trial(script).outcome == expected)
    }

    @Test func `one that never answers is given up, and ended with all that it started`() throws {
        let directory = try TemporaryDirectory()
        let file = directory.url.appendingPathComponent("pids").path
        let start = MonotonicClock.now()
        let result = trial(
            "trap '' TERM HUP; sleep 1000 & echo $! > \(file); echo $$ >> \(file); "
                + "yes noise & wait; sleep 1000", patience: 300)
        #expect(result.outcome == .silent)
        #expect(result.isNoisy)
        #expect(MonotonicClock.now() - start < 8_000_000_000)
        for id in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
            let id = try #require(pid_t(id))
            // Gone, or a zombie that whoever inherited it has not reaped yet.
            let state = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
            #expect(state.map { $0.contains(") Z ") } ?? true)
        }
    }

    @Test func `a command that is not there`() {
        let result = ServerTrial(
            command: ["no-such-server"], environment: ["PATH": "/bin"], patienceMilliseconds: 100
        ).run()
        guard case .notStarted(let failure) = result.outcome else {
            Issue.record("\(result)")
            return
        }
        #expect(failure.exitCode == 127)
    }

    // MARK: What the client would start

    private func server(
        _ entry: ServerEntry, _ client: Client?, _ ours: [String: String]
    ) -> WrappedServer {
        WrappedServer(
            entry,
            ConfigurationFile(path: "/f", client: client, entries: [entry], problem: nil), ours)
    }

    private func entry(
        _ words: [String], _ variables: [(String, String)] = []
    ) -> ServerEntry {
        ServerEntry(
            name: "s", command: words[0], arguments: Array(words.dropFirst()),
            environment: variables.map { ServerEntry.Variable(name: $0.0, value: $0.1) },
            wrapped: Array(words.dropFirst()), line: 3, column: 1)
    }

    @Test func `references are resolved as clients do, or named`() {
        let found = server(
            entry(
                ["/bin/sh", "cat", "${A}", "${env:A}${B:-b}", "${C:-c}", "$A", "${"],
                [("X", "${A}/x"), ("MCP_METER_TOKEN", "t")]),
            .claudeCode, ["A": "a", "C": "", "PATH": "/bin"])
        #expect(found.start.command == ["/bin/sh", "cat", "a", "ab", "c", "$A", "${"])
        #expect(found.unresolved == nil)
        #expect(found.missing == nil)
        #expect(found.start.environment["X"] == "a/x")
        // It is no session: nothing of ours but that it is off.
        #expect(found.start.environment["MCP_METER_TOKEN"] == nil)
        #expect(found.start.environment["MCP_METER"] == "off")
        let open = server(entry(["/bin/sh", "cat", "${input:hunter2}"]), .vsCode, ["PATH": "/bin"])
        #expect(open.unresolved == "${input…}")
    }

    @Test func `commands are looked for where the client looks`() {
        let here = ["PATH": "/bin", "MCP_METER": "on"]
        #expect(server(entry(["sh", "cat"]), .claudeCode, here).missing == nil)
        #expect(server(entry(["sh", "nope"]), .claudeCode, here).missing == "nope")
        #expect(server(entry(["nope", "cat"]), .claudeCode, here).missing == "nope")
        #expect(server(entry(["/tmp", "cat"]), .claudeCode, here).missing == "/tmp")
        let elsewhere = entry(["sh", "cat"], [("PATH", "/nowhere")])
        #expect(server(elsewhere, .claudeCode, here).missing == "sh")
    }

    @Test func `whether it is metered is the client's to say`() {
        let ours = ["PATH": "/bin", "MCP_METER": "on"]
        #expect(server(entry(["sh", "cat"]), .claudeCode, ours).isMetered)
        #expect(!server(entry(["sh", "cat"]), .cursor, ours).isMetered)
        #expect(!server(entry(["sh", "cat"]), .codex, ours).isMetered)
        let own = entry(["sh", "cat"], [("MCP_METER", "on")])
        #expect(server(own, .codex, [:]).isMetered)
        let off = entry(["sh", "cat"], [("MCP_METER", "off")])
        #expect(!server(off, .claudeCode, ours).isMetered)
    }
}
