import Records

/// OpenTelemetry's variables, and the rules they have in common: an empty value is as good as none,
/// and what cannot be understood is said and then as good as none (OpenTelemetry specification,
/// "Environment Variable Specification").
struct OTLPVariables {
    private let values: [String: String]

    init(_ environment: [String: String]) { values = environment.filter { !$0.value.isEmpty } }

    subscript(name: String) -> String? { values[name] }

    /// What is said of one signal, else of all: `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`, else
    /// `OTEL_EXPORTER_OTLP_TIMEOUT`.
    func option(_ signal: OTLP.Signal, _ option: String) -> (name: String, value: String)? {
        let names = [
            "OTEL_EXPORTER_OTLP_\(signal.rawValue.uppercased())_\(option)",
            "OTEL_EXPORTER_OTLP_\(option)",
        ]
        for name in names {
            if let value = values[name] { return (name, value) }
        }
        return nil
    }

    /// Where a signal goes: its own endpoint as it stands, or the common one's path and `v1/…`.
    func endpoint(_ signal: OTLP.Signal) -> (name: String, value: String)? {
        option(signal, "ENDPOINT")
    }

    func isDisabled(_ complain: (String) -> Void) -> Bool {
        let name = "OTEL_SDK_DISABLED"
        switch values[name]?.lowercased() {
        case "true": return true
        case "false", nil: return false
        default:
            complain(bad(name, expected: "true or false; taken as false"))
            return false
        }
    }

    /// Whether `OTEL_TRACES_EXPORTER` or `OTEL_METRICS_EXPORTER` lets us send the signal.
    func exports(_ signal: OTLP.Signal, _ complain: (String) -> Void) -> Bool {
        let name = "OTEL_\(signal.rawValue.uppercased())_EXPORTER"
        guard let value = values[name] else { return true }
        let exporters = value.split(separator: ",").map { String($0).trimmed }
        let isAsked = exporters.contains("otlp")
        if exporters.contains(where: { $0 != "otlp" && $0 != "none" }) {
            complain(
                bad(name, expected: "otlp or none; \(signal.rawValue) are ")
                    + (isAsked ? "sent by OTLP alone" : "not sent"))
        }
        return isAsked
    }

    func temporality(_ complain: (String) -> Void) -> OTLP.Temporality {
        let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
        switch values[name]?.lowercased() {
        case "cumulative", nil: return .cumulative
        // Low memory is delta for counters and histograms, and there is nothing else here.
        case "delta", "lowmemory": return .delta
        default:
            complain(bad(name, expected: "cumulative, delta or lowmemory; taken as cumulative"))
            return .cumulative
        }
    }

    func tracesBatch(_ complain: (String) -> Void) -> BatchLimits {
        // A record is two spans at most.
        let spans = number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1...512, else: 512, complain)
        let age = number("OTEL_BSP_SCHEDULE_DELAY", 0...3_600_000, else: 1000, complain)
        return BatchLimits(records: max(1, Int(spans) / 2), ageMilliseconds: age)
    }

    func metricsBatch(_ complain: (String) -> Void) -> BatchLimits {
        let age = number("OTEL_METRIC_EXPORT_INTERVAL", 0...3_600_000, else: 10_000, complain)
        return BatchLimits(records: OTLPMetrics.batchRecordsMax, ageMilliseconds: age)
    }

    func number(
        _ name: String, _ range: ClosedRange<UInt64>, else standard: UInt64,
        _ complain: (String) -> Void
    ) -> UInt64 {
        guard let value = values[name] else { return standard }
        guard let number = UInt64(value.trimmed), range.contains(number) else {
            complain(
                bad(
                    name,
                    expected: "a whole number from \(range.lowerBound) to \(range.upperBound); "
                        + "taken as \(standard)"))
            return standard
        }
        return number
    }

    func bad(_ name: String, expected: String) -> String {
        "\(name)=\((values[name] ?? "").clipped(to: 100)): expected \(expected)"
    }
}

extension String {
    /// With `%41` read as `A`; nil when a `%` is not followed by two hexadecimal digits, or when
    /// the result is no UTF-8.
    var percentDecoded: String? {
        PercentEncoding.decodedStrictly(utf8).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// `name=value,name=value`, spaces around each part left out; nil for an entry without a name
    /// or an equals sign. Empty entries are passed over.
    var nameValuePairs: [(name: String, value: String)?] {
        split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }.map { entry in
            guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = String(entry[..<equals]).trimmed
            let value = String(entry[entry.utf8.index(after: equals)...]).trimmed
            return name.isEmpty ? nil : (name, value)
        }
    }
}
