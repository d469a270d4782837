import Records
import Testing

@testable import Delivery

/// What OpenTelemetry's variables mean.
struct OTLPConfigurationTests {
    private static let endpoint = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"]

    @Test(arguments: [
        [:],
        ["OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_SDK_DISABLED": "perhaps"],
        ["OTEL_EXPORTER_OTLP_HEADERS": "nonsense", "OTEL_SERVICE_NAME": "me"],
        ["OTEL_EXPORTER_OTLP_ENDPOINT": ""],
        ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "True"],
        [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "none",
        ],
    ])
    func `without an endpoint, or when switched off, there is silence`(
        environment: [String: String]
    ) {
        let (sinks, complaints) = otlp(environment)
        #expect(sinks.isEmpty && complaints.isEmpty)
    }

    @Test(arguments: [
        ("http://c:4318", "http://c:4318/v1/traces"),
        ("http://c:4318/", "http://c:4318/v1/traces"),
        ("https://c/otlp", "https://c/otlp/v1/traces"),
        ("HTTPS://c/otlp/?key=1#part", "https://c/otlp/v1/traces?key=1"),
        ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
        (" http://c:4318 ", "http://c:4318/v1/traces"),
    ])
    func `the common endpoint is the base of each signal's`(base: String, url: String) throws {
        let (sinks, complaints) = otlp(["OTEL_EXPORTER_OTLP_ENDPOINT": base])
        #expect(sinks.map(\.destination.sink) == ["otlp-traces", "otlp-metrics"])
        var traces = try #require(sinks.first)
        #expect(traces.deliver([.call(.sample())]).first?.request.url == url)
        #expect(complaints.isEmpty)
    }

    @Test(arguments: [
        ("http://c:4318", "http://c:4318/"), ("http://c/x/", "http://c/x/"),
        ("http://c?k=v", "http://c/?k=v"),
    ])
    func `a signal's own endpoint is used as it stands`(endpoint: String, url: String) throws {
        let (sinks, complaints) = otlp(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": endpoint])
        #expect(sinks.map(\.destination.sink) == ["otlp-traces"])
        var traces = try #require(sinks.first)
        #expect(traces.deliver([.call(.sample())]).first?.request.url == url)
        #expect(complaints.isEmpty)
    }

    @Test func `no secret of a URL names a destination`() throws {
        let (sinks, _) = otlp([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://user:pass@c:4318/otlp?token=x"
        ])
        #expect(sinks.first?.destination.address == "https://c:4318/otlp/v1/traces")
        var traces = try #require(sinks.first)
        #expect(
            traces.deliver([.call(.sample())]).first?.request.url
                == "https://user:pass@c:4318/otlp/v1/traces?token=x")
    }

    @Test(arguments: [
        "localhost:4318", "ftp://c", "http://", "http://:4318", "http:/c", "http://a b",
        "http://?x",
    ])
    func `what is no URL is not shown, for it may hold a password`(endpoint: String) {
        let (sinks, complaints) = otlp(["OTEL_EXPORTER_OTLP_ENDPOINT": endpoint])
        #expect(sinks.isEmpty)
        #expect(complaints.count == 2)
        #expect(complaints.allSatisfy { $0.hasPrefix("OTEL_EXPORTER_OTLP_ENDPOINT: expected") })
        #expect(!complaints.contains { $0.contains(endpoint + ":") || $0.contains("=") })
    }

    @Test(arguments: [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/jsonl", "http/protobuf", 2),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", "gzip or none", 2),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "whole number", 2),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "from 1", 2),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "-1", "taken as 10000", 1),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "big", "cumulative", 1),
        ("OTEL_SDK_DISABLED", "yes", "true or false", 1),
        ("OTEL_TRACES_EXPORTER", "console,otlp", "otlp or none", 1),
        ("OTEL_BSP_SCHEDULE_DELAY", "soon", "whole number", 1),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "513", "from 1 to 512", 1),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1e3", "whole number", 1),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=%zz", "all of it is left out", 1),
    ])
    func `a bad value is named once a signal, and what is left goes on`(
        name: String, value: String, expected: String, count: Int
    ) {
        let (sinks, complaints) = otlp(Self.endpoint.merging([name: value]) { $1 })
        #expect(sinks.count == 2)
        #expect(complaints.count == count, "\(complaints)")
        #expect(complaints.allSatisfy { $0.hasPrefix("\(name)=\(value): expected") })
        #expect(complaints.allSatisfy { $0.contains(expected) })
    }

    @Test(arguments: [
        ("OTEL_TRACES_EXPORTER", "none", ["otlp-metrics"], 0),
        ("OTEL_METRICS_EXPORTER", "otlp, none", ["otlp-traces", "otlp-metrics"], 0),
        ("OTEL_METRICS_EXPORTER", "prometheus", ["otlp-traces"], 1),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", ["otlp-metrics"], 1),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", [], 2),
    ])
    func `a signal can be switched off`(
        name: String, value: String, sinks: [String], complaints: Int
    ) {
        let read = otlp(Self.endpoint.merging([name: value]) { $1 })
        #expect(read.sinks.map(\.destination.sink) == sinks)
        #expect(read.complaints.count == complaints)
    }

    @Test func `gRPC's port is worth a word, unless somebody knows better`() {
        var environment = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4317"]
        #expect(otlp(environment).complaints.count == 1)
        #expect(otlp(environment).sinks.count == 1)
        environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf"
        #expect(otlp(environment).complaints.isEmpty)
    }

    @Test func `what is said of one signal comes before what is said of all`() throws {
        let (sinks, complaints) = otlp([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://t/x",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2000", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "3000",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
            "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION": "gzip",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": "/ca.pem",
            "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE": "/m.pem",
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "/c.pem",
            "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/c.key",
            "OTEL_EXPORTER_OTLP_HEADERS": "a=1", "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "b=2",
        ])
        #expect(complaints.isEmpty)
        let requests = sinks.compactMap { sink in
            var sink = sink
            return sink.deliver([.call(.model())]).first?.request
        }
        let (traces, metrics) = (try #require(requests.first), try #require(requests.last))
        #expect(traces.url == "https://t/x" && metrics.url == "http://c:4318/v1/metrics")
        #expect(traces.header("Content-Type") == "application/json")
        #expect(metrics.header("Content-Type") == "application/x-protobuf")
        #expect(traces.timeoutMilliseconds == 2000 && metrics.timeoutMilliseconds == 3000)
        #expect(!traces.compresses && metrics.compresses)
        let key = "/c.key"
        #expect(
            traces.tls == TLSFiles(authority: "/ca.pem", certificate: "/c.pem", key: key)
                && metrics.tls == TLSFiles(authority: "/m.pem", certificate: "/c.pem", key: key))
        #expect(traces.header("a") == "1" && traces.header("b") == nil)
        #expect(metrics.header("a") == nil && metrics.header("b") == "2")
        #expect(traces.header("User-Agent") == "mcp-meter/\(Version.text)")
    }

    @Test(arguments: [
        ("api-key=secret", [("api-key", "secret")], 0),
        ("a=1, b = x y ,,c=", [("a", "1"), ("b", "x y"), ("c", "")], 0),
        ("Authorization=Basic%20dTpw%3D%3D", [("Authorization", "Basic dTpw==")], 0),
        ("Authorization=Basic dTpw==", [("Authorization", "Basic dTpw==")], 0),
        ("a=50%,b=%C3%A9", [("a", "50%"), ("b", "é")], 0),
        ("a=x;y=z", [("a", "x;y=z")], 0),
        ("secret", [], 1), ("=secret,a=1", [("a", "1")], 1), ("b c=secret", [], 1),
        ("a=x%0D%0AEvil: secret", [], 1), ("content-type=text/secret", [], 1),
    ])
    func `headers are those of the variable, and a bad one is never shown`(
        text: String, headers: [(String, String)], count: Int
    ) throws {
        let (sinks, complaints) = otlp([
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": text,
        ])
        var traces = try #require(sinks.first)
        let request = try #require(traces.deliver([.call(.sample())]).first?.request)
        let own = request.headers.dropFirst(2)
        #expect(own.map(\.name) == headers.map(\.0) && own.map(\.value) == headers.map(\.1))
        #expect(complaints.count == count)
        #expect(!complaints.contains { $0.contains("secret") })
    }

    @Test(arguments: [
        ([:], ["service.name": "mcp-meter", "service.version": Version.text]),
        (["OTEL_SERVICE_NAME": "me"], ["service.name": "me"]),
        (
            [
                "OTEL_SERVICE_NAME": "me",
                "OTEL_RESOURCE_ATTRIBUTES":
                    "service.name=you, deployment.environment.name = a%2Cb%3D ",
            ], ["service.name": "me", "deployment.environment.name": "a,b="]
        ),
        (
            ["OTEL_RESOURCE_ATTRIBUTES": "service.name=you,service.version=7,x=1,x=2"],
            ["service.name": "you", "service.version": "7", "x": "2"]
        ),
        (
            ["OTEL_RESOURCE_ATTRIBUTES": "a=1,b"],
            ["service.name": "mcp-meter", "service.version": Version.text]
        ),
    ])
    func `a resource is who the variables say`(
        environment: [String: String], expected: [String: String]
    ) throws {
        var traces = otlpTraces(
            environment.merging(["OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"]) { $1 })
        let message = try #require(traces.deliver([.call(.sample())]).first)
        let resource = message.json["resourceSpans"]?.array?.first?["resource"]
        #expect(attributes(of: resource) == expected.mapValues { .string($0) })
    }

    @Test(arguments: [
        (nil, "gen-ai-dev/1.42.0-dev"), ("http,database/dup", "gen-ai-dev/1.42.0-dev"),
        ("gen_ai_latest_experimental", "gen-ai-dev/1.42.0-dev"),
        ("http, gen_ai_1_41", "1.41.0"), ("gen_ai_1_41/dup", "gen-ai-dev/1.42.0-dev"),
    ])
    func `the schema is that of the names`(optIn: String?, schema: String) throws {
        var traces = otlpTraces([
            "OTEL_SEMCONV_STABILITY_OPT_IN": optIn ?? "",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
        ])
        let message = try #require(traces.deliver([.call(.sample())]).first)
        let scope = message.json["resourceSpans"]?.array?.first?["scopeSpans"]?.array?.first
        #expect(scope?["schemaUrl"]?.string == "https://opentelemetry.io/schemas/" + schema)
        #expect(scope?["scope"]?["name"]?.string == "mcp-meter")
        #expect(scope?["scope"]?["version"]?.string == Version.text)
    }

    @Test func `batches are as long and as old as the variables say`() {
        #expect(otlpTraces().batch == BatchLimits(records: 256, ageMilliseconds: 1000))
        #expect(otlpMetrics().batch == BatchLimits(records: 128, ageMilliseconds: 10_000))
        let traces = otlpTraces([
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1", "OTEL_BSP_SCHEDULE_DELAY": "0",
        ])
        #expect(traces.batch == BatchLimits(records: 1, ageMilliseconds: 0))
        #expect(otlpMetrics(["OTEL_METRIC_EXPORT_INTERVAL": "500"]).batch.ageMilliseconds == 500)
    }
}

extension HTTPRequest {
    fileprivate func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}
