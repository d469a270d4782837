package import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Every operation that changes the disk on behalf of the ledger: the seam where tests make the
/// Nth one fail. Used generically, so the real one costs no indirection.
package protocol Disk {
    func createDirectories(_ path: String) throws(SystemError)
    /// Creates a file that must not exist in a directory that must not be a symbolic link, for
    /// appending, mode 0600.
    func createFile(_ name: String, in directory: String) throws(SystemError) -> Descriptor
    /// One `write`; may take fewer bytes than given.
    func write(_ bytes: UnsafeRawBufferPointer, to file: borrowing Descriptor) throws(SystemError)
        -> Int
    func status(of file: borrowing Descriptor) throws(SystemError) -> FileStatus
    func truncate(_ file: borrowing Descriptor, to size: UInt64) throws(SystemError)
    func synchronize(_ file: borrowing Descriptor) throws(SystemError)
    func synchronizeDirectory(_ path: String) throws(SystemError)
    func rename(_ from: String, to: String) throws(SystemError)
    func remove(_ path: String) throws(SystemError)
}

/// The disk itself.
package struct SystemDisk: Disk, Sendable {
    package init() {}

    package func createDirectories(_ path: String) throws(SystemError) {
        try makeDirectories(path, mode: 0o700)
    }

    package func createFile(
        _ name: String, in directory: String
    ) throws(SystemError) -> Descriptor {
        let parent = try Descriptor.open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        return try parent.open(
            name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, mode: 0o600)
    }

    package func write(
        _ bytes: UnsafeRawBufferPointer, to file: borrowing Descriptor
    ) throws(SystemError) -> Int { try file.writeOnce(bytes) }

    package func status(of file: borrowing Descriptor) throws(SystemError) -> FileStatus {
        try file.status()
    }

    package func truncate(
        _ file: borrowing Descriptor, to size: UInt64
    ) throws(SystemError) { try file.truncate(to: size) }

    package func synchronize(_ file: borrowing Descriptor) throws(SystemError) {
        try file.synchronize()
    }

    package func synchronizeDirectory(_ path: String) throws(SystemError) {
        let directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
        try directory.synchronize()
    }

    package func rename(_ from: String, to: String) throws(SystemError) {
        try renameFile(from, to: to)
    }

    package func remove(_ path: String) throws(SystemError) { try removeFile(path) }
}
