package import Ledger
import Posix
import Records

/// How far a sink has got, and what it must remember of that: both or neither.
///
/// Cursors are in several files and the sink's state in another, and a process can die between any
/// two of them. So the state's file, which is replaced at once, holds the cursors it belongs to as
/// well; should they not have made it into their own files, the next start puts them there.
package struct Checkpoint<Storage: Disk> {
    private var store: CursorStorage<Storage>
    private let disk: Storage
    private let path: String

    /// What the sink is to be restored with; nil when there is none, or it was damaged.
    package let state: [UInt8]?
    /// Files that were damaged and are as good as absent.
    package private(set) var damaged: [String]

    /// More than any sink has to remember.
    private static var stateBytesMax: Int { 64 << 20 }

    package init(
        of destination: Destination, in directory: LedgerDirectory, disk: Storage
    ) throws(LedgerError) {
        store = try CursorStorage(of: destination.name, in: directory, disk: disk)
        self.disk = disk
        path = DeliveryFiles(of: destination, in: directory).sinkState
        damaged = store.damaged
        guard let bytes = try? readWholeFile(path, atMost: Self.stateBytesMax) else {
            state = nil
            return
        }
        guard let file = StateFile(bytes) else {
            damaged.append(path)
            state = nil
            return
        }
        state = file.state
        let ahead = file.cursors.filter { $0.offset > store.offset(of: $0.segment) }
        if !ahead.isEmpty { try store.save(ahead) }
    }

    package var cursors: [Cursor] { store.cursors }

    /// Records what was acknowledged. When it throws, as much is known as before, or a part of it
    /// more: nothing that was not acknowledged.
    ///
    /// - Parameters:
    ///   - cursors: all that moved since the last save.
    ///   - state: the sink's, as it was after the last of them.
    package mutating func save(_ cursors: [Cursor], state: [UInt8]?) throws(LedgerError) {
        if let state {
            do throws(SystemError) {
                try disk.replaceFile(path, with: StateFile(cursors: cursors, state: state).bytes)
            } catch {
                throw LedgerError(action: .saveCursor, path: path, cause: error)
            }
        }
        try store.save(cursors)
    }

    /// Forgets days whose segments are gone.
    package mutating func forget(daysBefore first: Day) throws(LedgerError) {
        try store.forget(daysBefore: first)
    }
}

extension Checkpoint where Storage == SystemDisk {
    /// On the real disk.
    package init(
        of destination: Destination, in directory: LedgerDirectory
    ) throws(LedgerError) {
        try self.init(of: destination, in: directory, disk: SystemDisk())
    }
}

/// A sink's state with the cursors it belongs to: a line that names the format, a line a cursor, a
/// line with the state's length, the state, and a checksum over all of it.
struct StateFile: Equatable {
    var cursors: [Cursor]
    var state: [UInt8]

    private static let header = "mcp-meter sink state 1\n"
    private static let newline = UInt8(ascii: "\n")

    init(cursors: [Cursor], state: [UInt8]) {
        self.cursors = cursors
        self.state = state
    }

    /// Nil when a single byte is not as it was written.
    init?(_ bytes: [UInt8]) {
        let sumLength = Self.sum([]).count
        guard bytes.count >= sumLength else { return nil }
        let body = bytes.dropLast(sumLength)
        guard bytes.suffix(sumLength).elementsEqual(Self.sum(body)),
            body.starts(with: Self.header.utf8)
        else { return nil }
        var rest = body.dropFirst(Self.header.utf8.count)
        var cursors: [Cursor] = []
        while let end = rest.firstIndex(of: Self.newline) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            if let cursor = Cursor(line) {
                cursors.append(cursor)
                continue
            }
            guard line == "bytes \(rest.count)" else { return nil }
            self.init(cursors: cursors, state: Array(rest))
            return
        }
        return nil
    }

    var bytes: [UInt8] {
        var bytes = Array(Self.header.utf8)
        for cursor in cursors { bytes += Array("\(cursor)\n".utf8) }
        bytes += Array("bytes \(state.count)\n".utf8)
        bytes += state
        return bytes + Self.sum(bytes[...])
    }

    /// Enough against damage, which is all it is for.
    private static func sum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(Hex.string(FNV1a.hash(bytes.span)).utf8)
    }
}
