// The ledger: the only store, and the only truth every report, metric and delivery is made from.
//
// Constraints, in the order they win:
//
// 1. A line that `append` returned for is in the file: written to the kernel, not buffered here.
//    It survives the end of this process by any signal; a power cut may take the tail that the
//    kernel had not written back (no `fsync` on the path; `synchronize` is there for the end).
// 2. Trouble with the disk never reaches the session that is metered: every failure is returned as
//    a value that says what to do, lines that could not be written are counted, and the next
//    append tries again.
// 3. Readers need no permission, no index and no running process: plain JSON lines.
//
// On the disk:
//
//     <state>/ledger/2026-11-21/100000123456-4711-9f86d081.jsonl    one segment
//             day (UTC) of its lines ┘            │    │      └ the writer, random
//                         time of opening, HHMMSS and µs └ its process id
//
// - One writer a segment, so no lock is ever waited for. A writer opens its first segment at its
//   first line, and a new one (same process id, same random part) when the UTC day changes or the
//   segment is full.
// - A segment only grows. The one exception: bytes of a line whose write was cut short (disk full)
//   are cut off again, back to the end of the last whole line. A newline that was written is never
//   taken back, so an offset after a newline stays a valid place to read on from.
// - While it lives, the writer holds an exclusive `flock` on its segment: readers that cannot get
//   a shared one know that more may come. The kernel drops it however the writer ends, `kill -9`
//   included, and no reused process id can fake it. It belongs to the open file description, which
//   a forked child shares: fork before the first append, or close the descriptor in the child.
// - The process that guards a relay may append `begin` lines to the segment after the relay died.
//   It first writes "\n" when the last byte is not one.
//
// Who reads believes nothing: a last line without "\n" is somebody's write in progress or, once
// the writer is gone, torn; a line that is no JSON object, has a NUL or is longer than
// `lineBytesMax` is counted and skipped; a segment may shrink or vanish at any moment.

/// Every bound of the ledger, with its unit.
package enum LedgerLimits {
    /// The longest line, its newline included; also the most one `append` takes.
    package static let lineBytesMax = 1 << 20
    /// A segment that has reached this is followed by another.
    package static let segmentBytesMax: UInt64 = 64 << 20
    /// What is read at a time.
    package static let readBytes = 256 << 10
    /// `begin` lines of one writer that may be waiting for their `call` in memory.
    package static let openBeginsMax = 1 << 16
    /// The bytes of those lines.
    package static let openBeginBytesMax = 32 << 20
    /// A cursor file larger than this is damaged.
    package static let cursorFileBytesMax = 16 << 20
}
