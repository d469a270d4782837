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
        start = time.splitByDay.microseconds
        self.writer = writer
    }

    /// Parses the name of a file in a day's directory; nil for files that are not ours.
    package init?(day: Day, file: some StringProtocol) {
        // A year's listing has tens of thousands of these: one look at the bytes, no copies.
        let parts = file.utf8.withContiguousStorageIfAvailable(parse) ?? parse(Array(file.utf8))
        guard let parts else { return nil }
        self.day = day
        (start, writer) = parts
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

/// `HHMMSSffffff-<pid>-<8 hexadecimal digits>.jsonl`, in the one way it is written.
private func parse(_ bytes: some RandomAccessCollection<UInt8>) -> (Int64, WriterIdentity)? {
    let suffix = ".jsonl".utf8
    guard bytes.count > 12 + 1 + 1 + 8 + suffix.count,
        bytes.suffix(suffix.count).elementsEqual(suffix)
    else { return nil }
    let rest = bytes.dropLast(suffix.count)
    let (time, writer) = (rest.prefix(12), rest.dropFirst(12))
    let (pid, random) = (writer.dropLast(9), writer.suffix(9))
    guard pid.first == dash, random.first == dash, pid.dropFirst().first != UInt8(ascii: "0"),
        let number = decimal(pid.dropFirst()), let number = Int32(exactly: number),
        let random = hexadecimal(random.dropFirst()), let clock = decimal(time.prefix(6)),
        let fraction = decimal(time.suffix(6))
    else { return nil }
    let (hours, minutes, seconds) = (clock / 10_000, clock / 100 % 100, clock % 100)
    guard hours < 24, minutes < 60, seconds < 60 else { return nil }
    let start = Int64((hours * 3_600 + minutes * 60 + seconds) * 1_000_000 + fraction)
    return (start, WriterIdentity(pid: number, random: random))
}

private let dash = UInt8(ascii: "-")

/// The value of at most eight lower-case hexadecimal digits.
private func hexadecimal(_ bytes: some Collection<UInt8>) -> UInt32? {
    var value: UInt32 = 0
    for byte in bytes {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte & 0xf)
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | (UInt32(byte & 0xf) + 9)
        default: return nil
        }
    }
    return value
}
