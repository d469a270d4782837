/// A field of a Protocol Buffers message: what it is in the binary encoding and in the JSON one.
struct Field: Sendable {
    /// 1…15: every field OTLP has here has a tag of one byte, or 16 and above one of two.
    let number: UInt32
    /// In lowerCamelCase.
    let name: StaticString

    init(_ number: UInt32, _ name: StaticString) {
        self.number = number
        self.name = name
    }
}

/// Writes one message, field by field, in one of OTLP's encodings. A message is described once, by
/// a function that is generic over this.
///
/// What is written is there: a value that is the default of its type is written too, since a member
/// of a `oneof` with such a value is not the same as none.
protocol MessageEncoder: ~Copyable {
    init()

    /// The size of what has been written so far.
    var byteCount: Int { get }
    consuming func finish() -> [UInt8]

    mutating func string(_ field: Field, _ value: String)
    /// A trace or span id. `hexadecimal` has an even number of hexadecimal digits.
    mutating func identifier(_ field: Field, _ hexadecimal: String)
    mutating func bool(_ field: Field, _ value: Bool)
    mutating func enumeration(_ field: Field, _ value: UInt8)
    mutating func int64(_ field: Field, _ value: Int64)
    mutating func sfixed64(_ field: Field, _ value: Int64)
    mutating func fixed64(_ field: Field, _ value: UInt64)
    /// `value` is finite.
    mutating func double(_ field: Field, _ value: Double)
    mutating func fixed64s(_ field: Field, _ values: [UInt64])
    /// All of `values` are finite.
    mutating func doubles(_ field: Field, _ values: [Double])

    mutating func message(_ field: Field, _ body: (inout Self) -> Void)
    /// A repeated message: `body` writes each with `element`, of the same field.
    mutating func repeated(_ field: Field, _ body: (inout Self) -> Void)
    mutating func element(_ field: Field, _ body: (inout Self) -> Void)
}
