import Foundation
import Records
import Testing

@testable import mcp_meter

struct DoctorTests {
    private static let instance = "a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d"

    private struct Checks: Decodable {
        struct Check: Decodable {
            var area: String
            var name: String
            var state: String
            var text: String
            var remedy: String?
        }

        var healthy: Bool
        var checks: [Check]

        func named(_ name: String) -> [Check] { checks.filter { $0.name == name } }
    }

    /// Runs `doctor --json` and holds it to what is always true of it.
    private func doctor(
        _ variables: [String: String], _ arguments: [String] = []
    ) throws -> Checks {
        let run = try Program.run(["doctor", "--json"] + arguments, environment: variables)
        #expect(run.errors.isEmpty)
        let found = try JSONDecoder().decode(Checks.self, from: Data(run.output.utf8))
        #expect(run.status == (found.healthy ? 0 : 1))
        #expect(found.healthy == !found.checks.contains { $0.state == "fail" })
        for check in found.checks {
            #expect((check.remedy == nil) == (check.state == "ok"), "\(check)")
            #expect(!check.text.contains("\n"))
        }
        return found
    }

    @Test(arguments: [
        (["doctor"], Invocation.doctor(DoctorOptions())),
        (["doctor", "--json", "--offline"], .doctor(DoctorOptions(json: true, offline: true))),
        (
            ["doctor", "--no-start", "--patience=3"],
            .doctor(DoctorOptions(noStart: true, patience: 3))
        ),
        (["doctor", "--patience", "0"], .misuse("`--patience` needs seconds from 1 to 600.")),
        (["doctor", "--help"], .help("doctor")), (["help", "doctor"], .help("doctor")),
        (["--", "doctor"], .relay(["doctor"])),
    ])
    func `words`(words: [String], expected: Invocation) {
        #expect(Arguments.parse(words) == expected)
    }

    @Test func `misuse ends with 64`() throws {
        let run = try Program.run(["doctor", "--jsn"])
        #expect(run.status == 64)
        #expect(run.errors.contains("Did you mean `--json`?"))
    }

