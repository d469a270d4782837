package import Records

/// Which segment: `2026-11-21/100000123456-4711-9f86d081.jsonl`. Names sort by the time of
/// opening, and a name is never used twice.
package struct SegmentName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The UTC day on which its lines were written.
    package let day: Day
    /// When it was opened, in microseconds of the day: 0 …< 86 400 000 000.
    package let start: Int64
    package let writer: WriterIdentity

    package init(openedAt time: Timestamp, by writer: WriterIdentity) {
        day = Day(of: time)
        start = time.microseconds - floorDivide(time.microseconds, dayMicroseconds) * dayMicroseconds
        self.writer = writer
    }

    /// Parses the two last components of a segment's path; nil for files that are not ours.
    package init?(day: Day, file: some StringProtocol) {
        let suffix = ".jsonl"
        guard file.hasSuffix(suffix) else { return nil }
        let parts = file.utf8.dropLast(suffix.utf8.count)
            .split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 12, let hhmmss = decimal(parts[0].prefix(6)),
            let fraction = decimal(parts[0].suffix(6)), let pid = decimal(parts[1]),
            let pid = Int32(exactly: pid), parts[2].count == 8,
            let random = UInt32(String(decoding: parts[2], as: UTF8.self), radix: 16)
        else { return nil }
        let (hours, minutes, seconds) = (hhmmss / 10_000, hhmmss / 100 % 100, hhmmss % 100)
        guard hours < 24, minutes < 60, seconds < 60 else { return nil }
        self.day = day
        start = Int64((hours * 3_600 + minutes * 60 + seconds) * 1_000_000 + fraction)
        writer = WriterIdentity(pid: pid, random: random)
        guard self.file == file else { return nil }
    }

    /// Parses `description`.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let day = Day(parts[0]) else { return nil }
        self.init(day: day, file: parts[1])
    }

    /// The name of the file in its day's directory.
    package var file: String {
        let seconds = UInt64(clamping: start) / 1_000_000
        let fraction = UInt64(clamping: start) % 1_000_000
        return padded(seconds / 3_600, 2) + padded(seconds / 60 % 60, 2) + padded(seconds % 60, 2)
            + padded(fraction, 6) + "-\(writer.pid)-" + padded(UInt64(writer.random), 8, radix: 16)
            + ".jsonl"
    }

    package var description: String { "\(day)/\(file)" }

    package static func < (a: SegmentName, b: SegmentName) -> Bool {
        (a.day, a.start, a.writer) < (b.day, b.start, b.writer)
    }
}

/// Who writes: the same in every segment of one writer, so that a `begin` before midnight and its
/// `call` after it are known to belong together.
package struct WriterIdentity: Hashable, Comparable, Sendable {
    package let pid: Int32
    package let random: UInt32

    package init(pid: Int32, random: UInt32) {
        self.pid = pid
        self.random = random
    }

    package static func < (a: WriterIdentity, b: WriterIdentity) -> Bool {
        (a.pid, a.random) < (b.pid, b.random)
    }
}
