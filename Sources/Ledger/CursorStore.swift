import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The cursors every process uses.
package typealias CursorStore = CursorStorage<SystemDisk>

/// The cursors of one sink, on the disk: `<state>/cursors/<sink>/<day>`.
///
/// A file a day keeps each save small however long the ledger's history is. A save replaces the
/// file at once, so a reader meets the old cursors or the new ones, whenever the writer dies. One
/// process at a time may save for a sink: the shipper, which holds a lock for it.
package struct CursorStorage<Storage: Disk> {
    private let directory: String
    private let disk: Storage
    private var files: [Day: CursorFile] = [:]

    /// Files that were damaged and are as good as absent: what they had acknowledged is delivered
    /// again, with the same ids. Worth a line on stderr each.
    package private(set) var damaged: [String] = []

    /// Reads the cursors of `sink`.
    ///
    /// - Parameters:
    ///   - sink: the name of a directory: letters, digits, `-`, `_` and `.`, the first one a letter
    ///     or digit.
    ///   - isReader: somebody else may be saving at this moment, and what looks left behind may be
    ///     what they are about to put in place.
    package init(
        of sink: String, in directory: LedgerDirectory, disk: Storage, isReader: Bool = false
    ) throws(LedgerError) {
        guard isFileName(sink) else {
            throw LedgerError(
                action: .read, path: "\(directory.cursors)/\(sink)",
                cause: SystemError(call: "open", code: EINVAL))
        }
        self.directory = "\(directory.cursors)/\(sink)"
        self.disk = disk
        try load(isReader)
    }

    /// Bytes of `segment` that the sink has acknowledged; 0 when it knows nothing of it.
    package func offset(of segment: SegmentName) -> UInt64 {
        files[segment.day]?.offsets[segment] ?? 0
    }

    /// Every cursor, in the order of the segments.
    package var cursors: [Cursor] {
        files.values.flatMap { $0.offsets.map { Cursor(segment: $0.key, offset: $0.value) } }
            .sorted { $0.segment < $1.segment }
    }

    /// Records acknowledgements: when it returns they have survived a power cut. When it throws,
    /// the days that could not be saved stand as they were, here and on the disk.
    package mutating func save(_ cursors: [Cursor]) throws(LedgerError) {
        var changed: [Day: CursorFile] = [:]
        for cursor in cursors {
            let day = cursor.segment.day
            changed[day, default: files[day] ?? CursorFile()].offsets[cursor.segment] =
                cursor.offset
        }
        for (day, file) in changed.sorted(by: { $0.key < $1.key }) where file != files[day] {
            let path = "\(directory)/\(day)"
            try naming(.saveCursor, path) { () throws(SystemError) in
                try disk.replaceFile(path, with: file.bytes)
            }
            files[day] = file
        }
    }

    /// Forgets days whose segments are gone.
    package mutating func forget(daysBefore first: Day) throws(LedgerError) {
        for day in files.keys where day < first {
            let path = "\(directory)/\(day)"
            try naming(.remove, path) { () throws(SystemError) in try disk.remove(path) }
            files[day] = nil
        }
    }

    private mutating func load(_ isReader: Bool) throws(LedgerError) {
        let names: [String]
        do {
            names = try directoryEntries(directory)
        } catch  where error.code == ENOENT {
            return
        } catch {
            throw LedgerError(action: .list, path: directory, cause: error)
        }
        for name in names {
            let path = "\(directory)/\(name)"
            if isTemporaryFile(name) {
                // Left by a process that died while it replaced a file.
                if !isReader { try? disk.remove(path) }
            } else if let day = Day(name) {
                let bytes = try naming(.read, path) { () throws(SystemError) in
                    try contents(of: path, atMost: LedgerLimits.cursorFileBytesMax)
                }
                if let bytes, let file = CursorFile(bytes),
                    file.offsets.keys.allSatisfy({ $0.day == day })
                {
                    files[day] = file
                } else {
                    damaged.append(path)
                }
            }
        }
        damaged.sort()
    }
}

extension CursorStorage where Storage == SystemDisk {
    /// The cursors of `sink` on the real disk.
    package init(
        of sink: String, in directory: LedgerDirectory, isReader: Bool = false
    ) throws(LedgerError) {
        try self.init(of: sink, in: directory, disk: SystemDisk(), isReader: isReader)
    }
}

/// A small file's bytes; nil when it is larger than expected.
func contents(of path: String, atMost limit: Int) throws(SystemError) -> [UInt8]? {
    do {
        return try readWholeFile(path, atMost: limit)
    } catch  where error.code == EFBIG {
        return nil
    }
}

private func isFileName(_ text: String) -> Bool {
    guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 128 else {
        return false
    }
    return text.utf8.allSatisfy {
        isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            || $0 == UInt8(ascii: ".")
    }
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: false
    }
}
