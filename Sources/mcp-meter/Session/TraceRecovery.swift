import Ledger
import Metering
import Posix
import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Ends the escalations of relays that were killed: their calls are in the ledger, and the record
/// of the whole is not, without which nobody is told that it is over.
///
/// Each writer's segments are looked at once, when it is gone and its guardian has had its time.
/// One process at a time; another would only write the same records again, with the same ids.
struct TraceRecovery {
    /// Segments of earlier days are left alone.
    private static let days = 2
    /// A guardian adds to its relay's segment for no longer than seconds.
    private static let settleSeconds: Int64 = 10
    /// More than the names of all segments of those days.
    private static let bytesMax = 16 << 20
    private static let header = "mcp-meter recovered 1"

    private let reader: LedgerReader
    private var path: String { reader.directory.state + "/recovered" }

    init(_ directory: LedgerDirectory) { reader = LedgerReader(directory) }

    /// Looks at what has not been looked at.
    ///
    /// - Returns: how many traces were written.
    func run(at now: Timestamp = Timestamp(microseconds: WallClock.now())) throws -> Int {
        let lock = try Descriptor.open(path + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW)
        guard try lock.tryLock(.exclusive) else { return 0 }
        let today = Day(of: now)
        let all = try reader.segments(days: today.adding(-Self.days)...today.adding(1))
        let known = seen()
        let due = try writers(all, known, now)
        if due.isEmpty { return 0 }
        var lost = LostTraces()
        var buffer = LineBuffer()
        for segment in due {
            _ = try reader.forEachLine(of: segment, &buffer) { line in
                if Self.isOfEscalation(line),
                    case .record(let record)? = try? Record.decode(line: line)
                {
                    lost.see(record)
                }
                return .goOn
            }
        }
        let records = lost.records
        if !records.isEmpty {
            var writer = LedgerWriter(reader.directory)
            for record in records { try writer.append(.trace(record), at: now) }
        }
        // Written down after the records: a crash in between writes them again.
        let names = known.union(due).intersection(all).sorted().map(\.description)
        let text = ([Self.header] + names).joined(separator: "\n") + "\n"
        try SystemDisk().replaceFile(path, with: Array(text.utf8))
        return records.count
    }

    /// The segments of writers that are gone, of those that have not been looked at.
    private func writers(
        _ all: [SegmentName], _ known: Set<SegmentName>, _ now: Timestamp
    ) throws -> [SegmentName] {
        let byWriter = Dictionary(grouping: all.filter { !known.contains($0) }, by: \.writer)
        return try byWriter.values.filter { segments in
            try segments.allSatisfy { segment in
                guard let status = try reader.status(of: segment) else { return true }
                let age = now.microseconds / 1_000_000 &- status.modified
                return try age > Self.settleSeconds && reader.writer(of: segment) != .alive
            }
        }.flatMap { $0 }.sorted()
    }

    private func seen() -> Set<SegmentName> {
        guard let bytes = try? readWholeFile(path, atMost: Self.bytesMax) else { return [] }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.first.map(String.init) == Self.header else { return [] }
        return Set(lines.dropFirst().compactMap { SegmentName($0) })
    }

    /// Only such a line is worth reading as a whole: of a conversation, of a call by a tool use that
    /// is named, or of a client's turn or a trace.
    private static func isOfEscalation(_ line: Span<UInt8>) -> Bool {
        // The kind is at the line's beginning.
        has(#""kind":"trace""#, rarest: 8, in: line, before: 64)
            || has(#""kind":"usage""#, rarest: 1, in: line, before: 64)
            || has("conversation", rarest: 3, in: line) || has("tool_use_id", rarest: 4, in: line)
    }

    /// - Parameter letter: the place in `key` of the letter that is rarest in lines.
    private static func has(
        _ key: StaticString, rarest letter: Int, in line: Span<UInt8>, before limit: Int = .max
    ) -> Bool {
        line.withUnsafeBytes { bytes in
            let count = min(bytes.count, limit)
            guard let start = bytes.baseAddress, count >= key.utf8CodeUnitCount else {
                return false
            }
            let last = count - key.utf8CodeUnitCount
            var place = letter
            while place <= last + letter,
                let found = memchr(
                    start + place, CInt(key.utf8Start[letter]), last + letter + 1 - place)
            {
                let word = UnsafeRawPointer(found) - letter
                if memcmp(word, key.utf8Start, key.utf8CodeUnitCount) == 0 { return true }
                place = UnsafeRawPointer(found) - start + 1
            }
            return false
        }
    }
}
