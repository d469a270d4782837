import Records
import Testing

@testable import Delivery

struct EvalOpsConfigurationTests {
    private static let token = ["EVALOPS_TOKEN": "pk_secret_1"]

    @Test(
        arguments: [
            ([:], []),
            (
                ["EVALOPS_BASE_URL": "https://api.test"],
                [
                    "evalops-meter https://api.test", "evalops-traces https://api.test",
                ]
            ),
            (
                ["EVALOPS_METER_BASE_URL": "https://meter.test"],
                ["evalops-meter https://meter.test"]
            ),
            (
                ["EVALOPS_TRACES_BASE_URL": "https://traces.test"],
                ["evalops-traces https://traces.test"]
            ),
            (
                [
                    "EVALOPS_BASE_URL": "https://api.test",
                    "EVALOPS_TRACES_BASE_URL": " https://traces.test/ \n",
                ], ["evalops-meter https://api.test", "evalops-traces https://traces.test"]
            ),
            (["EVALOPS_BASE_URL": "  "], []),
            (
                ["EVALOPS_BASE_URL": "http://localhost:8080"],
                [
                    "evalops-meter http://localhost:8080", "evalops-traces http://localhost:8080",
                ]
            ),
        ] as [([String: String], [String])])
    func `addresses are found`(environment: [String: String], sinks: [String]) {
        let all = environment.merging(Self.token) { $1 }
        let found = EvalOps.read(all) { Issue.record("\($0)") }
        #expect(found.map { "\($0.destination.sink) \($0.destination.address)" } == sinks)
        #expect(found.allSatisfy { $0.batch == BatchLimits(records: 100, ageMilliseconds: 1000) })
    }

    @Test(
        arguments: [
            (["EVALOPS_BASE_URL": "ftp://api.test"], "EVALOPS_BASE_URL is `ftp://api.test`", 0),
            (["EVALOPS_BASE_URL": "api.test"], "EVALOPS_BASE_URL is `api.test`", 0),
            (
                ["EVALOPS_BASE_URL": "ftp://u:hunter2@api.test"],
                "EVALOPS_BASE_URL is no such thing", 0
            ),
            (
                ["EVALOPS_BASE_URL": "https://api.test?key=hunter2"], "EVALOPS_BASE_URL is no such",
                0
            ),
            (
                ["EVALOPS_BASE_URL": "https://u:hunter2@api.test"], "EVALOPS_BASE_URL holds a user",
                2
            ),
            (["EVALOPS_BASE_URL": "http://api.test"], "EVALOPS_TOKEN would be readable", 0),
            (
                [
                    "EVALOPS_METER_BASE_URL": "http://api.test",
                    "EVALOPS_BASE_URL": "https://api.test",
                ],
                "EVALOPS_METER_BASE_URL is `http://api.test`", 1
            ),
            (
                ["EVALOPS_BASE_URL": "https://a.test", "EVALOPS_TOKEN": "a\nb"],
                "EVALOPS_TOKEN holds", 0
            ),
            (
                ["EVALOPS_BASE_URL": "https://a.test", "EVALOPS_WORKSPACE_ID": "日本"],
                "EVALOPS_WORKSPACE_ID holds", 0
            ),
        ] as [([String: String], String, Int)])
    func `a bad value is named in one line and its secrets are not`(
        environment: [String: String], words: String, sinks: Int
    ) throws {
        var lines: [String] = []
        let found = EvalOps.read(Self.token.merging(environment) { $1 }) { lines.append($0) }
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        #expect(line.contains(words), "\(line)")
        #expect(!line.contains("hunter2") && !line.contains("pk_secret") && !line.contains("\n"))
        #expect(found.count == sinks)
        #expect(found.allSatisfy { !$0.destination.address.contains("hunter2") })
    }

    @Test func `without a token plain http has nothing to hide`() {
        let found = EvalOps.read(["EVALOPS_BASE_URL": "http://meter.internal:8080"]) {
            Issue.record("\($0)")
        }
        #expect(found.count == 2)
    }

    @Test(
        arguments: [
            (["EVALOPS_TOKEN": " t1 ", "EVALOPS_AGENT_TOKEN": "t2"], "Bearer t1"),
            (["EVALOPS_AGENT_TOKEN": "t2"], "Bearer t2"),
            (["EVALOPS_TOKEN": "bearer t3"], "Bearer t3"),
            (["EVALOPS_TOKEN": "\tBearer  t4\r\n"], "Bearer t4"),
            ([:], nil),
        ] as [([String: String], String?)])
    func `the token is found`(environment: [String: String], header: String?) throws {
        let all = environment.merging(["EVALOPS_BASE_URL": "https://api.test"]) { $1 }
        for sink in EvalOps.read(all, complain: { Issue.record("\($0)") }) {
            var sink = sink
            let message = try #require(
                sink.messages(for: [.call(EvalOpsRecords.escalation)]).first)
            #expect(message.header("Authorization") == header)
            #expect(message.header("X-Workspace-ID") == "default")
            #expect(message.header("X-Organization-ID") == nil)
        }
    }

    @Test(arguments: [
        ("https://API.Test:443/", "https://api.test", true, false),
        ("HTTPS://api.test//", "https://api.test", true, false),
        ("https://api.test:8443/base/", "https://api.test:8443/base", true, false),
        ("https://api.test/meter.v1.MeterService", "https://api.test", true, false),
        (
            "https://api.test/x/meter.v1.MeterService/RecordUsage/", "https://api.test/x", true,
            false
        ),
        (
            "https://api.test/traces.v1.SpanIngestService/IngestSpans", "https://api.test", true,
            false
        ),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", false, true),
        ("http://127.8.9.10", "http://127.8.9.10", false, true),
        ("http://[::1]:80", "http://[::1]", false, true),
        ("http://LocalHost", "http://localhost", false, true),
        ("http://[2001:db8::1]:9", "http://[2001:db8::1]:9", false, false),
        ("http://127.0.0.1.evil.test", "http://127.0.0.1.evil.test", false, false),
        ("http://0127.0.0.1", "http://0127.0.0.1", false, false),
        ("http://localhost.evil.test", "http://localhost.evil.test", false, false),
        ("http://localhost@evil.test", "http://evil.test", false, false),
    ])
    func `an address is understood`(typed: String, text: String, tls: Bool, loopback: Bool) throws {
        let url = try #require(EvalOpsURL(typed))
        #expect(url.text == text)
        #expect(url.isEncrypted == tls)
        #expect(url.isLoopback == loopback)
        #expect(url.hadUser == typed.contains("@"))
    }

    @Test(arguments: [
        "", "https://", "https:///path", "https://a b", "https://a:b", "https://a:", "https://a:0",
        "https://a:65536", "https://a:+1", "https://a#b", "https://a?b", "https://[::1",
        "https://[]",
        "https://a\\b", "http://127.0.0.1\\@evil.test", "https://u:p/w@host", "https://a/\n",
        "https://日本.test", "file:///etc/passwd", "https://%61.test", "https://user@",
    ])
    func `what is no address is none`(typed: String) {
        #expect(EvalOpsURL(typed) == nil)
    }
}
