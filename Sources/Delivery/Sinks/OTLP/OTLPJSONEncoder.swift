import Records

/// OTLP's JSON encoding: that of Protocol Buffers, but for ids in hexadecimal and enumerations as
/// numbers (OpenTelemetry Protocol, "JSON Protobuf Encoding"). 64-bit integers are strings, since
/// readers take a JSON number for a `double`.
struct OTLPJSONEncoder: MessageEncoder, ~Copyable {
    private var writer = JSONWriter()

    init() { writer.beginObject() }

    var byteCount: Int { writer.byteCount }

    consuming func finish() -> [UInt8] {
        writer.endObject()
        return writer.finish()
    }

    mutating func string(_ field: Field, _ value: String) {
        writer.key(field.name)
        writer.string(value)
    }

    mutating func identifier(_ field: Field, _ hexadecimal: String) { string(field, hexadecimal) }

    mutating func bool(_ field: Field, _ value: Bool) {
        writer.key(field.name)
        writer.bool(value)
    }

    mutating func enumeration(_ field: Field, _ value: UInt8) {
        writer.key(field.name)
        writer.number(value)
    }

    mutating func int64(_ field: Field, _ value: Int64) { string(field, String(value)) }
    mutating func sfixed64(_ field: Field, _ value: Int64) { string(field, String(value)) }
    mutating func fixed64(_ field: Field, _ value: UInt64) { string(field, String(value)) }

    mutating func double(_ field: Field, _ value: Double) {
        writer.key(field.name)
        writer.number(value)
    }

    mutating func fixed64s(_ field: Field, _ values: [UInt64]) {
        writer.key(field.name)
        writer.beginArray()
        for value in values { writer.string(String(value)) }
        writer.endArray()
    }

    mutating func doubles(_ field: Field, _ values: [Double]) {
        writer.key(field.name)
        writer.beginArray()
        for value in values { writer.number(value) }
        writer.endArray()
    }

    @inline(__always)
    mutating func message(_ field: Field, _ body: (inout Self) -> Void) {
        writer.key(field.name)
        element(field, body)
    }

    @inline(__always)
    mutating func repeated(_ field: Field, _ body: (inout Self) -> Void) {
        writer.key(field.name)
        writer.beginArray()
        body(&self)
        writer.endArray()
    }

    @inline(__always)
    mutating func element(_ field: Field, _ body: (inout Self) -> Void) {
        writer.beginObject()
        body(&self)
        writer.endObject()
    }
}
