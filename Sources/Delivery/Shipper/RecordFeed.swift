import Ledger
import Records

/// Records read from the ledger for one sink, and how far they go.
struct RecordBatch {
    /// Those it wants, in ledger order.
    var records: [Record] = []
    /// Where each segment has been read to.
    var cursors: [SegmentName: UInt64] = [:]
    /// Lines read, whatever they were.
    var lines = 0
    /// Bytes of the lines of `records`.
    var bytes = 0
    /// Lines that are no record this version knows. They are passed over.
    var unreadable: UInt64 = 0
    /// Segments that could not be read.
    var errors: [LedgerError] = []

    /// Nothing was read.
    var isEmpty: Bool { cursors.isEmpty }
}

/// The ledger as a sink gets to see it.
struct RecordFeed: ~Copyable {
    /// A batch ends with the record that makes its lines this long: a bound of memory.
    static let bytesMax = 4 << 20
    /// A batch ends after so many lines, wanted or not: cursors are to be saved now and then.
    static let linesMax = 50_000

    private var tail: LedgerTail

    init(_ reader: LedgerReader, from cursors: [Cursor]) {
        tail = LedgerTail(reader, from: cursors)
    }

    /// Adds what is new to a batch.
    ///
    /// - Returns: whether the batch is full.
    mutating func fill(
        _ batch: inout RecordBatch, limit: Int, wants: (Record) -> Bool
    ) throws(LedgerError) -> Bool {
        var isFull = false
        let read = try tail.next { line in
            batch.lines += 1
            if case .record(let record)? = try? Record.decode(line: line) {
                if wants(record) {
                    batch.records.append(record)
                    batch.bytes += line.count
                }
            } else {
                batch.unreadable += 1
            }
            isFull =
                batch.records.count >= limit || batch.bytes >= Self.bytesMax
                || batch.lines >= Self.linesMax
            return isFull ? .stop : .goOn
        }
        batch.unreadable += UInt64(clamping: read.skipped)
        batch.errors += read.unreadable
        for cursor in read.cursors { batch.cursors[cursor.segment] = cursor.offset }
        return isFull
    }

    /// Whether anything came since the last time, wherever it may be.
    mutating func hasNews() -> Bool {
        tail.forgetListing()
        let read = try? tail.next { _ in .stop }
        return read.map { !$0.cursors.isEmpty } ?? false
    }
}
