/// The fields we write, by message (opentelemetry-proto v1.11.0).
enum OTLPFields {
    /// `ExportTraceServiceRequest`
    static let resourceSpans = Field(1, "resourceSpans")
    /// `ExportMetricsServiceRequest`
    static let resourceMetrics = Field(1, "resourceMetrics")

    /// `ResourceSpans` and `ResourceMetrics`
    enum Resource {
        static let resource = Field(1, "resource")
        static let scopeSpans = Field(2, "scopeSpans")
        static let scopeMetrics = Field(2, "scopeMetrics")
        /// Of `resource`.
        static let attributes = Field(1, "attributes")
    }

    /// `ScopeSpans` and `ScopeMetrics`
    enum Scope {
        static let scope = Field(1, "scope")
        static let spans = Field(2, "spans")
        static let metrics = Field(2, "metrics")
        static let schemaURL = Field(3, "schemaUrl")
        /// Of `scope`.
        static let name = Field(1, "name")
        static let version = Field(2, "version")
    }

    enum Span {
        static let traceID = Field(1, "traceId")
        static let spanID = Field(2, "spanId")
        static let parentSpanID = Field(4, "parentSpanId")
        static let name = Field(5, "name")
        static let kind = Field(6, "kind")
        static let start = Field(7, "startTimeUnixNano")
        static let end = Field(8, "endTimeUnixNano")
        static let attributes = Field(9, "attributes")
        static let status = Field(15, "status")
        /// Of `status`.
        static let statusCode = Field(3, "code")
    }

    enum KeyValue {
        static let key = Field(1, "key")
        static let value = Field(2, "value")
    }

    enum AnyValue {
        static let string = Field(1, "stringValue")
        static let bool = Field(2, "boolValue")
        static let int = Field(3, "intValue")
        static let double = Field(4, "doubleValue")
    }

    enum Metric {
        static let name = Field(1, "name")
        static let description = Field(2, "description")
        static let unit = Field(3, "unit")
        static let sum = Field(7, "sum")
        static let histogram = Field(9, "histogram")
        /// Of `sum` and `histogram`.
        static let dataPoints = Field(1, "dataPoints")
        static let temporality = Field(2, "aggregationTemporality")
        static let isMonotonic = Field(3, "isMonotonic")
    }

    /// `NumberDataPoint` and `HistogramDataPoint`
    enum DataPoint {
        static let start = Field(2, "startTimeUnixNano")
        static let time = Field(3, "timeUnixNano")
        static let double = Field(4, "asDouble")
        static let int = Field(6, "asInt")
        static let numberAttributes = Field(7, "attributes")
        static let count = Field(4, "count")
        static let sum = Field(5, "sum")
        static let bucketCounts = Field(6, "bucketCounts")
        static let bounds = Field(7, "explicitBounds")
        static let histogramAttributes = Field(9, "attributes")
    }
}
