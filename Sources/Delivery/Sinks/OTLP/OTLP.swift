/// Sinks that speak the OpenTelemetry Protocol over HTTP, configured by OpenTelemetry's own
/// variables (OpenTelemetry specification, "OpenTelemetry Protocol Exporter" and "Environment
/// Variable Specification").
package enum OTLP {
    enum Signal: String {
        case traces
        case metrics
    }

    enum Encoding: Equatable {
        case protobuf
        case json

        var contentType: String {
            switch self {
            case .protobuf: "application/x-protobuf"
            case .json: "application/json"
            }
        }
    }

    enum Temporality: UInt8 {
        case delta = 1
        case cumulative = 2
    }

    /// The sinks the environment configures: one for each signal that has an endpoint. There is no
    /// default endpoint, since nobody is to be sent anything who was not named.
    ///
    /// - Parameters:
    ///   - environment: the variables by name; an empty value is the same as none.
    ///   - complain: gets a line for each variable with a bad value.
    package static func read(
        _ environment: [String: String], complain: (String) -> Void
    ) -> [any Sink] {
        let variables = OTLPVariables(environment)
        guard Signal.allCases.contains(where: { variables.endpoint($0) != nil }),
            !variables.isDisabled(complain)
        else { return [] }

        var sinks: [any Sink] = []
        let resource = OTLPResource(variables, complain)
        let conventions = Conventions(variables)
        if let connection = OTLPConnection(.traces, variables, complain) {
            sinks.append(
                OTLPTraces(
                    connection: connection, resource: resource.attributes,
                    conventions: conventions, batch: variables.tracesBatch(complain)))
        }
        if let connection = OTLPConnection(.metrics, variables, complain) {
            sinks.append(
                OTLPMetrics(
                    connection: connection, resource: resource, conventions: conventions,
                    temporality: variables.temporality(complain),
                    batch: variables.metricsBatch(complain)))
        }
        return sinks
    }
}

extension OTLP.Signal: CaseIterable {}
