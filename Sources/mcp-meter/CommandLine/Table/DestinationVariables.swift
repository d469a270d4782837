/// The variables that say where records go.
extension VariableTable {
    static let destinations = [evalops, openTelemetry, mosaic, harper, connecting]

    /// The commands that read all of them; `run` and `doctor` point to the first one's help.
    private static let readers: Set = ["deliver"]

    private static let evalops = Group(
        title: "To EvalOps", commands: readers,
        variables: [
            Variable(name: "EVALOPS_BASE_URL", meaning: "its address; sends there"),
            Variable(
                name: "EVALOPS_METER_BASE_URL", meaning: "that of the meter service alone",
                standard: "EVALOPS_BASE_URL"),
            Variable(
                name: "EVALOPS_TRACES_BASE_URL", meaning: "that of the traces service alone",
                standard: "EVALOPS_BASE_URL"),
            Variable(
                name: "EVALOPS_TOKEN", meaning: "bearer token; goes to https and this machine only",
                standard: "EVALOPS_AGENT_TOKEN"),
            Variable(name: "EVALOPS_AGENT_TOKEN", meaning: "the token, if the other is not set"),
            Variable(name: "EVALOPS_ORGANIZATION_ID", meaning: "whose usage it is"),
            Variable(
                name: "EVALOPS_WORKSPACE_ID", meaning: "in which workspace", standard: "default"),
            Variable(name: "EVALOPS_TEAM_ID", meaning: "of which team"),
            Variable(
                name: "EVALOPS_AGENT_ID", meaning: "by which agent",
                standard: "from the server's name"),
            Variable(
                name: "EVALOPS_SURFACE", meaning: "on which surface",
                standard: "from the server's name"),
        ])

    private static let openTelemetry = Group(
        title: "To OpenTelemetry, by OTLP over HTTP", commands: readers,
        variables: [
            Variable(
                name: "OTEL_EXPORTER_OTLP_ENDPOINT",
                meaning: "sends traces and metrics there, to v1/traces and v1/metrics. Each "
                    + "OTEL_EXPORTER_OTLP_ variable may have TRACES_ or METRICS_ after that, and "
                    + "is then that signal's alone"),
            Variable(
                name: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                meaning: "sends traces to this address as it is"),
            Variable(
                name: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
                meaning: "sends metrics to this address as it is"),
            Variable(
                name: "OTEL_EXPORTER_OTLP_PROTOCOL", meaning: "http/protobuf or http/json",
                standard: "http/protobuf"),
            Variable(
                name: "OTEL_EXPORTER_OTLP_HEADERS",
                meaning: "name=value,name=value; credentials among them"),
            Variable(
                name: "OTEL_EXPORTER_OTLP_COMPRESSION", meaning: "gzip or none", standard: "none"),
            Variable(
                name: "OTEL_EXPORTER_OTLP_TIMEOUT", meaning: "milliseconds for an answer",
                standard: "10000"),
            Variable(
                name: "OTEL_EXPORTER_OTLP_CERTIFICATE",
                meaning: "PEM file of the authority to trust", standard: "the system's"),
            Variable(
                name: "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
                meaning: "PEM file of a certificate of ours"),
            Variable(
                name: "OTEL_EXPORTER_OTLP_CLIENT_KEY", meaning: "PEM file of its key"),
            Variable(
                name: "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
                meaning: "cumulative, delta or lowmemory", standard: "cumulative"),
            Variable(
                name: "OTEL_TRACES_EXPORTER", meaning: "otlp, or none to send no traces",
                standard: "otlp"),
            Variable(
                name: "OTEL_METRICS_EXPORTER", meaning: "otlp, or none to send no metrics",
                standard: "otlp"),
            Variable(
                name: "OTEL_SERVICE_NAME", meaning: "whose it is said to be",
                standard: "mcp-meter"),
            Variable(
                name: "OTEL_RESOURCE_ATTRIBUTES",
                meaning: "name=value,name=value that all of it has"),
            Variable(
                name: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", meaning: "spans in one message, at most",
                standard: "512"),
            Variable(
                name: "OTEL_BSP_SCHEDULE_DELAY", meaning: "milliseconds that spans may wait",
                standard: "1000"),
            Variable(
                name: "OTEL_METRIC_EXPORT_INTERVAL", meaning: "milliseconds that metrics may wait",
                standard: "10000"),
            Variable(
                name: "OTEL_SEMCONV_STABILITY_OPT_IN",
                meaning: "gen_ai_1_41: the older names; gen_ai_1_41/dup: both",
                standard: "the newest names"),
            Variable(
                name: "OTEL_SDK_DISABLED", meaning: "true: send nothing there",
                standard: "false"),
        ])

    private static let mosaic = Group(
        title: "To Mosaic", commands: readers,
        variables: [
            Variable(
                name: "MOSAIC_TELEMETRY_ENABLED", meaning: "true: send there", standard: "false"),
            Variable(
                name: "MOSAIC_TELEMETRY_INSTANCE_ID", meaning: "UUID of this installation; needed"),
            Variable(name: "MOSAIC_TELEMETRY_SERVER_URL", meaning: "its address"),
            Variable(
                name: "MOSAIC_TELEMETRY_API_KEY", meaning: "its key, 64 hexadecimal digits"),
            Variable(
                name: "MOSAIC_TELEMETRY_ENDPOINT", meaning: "path of the events there",
                standard: "/v1/events/batch"),
            Variable(
                name: "MOSAIC_TELEMETRY_FILE",
                meaning: "absolute path of a file that events are appended to"),
            Variable(
                name: "MOSAIC_TELEMETRY_BATCH_SIZE", meaning: "events in one message",
                standard: "100"),
        ])

    private static let harper = Group(
        title: "To Harper", commands: readers,
        variables: [
            Variable(
                name: "HARPER_ANALYTICS_URL",
                meaning: "address of its operations API; sends there"),
            Variable(name: "HARPER_ANALYTICS_TOKEN", meaning: "operation token"),
            Variable(
                name: "HARPER_ANALYTICS_USERNAME", meaning: "user, if there is no token"),
            Variable(name: "HARPER_ANALYTICS_PASSWORD", meaning: "the user's password"),
            Variable(
                name: "HARPER_ANALYTICS_DATABASE", meaning: "database of the two tables",
                standard: "mcp_meter"),
            Variable(name: "HARPER_ANALYTICS_TENANT", meaning: "the rows' tenant"),
        ])

    private static let connecting = Group(
        title: "Connections", commands: readers.union(["report"]),
        variables: [
            Variable(
                name: "SSL_CERT_FILE", meaning: "PEM file of the authorities to trust",
                standard: "the system's"),
            Variable(
                name: "SSL_CERT_DIR", meaning: "directory of such files",
                standard: "the system's"),
        ])
}
