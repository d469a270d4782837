import Records

/// The rules of OTLP's JSON that readers of Protocol Buffers' JSON do not check.
enum StrictOTLP {
    private static let identifiers = ["traceId": 32, "spanId": 16, "parentSpanId": 16]
    private static let enumerations: Set<String> = ["kind", "code", "aggregationTemporality"]
    private static let longs: Set<String> = [
        "startTimeUnixNano", "endTimeUnixNano", "timeUnixNano", "intValue", "asInt", "count",
    ]

    /// What is wrong with a message, each fault once.
    static func faults(in message: JSONValue) -> Set<String> { Set(faults(in: message, at: "$")) }

    private static func faults(in value: JSONValue, at path: String) -> [String] {
        switch value {
        case .array(let elements):
            return (elements.isEmpty ? ["\(path) is empty"] : [])
                + elements.flatMap { faults(in: $0, at: path + "[]") }
        case .object(let members):
            var found = members.isEmpty && path == "$" ? ["an empty envelope"] : []
            if Set(members.map(\.key)).count < members.count {
                found.append("\(path): a key twice")
            }
            for member in members {
                let place = "\(path).\(member.key)"
                found += faults(of: member, at: place) + faults(in: member.value, at: place)
            }
            return found + histogramFaults(in: value, at: path) + timeFaults(in: value, at: path)
        case .null: return ["\(path) is null"]
        case .bool, .number, .string: return []
        }
    }

    private static func faults(of member: JSONValue.Member, at place: String) -> [String] {
        let key = member.key
        if key.first?.isLowercase != true || !key.allSatisfy({ $0.isASCII && $0.isLetter }) {
            return ["\(place): not lowerCamelCase"]
        }
        if let length = identifiers[key] {
            let text = member.value.string ?? ""
            let isHex = text.allSatisfy { $0.isHexDigit } && text.contains { $0 != "0" }
            return text.count == length && isHex ? [] : ["\(place): \(text)"]
        }
        if enumerations.contains(key) {
            return member.value.uint64 == nil ? ["\(place): not a number"] : []
        }
        if longs.contains(key) {
            return member.value.string.flatMap { Int64($0) } == nil
                ? ["\(place): not an integer in a string"] : []
        }
        return []
    }

    private static func histogramFaults(in point: JSONValue, at path: String) -> [String] {
        guard let counts = point["bucketCounts"]?.array else { return [] }
        let bounds = (point["explicitBounds"]?.array ?? []).compactMap(\.double)
        let total = counts.compactMap { $0.string.flatMap { UInt64($0) } }.reduce(0, +)
        var found: [String] = []
        if counts.count != bounds.count + 1 { found.append("\(path): buckets and bounds") }
        if String(total) != point["count"]?.string { found.append("\(path): count") }
        if bounds != Array(Set(bounds)).sorted() { found.append("\(path): bounds do not ascend") }
        return found
    }

    private static func timeFaults(in value: JSONValue, at path: String) -> [String] {
        func time(_ key: String) -> UInt64? { value[key]?.string.flatMap { UInt64($0) } }
        guard let start = time("startTimeUnixNano"),
            let end = time("endTimeUnixNano") ?? time("timeUnixNano")
        else { return [] }
        return end >= start ? [] : ["\(path) ends before it starts"]
    }
}
