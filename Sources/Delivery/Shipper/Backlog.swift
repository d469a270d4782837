package import Ledger
import Posix
package import Records

/// What a destination has not acknowledged yet.
package struct Backlog: Sendable, Equatable {
    /// Whole lines of the ledger, whether the sink wants them or not.
    package var records: UInt64 = 0
    package var bytes: UInt64 = 0
    /// When the oldest of them happened.
    package var oldest: Timestamp?

    package init() {}

    /// Counts it, while others append and deliver.
    package init(of destination: Destination, in directory: LedgerDirectory) throws(LedgerError) {
        let reader = LedgerReader(directory)
        let store = try CursorStore(of: destination.name, in: directory, isReader: true)
        var buffer = LineBuffer()
        for segment in try reader.segments() {
            let offset = store.offset(of: segment)
            guard let status = try reader.status(of: segment), status.size != offset else {
                continue
            }
            var first: Timestamp?
            var isFirst = true
            let reading = try reader.forEachLine(of: segment, from: offset, &buffer) { line in
                if isFirst, case .record(let record)? = try? Record.decode(line: line) {
                    first = record.time
                }
                isFirst = false
                return .goOn
            }
            guard let reading, reading.lines + reading.skipped > 0 else { continue }
            records &+= UInt64(clamping: reading.lines)
            bytes &+= reading.nextOffset &- (reading.isRestarted ? 0 : offset)
            if let first { oldest = min(oldest ?? first, first) }
        }
    }
}

extension Record {
    fileprivate var time: Timestamp {
        switch self {
        case .session(let record): record.time
        case .begin(let record): record.time
        case .call(let record), .usage(let record): record.time
        case .trace(let record): record.time
        case .mark(let record): record.time
        }
    }
}
