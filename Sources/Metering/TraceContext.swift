/// Where a span hangs: its trace and the span above it. W3C Trace Context, level 2.
package struct TraceContext: Sendable, Equatable {
    /// 32 lower-case hexadecimal digits, not all zero.
    package var traceID: String
    /// 16 lower-case hexadecimal digits, not all zero.
    package var parentSpanID: String

    /// Reads a `traceparent`: `version-traceid-parentid-flags`, lower-case hexadecimal.
    ///
    /// Nil for version `ff`, for ids of zeros, for a version `00` with anything after its flags,
    /// and for anything that does not have that form. A higher version may go on after a dash.
    package init?(traceparent: String) {
        let fields = traceparent.utf8.split(
            separator: UInt8(ascii: "-"), maxSplits: 4, omittingEmptySubsequences: false)
        guard fields.count >= 4,
            let version = Self.hex(fields[0], 2), version != "ff",
            let trace = Self.hex(fields[1], 32), trace.contains(where: { $0 != "0" }),
            let parent = Self.hex(fields[2], 16), parent.contains(where: { $0 != "0" }),
            Self.hex(fields[3], 2) != nil,
            version != "00" || fields.count == 4
        else { return nil }
        traceID = trace
        parentSpanID = parent
    }

    private static func hex(_ field: Substring.UTF8View, _ count: Int) -> String? {
        guard field.count == count,
            field.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        return String(Substring(field))
    }
}
