import CPlatform

#if canImport(Darwin)
    package import Darwin
#elseif canImport(Musl)
    package import Musl
#else
    package import Glibc
#endif

/// What the kernel says of an open file: the part of `struct stat` that is used here.
package struct FileStatus: Equatable, Sendable {
    /// Length in bytes.
    package let size: UInt64
    /// Names the file still has; 0 when it was removed while open.
    package let links: UInt64
    /// Permission bits, `0o000` … `0o7777`.
    package let permissions: mode_t
    /// When the content last changed, in seconds since 1970.
    package let modified: Int64
    /// The nanoseconds after `modified`, as finely as the file system keeps them.
    package let modifiedNanoseconds: Int64
    /// The device and the number on it that are this file's whatever its name.
    package let identity: FileIdentity
    package let kind: FileKind

    private init(_ raw: stat) {
        size = UInt64(clamping: raw.st_size)
        links = UInt64(clamping: raw.st_nlink)
        permissions = raw.st_mode & 0o7777
        identity = FileIdentity(
            device: UInt64(truncatingIfNeeded: raw.st_dev),
            number: UInt64(truncatingIfNeeded: raw.st_ino))
        kind =
            switch raw.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            default: .other
            }
        #if canImport(Darwin)
            let time = raw.st_mtimespec
        #else
            let time = raw.st_mtim
        #endif
        modified = Int64(time.tv_sec)
        modifiedNanoseconds = Int64(time.tv_nsec)
    }

    /// The C function is `fstat`.
    package init(of descriptor: CInt) throws(SystemError) {
        var raw = stat()
        _ = try retrying("fstat") { Int(fstat(descriptor, &raw)) }
        self.init(raw)
    }

    /// Of what `path` names, through symbolic links. The C function is `stat`.
    package init(path: String) throws(SystemError) {
        var raw = stat()
        _ = try retrying("stat") { Int(stat(path, &raw)) }
        self.init(raw)
    }
}

/// What tells a file from every other at the same moment.
package struct FileIdentity: Hashable, Sendable {
    package var device: UInt64
    package var number: UInt64

    package init(device: UInt64, number: UInt64) {
        self.device = device
        self.number = number
    }
}

/// What a name stands for, symbolic links followed.
package enum FileKind: Sendable { case regular, directory, other }

extension Descriptor {
    /// Opens `name` in the directory this descriptor stands for, always with `O_CLOEXEC`.
    /// The C function is `openat`.
    package func open(
        _ name: String, _ flags: CInt, mode: mode_t = 0o600
    ) throws(SystemError) -> Descriptor {
        let raw = try retrying("openat") {
            Int(
                name.withCString { cplatform_openat(self.raw, $0, flags | O_CLOEXEC, UInt32(mode)) }
            )
        }
        return Descriptor(owning: CInt(raw))
    }

    /// One `write`: returns how many bytes it took, which may be fewer than given.
    package func writeOnce(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        try retrying("write") { write(raw, bytes.baseAddress, bytes.count) }
    }

