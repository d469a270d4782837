import Ledger
import Records

/// What is known of the ledger, as it stands in a file: up to which place of the ledger's segments,
/// and the table.
///
/// The ledger is the truth and this a copy of it: when it is damaged or gone the ledger is read
/// again from its beginning, and records that retention removed are imported again.
struct KnownFile: Equatable {
    var messages = KnownMessages()
    /// Segments of this day and later ones, and of the day before, may have grown since.
    var day: Day?
    /// How far each of them was read.
    var cursors: [SegmentName: UInt64] = [:]
    /// What relays said of their clients' turns, in the traces of what these led to.
    var joined = JoinedTurns()
    /// The first of the turns that were found to be estimated by the last `catchUp`. Not saved.
    var estimated: Timestamp?

    private static let header = "mcp-meter known messages 2"
    private static let entryBytes = 24

    init() {}

    /// Nil when a byte is not as it was written.
    init?(_ bytes: [UInt8]) {
        guard bytes.count > 8, let sum = Self.word(bytes, bytes.count - 8),
            FileHead(bytes.dropLast(8)).hash == sum
        else { return nil }
        var place = 0
        func line() -> String? {
            guard let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            defer { place = end + 1 }
            return String(decoding: bytes[place..<end], as: UTF8.self)
        }
        guard line() == Self.header, let name = line(), let day = Day(name) else { return nil }
        self.day = day
        while let text = line() {
            if text.isEmpty { break }
            guard let cursor = Cursor(text) else { return nil }
            cursors[cursor.segment] = cursor.offset
        }
        while let text = line() {
            if text.isEmpty { break }
            guard
                case .record(.usage(let record))? = try? Record.decode(line: Array(text.utf8).span)
            else { return nil }
            joined.insert(record)
        }
        guard (bytes.count - 8 - place) % Self.entryBytes == 0 else { return nil }
        while place < bytes.count - 8 {
            guard let key = Self.word(bytes, place), let output = Self.word(bytes, place + 8),
                let rest = Self.word(bytes, place + 16)
            else { return nil }
            messages.insert(
                KnownMessages.Entry(
                    key: key, output: output, fingerprint: UInt32(truncatingIfNeeded: rest),
                    isSidechain: rest >> 32 != 0))
            place += Self.entryBytes
        }
    }

    /// Nil as long as the ledger was not read.
    var bytes: [UInt8]? {
        guard let day else { return nil }
        var text = "\(Self.header)\n\(day)\n"
        for (segment, offset) in cursors.sorted(by: { $0.key < $1.key }) {
            text += Cursor(segment: segment, offset: offset).description + "\n"
        }
        var bytes = Array((text + "\n").utf8)
        for record in joined.records { Record.usage(record).encode(into: &bytes) }
        bytes.append(UInt8(ascii: "\n"))
        bytes.reserveCapacity(bytes.count + messages.count * Self.entryBytes + 8)
        for entry in messages.entries {
            Self.append(entry.key, to: &bytes)
            Self.append(entry.output, to: &bytes)
            Self.append(
                UInt64(entry.fingerprint) | (entry.isSidechain ? 1 << 32 : 0), to: &bytes)
        }
        Self.append(FileHead(bytes[...]).hash, to: &bytes)
        return bytes
    }

    /// Little-endian, whatever the machine.
    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
    }

    private static func word(_ bytes: [UInt8], _ start: Int) -> UInt64? {
        guard start >= 0, start + 8 <= bytes.count else { return nil }
        var word: UInt64 = 0
        for index in 0..<8 { word |= UInt64(bytes[start + index]) << UInt64(8 * index) }
        return word
    }
}

extension KnownFile {
    private static let mark = Needle("\"kind\":\"usage\"", probes: (1, 10))

    /// Takes in what was appended to the ledger since, by whomever: by an import that was killed
    /// among others.
    mutating func catchUp(_ reader: LedgerReader, today: Day) throws(LedgerError) {
        estimated = nil
        let isAnew = day == nil
        let first = day.map { min($0, today).adding(-1) } ?? .first
        var buffer = LineBuffer()
        var cursors: [SegmentName: UInt64] = [:]
        for segment in try reader.segments(days: first...(.last)) {
            var found: [CallRecord] = []
            let start = self.cursors[segment] ?? 0
            let reading = try reader.forEachLine(of: segment, from: start, &buffer) { line in
                if let record = Self.usage(line) { found.append(record) }
                return .goOn
            }
            guard let reading else { continue }
            for record in found { note(record, isAnew: isAnew) }
            if segment.day >= today.adding(-1) { cursors[segment] = reading.nextOffset }
        }
        self.cursors = cursors
        day = today
    }

    /// - Parameter isAnew: records come in the order in which every reader of the ledger meets them.
    private mutating func note(_ record: CallRecord, isAnew: Bool) {
        if record.isJoined {
            let entry = KnownMessages.Entry(record)
            let isKnown = entry.map { messages.entry($0.key) != nil } ?? false
            joined.insert(record, isHidden: isKnown && !isAnew)
            if record.usage?.source == .estimated {
                estimated = min(estimated ?? record.time, record.time)
            }
        }
        if !record.isJoined { joined.hide(record.id) }
        guard let entry = KnownMessages.Entry(record) else { return }
        // What the table has of it from the log itself says more.
        if messages.entry(entry.key)?.fingerprint != entry.fingerprint { messages.insert(entry) }
    }

    private static func usage(_ line: Span<UInt8>) -> CallRecord? {
        let isLikely = line.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { mark.isIn($0, bytes.count) } ?? false
        }
        guard isLikely, case .record(.usage(let record))? = try? Record.decode(line: line) else {
            return nil
        }
        return record
    }
}
