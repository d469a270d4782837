internal import Ledger
internal import Posix
internal import Records

/// The figures and the places in the ledger they go up to, in one file: a restart goes on from
/// there. Never trusted over the ledger: damaged, or of another version, it is as good as absent,
/// and everything is counted anew.
struct Checkpoint {
    var metrics: Metrics
    var cursors: [Cursor]

    private static let magic = Array("mcp-meter metrics 1\n".utf8)

    init(metrics: Metrics, cursors: [Cursor]) {
        self.metrics = metrics
        self.cursors = cursors
    }

    /// Nil for anything but what `bytes` gave.
    init?(_ bytes: [UInt8]) {
        let head = Self.magic.count + 8
        guard bytes.count >= head + 8, bytes.starts(with: Self.magic),
            Self.word(bytes, bytes.count - 8) == Self.sum(bytes.dropLast(8)),
            let length = Int(exactly: Self.word(bytes, Self.magic.count)),
            length <= bytes.count - 8 - head
        else { return nil }
        guard let json = try? JSONValue(parsing: bytes.span.extracting(head..<(head + length))),
            let cursors = json["cursors"]?.array?.map({ $0.string.flatMap { Cursor($0) } }),
            let metrics = Metrics(json)
        else { return nil }
        self.cursors = cursors.compactMap { $0 }
        guard self.cursors.count == cursors.count else { return nil }
        self.metrics = metrics
        let hashes = bytes[(head + length)..<(bytes.count - 8)]
        guard hashes.count.isMultiple(of: 8) else { return nil }
        // Straight from the file: a list of them in between would be the size of all else.
        self.metrics.seen = IDSet(count: hashes.count / 8) { number in
            Self.word(bytes, hashes.startIndex + 8 * number)
        }
    }

    /// The file. Takes what is counted as it is: a copy of the ids would be the size of all else.
    static func bytes(_ metrics: borrowing Metrics, _ cursors: [Cursor]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("cursors")
        json.beginArray()
        for cursor in cursors { json.string(cursor.description) }
        json.endArray()
        metrics.write(into: &json)
        json.endObject()
        let text = json.finish()
        var bytes = magic
        append(UInt64(text.count), to: &bytes)
        bytes += text
        bytes.reserveCapacity(bytes.count + 8 * metrics.seen.count + 8)
        metrics.seen.forEachHash { append($0, to: &bytes) }
        append(sum(bytes[...]), to: &bytes)
        return bytes
    }

    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }

    private static func word(_ bytes: [UInt8], _ place: Int) -> UInt64 {
        var word: UInt64 = 0
        for offset in 0..<8 { word |= UInt64(bytes[place + offset]) << UInt64(8 * offset) }
        return word
    }

    /// Enough against damage, which is all it is for.
    private static func sum(_ bytes: ArraySlice<UInt8>) -> UInt64 { FNV1a.hash(bytes.span) }
}
