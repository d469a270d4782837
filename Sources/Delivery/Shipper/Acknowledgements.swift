package import Ledger

/// What every one of some destinations has acknowledged: the ledger keeps the rest.
package struct Acknowledgements {
    /// By destination; nil where the cursors cannot be read, and so nothing counts as acknowledged.
    private let stores: [CursorStore?]

    /// Reads the cursors of `destinations`, which others may be writing.
    package init(of destinations: [Destination], in directory: LedgerDirectory) {
        stores = destinations.map {
            try? CursorStore(of: $0.name, in: directory, isReader: true)
        }
    }

    /// Bytes of a segment that all have acknowledged; `.max` when there is no destination.
    package func bytes(of segment: SegmentName) -> UInt64 {
        stores.reduce(.max) { min($0, $1?.offset(of: segment) ?? 0) }
    }
}
