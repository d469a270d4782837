import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The kind and the id of a line, without reading the rest of it.
package struct LineHead: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case begin, call
        /// Any other: a session, a trace, something of a later version.
        case other
    }

    package let kind: Kind
    package let id: String

    /// Nil when the line is no JSON object with a `kind` and an `id`.
    package init?(_ line: Span<UInt8>) {
        if let head = LineHead(asWritten: line) { self = head } else { self.init(anyOrder: line) }
    }

    private init(kind: String, id: String) {
        self.kind =
            switch kind {
            case "begin": .begin
            case "call": .call
            default: .other
            }
        self.id = id
    }

    /// The form every line is written in: `{"v":1,"kind":"call","id":"…"`.
    private init?(asWritten line: Span<UInt8>) {
        let head = line.withUnsafeBytes { bytes -> LineHead? in
            var rest = bytes[...]
            guard skip(#"{"v":1,"kind":""#, &rest), let kind = plainString(&rest),
                skip(#","id":""#, &rest), let id = plainString(&rest)
            else { return nil }
            return LineHead(kind: kind, id: id)
        }
        guard let head else { return nil }
        self = head
    }

    /// Any JSON object: lines may have gone through other tools.
    private init?(anyOrder line: Span<UInt8>) {
        var kind: String?
        var id: String?
        do throws(JSONError) {
            try JSONReader.read(line) { (reader) throws(JSONError) in
                try reader.enterObject()
                while try reader.nextKey() {
                    if try reader.contentEquals("kind") {
                        kind = try reader.string()
                    } else if try reader.contentEquals("id") {
                        id = try reader.string()
                    } else {
                        try reader.skip()
                    }
                }
            }
        } catch {
            return nil
        }
        guard let kind, let id else { return nil }
        self.init(kind: kind, id: id)
    }
}

private func skip(_ text: StaticString, _ bytes: inout Slice<UnsafeRawBufferPointer>) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count >= count, let start = UnsafeRawBufferPointer(rebasing: bytes).baseAddress,
        memcmp(start, text.utf8Start, count) == 0
    else { return false }
    bytes = bytes.dropFirst(count)
    return true
}

/// Takes a string up to and with its closing quote; nil when an escape is in it.
private func plainString(_ bytes: inout Slice<UnsafeRawBufferPointer>) -> String? {
    guard let end = bytes.firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == 0x5c }),
        bytes[end] == UInt8(ascii: "\"")
    else { return nil }
    let text = String(
        decoding: UnsafeRawBufferPointer(rebasing: bytes[bytes.startIndex..<end]), as: UTF8.self)
    bytes = bytes[(end + 1)...]
    return text
}
