// What only records have: keys in a known order, times, ids as they stood on the wire, counts.

extension JSONReader {
    /// The case whose name was just read. Searches from `cursor` on and moves it past the find,
    /// so that names in the order of the cases cost one comparison each.
    func key<Key: RawRepresentable<UInt8>>(
        after cursor: inout UInt8, _ name: (Key) -> StaticString
    ) throws(JSONError) -> Key? {
        var index = cursor
        var hasWrapped = false
        while true {
            guard let key = Key(rawValue: index) else {
                guard !hasWrapped, cursor > 0 else { return nil }
                hasWrapped = true
                index = 0
                continue
            }
            if hasWrapped, index >= cursor { return nil }
            if try contentEquals(name(key)) {
                cursor = index + 1
                return key
            }
            index += 1
        }
    }

    mutating func timestamp() throws(JSONError) -> Timestamp {
        try stringContent()
        if let time = try withContent({ Timestamp(rfc3339: $0) }) { return time }
        throw error("expected a time such as 2026-11-21T10:00:00.123456Z")
    }

    mutating func requestID() throws(JSONError) -> RecordID {
        switch try peek() {
        case .string: return .string(try string())
        case .number: return .number(try number())
        case let kind: throw error("expected a string or a number, found \(kind.name)", at: offset)
        }
    }

    mutating func counts() throws(JSONError) -> [String: UInt64] {
        var counts: [String: UInt64] = [:]
        try enterObject()
        while try nextKey() {
            let name = try contentString()
            counts[name] = try integer()
        }
        return counts
    }
}
