import Records

/// How far a sink has acknowledged one segment.
///
/// A place in the ledger is one cursor a segment, not one for all: several writers are at work at
/// once, and a clock that is set back opens a segment "before" those already shipped. A single
/// high-water mark would pass over its lines for ever.
package struct Cursor: Equatable, Sendable, CustomStringConvertible {
    package let segment: SegmentName
    /// Bytes acknowledged: always a place after a newline, or 0.
    package let offset: UInt64

    package init(segment: SegmentName, offset: UInt64) {
        self.segment = segment
        self.offset = offset
    }

    /// Parses `description`.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let segment = SegmentName(parts[0]),
            let offset = decimal(Array(parts[1].utf8))
        else { return nil }
        self.init(segment: segment, offset: offset)
    }

    /// One line, without a newline: `2026-11-21/100000123456-4711-9f86d081.jsonl 8192`.
    package var description: String { "\(segment) \(offset)" }
}

/// The cursors of one sink on the segments of one day, as they stand in a file: a line that names
/// the format, a line a cursor, and a checksum over all of it.
struct CursorFile: Equatable {
    var offsets: [SegmentName: UInt64] = [:]

    private static let header = "mcp-meter cursors 1"

    init(offsets: [SegmentName: UInt64] = [:]) { self.offsets = offsets }

    /// Nil when a single byte is not as it was written.
    init?(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.popLast() == "", let sum = lines.popLast(),
            lines.first.map(String.init) == CursorFile.header
        else { return nil }
        for line in lines.dropFirst() {
            guard let cursor = Cursor(line) else { return nil }
            offsets[cursor.segment] = cursor.offset
        }
        guard sum == CursorFile.sum(lines.joined(separator: "\n")) else { return nil }
    }

    var bytes: [UInt8] {
        let cursors = offsets.sorted { $0.key < $1.key }
            .map { Cursor(segment: $0.key, offset: $0.value).description }
        let text = ([CursorFile.header] + cursors).joined(separator: "\n")
        return Array((text + "\n" + CursorFile.sum(text) + "\n").utf8)
    }

    /// Enough against damage, which is all it is for.
    private static func sum(_ text: String) -> String {
        "sum " + Hex.string(FNV1a.hash(text))
    }
}
