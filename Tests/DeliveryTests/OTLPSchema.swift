import Records

@testable import Delivery

// The binary encoding, read by a description of the messages.

/// What a field holds.
enum FieldType: Sendable {
    case string, identifier, bool, enumeration, int64, fixed64, sfixed64, double
    case doubles, fixed64s
    case message([FieldSchema])
    case messages([FieldSchema])
}

struct FieldSchema: Sendable {
    let number: UInt64
    let name: String
    let type: FieldType

    init(_ number: UInt64, _ name: String, _ type: FieldType) {
        self.number = number
        self.name = name
        self.type = type
    }
}

/// opentelemetry-proto v1.11.0, written down a second time.
enum OTLPSchema {
    private typealias Field = FieldSchema

    private static let anyValue = [
        Field(1, "stringValue", .string), Field(2, "boolValue", .bool),
        Field(3, "intValue", .int64), Field(4, "doubleValue", .double),
    ]
    private static let keyValue = [
        Field(1, "key", .string), Field(2, "value", .message(anyValue)),
    ]
    private static let span = [
        Field(1, "traceId", .identifier), Field(2, "spanId", .identifier),
        Field(4, "parentSpanId", .identifier), Field(5, "name", .string),
        Field(6, "kind", .enumeration), Field(7, "startTimeUnixNano", .fixed64),
        Field(8, "endTimeUnixNano", .fixed64), Field(9, "attributes", .messages(keyValue)),
        Field(15, "status", .message([Field(3, "code", .enumeration)])),
    ]
    private static let numberPoint = [
        Field(2, "startTimeUnixNano", .fixed64), Field(3, "timeUnixNano", .fixed64),
        Field(4, "asDouble", .double), Field(6, "asInt", .sfixed64),
        Field(7, "attributes", .messages(keyValue)),
    ]
    private static let histogramPoint = [
        Field(2, "startTimeUnixNano", .fixed64), Field(3, "timeUnixNano", .fixed64),
        Field(4, "count", .fixed64), Field(5, "sum", .double),
        Field(6, "bucketCounts", .fixed64s), Field(7, "explicitBounds", .doubles),
        Field(9, "attributes", .messages(keyValue)),
    ]
    private static let sum = [
        Field(1, "dataPoints", .messages(numberPoint)),
        Field(2, "aggregationTemporality", .enumeration), Field(3, "isMonotonic", .bool),
    ]
    private static let histogram = [
        Field(1, "dataPoints", .messages(histogramPoint)),
        Field(2, "aggregationTemporality", .enumeration),
    ]
    private static let metric = [
        Field(1, "name", .string), Field(2, "description", .string), Field(3, "unit", .string),
        Field(7, "sum", .message(sum)), Field(9, "histogram", .message(histogram)),
    ]

    private static func request(
        _ name: String, _ scopedName: String, _ signal: FieldSchema
    ) -> [FieldSchema] {
        let resource = [Field(1, "attributes", .messages(keyValue))]
        let scope = [Field(1, "name", .string), Field(2, "version", .string)]
        let scoped = [
            Field(1, "scope", .message(scope)), signal, Field(3, "schemaUrl", .string),
        ]
        let ofResource = [
            Field(1, "resource", .message(resource)), Field(2, scopedName, .messages(scoped)),
        ]
        return [Field(1, name, .messages(ofResource))]
    }

    static let traces = request(
        "resourceSpans", "scopeSpans", Field(2, "spans", .messages(span)))
    static let metrics = request(
        "resourceMetrics", "scopeMetrics", Field(2, "metrics", .messages(metric)))

    /// The message as OTLP's JSON would have it, its fields in the order they stand in; nil when it
    /// is malformed or has a field that there is none of.
    static func json(_ bytes: ArraySlice<UInt8>, _ fields: [FieldSchema]) -> JSONValue? {
        var members: [JSONValue.Member] = []
        var reader = ProtobufReader(bytes)
        while let (number, value) = reader.next() {
            guard let field = fields.first(where: { $0.number == number }),
                let value = json(value, field.type)
            else { return nil }
            let (name, type) = (field.name, field.type)
            if case .messages = type, let index = members.firstIndex(where: { $0.key == name }) {
                members[index].value = .array((members[index].value.array ?? []) + [value])
            } else if case .messages = type {
                members.append(.init(name, .array([value])))
            } else {
                guard !members.contains(where: { $0.key == name }) else { return nil }
                members.append(.init(name, value))
            }
        }
        return reader.isMalformed ? nil : .object(members)
    }

    private static func json(_ value: ProtobufReader.Value, _ type: FieldType) -> JSONValue? {
        switch (type, value) {
        case (.string, .bytes(let text)):
            String(validating: text, as: UTF8.self).map { .string($0) }
        case (.identifier, .bytes(let bytes)):
            .string(
                bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        case (.bool, .varint(let value)): value > 1 ? nil : .bool(value == 1)
        case (.enumeration, .varint(let value)): .number(String(value))
        case (.int64, .varint(let value)): .string(String(Int64(bitPattern: value)))
        case (.fixed64, .fixed64(let value)): .string(String(value))
        case (.sfixed64, .fixed64(let value)): .string(String(Int64(bitPattern: value)))
        case (.double, .fixed64(let value)): .number(Double(bitPattern: value).description)
        case (.fixed64s, .bytes(let packed)):
            packed.count % 8 == 0 ? .array(eights(packed).map { .string(String($0)) }) : nil
        case (.doubles, .bytes(let packed)):
            packed.count % 8 == 0
                ? .array(eights(packed).map { .number(Double(bitPattern: $0).description) }) : nil
        case (.message(let fields), .bytes(let bytes)), (.messages(let fields), .bytes(let bytes)):
            json(bytes, fields)
        default: nil
        }
    }

    private static func eights(_ bytes: ArraySlice<UInt8>) -> [UInt64] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 8).map { start in
            bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
