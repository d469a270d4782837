import Delivery
import Metering
import Testing

@testable import mcp_meter

struct ConfigurationTests {
    @Test(
        arguments: [
            ([:], false),
            (["MCP_METER": "on"], true),
            (["MCP_METER": "off", "EVALOPS_BASE_URL": "http://x"], false),
            (["MCP_METER": "", "MCP_METER_LOG": "debug"], false),
            (["MCP_METER_STATE_DIR": "/s", "MCP_METER_PROVIDER": "google"], false),
            (["EVALOPS_METER_BASE_URL": "http://x"], true),
            (["EVALOPS_TRACES_BASE_URL": "http://x"], true),
            (["EVALOPS_TOKEN": "t"], false),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"], true),
            (["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x"], true),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "True"], false),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": ""], false),
            (["MOSAIC_TELEMETRY_ENABLED": "true"], true),
            (["MOSAIC_TELEMETRY_ENABLED": "false"], false),
            (["MCP_METER_BUDGET": "10/day"], true),
        ] as [([String: String], Bool)])
    func `an endpoint or a policy turns metering on, and MCP_METER decides`(
        environment: [String: String], isOn: Bool
    ) {
        #expect(Configuration(environment).isOn == isOn)
    }

    @Test(arguments: [
        ("MCP_METER", "yes", "expected on or off"),
        ("MCP_METER_LOG", "loud", "expected error, info or debug"),
        ("MCP_METER_REASON", "full", "expected text, hash or off"),
    ])
    func `a bad value is named with what was expected`(
        name: String, value: String, expected: String
    ) {
        let complaints = Configuration([name: value]).complaints
        #expect(complaints.count == 1)
        #expect(complaints[0].hasPrefix("\(name) is `\(value)`; \(expected)"), "\(complaints)")
    }

    @Test func `a reason that cannot be understood gives nothing away`() {
        #expect(Configuration(["MCP_METER_REASON": "full"]).reason == .off)
    }

    @Test func `providers may be named as people name them`() {
        for (word, name) in ["Gemini": "google", "grok": "xai", "openai": "openai"] {
            #expect(Configuration(["MCP_METER_PROVIDER": word]).provider == name)
        }
    }

    @Test func `where records go is known, and a bad endpoint is named once`() {
        let good = Configuration(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/x"])
        #expect(good.destinations.map(\.sink) == ["otlp-traces"])
        #expect(good.complaints.isEmpty)
        let bad = Configuration(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "ftp://x"])
        #expect(bad.isOn && bad.destinations.isEmpty && bad.complaints.count == 1)
        #expect(bad.complaints.first?.contains("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == true)
        #expect(Configuration(["MCP_METER": "on"]).destinations.isEmpty)
        let off = ["MCP_METER": "off", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"]
        #expect(Configuration(off).destinations.isEmpty)
    }

    @Test func `only our own variables are kept from the server`() {
        for name in ["MCP_METER", "MCP_METER_STATE_DIR", "EVALOPS_TOKEN"] {
            #expect(Environment.isOwn(name), "\(name)")
        }
        for name in ["PATH", "GEMINI_API_KEY", "MCP_METERED", "OTEL_SERVICE_NAME", "EVALOPS"] {
            #expect(!Environment.isOwn(name), "\(name)")
        }
    }
}
