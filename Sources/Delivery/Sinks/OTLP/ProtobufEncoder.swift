/// The binary encoding of Protocol Buffers (protobuf.dev, "Encoding").
///
/// A message inside another is preceded by its length, which is known when it has been written. So
/// one byte is left for it, and what turned out longer than 127 bytes is moved: once a level, which
/// costs less than to write everything twice.
struct ProtobufEncoder: MessageEncoder, ~Copyable {
    private enum WireType: UInt32 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
    }

    /// `count` of `capacity` bytes are written. A buffer of our own, because an array asks on every
    /// append whether it is shared.
    private var bytes: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var capacity = 4096

    init() { bytes = .allocate(capacity: capacity) }
    deinit { bytes.deallocate() }

    var byteCount: Int { count }

    consuming func finish() -> [UInt8] {
        Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    // MARK: Fields

    mutating func string(_ field: Field, _ value: String) {
        tag(field, .lengthDelimited)
        var value = value
        value.withUTF8 { text in
            reserve(text.count + Self.varintBytesMax)
            putVarint(UInt64(text.count))
            text.baseAddress.map { put($0, text.count) }
        }
    }

    mutating func identifier(_ field: Field, _ hexadecimal: String) {
        tag(field, .lengthDelimited)
        var hexadecimal = hexadecimal
        hexadecimal.withUTF8 { digits in
            let length = digits.count / 2
            reserve(length + Self.varintBytesMax)
            putVarint(UInt64(length))
            for index in 0..<length {
                put(Self.value(digits[2 * index]) << 4 | Self.value(digits[2 * index + 1]))
            }
        }
    }

    mutating func bool(_ field: Field, _ value: Bool) { varint(field, value ? 1 : 0) }
    mutating func enumeration(_ field: Field, _ value: UInt8) { varint(field, UInt64(value)) }

    mutating func int64(_ field: Field, _ value: Int64) {
        varint(field, UInt64(bitPattern: value))
    }

    mutating func sfixed64(_ field: Field, _ value: Int64) {
        fixed64(field, UInt64(bitPattern: value))
    }

    mutating func fixed64(_ field: Field, _ value: UInt64) {
        tag(field, .fixed64)
        reserve(8)
        putFixed(value)
    }

    mutating func double(_ field: Field, _ value: Double) { fixed64(field, value.bitPattern) }

    mutating func fixed64s(_ field: Field, _ values: [UInt64]) {
        packed(field, byteCount: 8 * values.count)
        for value in values { putFixed(value) }
    }

    mutating func doubles(_ field: Field, _ values: [Double]) {
        packed(field, byteCount: 8 * values.count)
        for value in values { putFixed(value.bitPattern) }
    }

    mutating func varint(_ field: Field, _ value: UInt64) {
        tag(field, .varint)
        reserve(Self.varintBytesMax)
        putVarint(value)
    }

    /// Small numbers in as few bytes as they need. OTLP has no such field, our own state has.
    mutating func varints(_ field: Field, _ values: some Sequence<UInt64>) {
        message(field) { encoder in
            for value in values {
                encoder.reserve(Self.varintBytesMax)
                encoder.putVarint(value)
            }
        }
    }

    @inline(__always)
    mutating func message(_ field: Field, _ body: (inout Self) -> Void) {
        tag(field, .lengthDelimited)
        reserve(1)
        let start = count
        put(0)
        body(&self)
        putLength(at: start)
    }

    @inline(__always)
    mutating func repeated(_ field: Field, _ body: (inout Self) -> Void) { body(&self) }

    @inline(__always)
    mutating func element(_ field: Field, _ body: (inout Self) -> Void) { message(field, body) }

    // MARK: Pieces

    private static var varintBytesMax: Int { 10 }

    /// Of a hexadecimal digit.
    private static func value(_ digit: UInt8) -> UInt8 {
        digit < UInt8(ascii: "A") ? digit & 0x0F : (digit & 0x0F) &+ 9 & 0x0F
    }

    @inline(__always)
    private mutating func tag(_ field: Field, _ type: WireType) {
        reserve(Self.varintBytesMax)
        putVarint(UInt64(field.number << 3 | type.rawValue))
    }

    private mutating func packed(_ field: Field, byteCount: Int) {
        tag(field, .lengthDelimited)
        reserve(Self.varintBytesMax + byteCount)
        putVarint(UInt64(byteCount))
    }

    /// Puts the length of the message whose first byte follows `start` into the place left there.
    @inline(__always)
    private mutating func putLength(at start: Int) {
        let length = count - start - 1
        if length < 0x80 {
            bytes[start] = UInt8(truncatingIfNeeded: length)
        } else {
            putLongLength(length, at: start)
        }
    }

    @inline(never)
    private mutating func putLongLength(_ length: Int, at start: Int) {
        let width = (Int.bitWidth - length.leadingZeroBitCount + 6) / 7
        reserve(width - 1)
        (bytes + start + width).update(from: bytes + start + 1, count: length)
        count = start
        putVarint(UInt64(length))
        count += length
    }

    // MARK: The buffer. Nothing is put that was not reserved; both are checked here.

    @inline(__always)
    private mutating func reserve(_ length: Int) {
        if capacity - count < length { grow(length) }
    }

    @inline(never)
    private mutating func grow(_ length: Int) {
        capacity = max(capacity * 2, count + length)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: bytes, count: count)
        bytes.deallocate()
        bytes = larger
    }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        precondition(count < capacity)
        bytes[count] = byte
        count += 1
    }

    @inline(__always)
    private mutating func put(_ text: UnsafePointer<UInt8>, _ length: Int) {
        precondition(length <= capacity - count)
        (bytes + count).update(from: text, count: length)
        count += length
    }

    @inline(__always)
    private mutating func putVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            put(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        put(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always)
    private mutating func putFixed(_ value: UInt64) {
        precondition(capacity - count >= 8)
        UnsafeMutableRawPointer(bytes + count)
            .storeBytes(of: value.littleEndian, as: UInt64.self)
        count += 8
    }
}
