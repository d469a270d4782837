import Records

/// An attribute of a span or a resource.
struct Attribute: Equatable, Sendable {
    enum Value: Equatable, Sendable {
        case string(String)
        case int(Int64)
        case double(Double)
    }

    var key: String
    var value: Value
}

extension [Attribute] {
    /// What is absent is unknown, and adds nothing.
    mutating func add(_ key: String, _ value: String?) {
        guard let value else { return }
        append(Attribute(key: key, value: .string(value)))
    }

    mutating func add(_ key: String, _ value: (some FixedWidthInteger)?) {
        guard let value else { return }
        append(Attribute(key: key, value: .int(Int64(clamping: value))))
    }

    mutating func add(_ key: String, _ value: Double?) {
        guard let value, value.isFinite else { return }
        append(Attribute(key: key, value: .double(value)))
    }
}

extension String {
    /// The beginning, of at most so many bytes of UTF-8.
    func clipped(to bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        var end = utf8.index(startIndex, offsetBy: bytesMax)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil {
            end = utf8.index(before: end)
        }
        return String(self[..<end])
    }
}

extension MessageEncoder where Self: ~Copyable {
    /// A longer string is cut: it was not ours, and a request has to stay small.
    private static var stringBytesMax: Int { 1024 }

    mutating func attributes(_ field: Field, _ attributes: [Attribute]) {
        guard !attributes.isEmpty else { return }
        repeated(field) { encoder in
            for attribute in attributes { encoder.element(field) { $0.attribute(attribute) } }
        }
    }

    /// A `KeyValue`.
    private mutating func attribute(_ attribute: Attribute) {
        string(OTLPFields.KeyValue.key, attribute.key)
        message(OTLPFields.KeyValue.value) { encoder in
            switch attribute.value {
            case .string(let value):
                encoder.string(OTLPFields.AnyValue.string, value.clipped(to: Self.stringBytesMax))
            case .int(let value): encoder.int64(OTLPFields.AnyValue.int, value)
            case .double(let value): encoder.double(OTLPFields.AnyValue.double, value)
            }
        }
    }

    /// The one `ResourceSpans` or `ResourceMetrics` of a request, with the one scope it has.
    ///
    /// - Parameter signal: writes spans or metrics into the scope.
    mutating func export(
        _ field: Field, _ scopeField: Field, resource: [Attribute], schemaURL: String,
        _ signal: (inout Self) -> Void
    ) {
        typealias Fields = OTLPFields
        repeated(field) { encoder in
            encoder.element(field) { encoder in
                encoder.message(Fields.Resource.resource) {
                    $0.attributes(Fields.Resource.attributes, resource)
                }
                encoder.repeated(scopeField) { encoder in
                    encoder.element(scopeField) { encoder in
                        encoder.message(Fields.Scope.scope) {
                            $0.string(Fields.Scope.name, "mcp-meter")
                            $0.string(Fields.Scope.version, Version.text)
                        }
                        signal(&encoder)
                        encoder.string(Fields.Scope.schemaURL, schemaURL)
                    }
                }
            }
        }
    }
}

extension Timestamp {
    /// As OTLP counts it; a moment it cannot say is the nearest it can. Many readers take it for a
    /// signed number.
    var unixNanoseconds: UInt64 {
        let (nanoseconds, overflow) = max(0, microseconds).multipliedReportingOverflow(by: 1000)
        return UInt64(overflow ? .max : nanoseconds)
    }
}