    @Test func `the report is a line a check, and what mends it`() {
        var report = DoctorReport()
        report.ok("one", "a", "fine")
        report.warn("one", "longer", "so so", remedy: "look")
        #expect(report.isHealthy)
        report.fail("two", "b", "bad", remedy: "mend")
        #expect(!report.isHealthy)
        #expect(
            report.text(Terminal()) == """
                one
                  ok    a       fine
                  warn  longer  so so
                        -> look

                two
                  FAIL  b       bad
                        -> mend

                3 checks, 1 to know of, 1 to mend

                """)
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (64 << 20, "64.0 MiB"),
        (UInt64.max, "16777216.0 TiB"),
    ])
    func `sizes`(bytes: UInt64, text: String) { #expect(DoctorReport.bytes(bytes) == text) }

    @Test func `with nothing set it says how to switch on, and makes nothing`() throws {
        let home = try TemporaryDirectory()
        let found = try doctor(["HOME": home.url.path])
        #expect(found.healthy)
        #expect(found.named("switch").first?.remedy == "export MCP_METER=on")
        #expect(found.named("directory").first?.text.hasSuffix("made at the first call") == true)
        #expect(found.named("receivers").count == 1)
        #expect(found.named("guardian").first?.state == "ok")
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.url.path).isEmpty)
    }

    @Test func `it reads the ledger that a session wrote`() throws {
        let state = try TemporaryDirectory()
        let variables = ["MCP_METER": "on", "MCP_METER_STATE_DIR": state.url.path]
        _ = try Program.run(
            ["sh", "-c", "read line; exit 0"], environment: variables,
            input: #"{"jsonrpc":"2.0","id":1,"method":"ping"}"# + "\n")
        let found = try doctor(variables)
        #expect(found.healthy)
        let content = try #require(found.named("content").first?.text)
        #expect(content.contains("in 1 file since 20"), "\(content)")
        #expect(found.named("writers").first?.text == "0 relays writing now")
        #expect(found.named("lost calls").first?.text == "none")
    }

    @Test func `half a line, garbage, a lost call and calls of days to come are said`() throws {
        let state = try TemporaryDirectory()
        func write(_ day: String, _ file: String, _ text: String) throws {
            let folder = state.url.appendingPathComponent("ledger/\(day)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: folder.appendingPathComponent(file))
        }
        var begin: [UInt8] = []
        Record.begin(
            BeginRecord(
                id: "b", time: Timestamp(microseconds: 1_700_000_000_000_000), session: "s",
                direction: .clientToServer, method: "tools/call", requestID: .number("1"))
        ).encode(into: &begin)
        let line = String(decoding: begin, as: UTF8.self).trimmingCharacters(in: .newlines)
        try write("2023-11-14", "221320000000-999999-00000001.jsonl", line + "\n\0\n{\"v\":1,")
        try write("2999-01-01", "000000000000-999999-00000002.jsonl", line + "\n")
        let folder = state.url.appendingPathComponent("ledger").path
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        let found = try doctor(["MCP_METER": "on", "MCP_METER_STATE_DIR": state.url.path])
        #expect(found.healthy)
        for name in ["lines", "torn", "lost calls", "future", "privacy"] {
            #expect(found.named(name).first?.state == "warn", "\(name): \(found)")
        }
        #expect(found.named("privacy").first?.remedy == "chmod 700 \(folder)")
    }

    @Test func `what cannot be written to or read is to be mended`() throws {
        let directory = try TemporaryDirectory()
        let file = directory.url.appendingPathComponent("file").path
        try Data("{\"gpt-5\": 7}".utf8).write(to: URL(fileURLWithPath: file))
        let found = try doctor([
            "MCP_METER": "on", "MCP_METER_STATE_DIR": file, "MCP_METER_PRICES": file,
            "MCP_METER_PROFILES": file, "MCP_METER_LOG": "loud", "MCP_METER_ROUTES": file,
            "MCP_METER_BUDGET": "5/day",
        ])
        #expect(!found.healthy)
        for name in ["directory", "prices", "profiles", "routes", "variables"] {
            #expect(found.named(name).first?.state == "fail", "\(name): \(found)")
        }
        #expect(found.named("prices").first?.remedy == "mcp-meter prices --check \(file)")
        #expect(found.named("policy").first?.state == "ok")
        let relative = try doctor(["MCP_METER": "on", "MCP_METER_STATE_DIR": "here"])
        #expect(relative.named("directory").first?.state == "fail")
    }

    @Test func `a receiver that is a file is asked for leave to write, and given nothing`() throws {
        let directory = try TemporaryDirectory()
        let file = directory.url.appendingPathComponent("events.jsonl")
        let variables = [
            "MCP_METER": "on", "MCP_METER_STATE_DIR": directory.url.path + "/state",
            "MOSAIC_TELEMETRY_ENABLED": "true", "MOSAIC_TELEMETRY_INSTANCE_ID": Self.instance,
            "MOSAIC_TELEMETRY_FILE": file.path,
        ]
        let found = try doctor(variables)
        #expect(found.named("file").first?.state == "ok")
        #expect(found.named("file").first?.area == "mosaic (\(file.path))")
        #expect(found.named("libcurl").isEmpty)
        #expect(found.named("progress").first?.text == "0 records delivered, none to go")
        #expect(!FileManager.default.fileExists(atPath: file.path))
        let nowhere = try doctor(
            variables.merging(["MOSAIC_TELEMETRY_FILE": "/no/such/directory/events"]) { $1 })
        #expect(nowhere.named("file").first?.state == "fail")
    }

    @Test func `offline it connects to nobody, and shows no credentials`() throws {
        let found = try doctor(
            [
                "MCP_METER": "on", "MCP_METER_STATE_DIR": "/tmp/no-such-state-of-mine",
                "HARPER_ANALYTICS_URL": "https://meter:s3cret@harper.invalid:9925/?key=s3cret",
            ], ["--offline"])
        #expect(found.named("answer").isEmpty)
        #expect(found.named("headers").first?.text == "Authorization")
        #expect(
            found.named("headers").first?.area == "harper (https://harper.invalid:9925/mcp_meter)")
        #expect(!found.checks.contains { "\($0)".contains("s3cret") })
    }
}
