package import Ledger
import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The importer's files: `<state>/import/…`.
struct ImportFiles: Sendable {
    let directory: LedgerDirectory

    var path: String { directory.state + "/import" }
    /// How far each log was read.
    var book: String { path + "/files" }
    /// Which model calls the ledger has.
    var known: String { path + "/known" }
    /// Held by whoever imports.
    var lock: String { path + "/lock" }

    func create() throws(LedgerError) { try directory.create(path) }

    /// The bytes of a file; nil when it is not there.
    func read(_ path: String) throws(LedgerError) -> [UInt8]? {
        do throws(SystemError) {
            return try readWholeFile(path, atMost: LogLimits.bookBytesMax)
        } catch {
            if error.code == ENOENT || error.code == ENOTDIR { return nil }
            throw LedgerError(action: .read, path: path, cause: error)
        }
    }

    /// Replaces a file at once: whoever reads it meets the old content or the new one, whenever
    /// this process dies.
    func replace(_ path: String, with bytes: [UInt8]) throws(LedgerError) {
        let temporary = path + ".new"
        do throws(SystemError) {
            let file = try Descriptor.open(
                temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
            try file.writeAll(bytes)
            try file.synchronize()
            try renameFile(temporary, to: path)
        } catch {
            throw LedgerError(action: .save, path: temporary, cause: error)
        }
    }
}

/// Only one process imports at a time; the kernel drops the lock however its holder ends.
package struct ImportLock: ~Copyable {
    private let file: Descriptor

    /// Nil when another process holds it.
    package init?(in directory: LedgerDirectory) throws(LedgerError) {
        let files = ImportFiles(directory: directory)
        try files.create()
        do throws(SystemError) {
            let file = try Descriptor.open(files.lock, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
            guard try file.tryLock(.exclusive) else { return nil }
            self.file = file
        } catch {
            throw LedgerError(action: .read, path: files.lock, cause: error)
        }
    }
}
