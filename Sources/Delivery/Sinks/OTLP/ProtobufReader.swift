/// Walks over the fields of one encoded message, and stops at the first byte that belongs to none.
struct ProtobufReader {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>
    /// What follows is no field.
    private(set) var isMalformed = false

    init(_ message: ArraySlice<UInt8>) { rest = message }

    /// The next field, nil at the end or where it is malformed.
    mutating func next() -> (number: UInt64, value: Value)? {
        guard !rest.isEmpty, !isMalformed else { return nil }
        if let tag = varint(), tag >> 3 > 0, let value = value(wireType: tag & 7) {
            return (tag >> 3, value)
        }
        isMalformed = true
        return nil
    }

    /// The next of packed varints; nil at the end, or where it is malformed.
    mutating func nextPacked() -> UInt64? {
        guard !rest.isEmpty, !isMalformed else { return nil }
        let value = varint()
        isMalformed = value == nil
        return value
    }

    private mutating func value(wireType: UInt64) -> Value? {
        switch wireType {
        case 0: return varint().map { .varint($0) }
        case 1: return take(8).map { .fixed64(Self.littleEndian($0)) }
        case 2: return varint().flatMap { take($0) }.map { .bytes($0) }
        case 5: return take(4).map { .fixed32(UInt32(truncatingIfNeeded: Self.littleEndian($0))) }
        default: return nil
        }
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            // The tenth byte holds the 64th bit alone.
            guard shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    private mutating func take(_ length: UInt64) -> ArraySlice<UInt8>? {
        guard length <= UInt64(rest.count) else { return nil }
        let taken = rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
        return taken
    }

    private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
