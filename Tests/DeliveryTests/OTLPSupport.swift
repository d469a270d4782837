import Records

@testable import Delivery

/// A sink as the environment configures it, and what it complained about.
func otlp(
    _ environment: [String: String]
) -> (sinks: [any Sink], complaints: [String]) {
    var complaints: [String] = []
    let sinks = OTLP.read(environment) { complaints.append($0) }
    return (sinks, complaints)
}

func otlpTraces(_ environment: [String: String] = [:]) -> any Sink {
    otlpSink("otlp-traces", environment)
}

func otlpMetrics(_ environment: [String: String] = [:]) -> any Sink {
    otlpSink("otlp-metrics", environment)
}

private func otlpSink(_ name: String, _ environment: [String: String]) -> any Sink {
    let all = environment.merging(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"]) {
        a, _ in a
    }
    guard let sink = otlp(all).sinks.first(where: { $0.destination.sink == name }) else {
        preconditionFailure("\(all) configures no \(name)")
    }
    return sink
}

extension Sink {
    /// Has every message taken.
    mutating func deliver(_ records: [Record]) -> [Message] {
        let messages = messages(for: records.filter { wants($0) })
        for message in messages { _ = judge(HTTPResponse(status: 200), to: message) }
        return messages
    }
}

extension Message {
    var json: JSONValue {
        guard let value = try? JSONValue(parsing: request.body) else {
            preconditionFailure("not JSON: \(String(decoding: request.body, as: UTF8.self))")
        }
        return value
    }
}

/// The attributes of a resource, span or data point, by name: strings, integers as strings too,
/// doubles and booleans as they stand.
func attributes(of value: JSONValue?) -> [String: JSONValue] {
    var found: [String: JSONValue] = [:]
    for attribute in value?["attributes"]?.array ?? [] {
        guard let key = attribute["key"]?.string,
            let value = attribute["value"]?.members?.first?.value, found[key] == nil
        else { preconditionFailure("not an attribute, or one twice: \(attribute)") }
        found[key] = value
    }
    return found
}
