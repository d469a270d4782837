package import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A file as it was when it was read, to be replaced only if it is still so.
struct FileSnapshot: Sendable {
    /// The file itself, every symbolic link followed.
    let path: String
    let bytes: [UInt8]
    let identity: FileIdentity
    private let permissions: mode_t
    private let owner: uid_t
    private let group: gid_t

    /// Far more than any client's configuration.
    private static let sizeMax = 64 << 20

    init(_ path: String) throws(SystemError) {
        guard let resolved = realpath(path, nil) else {
            throw SystemError(call: "realpath", code: currentErrno())
        }
        defer { free(resolved) }
        self.path = String(cString: resolved)
        var raw = stat()
        _ = try retrying("stat") { Int(stat(resolved, &raw)) }
        let status = try FileStatus(path: self.path)
        guard status.kind == .regular else {
            throw SystemError(call: "open", code: status.kind == .directory ? EISDIR : EINVAL)
        }
        identity = status.identity
        permissions = status.permissions
        owner = raw.st_uid
        group = raw.st_gid
        bytes = try readWholeFile(self.path, atMost: Self.sizeMax)
    }

    /// Where the text from before the first wrapping is kept.
    var backupPath: String { path + ".mcp-meter-backup" }

    /// What is kept there; nil if nothing is, or it cannot be read.
    var backup: [UInt8]? { try? readWholeFile(backupPath, atMost: Self.sizeMax) }

    func writeBackup(_ bytes: [UInt8]) throws(WriteError) {
        // Configurations hold keys: what only this user can read stays so, and the rest becomes so.
        try write(bytes, to: backupPath, mode: permissions & 0o600) {}
    }

    func removeBackup() { try? removeFile(backupPath) }

    /// Puts other bytes in the file's place, at once: whoever reads it meets the old or the new.
    func replace(with bytes: [UInt8]) throws(WriteError) {
        try write(bytes, to: path, mode: permissions) { () throws(WriteError) in
            // What was written meanwhile would be lost. A moment is left between this look and the
            // renaming, which no file system lets one close.
            guard let now = try? FileSnapshot(path), now.identity == identity,
                now.bytes == self.bytes
            else { throw .changed(path: path) }
        }
    }

    private func write(
        _ bytes: [UInt8], to path: String, mode: mode_t,
        _ check: () throws(WriteError) -> Void
    ) throws(WriteError) {
        let temporary = "\(path).new-\(getpid())"
        do throws(SystemError) {
            // 0600 until all is right with it: nobody else sees half a file of keys.
            let file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            try keepOwner(of: file.raw)
            try file.writeAll(bytes)
            _ = try retrying("fchmod") { Int(fchmod(file.raw, mode)) }
            try file.synchronize()
        } catch {
            if error.code != EEXIST { try? removeFile(temporary) }
            throw .failed(path: temporary, error)
        }
        do throws(WriteError) {
            try check()
        } catch {
            try? removeFile(temporary)
            throw error
        }
        do throws(SystemError) {
            try renameFile(temporary, to: path)
            if let directory = parentDirectory(of: path) {
                try Descriptor.open(directory, O_RDONLY | O_DIRECTORY).synchronize()
            }
        } catch {
            try? removeFile(temporary)
            throw .failed(path: path, error)
        }
    }

    private func keepOwner(of file: CInt) throws(SystemError) {
        var raw = stat()
        _ = try retrying("fstat") { Int(fstat(file, &raw)) }
        guard raw.st_uid != owner || raw.st_gid != group else { return }
        _ = try retrying("fchown") { Int(fchown(file, owner, group)) }
    }
}

/// Why a file was not replaced.
package enum WriteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Somebody else wrote it after it was read.
    case changed(path: String)
    /// The system's reason, and the file it is about.
    case failed(path: String, SystemError)

    package var description: String {
        switch self {
        case .changed(let path):
            "\(path): another program changed it just now, so it was left alone: try again"
        case .failed(let path, let error):
            "\(path): cannot be written: \(error); make it and its directory writable for you"
        }
    }
}