    /// Reads at a place of its own, without moving the file's. 0 at the end.
    /// The C function is `pread`.
    package func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemError) -> Int {
        guard let place = off_t(exactly: offset) else { return 0 }
        return try retrying("pread") { pread(raw, buffer.baseAddress, buffer.count, place) }
    }

    /// Writes all of it at a place of its own. The C function is `pwrite`.
    package func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            guard let place = off_t(exactly: offset &+ UInt64(done)) else {
                throw SystemError(call: "pwrite", code: EFBIG)
            }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = try retrying("pwrite") { pwrite(raw, rest.baseAddress, rest.count, place) }
            // A regular file takes at least a byte or fails; never spin if one does neither.
            guard count > 0 else { throw SystemError(call: "pwrite", code: EIO) }
            done += count
        }
    }

    /// Cuts the file to `size` bytes. The C function is `ftruncate`.
    package func truncate(to size: UInt64) throws(SystemError) {
        guard let length = off_t(exactly: size) else {
            throw SystemError(call: "ftruncate", code: EFBIG)
        }
        _ = try retrying("ftruncate") { Int(ftruncate(raw, length)) }
    }

    /// Waits until the content (of a directory: its names) would survive a power cut.
    /// The C function is `fsync`.
    package func synchronize() throws(SystemError) {
        _ = try retrying("fsync") { Int(fsync(raw)) }
    }

    /// The C function is `fstat`.
    package func status() throws(SystemError) -> FileStatus { try FileStatus(of: raw) }

    /// Takes an advisory lock on the open file description without waiting; false when another
    /// description holds one that conflicts.
    ///
    /// The kernel drops it with the last descriptor of this description, however its holder ends.
    /// A forked child shares the description, so the lock lasts until both have closed it. The C
    /// function is `flock`.
    package func tryLock(_ kind: LockKind) throws(SystemError) -> Bool {
        let operation = kind == .exclusive ? LOCK_EX : LOCK_SH
        do {
            _ = try retrying("flock") { Int(flock(raw, operation | LOCK_NB)) }
            return true
        } catch {
            if error.code == EWOULDBLOCK { return false }
            throw error
        }
    }

    /// Gives the lock back. The C function is `flock`.
    package func unlock() { _ = flock(raw, LOCK_UN) }
}

/// Whom a lock keeps out: everybody, or only those who want it exclusively.
package enum LockKind: Sendable { case shared, exclusive }

/// Makes one directory. The C function is `mkdir`.
package func makeDirectory(_ path: String, mode: mode_t) throws(SystemError) {
    _ = try retrying("mkdir") { Int(mkdir(path, mode)) }
}

/// Makes a directory and those above it that are missing, all with `mode`. What exists is left as
/// it is, a symbolic link to a directory included.
package func makeDirectories(_ path: String, mode: mode_t) throws(SystemError) {
    do {
        try makeDirectory(path, mode: mode)
    } catch {
        if error.code == EEXIST { return }
        guard error.code == ENOENT, let parent = parentDirectory(of: path) else { throw error }
        try makeDirectories(parent, mode: mode)
        do {
            try makeDirectory(path, mode: mode)
        } catch  where error.code == EEXIST {
            return  // another process made it meanwhile
        }
    }
}

/// The path without its last component; nil when nothing is above.
package func parentDirectory(of path: String) -> String? {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex else {
        return nil
    }
    return String(path[..<slash])
}

/// Replaces what `to` names by what `from` names, at once. The C function is `rename`.
package func renameFile(_ from: String, to: String) throws(SystemError) {
    _ = try retrying("rename") { Int(rename(from, to)) }
}

/// Removes a name. The C function is `unlink`.
package func removeFile(_ path: String) throws(SystemError) {
    _ = try retrying("unlink") { Int(unlink(path)) }
}

/// Removes a directory that is empty. The C function is `rmdir`.
package func removeDirectory(_ path: String) throws(SystemError) {
    _ = try retrying("rmdir") { Int(rmdir(path)) }
}

/// The names in a directory, in no order, without `.` and `..`. The C function is `readdir`.
package func directoryEntries(_ path: String) throws(SystemError) -> [String] {
    guard let directory = opendir(path) else {
        throw SystemError(call: "opendir", code: currentErrno())
    }
    defer { closedir(directory) }
    let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
    var names: [String] = []
    while true {
        // Null means both the end and a failure: only `errno` tells them apart.
        cplatform_set_errno(0)
        guard let entry = readdir(directory) else {
            let code = currentErrno()
            if code != 0 { throw SystemError(call: "readdir", code: code) }
            return names
        }
        let name = UnsafeRawPointer(entry).advanced(by: nameOffset)
            .assumingMemoryBound(to: CChar.self)
        let text = String(cString: name)
        if text != "." && text != ".." { names.append(text) }
    }
}
