package import Records

extension SegmentWriter {
    /// Appends one record as a line. See `append(_:at:)` for lines.
    package mutating func append(_ record: Record, at now: Timestamp) throws(LedgerError) {
        var line: [UInt8] = []
        line.reserveCapacity(1_024)
        record.encode(into: &line)
        try append(line, at: now)
    }
}

extension LedgerReader {
    /// Gives every record of the days asked for to `body`. Lines that are no record are counted in
    /// `skipped`, records of a kind or version this program does not know in `unknown`.
    package func forEachRecord(
        days: ClosedRange<Day>? = nil, _ body: (Record) -> Flow
    ) throws(LedgerError) -> LedgerReading {
        var skipped = 0
        var unknown = 0
        var reading = try forEachLine(days: days) { line in
            do throws(JSONError) {
                switch try Record.decode(line: line) {
                case .record(let record): return body(record)
                case .skipped: unknown += 1
                }
            } catch {
                skipped += 1
            }
            return .goOn
        }
        reading.lines -= skipped + unknown
        reading.skipped += skipped
        reading.unknown = unknown
        return reading
    }
}
